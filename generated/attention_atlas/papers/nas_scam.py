"""nas_scam (MICCAI 2020).

NAS-SCAM: Neural Architecture Search-Based Spatial and Channel Joint Attention Module for Nuclei Semantic Segmentation
and Classification

Authors: Zuhao Liu et al.
Paper: https://doi.org/10.1007/978-3-030-59710-8_26
Code (the authors', licence: MIT): https://github.com/ZuhaoLiu/NAS-SCAM
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["NasScam"]


class NasScam(nn.Module):
    """NasScam is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "NAS-SCAM: Neural Architecture Search-Based Spatial and Channel Joint Attention Module for Nuclei Semantic "
            "Segmentation and Classification: it is not implemented yet (https://doi.org/10.1007/978-3-030-59710-8_26)"
        )
        raise NotImplementedError(message)

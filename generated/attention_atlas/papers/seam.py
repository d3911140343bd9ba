"""Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic Segmentation (CVPR 2020).

Authors: Yude Wang et al.
Paper: https://arxiv.org/abs/2004.04581
Code (the authors', licence: MIT): https://github.com/YudeWang/SEAM
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Seam"]


class Seam(nn.Module):
    """Seam is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic Segmentation: it is not "
            "implemented yet (https://arxiv.org/abs/2004.04581)"
        )
        raise NotImplementedError(message)

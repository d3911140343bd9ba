"""Encoder Fusion Network with Co-Attention Embedding for Referring Image Segmentation (CVPR 2021).

Authors: Guang Feng et al.
Paper: https://arxiv.org/abs/2105.01839
Code (the authors', licence: none stated): https://github.com/fengguang94/CEFNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Efn"]


class Efn(nn.Module):
    """Efn is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Encoder Fusion Network with Co-Attention Embedding for Referring Image Segmentation: it is not "
            "implemented yet (https://arxiv.org/abs/2105.01839)"
        )
        raise NotImplementedError(message)

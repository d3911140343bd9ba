"""Shuffle Transformer: Rethinking Spatial Shuffle for Vision Transformer (arXiv 2021).

Authors: Zilong Huang et al.
Paper: https://arxiv.org/abs/2106.03650
Code (the authors', licence: MIT): https://github.com/mulinmeng/Shuffle-Transformer
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["ShuffleTransformer"]


class ShuffleTransformer(nn.Module):
    """ShuffleTransformer is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Shuffle Transformer: Rethinking Spatial Shuffle for Vision Transformer: it is not implemented yet "
            "(https://arxiv.org/abs/2106.03650)"
        )
        raise NotImplementedError(message)

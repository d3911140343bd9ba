"""PSConv: Squeezing Feature Pyramid into One Compact Poly-Scale Convolutional Layer (ECCV 2020).

Authors: Duo Li et al.
Paper: https://arxiv.org/abs/2007.06191
Code (the authors', licence: MIT): https://github.com/d-li14/PSConv
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Psconv"]


class Psconv(nn.Module):
    """Psconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "PSConv: Squeezing Feature Pyramid into One Compact Poly-Scale Convolutional Layer: it is not implemented "
            "yet (https://arxiv.org/abs/2007.06191)"
        )
        raise NotImplementedError(message)

"""Residual Non-local Attention Networks for Image Restoration (ICLR 2019).

Authors: Yulun Zhang et al.
Paper: https://arxiv.org/abs/1903.10082
Code (the authors', licence: none stated): https://github.com/yulunzhang/RNAN
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Rnan"]


class Rnan(nn.Module):
    """Rnan is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Residual Non-local Attention Networks for Image Restoration: it is not implemented yet "
            "(https://arxiv.org/abs/1903.10082)"
        )
        raise NotImplementedError(message)

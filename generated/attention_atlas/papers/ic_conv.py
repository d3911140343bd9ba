"""Inception Convolution with Efficient Dilation Search (CVPR 2021).

Authors: Jie Liu et al.
Paper: https://arxiv.org/abs/2012.13587
Code (the authors', licence: none stated): https://github.com/yifan123/IC-Conv
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["IcConv"]


class IcConv(nn.Module):
    """IcConv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Inception Convolution with Efficient Dilation Search: it is not implemented yet "
            "(https://arxiv.org/abs/2012.13587)"
        )
        raise NotImplementedError(message)

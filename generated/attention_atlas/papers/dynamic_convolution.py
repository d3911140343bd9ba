"""Dynamic Convolution: Attention over Convolution Kernels (CVPR 2020).

Authors: Yinpeng Chen et al.
Paper: https://arxiv.org/abs/1912.03458
Code (not the authors'): https://github.com/kaijieshi7/Dynamic-convolution-Pytorch
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DynamicConvolution"]


class DynamicConvolution(nn.Module):
    """DynamicConvolution is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Dynamic Convolution: Attention over Convolution Kernels: it is not implemented yet "
            "(https://arxiv.org/abs/1912.03458)"
        )
        raise NotImplementedError(message)

"""Convolutions whose output is the input's size over the stride, rounded up: TensorFlow's padding "SAME"."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["SameConv2d", "pad_same"]


def pad_same(x: Tensor, kernel_size: int, stride: int, dilation: int = 1) -> Tensor:
    """Pads ``x`` with zeros so that a convolution gives ceil(H / stride) rows and ceil(W / stride) columns.

    An odd number of zeros is split unevenly, the greater part below and to the right. So at stride 2 an even map is
    padded on one side only, other than by a convolution with ``padding=kernel_size // 2``.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H + p, W + q)``
    """
    height, width = (
        max((-(-size // stride) - 1) * stride + dilation * (kernel_size - 1) + 1 - size, 0) for size in x.shape[2:]
    )
    if height == width == 0:
        return x
    return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding "SAME".

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, ceil(H/s), ceil(W/s))`` with O = out_channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        # At stride 1 an odd kernel is padded alike on both sides, which the convolution does by itself.
        self._even = stride == 1 and kernel_size % 2 == 1
        padding = kernel_size // 2 if self._even else 0
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        x = input if self._even else pad_same(input, self.kernel_size[0], self.stride[0])
        return super().forward(x)  # (B, O, ceil(H/s), ceil(W/s))

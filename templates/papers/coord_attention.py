"""Coordinate attention: a gate for each row and one for each column of every channel."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.mobilenet_v2 import InvertedResidual, MobileNetV2

__all__ = ["CoordAttention", "CoordInvertedResidual", "CoordMobileNetV2"]


class CoordAttention(nn.Module):
    """Scales each activation by a gate of its row and one of its column, computed from the means of rows and columns.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the shared hidden layer, which has at least 8 channels.
    """

    def __init__(self, channels: int, reduction: int = 32) -> None:
        super().__init__()
        if channels < 1 or reduction < 1:
            raise ValueError(f"channels, reduction: expected at least 1 each, got {channels} and {reduction}")
        hidden = max(8, channels // reduction)
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.norm = nn.BatchNorm2d(hidden)
        self.gate_h = nn.Conv2d(hidden, channels, 1)
        self.gate_w = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        f = torch.cat((x.mean(3), x.mean(2)), dim=2)[..., None]  # (B, C, H+W, 1)  Eq. 4 and 5
        f = F.hardswish(self.norm(self.reduce(f)))  # (B, hidden, H+W, 1)  Eq. 6
        f_h, f_w = f.split(x.shape[2:], dim=2)  # (B, hidden, H, 1), (B, hidden, W, 1)
        g_h = self.gate_h(f_h).sigmoid()  # (B, C, H, 1)  Eq. 7
        g_w = self.gate_w(f_w).sigmoid().transpose(2, 3)  # (B, C, 1, W)  Eq. 8
        return x * g_w * g_h  # (B, C, H, W)  Eq. 9


class CoordInvertedResidual(InvertedResidual):
    """An inverted residual with coordinate attention between its depthwise convolution and its projection.

    As in the released network, a block without expansion has none.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, reduction: int = 32
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        if expansion != 1:
            self.conv.insert(len(self.conv) - 2, CoordAttention(self.hidden_channels, reduction))


class CoordMobileNetV2(MobileNetV2):
    """MobileNetV2 with coordinate attention in every block that expands.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(self, reduction: int = 32, num_classes: int = 1000, dropout: float = 0.1) -> None:
        super().__init__(partial(CoordInvertedResidual, reduction=reduction), num_classes, dropout)

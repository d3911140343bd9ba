"""Coordinate Attention for Efficient Mobile Network Design (CVPR 2021).

Authors: Qibin Hou et al.
Paper: https://arxiv.org/abs/2103.02907
Code (the authors', licence: MIT): https://github.com/houqb/CoordAttention
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/coord_attention.py, templates/blocks/mobilenet_v2.py and catalog.yaml: edit those.

Coordinate attention: a gate for each row and one for each column of every channel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CoordAttention", "CoordInvertedResidual", "CoordMobileNetV2", "coord_mobilenet_v2"]


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; a shortcut where the shape stays (Sandler et al., 2018).

    Subclasses put their layer into ``conv``: ``[expansion], depthwise, projection, normalisation``, of which the first
    two are convolution, normalisation and ReLU6 each.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        expansion: channels of the middle over C; at 1 the first convolution is left out.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6) -> None:
        super().__init__()
        self.hidden_channels = in_channels * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_conv_bn_relu6(in_channels, self.hidden_channels, 1)]
        layers += [
            _conv_bn_relu6(self.hidden_channels, self.hidden_channels, 3, stride, self.hidden_channels),
            nn.Conv2d(self.hidden_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)  # (B, O, H/s, W/s)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1.0. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, out_channels, stride, expansion)`` for each block.
        dropout: before the classifier.
    """

    # expansion, channels, blocks, stride of the first (Table 2 of the paper)
    _STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(
        self,
        block: Callable[[int, int, int, int], nn.Module] = InvertedResidual,
        num_classes: int = 1000,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(3, 32, 3, 2)]
        in_channels = 32
        for expansion, channels, depth, stride in self._STAGES:
            for index in range(depth):
                layers.append(block(in_channels, channels, stride if index == 0 else 1, expansion))
                in_channels = channels
        self.features = nn.Sequential(*layers, _conv_bn_relu6(in_channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))  # (B, num_classes)


def _conv_bn_relu6(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )


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


def coord_mobilenet_v2(num_classes: int = 1000) -> CoordMobileNetV2:
    """CoordMobileNetV2 in the configuration coord_mobilenet_v2, for inputs of 224 x 224."""
    return CoordMobileNetV2(num_classes=num_classes)

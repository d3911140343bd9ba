"""ATAC: an activation function that is a small channel attention of each position."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["ATAC", "ATACBottleneck", "ATACResNet"]


class ATAC(nn.Module):
    """Multiplies the input by a gate that two pointwise convolutions compute from the channels of each position.

    It takes the place of ReLU, whose gate is one where the input is positive and zero elsewhere.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width between the two convolutions.
        context: ``local`` gives each position its own gates, ``global`` pools the map first: squeeze-and-excitation
            with batch normalisation, the paper's comparison.
        relu: whether ReLU stands between the two convolutions.
    """

    def __init__(self, channels: int, reduction: int = 2, context: str = "local", relu: bool = True) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if context not in ("local", "global"):
            raise ValueError(f"context: expected local or global, got {context!r}")
        hidden = channels // reduction
        self.context = context
        self.down = nn.Conv2d(channels, hidden, 1, bias=False)
        self.down_norm = nn.BatchNorm2d(hidden)
        self.relu = nn.ReLU(inplace=True) if relu else nn.Identity()
        self.up = nn.Conv2d(hidden, channels, 1, bias=False)
        self.up_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        seen = x.mean((2, 3), keepdim=True) if self.context == "global" else x  # (B, C, H, W) or (B, C, 1, 1)
        hidden = self.relu(self.down_norm(self.down(seen)))  # (B, C/r, H, W)
        return x * torch.sigmoid(self.up_norm(self.up(hidden)))  # (B, C, H, W)  Eq. 4


class ATACBottleneck(Bottleneck):
    """A bottleneck with ATAC for its first two ReLUs; the one after the shortcut stays.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        reduction: int = 2,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.act1 = ATAC(channels, reduction)
        self.act2 = ATAC(channels, reduction)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.act1(self.bn1(self.conv1(x)))  # (B, channels, H, W)
        x = self.act2(self.bn2(self.conv2(x)))  # (B, channels, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)


class ATACResNet(ResNet):
    """ResNet with ATAC in its last stages.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stages: how many stages, counted from the end, have ATAC.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        reduction: int = 2,
        stages: int = 2,
        num_classes: int = 1000,
    ) -> None:
        if not 0 <= stages <= 4:
            raise ValueError(f"stages: expected 0 to 4, got {stages}")
        super().__init__(partial(_block, reduction=reduction, stages=stages), layers, num_classes=num_classes)


def _block(
    in_channels: int, channels: int, stride: int, downsample: nn.Module | None, reduction: int, stages: int
) -> Bottleneck:
    if channels * 2**stages <= 512:
        return Bottleneck(in_channels, channels, stride, downsample)
    return ATACBottleneck(in_channels, channels, stride, downsample, reduction)

"""Shuffle attention: one half of each group of channels is gated by channel, one by position; then a shuffle."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["SABottleneck", "SAResNet", "ShuffleAttention"]


class ShuffleAttention(nn.Module):
    """Gates half of each group's channels by their means, the other half position by position, and mixes the groups.

    All groups share their few parameters: there are 3 * C / G of them. Both gates are relative to a channel alone; only
    the shuffle at the end brings channels of different halves together.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        groups: G; C must be a multiple of 2 * G.
        eps: added to the variance of the spatial half.

    Differs from the paper:
        As in the released code, the normalisation of the spatial half has a scale and a shift of its own, beside those
        of Eq. 3, and each of its channels is normalised by itself.
    """

    def __init__(self, channels: int, groups: int = 64, eps: float = 1e-5) -> None:
        super().__init__()
        if groups < 1 or channels < 1 or channels % (2 * groups):
            raise ValueError(f"channels: expected a multiple of 2 * groups={2 * groups}, got {channels}")
        self.groups = groups
        half = channels // (2 * groups)
        # A new module scales everything by sigmoid(1).
        self.channel_weight = nn.Parameter(torch.zeros(1, half, 1, 1))
        self.channel_bias = nn.Parameter(torch.ones(1, half, 1, 1))
        self.spatial_weight = nn.Parameter(torch.zeros(1, half, 1, 1))
        self.spatial_bias = nn.Parameter(torch.ones(1, half, 1, 1))
        self.norm = nn.GroupNorm(half, half, eps)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        grouped = x.reshape(
            batch * self.groups, 2, channels // (2 * self.groups), height, width
        )  # (B*G, 2, C/2G, H, W)
        by_channel, by_position = grouped.unbind(1)  # (B*G, C/2G, H, W)
        s = by_channel.mean((2, 3), keepdim=True)  # (B*G, C/2G, 1, 1)  Eq. 1
        s = torch.addcmul(self.channel_bias, self.channel_weight, s).sigmoid_()  # (B*G, C/2G, 1, 1)  Eq. 2
        # The line of Eq. 3 after the one of the normalisation is a line again.
        weight, bias = self.spatial_weight.flatten(), self.spatial_bias.flatten()  # (C/2G)
        bias = torch.addcmul(bias, weight, self.norm.bias)  # (C/2G)
        p = F.group_norm(by_position, len(bias), weight * self.norm.weight, bias, self.norm.eps)  # (B*G, C/2G, H, W)
        p = p.to(x.dtype).sigmoid_()  # (B*G, C/2G, H, W)  Eq. 3
        gated = torch.stack((by_channel * s, by_position * p), dim=1)  # (B*G, 2, C/2G, H, W)
        return gated.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)  # (B, C, H, W)


class SABottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with shuffle attention.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        sa_groups: int = 64,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.sa = ShuffleAttention(channels * self.expansion, sa_groups)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.sa(super().residual(x))


class SAResNet(ResNet):
    """SA-Net: ResNet with shuffle attention in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        sa_groups: groups of each shuffle attention.
    """

    def __init__(
        self, layers: tuple[int, int, int, int] = (3, 4, 6, 3), sa_groups: int = 64, num_classes: int = 1000
    ) -> None:
        super().__init__(partial(SABottleneck, sa_groups=sa_groups), layers, num_classes=num_classes)

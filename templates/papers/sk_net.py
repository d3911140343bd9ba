"""Selective kernels: branches with different receptive fields, among which each channel chooses by softmax."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["SKBottleneck", "SKConv", "SKNet"]


class SKConv(nn.Module):
    """Takes the place of a 3x3 convolution, its normalisation and its ReLU: a weighted sum of branches.

    The branches see windows of 3x3, 5x5, 7x7 and so on. What all of them give is averaged over the map, and from that
    each channel receives one weight per branch.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        groups: G of each branch's convolution.
        branches: M.
        reduction: r, O over the width d of the hidden layer.
        min_dim: L, the least d.
        dilated: whether the larger windows are dilated 3x3 kernels, as in the paper's networks, or full kernels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        groups: int = 32,
        branches: int = 2,
        reduction: int = 16,
        min_dim: int = 32,
        dilated: bool = True,
    ) -> None:
        super().__init__()
        if branches < 2:
            raise ValueError(f"branches: expected at least 2, got {branches}")
        if reduction < 1 or groups < 1:
            raise ValueError(f"reduction, groups: expected at least 1, got {reduction} and {groups}")
        if in_channels % groups or out_channels % groups:
            raise ValueError(f"channels: expected multiples of groups={groups}, got {in_channels} and {out_channels}")
        self.paths = nn.ModuleList(
            _path(in_channels, out_channels, stride, groups, index + 1, dilated) for index in range(branches)
        )
        dim = max(out_channels // reduction, min_dim)  # Eq. 4
        self.reduce = nn.Linear(out_channels, dim, bias=False)
        self.norm = nn.BatchNorm1d(dim)
        self.relu = nn.ReLU(inplace=True)
        self.select = nn.Linear(dim, branches * out_channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        maps = [path(x) for path in self.paths]  # M times (B, O, H/s, W/s)
        # The mean of the sum is the sum of the means.
        s = torch.stack([u.mean((2, 3)) for u in maps]).sum(0)  # (B, O)  Eq. 1, 2
        z = self.relu(self.norm(self.reduce(s)))  # (B, d)  Eq. 3
        weights = self.select(z).unflatten(1, (len(maps), -1)).softmax(1)  # (B, M, O)  Eq. 5
        v = maps[0] * weights[:, 0, :, None, None]  # (B, O, H/s, W/s)
        for index in range(1, len(maps)):
            v = torch.addcmul(v, maps[index], weights[:, index, :, None, None])  # Eq. 6
        return v


class SKBottleneck(Bottleneck):
    """A ResNeXt bottleneck (32 groups of four channels at the first stage) with SK in the middle.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        branches: int = 2,
        groups: int = 32,
        reduction: int = 16,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, groups=32, base_width=4)
        width = self.conv3.in_channels
        self.conv2 = SKConv(width, width, stride, groups, branches, reduction)
        del self.bn2  # SK normalises and rectifies each branch

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        return self.bn3(self.conv3(self.conv2(x)))  # (B, 4 * channels, H/s, W/s)


class SKNet(ResNet):
    """ResNeXt with SK in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        branches, groups, reduction: M, G and r of SK, as in SKNet-50[M, G, r].
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        branches: int = 2,
        groups: int = 32,
        reduction: int = 16,
        num_classes: int = 1000,
    ) -> None:
        block = partial(SKBottleneck, branches=branches, groups=groups, reduction=reduction)
        super().__init__(block, layers, num_classes=num_classes)


def _path(in_channels: int, out_channels: int, stride: int, groups: int, reach: int, dilated: bool) -> nn.Sequential:
    """A branch whose window reaches ``reach`` positions to each side."""
    kernel, dilation = (3, reach) if dilated else (2 * reach + 1, 1)
    conv = nn.Conv2d(in_channels, out_channels, kernel, stride, reach, dilation, groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))

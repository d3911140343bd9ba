"""Selective Kernel Networks (CVPR 2019).

Authors: Xiang Li et al.
Paper: https://arxiv.org/abs/1903.06586
Code (the authors', licence: none stated): https://github.com/implus/SKNet
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/sk_net.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Selective kernels: branches with different receptive fields, among which each channel chooses by softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

__all__ = ["SKBottleneck", "SKConv", "SKNet", "sknet26", "sknet50", "sknet101"]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., 2016). Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, O, H/s, W/s)
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride) and 1x1 convolution and a shortcut. Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = 4 * channels and s = stride

    Args:
        channels: of the middle, before the expansion by four.
        groups, base_width: of the 3x3 convolution, as ResNeXt counts them: 32 and 4 for 32x4d.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = channels * base_width // 64 * groups
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2: nn.Module = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2: nn.Module = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        x = self.relu(self.bn2(self.conv2(x)))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class ResNet(nn.Module):
    """Stem, four stages of residual blocks, pooling, classifier. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, channels, stride, downsample)`` for each block.
        layers: blocks per stage.
        expansion: output channels of a block over its ``channels``.
        deep_stem: three 3x3 convolutions instead of one 7x7 (ResNet-C), the width of the first two.
        avg_down: average pooling before a 1x1 shortcut instead of its stride (ResNet-D).
        shortcut_kernel: kernel size of the shortcuts that have a stride (SENet-154: 3).
        last_stride: stride of the last stage; 1 keeps its maps at a sixteenth of the image.
    """

    def __init__(
        self,
        block: Callable[[int, int, int, nn.Module | None], nn.Module],
        layers: tuple[int, int, int, int],
        *,
        expansion: int = 4,
        num_classes: int = 1000,
        deep_stem: int = 0,
        avg_down: bool = False,
        shortcut_kernel: int = 1,
        last_stride: int = 2,
    ) -> None:
        super().__init__()
        self._block, self._expansion, self._avg_down = block, expansion, avg_down
        self._shortcut_kernel = shortcut_kernel
        self._in_channels = 2 * deep_stem if deep_stem else 64
        self.conv1 = _deep_stem(deep_stem) if deep_stem else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(self._in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._stage(64, layers[0], 1)
        self.layer2 = self._stage(128, layers[1], 2)
        self.layer3 = self._stage(256, layers[2], 2)
        self.layer4 = self._stage(512, layers[3], last_stride)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, channels: int, depth: int, stride: int) -> nn.Sequential:
        out_channels = channels * self._expansion
        downsample = None
        if stride != 1 or self._in_channels != out_channels:
            pooled = self._avg_down and stride != 1
            pool = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if pooled else []
            kernel = 1 if stride == 1 else self._shortcut_kernel
            conv = nn.Conv2d(self._in_channels, out_channels, kernel, 1 if pooled else stride, kernel // 2, bias=False)
            downsample = nn.Sequential(*pool, conv, nn.BatchNorm2d(out_channels))
        blocks = [self._block(self._in_channels, channels, stride, downsample)]
        blocks += [self._block(out_channels, channels, 1, None) for _ in range(depth - 1)]
        self._in_channels = out_channels
        return nn.Sequential(*blocks)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: ``(B, 3, H, W)`` -> ``(B, 512 * expansion, H/32, W/32)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, 512 * expansion, H/32, W/32)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.features(x)).flatten(1))  # (B, num_classes)


def _deep_stem(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, width, 3, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 2 * width, 3, 1, 1, bias=False),
    )


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


def sknet26(num_classes: int = 1000) -> SKNet:
    """SKNet in the configuration sknet26, for inputs of 224 x 224."""
    return SKNet(layers=(2, 2, 2, 2), num_classes=num_classes)


def sknet50(num_classes: int = 1000) -> SKNet:
    """SKNet in the configuration sknet50, for inputs of 224 x 224."""
    return SKNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def sknet101(num_classes: int = 1000) -> SKNet:
    """SKNet in the configuration sknet101, for inputs of 224 x 224."""
    return SKNet(layers=(3, 4, 23, 3), num_classes=num_classes)

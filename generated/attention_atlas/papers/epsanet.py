"""EPSANet: An Efficient Pyramid Split Attention Block on Convolutional Neural Network (ACCV 2022).

Authors: Hu Zhang et al.
Paper: https://arxiv.org/abs/2105.14447
Code (the authors', licence: MIT): https://github.com/murufeng/EPSANet
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/epsanet.py, templates/blocks/resnet.py and catalog.yaml: edit those.

EPSANet: a pyramid of kernel sizes whose branches are weighed against each other, channel by channel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

__all__ = ["PSA", "EPSABlock", "EPSANet", "epsanet50_large", "epsanet50_small", "epsanet101_large", "epsanet101_small"]


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


class PSA(nn.Module):
    """Pyramid split attention: branches of different kernel size, concatenated with softmax weights across them.

    One squeeze-and-excitation layer, shared by the branches, scores each channel of each; the softmax compares the
    scores of the channels that stand at the same place of their branch.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        kernel_sizes, kernel_groups: of the branches, S of them. Each gives O / S channels.
        reduction: O / S over the width of the hidden layer.
        reverse: whether the branch with the last kernel size comes first in the output; see below.

    Differs from the paper:
        The released code concatenates the branches in reverse order. The paper's is ``reverse=False``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        reduction: int = 16,
        reverse: bool = True,
    ) -> None:
        super().__init__()
        count = len(kernel_sizes)
        if len(kernel_groups) != count:
            raise ValueError(f"kernel_groups: expected {count}, one per kernel size, got {len(kernel_groups)}")
        if any(kernel % 2 == 0 for kernel in kernel_sizes):
            raise ValueError(f"kernel_sizes: expected odd numbers, got {kernel_sizes}")
        if out_channels % count or out_channels // count < reduction:
            raise ValueError(
                f"out_channels: expected a multiple of {count}, at least {count * reduction} "
                f"({count} branches, reduction={reduction}), got {out_channels}"
            )
        channels = out_channels // count
        self.reverse = reverse
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
            for kernel, groups in zip(kernel_sizes, kernel_groups, strict=True)
        )
        self.down = nn.Linear(channels, channels // reduction)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]  # S times (B, O/S, H/s, W/s)
        z = torch.stack([u.mean((2, 3)) for u in maps], 1)  # (B, S, O/S)
        scores = self.up(self.relu(self.down(z))).sigmoid()  # (B, S, O/S)
        weights = scores.softmax(1)[..., None, None].unbind(1)  # S times (B, O/S, 1, 1)
        scaled = [u * weight for u, weight in zip(maps, weights, strict=True)]
        return torch.cat(scaled[::-1] if self.reverse else scaled, 1)  # (B, O, H/s, W/s)


class EPSABlock(Bottleneck):
    """A bottleneck with PSA in place of its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        width: int = 1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, base_width=64 * width)
        self.conv2 = PSA(channels * width, channels * width, stride, kernel_sizes, kernel_groups)


class EPSANet(ResNet):
    """ResNet with PSA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes, kernel_groups: of PSA's branches.
        width: of the bottlenecks, as a multiple of ResNet's.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        width: int = 1,
        num_classes: int = 1000,
    ) -> None:
        block = partial(EPSABlock, kernel_sizes=kernel_sizes, kernel_groups=kernel_groups, width=width)
        super().__init__(block, layers, num_classes=num_classes)


def epsanet50_small(num_classes: int = 1000) -> EPSANet:
    """EPSANet in the configuration epsanet50_small, for inputs of 224 x 224."""
    return EPSANet(layers=(3, 4, 6, 3), num_classes=num_classes)


def epsanet101_small(num_classes: int = 1000) -> EPSANet:
    """EPSANet in the configuration epsanet101_small, for inputs of 224 x 224."""
    return EPSANet(layers=(3, 4, 23, 3), num_classes=num_classes)


def epsanet50_large(num_classes: int = 1000) -> EPSANet:
    """EPSANet in the configuration epsanet50_large, for inputs of 224 x 224."""
    return EPSANet(layers=(3, 4, 6, 3), kernel_groups=(32, 32, 32, 32), width=2, num_classes=num_classes)


def epsanet101_large(num_classes: int = 1000) -> EPSANet:
    """EPSANet in the configuration epsanet101_large, for inputs of 224 x 224."""
    return EPSANet(layers=(3, 4, 23, 3), kernel_groups=(32, 32, 32, 32), width=2, num_classes=num_classes)

"""Attention as Activation (ICPR 2020).

Authors: Yimian Dai et al.
Paper: https://arxiv.org/abs/2007.07729
Code (the authors', licence: none stated): https://github.com/YimianDai/open-atac
Shape: B C H W -> B C H W
Evidence: runs: it keeps the contract that the tests check; there was no code to compare with
Generated from templates/papers/atac.py, templates/blocks/resnet.py and catalog.yaml: edit those.

ATAC: an activation function that is a small channel attention of each position.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

__all__ = ["ATAC", "ATACBottleneck", "ATACResNet", "atac_resnet50"]


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


def atac_resnet50(num_classes: int = 1000) -> ATACResNet:
    """ATACResNet in the configuration atac_resnet50, for inputs of 224 x 224."""
    return ATACResNet(num_classes=num_classes)

"""SA-Net: Shuffle Attention for Deep Convolutional Neural Networks (ICASSP 2021).

Authors: Qing-Long Zhang and Yu-Bin Yang
Paper: https://arxiv.org/abs/2102.00240
Code (the authors', licence: none stated): https://github.com/wofmanaf/SA-Net
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/sa_net_shuffle.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Shuffle attention: one half of each group of channels is gated by channel, one by position; then a shuffle.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["SABottleneck", "SAResNet", "ShuffleAttention", "sa_resnet50", "sa_resnet101", "sa_resnet152"]


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


def sa_resnet50(num_classes: int = 1000) -> SAResNet:
    """SAResNet in the configuration sa_resnet50, for inputs of 224 x 224."""
    return SAResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def sa_resnet101(num_classes: int = 1000) -> SAResNet:
    """SAResNet in the configuration sa_resnet101, for inputs of 224 x 224."""
    return SAResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def sa_resnet152(num_classes: int = 1000) -> SAResNet:
    """SAResNet in the configuration sa_resnet152, for inputs of 224 x 224."""
    return SAResNet(layers=(3, 8, 36, 3), num_classes=num_classes)

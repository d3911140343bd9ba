"""Gather-Excite: Exploiting Feature Context in Convolutional Neural Networks (NeurIPS 2018).

Authors: Jie Hu et al.
Paper: https://arxiv.org/abs/1810.12348
Code (the authors', licence: none stated): https://github.com/hujie-frank/GENet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/ge_net.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Gather-Excite: each channel is summarised over an extent, and the summary gates what it was gathered from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "GEBottleneck",
    "GEResNet",
    "GatherExcite",
    "ge_theta_minus_resnet50",
    "ge_theta_plus_resnet50",
    "ge_theta_plus_resnet101",
    "ge_theta_resnet50",
]


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


class GatherExcite(nn.Module):
    """Scales each position of each channel by a gate that is gathered from the extent around it.

    Without parameters this is the paper's GE-θ⁻, with ``learned_gather`` GE-θ, with ``learned_excite`` too GE-θ⁺;
    ``learned_excite`` alone at the global extent is squeeze-and-excitation.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        extent: e, a power of two, by which the summary is smaller than the map; 0 for the global extent. Averages are
            taken over windows of 2e - 1 positions.
        learned_gather: depthwise convolutions instead of averages: log2(e) of them with stride 2, or a single one of
            the size of the map for the global extent.
        learned_excite: two 1x1 convolutions on the summary, as in squeeze-and-excitation.
        height, width: size of the map, needed (and then fixed) where a global gather is learned.
        reduction: C over the width between the two convolutions.
        rectify: whether a ReLU stands between a learned gather and the learned excite operator.

    Differs from the paper:
        The released definition of GE-θ⁺ has a ReLU between the gather and the excite operator, as here; the paper's
        text has none: ``rectify=False``.
    """

    def __init__(
        self,
        channels: int,
        extent: int = 0,
        learned_gather: bool = False,
        learned_excite: bool = False,
        height: int = 0,
        width: int = 0,
        reduction: int = 16,
        rectify: bool = True,
    ) -> None:
        super().__init__()
        if extent < 0 or extent == 1 or extent & (extent - 1):
            raise ValueError(f"extent: expected 0 or a power of two from 2 on, got {extent}")
        if learned_gather and extent == 0 and min(height, width) < 1:
            raise ValueError(f"height, width: expected the size of the map (global extent), got {height} and {width}")
        if learned_excite and not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.gather: nn.Module | None = None
        if learned_gather:
            self.gather = _Windows(channels, extent) if extent else _WholeMap(channels, height, width)
        self.channels, self.extent = channels, extent
        self.excite: nn.Module | None = None
        if learned_excite:
            self.excite = nn.Sequential(
                nn.ReLU(inplace=True) if learned_gather and rectify else nn.Identity(),
                nn.Conv2d(channels, channels // reduction, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(channels // reduction, channels, 1),
            )

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1] != self.channels:
            raise ValueError(f"x: expected (B, {self.channels}, H, W), got {tuple(x.shape)}")
        s = self._average(x) if self.gather is None else self.gather(x)  # (B, C, h, w) with h = ceil(H / e), or 1
        if self.excite is not None:
            s = self.excite(s)
        s = s.sigmoid()
        if self.extent:
            s = F.interpolate(s, (x.shape[2], x.shape[3]))  # (B, C, H, W)
        return x * s  # (B, C, H, W)

    def _average(self, x: Tensor) -> Tensor:
        if self.extent == 0:
            return x.mean((2, 3), keepdim=True)  # (B, C, 1, 1)
        kernel, pad = 2 * self.extent - 1, self.extent - 1
        return F.avg_pool2d(x, kernel, self.extent, pad, count_include_pad=False)  # (B, C, h, w)


class _Windows(nn.Sequential):
    """Depthwise 3x3 convolutions of stride 2, normalised, with a ReLU between them."""

    def __init__(self, channels: int, extent: int) -> None:
        layers: list[nn.Module] = []
        for _ in range(extent.bit_length() - 1):
            layers += [nn.ReLU(inplace=True)] if layers else []
            layers += [nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False), nn.BatchNorm2d(channels)]
        super().__init__(*layers)


class _WholeMap(nn.Module):
    """One depthwise kernel of the size of the map, normalised."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, (height, width), groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.conv.kernel_size:
            raise ValueError(f"x: expected maps of {self.conv.kernel_size}, got {tuple(x.shape[2:])}")
        # One output per map: a product of vectors, which is faster than a convolution.
        s = torch.bmm(self.conv.weight.flatten(2), x.flatten(2).permute(1, 2, 0))  # (C, 1, B)
        return self.norm(s.permute(2, 0, 1)[..., None])  # (B, C, 1, 1)


class GEBottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with gather-excite; its stride is in the first convolution, as released.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        extent: int = 0,
        learned_gather: bool = False,
        learned_excite: bool = False,
        input_size: int = 224,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        side = input_size * 16 // channels  # 56, 28, 14 and 7 in the four stages
        self.ge = GatherExcite(channels * self.expansion, extent, learned_gather, learned_excite, side, side)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.ge(super().residual(x))


class GEResNet(ResNet):
    """ResNet with gather-excite in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        extent, learned_gather, learned_excite: of gather-excite; by default GE-θ⁺.
        input_size: side of the image, a multiple of 32; fixed where a global gather is learned.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        extent: int = 0,
        learned_gather: bool = True,
        learned_excite: bool = True,
        input_size: int = 224,
        num_classes: int = 1000,
    ) -> None:
        if input_size % 32:
            raise ValueError(f"input_size: expected a multiple of 32, got {input_size}")
        block = partial(
            GEBottleneck,
            extent=extent,
            learned_gather=learned_gather,
            learned_excite=learned_excite,
            input_size=input_size,
        )
        super().__init__(block, layers, num_classes=num_classes)


def ge_theta_minus_resnet50(num_classes: int = 1000) -> GEResNet:
    """GEResNet in the configuration ge_theta_minus_resnet50, for inputs of 224 x 224."""
    return GEResNet(layers=(3, 4, 6, 3), learned_gather=False, learned_excite=False, num_classes=num_classes)


def ge_theta_resnet50(num_classes: int = 1000) -> GEResNet:
    """GEResNet in the configuration ge_theta_resnet50, for inputs of 224 x 224."""
    return GEResNet(layers=(3, 4, 6, 3), learned_excite=False, num_classes=num_classes)


def ge_theta_plus_resnet50(num_classes: int = 1000) -> GEResNet:
    """GEResNet in the configuration ge_theta_plus_resnet50, for inputs of 224 x 224."""
    return GEResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def ge_theta_plus_resnet101(num_classes: int = 1000) -> GEResNet:
    """GEResNet in the configuration ge_theta_plus_resnet101, for inputs of 224 x 224."""
    return GEResNet(layers=(3, 4, 23, 3), num_classes=num_classes)

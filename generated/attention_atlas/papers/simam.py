"""SimAM: A Simple, Parameter-Free Attention Module for Convolutional Neural Networks (ICML 2021).

Authors: Lingxiao Yang et al.
Paper: https://proceedings.mlr.press/v139/yang21o.html
Code (the authors', licence: none stated): https://github.com/ZjjConan/SimAM
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/simam.py, templates/blocks/mobilenet_v2.py, templates/blocks/resnet.py and catalog.yaml:
    edit those.

SimAM: a weight for each activation in closed form, from how far it stands out of its channel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "SimAM",
    "SimAMBasicBlock",
    "SimAMBottleneck",
    "SimAMInvertedResidual",
    "SimAMMobileNetV2",
    "SimAMResNet",
    "simam_mobilenet_v2",
    "simam_resnet18",
    "simam_resnet34",
    "simam_resnet50",
    "simam_resnet101",
    "simam_resnext50_32x4d",
]


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


_LEAST = 1 / (1 + math.exp(-0.5))


class SimAM(nn.Module):
    """Scales each activation by the sigmoid of its inverse energy.

    The inverse energy is its squared distance from the channel mean, over four times the variance, plus one half.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        e_lambda: added to the variance; the released training commands for ImageNet give 0.1.

    Differs from the paper:
        A map of one position has no variance, and the released code gives NaN; here its weights are sigmoid(1/2).
    """

    def __init__(self, e_lambda: float = 1e-4) -> None:
        super().__init__()
        if not e_lambda > 0:
            raise ValueError(f"e_lambda: expected a positive number, got {e_lambda}")
        self.e_lambda = e_lambda

    def forward(self, x: Tensor) -> Tensor:
        _, channels, height, width = x.shape
        count = height * width
        if count == 1:
            return x * _LEAST
        # The variance is over count - 1. A group norm with one channel per group divides by its variance over count,
        # so both constants carry the ratio; the weight makes the square of z the first term of the inverse energy.
        ratio = (count - 1) / count
        weight = x.new_full((channels,), math.sqrt(ratio) / 2)
        # Where channels come last, its kernel for the CPU subtracts two sums of squares, which loses small variances.
        z = F.group_norm(x.contiguous(), channels, weight, eps=self.e_lambda * ratio)  # (B, C, H, W)
        inverse_energy = z.square().add_(0.5)  # (B, C, H, W)  Eq. 5
        return x * inverse_energy.sigmoid_()  # (B, C, H, W)  Eq. 6


class SimAMBasicBlock(BasicBlock):
    """A basic block with SimAM after its second convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        e_lambda: float = 0.1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.simam = SimAM(e_lambda)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, O, H/s, W/s)
        return self.bn2(self.simam(self.conv2(x)))


class SimAMBottleneck(Bottleneck):
    """A bottleneck with SimAM after its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        e_lambda: float = 0.1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, groups, base_width)
        self.simam = SimAM(e_lambda)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        x = self.relu(self.bn2(self.simam(self.conv2(x))))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)


class SimAMResNet(ResNet):
    """ResNet or ResNeXt with SimAM in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        bottleneck: bottlenecks, or basic blocks as in ResNet-18 and ResNet-34, which take no groups.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        bottleneck: bool = True,
        groups: int = 1,
        base_width: int = 64,
        e_lambda: float = 0.1,
        num_classes: int = 1000,
    ) -> None:
        if not bottleneck and (groups, base_width) != (1, 64):
            raise ValueError(f"basic blocks: expected groups=1 and base_width=64, got {groups} and {base_width}")
        if bottleneck:
            block = partial(SimAMBottleneck, groups=groups, base_width=base_width, e_lambda=e_lambda)
        else:
            block = partial(SimAMBasicBlock, e_lambda=e_lambda)
        super().__init__(block, layers, expansion=4 if bottleneck else 1, num_classes=num_classes)


class SimAMInvertedResidual(InvertedResidual):
    """An inverted residual with SimAM after its depthwise convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, e_lambda: float = 0.1
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        depthwise = cast(nn.Sequential, self.conv[-3])
        depthwise.insert(1, SimAM(e_lambda))


class SimAMMobileNetV2(MobileNetV2):
    """MobileNetV2 with SimAM in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(self, e_lambda: float = 0.1, num_classes: int = 1000, dropout: float = 0.0) -> None:
        super().__init__(partial(SimAMInvertedResidual, e_lambda=e_lambda), num_classes, dropout)


def simam_resnet18(num_classes: int = 1000) -> SimAMResNet:
    """SimAMResNet in the configuration simam_resnet18, for inputs of 224 x 224."""
    return SimAMResNet(layers=(2, 2, 2, 2), bottleneck=False, num_classes=num_classes)


def simam_resnet34(num_classes: int = 1000) -> SimAMResNet:
    """SimAMResNet in the configuration simam_resnet34, for inputs of 224 x 224."""
    return SimAMResNet(layers=(3, 4, 6, 3), bottleneck=False, num_classes=num_classes)


def simam_resnet50(num_classes: int = 1000) -> SimAMResNet:
    """SimAMResNet in the configuration simam_resnet50, for inputs of 224 x 224."""
    return SimAMResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def simam_resnet101(num_classes: int = 1000) -> SimAMResNet:
    """SimAMResNet in the configuration simam_resnet101, for inputs of 224 x 224."""
    return SimAMResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def simam_resnext50_32x4d(num_classes: int = 1000) -> SimAMResNet:
    """SimAMResNet in the configuration simam_resnext50_32x4d, for inputs of 224 x 224."""
    return SimAMResNet(layers=(3, 4, 6, 3), groups=32, base_width=4, num_classes=num_classes)


def simam_mobilenet_v2(num_classes: int = 1000) -> SimAMMobileNetV2:
    """SimAMMobileNetV2 in the configuration simam_mobilenet_v2, for inputs of 224 x 224."""
    return SimAMMobileNetV2(num_classes=num_classes)

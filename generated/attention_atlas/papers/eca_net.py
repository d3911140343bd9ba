"""ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks (CVPR 2020).

Authors: Qilong Wang et al.
Paper: https://arxiv.org/abs/1910.03151
Code (the authors', licence: MIT): https://github.com/BangguWu/ECANet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/eca_net.py, templates/blocks/mobilenet_v2.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

Efficient channel attention: a gate for each channel from its own mean and those of a few neighbouring channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

__all__ = [
    "ECA",
    "ECABasicBlock",
    "ECABottleneck",
    "ECAInvertedResidual",
    "ECAMobileNetV2",
    "ECAResNet",
    "eca_mobilenet_v2",
    "eca_resnet18",
    "eca_resnet34",
    "eca_resnet50",
    "eca_resnet101",
    "eca_resnet152",
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


class ECA(nn.Module):
    """Scales each channel by a gate that one small convolution across the channel means computes.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        kernel_size: how many neighbouring channels a gate sees, an odd number; 0: by the paper's rule, the odd number
            nearest to (log2(C) + 1) / 2, the larger if there are two.

    Differs from the paper:
        Its rule is not the default: the released code takes 3, and its networks a size per stage chosen by hand.
    """

    def __init__(self, channels: int, kernel_size: int = 3) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels: expected at least 1, got {channels}")
        if kernel_size == 0:
            kernel_size = int((math.log2(channels) + 1) / 2) // 2 * 2 + 1
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number or 0, got {kernel_size}")
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean((2, 3), keepdim=True).squeeze(3).mT  # (B, 1, C)
        y = self.conv(y).sigmoid_()  # (B, 1, C)
        return x * y.mT.unsqueeze(3)  # (B, C, H, W)


class ECABasicBlock(BasicBlock):
    """A basic block whose residual branch ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_size: int = 3,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.eca = ECA(channels, kernel_size)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.eca(super().residual(x))


class ECABottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_size: int = 3,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.eca = ECA(channels * self.expansion, kernel_size)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.eca(super().residual(x))


class ECAResNet(ResNet):
    """ResNet with ECA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes: of ECA in the four stages.
        bottleneck: bottlenecks, or basic blocks as in ResNet-18 and ResNet-34.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        kernel_sizes: tuple[int, int, int, int] = (3, 3, 3, 3),
        bottleneck: bool = True,
        num_classes: int = 1000,
    ) -> None:
        kind = ECABottleneck if bottleneck else ECABasicBlock
        block = partial(_block_of_stage, kind, kernel_sizes)
        super().__init__(block, layers, expansion=kind.expansion, num_classes=num_classes)


def _block_of_stage(
    kind: type[ECABottleneck] | type[ECABasicBlock],
    kernel_sizes: tuple[int, int, int, int],
    in_channels: int,
    channels: int,
    stride: int,
    downsample: nn.Module | None,
) -> nn.Module:
    kernel_size = kernel_sizes[(64, 128, 256, 512).index(channels)]
    return kind(in_channels, channels, stride, downsample, kernel_size)


class ECAInvertedResidual(InvertedResidual):
    """An inverted residual that ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, kernel_size: int = 3
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        self.conv.append(ECA(out_channels, kernel_size))


class ECAMobileNetV2(MobileNetV2):
    """MobileNetV2 with ECA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes: of ECA on maps with fewer than 96 channels and on the others.
    """

    def __init__(self, kernel_sizes: tuple[int, int] = (1, 3), num_classes: int = 1000, dropout: float = 0.25) -> None:
        def block(in_channels: int, out_channels: int, stride: int, expansion: int) -> nn.Module:
            kernel_size = kernel_sizes[out_channels >= 96]
            return ECAInvertedResidual(in_channels, out_channels, stride, expansion, kernel_size)

        super().__init__(block, num_classes, dropout)


def eca_resnet18(num_classes: int = 1000) -> ECAResNet:
    """ECAResNet in the configuration eca_resnet18, for inputs of 224 x 224."""
    return ECAResNet(layers=(2, 2, 2, 2), kernel_sizes=(3, 5, 7, 7), bottleneck=False, num_classes=num_classes)


def eca_resnet34(num_classes: int = 1000) -> ECAResNet:
    """ECAResNet in the configuration eca_resnet34, for inputs of 224 x 224."""
    return ECAResNet(layers=(3, 4, 6, 3), kernel_sizes=(3, 3, 5, 7), bottleneck=False, num_classes=num_classes)


def eca_resnet50(num_classes: int = 1000) -> ECAResNet:
    """ECAResNet in the configuration eca_resnet50, for inputs of 224 x 224."""
    return ECAResNet(layers=(3, 4, 6, 3), kernel_sizes=(3, 5, 5, 7), num_classes=num_classes)


def eca_resnet101(num_classes: int = 1000) -> ECAResNet:
    """ECAResNet in the configuration eca_resnet101, for inputs of 224 x 224."""
    return ECAResNet(layers=(3, 4, 23, 3), kernel_sizes=(3, 3, 5, 7), num_classes=num_classes)


def eca_resnet152(num_classes: int = 1000) -> ECAResNet:
    """ECAResNet in the configuration eca_resnet152, for inputs of 224 x 224."""
    return ECAResNet(layers=(3, 8, 36, 3), kernel_sizes=(3, 3, 5, 7), num_classes=num_classes)


def eca_mobilenet_v2(num_classes: int = 1000) -> ECAMobileNetV2:
    """ECAMobileNetV2 in the configuration eca_mobilenet_v2, for inputs of 224 x 224."""
    return ECAMobileNetV2(num_classes=num_classes)

"""Squeeze-and-Excitation Networks (CVPR 2018).

Authors: Jie Hu et al.
Paper: https://arxiv.org/abs/1709.01507
Code (the authors', licence: Apache-2.0): https://github.com/hujie-frank/SENet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/se_net.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Squeeze-and-Excitation: a gate for each channel, computed from the channel means.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import Tensor, nn

__all__ = [
    "SE",
    "SEBottleneck",
    "SENet",
    "SENetBottleneck",
    "SEResNet",
    "se_resnet50",
    "se_resnet101",
    "se_resnet152",
    "se_resnext50_32x4d",
    "se_resnext101_32x4d",
    "senet154",
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


Position = Literal["standard", "pre", "post", "identity"]

_GATES = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class SE(nn.Module):
    """Scales each channel by a gate that two small linear layers compute from the means of all channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the hidden layer.
        bias: whether the two linear layers have one.
        pool: how a channel becomes one number; the paper compares ``"avg"`` with ``"max"``.
        gate: what makes gates of the last layer's results; the paper compares ``"sigmoid"``, ``"tanh"`` and ``"relu"``.

    Differs from the paper:
        The equations have no biases, the released models do; ``bias=False`` gives the form of the equations.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        bias: bool = True,
        pool: Literal["avg", "max"] = "avg",
        gate: Literal["sigmoid", "tanh", "relu"] = "sigmoid",
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if pool not in ("avg", "max"):
            raise ValueError(f"pool: expected 'avg' or 'max', got {pool!r}")
        if gate not in _GATES:
            raise ValueError(f"gate: expected one of {', '.join(_GATES)}, got {gate!r}")
        self.pool = pool
        self.down = nn.Linear(channels, channels // reduction, bias=bias)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels, bias=bias)
        self.gate = _GATES[gate]()

    def forward(self, x: Tensor) -> Tensor:
        s = x.mean((2, 3)) if self.pool == "avg" else x.amax((2, 3))  # (B, C)  Eq. 2
        s = self.gate(self.up(self.relu(self.down(s))))  # (B, C)  Eq. 3
        return x * s[:, :, None, None]  # (B, C, H, W)  Eq. 4


class SEBottleneck(Bottleneck):
    """A bottleneck with SE, by default at the end of its residual branch.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        stride_first: whether the stride is in the first 1x1 convolution, as in the released SE-ResNets, or in the 3x3,
            as in the released SE-ResNeXts.
        position: of SE: ``"standard"`` on what the branch adds, ``"pre"`` before the branch, ``"post"`` after the sum
            and its ReLU, ``"identity"`` on the shortcut.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        stride_first: bool = True,
        reduction: int = 16,
        bias: bool = True,
        position: Position = "standard",
    ) -> None:
        super().__init__(in_channels, channels, 1 if stride_first else stride, downsample, groups, base_width)
        if position not in ("standard", "pre", "post", "identity"):
            raise ValueError(f"position: expected standard, pre, post or identity, got {position!r}")
        if stride_first:
            self.conv1 = nn.Conv2d(in_channels, self.conv1.out_channels, 1, stride, bias=False)
        self.position = position
        self.se = SE(in_channels if position == "pre" else channels * self.expansion, reduction, bias)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        if self.position == "pre":
            return super().residual(self.se(x))
        return self.se(super().residual(x)) if self.position == "standard" else super().residual(x)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        if self.position == "identity":
            shortcut = self.se(shortcut)
        y = self.relu(self.residual(x) + shortcut)
        return self.se(y) if self.position == "post" else y


class SEResNet(ResNet):
    """ResNet or ResNeXt with SE in every block, as released: the first pooling rounds sizes up.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stride_first, position: as of :class:`SEBottleneck`.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        groups: int = 1,
        base_width: int = 64,
        stride_first: bool = True,
        reduction: int = 16,
        bias: bool = True,
        num_classes: int = 1000,
        position: Position = "standard",
    ) -> None:
        block = partial(
            SEBottleneck,
            groups=groups,
            base_width=base_width,
            stride_first=stride_first,
            reduction=reduction,
            bias=bias,
            position=position,
        )
        super().__init__(block, layers, num_classes=num_classes)
        self.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)


class SENetBottleneck(SEBottleneck):
    """The block of SENet-154: half the width in the first 1x1 convolution, 64 groups in the 3x3.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        reduction: int = 16,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, 64, 4, stride_first=False, reduction=reduction)
        self.conv1 = nn.Conv2d(in_channels, 2 * channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2 * channels)
        self.conv2 = nn.Conv2d(2 * channels, 4 * channels, 3, stride, 1, groups=64, bias=False)


class SENet(ResNet):
    """SENet-154: a deep stem, grouped bottlenecks with SE, 3x3 convolutions in the strided shortcuts, dropout.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 8, 36, 3),
        reduction: int = 16,
        dropout: float = 0.2,
        num_classes: int = 1000,
    ) -> None:
        block = partial(SENetBottleneck, reduction=reduction)
        super().__init__(block, layers, num_classes=num_classes, deep_stem=64, shortcut_kernel=3)
        self.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(self.avgpool(self.features(x)).flatten(1)))  # (B, num_classes)


def se_resnet50(num_classes: int = 1000) -> SEResNet:
    """SEResNet in the configuration se_resnet50, for inputs of 224 x 224."""
    return SEResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def se_resnet101(num_classes: int = 1000) -> SEResNet:
    """SEResNet in the configuration se_resnet101, for inputs of 224 x 224."""
    return SEResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def se_resnet152(num_classes: int = 1000) -> SEResNet:
    """SEResNet in the configuration se_resnet152, for inputs of 224 x 224."""
    return SEResNet(layers=(3, 8, 36, 3), num_classes=num_classes)


def se_resnext50_32x4d(num_classes: int = 1000) -> SEResNet:
    """SEResNet in the configuration se_resnext50_32x4d, for inputs of 224 x 224."""
    return SEResNet(layers=(3, 4, 6, 3), groups=32, base_width=4, stride_first=False, num_classes=num_classes)


def se_resnext101_32x4d(num_classes: int = 1000) -> SEResNet:
    """SEResNet in the configuration se_resnext101_32x4d, for inputs of 224 x 224."""
    return SEResNet(layers=(3, 4, 23, 3), groups=32, base_width=4, stride_first=False, num_classes=num_classes)


def senet154(num_classes: int = 1000) -> SENet:
    """SENet in the configuration senet154, for inputs of 224 x 224."""
    return SENet(layers=(3, 8, 36, 3), num_classes=num_classes)

"""Drop an Octave: Reducing Spatial Redundancy in Convolutional Neural Networks with Octave Convolution (ICCV 2019).

Authors: Yunpeng Chen et al.
Paper: https://arxiv.org/abs/1904.05049
Code (the authors', licence: MIT): https://github.com/facebookresearch/OctConv
Shape: (B C H W, B D H/2 W/2) -> B O H W, B P H/2 W/2
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/octconv.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Octave convolution: part of the channels live at half resolution, and convolution passes between the two parts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["OctBottleneck", "OctConv", "OctConvNorm", "OctResNet", "oct_resnet50", "oct_resnet101", "oct_resnet152"]


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


Octave = Tensor | tuple[Tensor, Tensor]
"""A map alone, or one of high frequencies and one of low ones, which has half its height and width (rounded up)."""


class OctConv(nn.Module):
    """Convolves high and low frequencies, within and across: four convolutions, of which three run at low resolution.

    From high to low a map is pooled before its convolution, from low to high enlarged after it. A stride is pooling
    before the convolution, too.

    Shape:
        x: ``(B, C, H, W), (B, D, H/2, W/2)`` -> ``(B, O, H/s, W/s), (B, P, H/2s, W/2s)`` with s = stride,
        D = floor(alpha_in * in_channels), P = floor(alpha_out * out_channels), and C and O the other channels.
        Pairs are tuples. Where a share is 0 there is no low map, and the high one comes alone. Odd sizes round up.
        With ``single``: ``(B, in_channels, H, W)`` -> ``(B, out_channels, H/s, W/s)``.

    Args:
        alpha_in, alpha_out: share of low frequencies in the channels before and after; 0 and 0 is a plain convolution.
        stride: 1 or 2.
        padding: one that keeps the size; half the kernel if it is not given.
        groups: of each of the four convolutions. With as many as channels (depthwise) nothing is passed across.
        single: whether it stands in the place of one convolution, between layers that know one map only. Then the last
            D channels are pooled before it, and the low map that comes out is enlarged and joined to the high one.

    Differs from the paper: a share of 1, low frequencies only, is left out.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        alpha_in: float = 0.5,
        alpha_out: float = 0.5,
        stride: int = 1,
        padding: int | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        single: bool = False,
    ) -> None:
        super().__init__()
        if not (0 <= alpha_in < 1 and 0 <= alpha_out < 1):
            raise ValueError(f"alpha_in, alpha_out: expected shares from 0 to less than 1, got {alpha_in}, {alpha_out}")
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        depthwise = 1 < groups == in_channels
        if depthwise and (in_channels, alpha_in) != (out_channels, alpha_out):
            raise ValueError("groups: a depthwise octave convolution must keep its channels and their share")
        if padding is None:
            padding = dilation * (kernel_size - 1) // 2
        low_in, low_out = int(alpha_in * in_channels), int(alpha_out * out_channels)
        high_in, high_out = in_channels - low_in, out_channels - low_out
        if (low_in or low_out) and 2 * padding != dilation * (kernel_size - 1):
            keeping = dilation * (kernel_size - 1) / 2
            raise ValueError(f"padding: expected {keeping:g}, which keeps the size of both maps, got {padding}")
        conv = partial(nn.Conv2d, kernel_size=kernel_size, padding=padding, dilation=dilation)
        across = partial(conv, groups=groups)
        # Each output has one bias, that of the path from high where there is one.
        self.stride, self.single = stride, single
        self.high_to_high = conv(high_in, high_out, groups=high_in if depthwise else groups, bias=bias)
        self.high_to_low = across(high_in, low_out, bias=bias) if low_out and not depthwise else None
        self.low_to_high = across(low_in, high_out, bias=False) if low_in and not depthwise else None
        self.low_to_low = None
        if low_in and low_out:
            parts = low_in if depthwise else groups
            self.low_to_low = conv(low_in, low_out, groups=parts, bias=bias and self.high_to_low is None)

    def forward(self, x: Octave) -> Octave:
        if not self.single:
            return self._convolve(x)
        if not isinstance(x, Tensor):
            raise ValueError(f"x: expected one map, as single=True says, got {type(x).__name__}")
        high_channels = self.high_to_high.in_channels
        if x.shape[1] > high_channels:
            y = self._convolve((x[:, :high_channels], _pool(x[:, high_channels:], 2)))
        else:
            y = self._convolve(x)
        return y if isinstance(y, Tensor) else torch.cat((y[0], _enlarge(y[1], y[0])), 1)  # (B, out_channels, H/s, W/s)

    def _convolve(self, x: Octave) -> Octave:
        high, low = (x, None) if isinstance(x, Tensor) else x
        if (low is None) != (self.low_to_low is None and self.low_to_high is None):
            expected = "one map" if low is not None else "a tuple of two maps"
            raise ValueError(f"x: expected {expected}, as alpha_in says, got {type(x).__name__}")
        if low is not None and low.shape[2:] != (half := tuple((size + 1) // 2 for size in high.shape[2:])):
            raise ValueError(f"x: expected a low map of size {half}, got {tuple(low.shape[2:])}")
        high = _pool(high, self.stride)  # (B, C, H/s, W/s)
        y_high = self.high_to_high(high)  # (B, O, H/s, W/s)
        y_low = None if self.high_to_low is None else self.high_to_low(_pool(high, 2))  # (B, P, H/2s, W/2s)
        del high  # pooled, it would take room beside what follows
        if low is not None and self.low_to_low is not None:
            pooled = _pool(low, self.stride)  # (B, D, H/2s, W/2s)
            y_low = self.low_to_low(pooled) if y_low is None else y_low.add_(self.low_to_low(pooled))
        if low is not None and self.low_to_high is not None:
            up = self.low_to_high(low)  # (B, O, H/2, W/2)
            y_high += up if self.stride == 2 else _enlarge(up, y_high)  # (B, O, H/s, W/s)
        return y_high if y_low is None else (y_high, y_low)


class OctConvNorm(nn.Module):
    """Octave convolution, then batch normalisation and perhaps ReLU of each resolution by itself.

    Shape:
        x: as of :class:`OctConv`
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        alpha_in: float = 0.5,
        alpha_out: float = 0.5,
        stride: int = 1,
        relu: bool = False,
    ) -> None:
        super().__init__()
        self.conv = OctConv(in_channels, out_channels, kernel_size, alpha_in, alpha_out, stride)
        low = int(alpha_out * out_channels)
        self.bn_high = nn.BatchNorm2d(out_channels - low)
        self.bn_low = nn.BatchNorm2d(low) if low else None
        self.act = nn.ReLU(inplace=True) if relu else nn.Identity()

    def forward(self, x: Octave) -> Octave:
        x = self.conv(x)
        if isinstance(x, Tensor) or self.bn_low is None:
            return self.act(self.bn_high(x))
        return self.act(self.bn_high(x[0])), self.act(self.bn_low(x[1]))


class OctBottleneck(nn.Module):
    """A bottleneck of octave convolutions; what it hands on, and all inside it, is split by ``alpha_out``.

    Shape:
        x: high and low map, or one alone, with in_channels -> the same with 4 * channels, sizes over the stride
    """

    expansion = 4

    def __init__(
        self, in_channels: int, channels: int, stride: int = 1, alpha_in: float = 0.5, alpha_out: float = 0.5
    ) -> None:
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = OctConvNorm(in_channels, channels, 1, alpha_in, alpha_out, relu=True)
        self.conv2 = OctConvNorm(channels, channels, 3, alpha_out, alpha_out, stride, relu=True)
        self.conv3 = OctConvNorm(channels, out_channels, 1, alpha_out, alpha_out)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = OctConvNorm(in_channels, out_channels, 1, alpha_in, alpha_out, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Octave) -> Octave:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.conv3(self.conv2(self.conv1(x)))
        if isinstance(shortcut, Tensor):
            return self.relu(y + shortcut)
        return self.relu(y[0] + shortcut[0]), self.relu(y[1] + shortcut[1])


class OctResNet(ResNet):
    """ResNet with octave convolutions from its second layer to its third stage.

    The last stage has high frequencies only: its low maps would be smaller than its kernels.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self, layers: tuple[int, int, int, int] = (3, 4, 6, 3), alpha: float = 0.5, num_classes: int = 1000
    ) -> None:
        super().__init__(partial(_block, alpha=alpha), layers, num_classes=num_classes)


def _block(in_channels: int, channels: int, stride: int, downsample: nn.Module | None, alpha: float) -> OctBottleneck:
    """A block of the network; its own shortcut splits and pools as its branch does and replaces ``downsample``."""
    first, last = in_channels == 64, channels == 512
    alpha_in = 0.0 if first or (last and downsample is None) else alpha
    return OctBottleneck(in_channels, channels, stride, alpha_in, 0.0 if last else alpha)


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    """Each pixel four times, cut to the size of ``like``."""
    return F.interpolate(x, like.shape[2:])


def _pool(x: Tensor, size: int) -> Tensor:
    """Means of squares; what sticks out at the end does not count."""
    return x if size == 1 else F.avg_pool2d(x, size, ceil_mode=True)


def oct_resnet50(num_classes: int = 1000) -> OctResNet:
    """OctResNet in the configuration oct_resnet50, for inputs of 224 x 224."""
    return OctResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def oct_resnet101(num_classes: int = 1000) -> OctResNet:
    """OctResNet in the configuration oct_resnet101, for inputs of 224 x 224."""
    return OctResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def oct_resnet152(num_classes: int = 1000) -> OctResNet:
    """OctResNet in the configuration oct_resnet152, for inputs of 224 x 224."""
    return OctResNet(layers=(3, 8, 36, 3), num_classes=num_classes)

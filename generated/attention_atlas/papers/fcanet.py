"""FcaNet: Frequency Channel Attention Networks (ICCV 2021).

Authors: Zequn Qin et al.
Paper: https://arxiv.org/abs/2012.11879
Code (the authors', licence: MIT): https://github.com/cfzd/FcaNet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/fcanet.py, templates/blocks/full_precision.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

FcaNet: squeeze-and-excitation whose squeeze keeps several cosine frequencies of each map, not its mean alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FcaBasicBlock", "FcaBottleneck", "FcaNet", "MultiSpectralAttention", "fca34", "fca50", "fca101", "fca152"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


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


# The 32 frequencies "uv" (u down, v across) of a 7x7 grid, in the order of each criterion: by the accuracy that each
# reached alone on ImageNet (top: best first, bot: worst first), and lowest frequency first.
_ORDER = {
    "top": "00 01 60 05 02 10 12 40 50 16 30 04 06 03 35 22 46 63 33 53 55 21 61 52 54 32 31 41 23 20 65 13",
    "bot": "66 14 34 36 26 43 11 24 44 45 56 15 42 62 25 51 64 13 65 20 23 41 31 32 54 52 61 21 55 53 33 63",
    "low": "00 01 10 11 02 20 21 12 22 03 30 40 04 13 31 05 14 23 32 41 50 06 15 24 33 42 51 60 16 25 34 43",
}
_COUNTS = (1, 2, 4, 8, 16, 32)


class MultiSpectralAttention(nn.Module):
    """Scales each channel by a gate computed from one two-dimensional DCT component of every channel.

    The channels are divided into as many groups as there are frequencies; all channels of a group are described by
    the same component. ``frequencies="top1"`` is squeeze-and-excitation, up to a constant factor.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        height, width: size of the cosine basis, at least 7. A map of another size is average-pooled to it.
        reduction: C over the width of the hidden layer.
        frequencies: criterion and number, ``top``, ``low`` or ``bot`` and 1, 2, 4, 8, 16 or 32. Frequencies are
            given on a 7x7 grid and multiplied by height // 7 and width // 7 for a larger basis.
    """

    basis: Tensor

    def __init__(
        self, channels: int, height: int = 7, width: int = 7, reduction: int = 16, frequencies: str = "top16"
    ) -> None:
        super().__init__()
        if min(height, width) < 7:
            raise ValueError(f"height, width: expected at least 7, got {height} and {width}")
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        basis = _basis(frequencies, height, width)
        if channels % len(basis):
            raise ValueError(f"channels: expected a multiple of {len(basis)} ({frequencies}), got {channels}")
        self.register_buffer("basis", basis, persistent=False)
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        s = self._logits(self.components(x)).sigmoid().to(x.dtype)  # (B, C)
        return x * s[:, :, None, None]  # (B, C, H, W)

    def components(self, x: Tensor) -> Tensor:
        """One DCT component of each channel: ``(B, C, H, W)`` -> ``(B, C)``, float32 where x has half the precision."""
        groups, height, width = self.basis.shape
        if x.shape[2:] != (height, width):
            x = F.adaptive_avg_pool2d(x, (height, width))  # (B, C, h, w)
        x = x.unflatten(1, (groups, -1))  # (B, G, C/G, h, w)
        wide = torch.promote_types(x.dtype, torch.float32)
        if torch.is_grad_enabled() or x.dtype != wide:
            return (x * self.basis[:, None]).sum((3, 4), dtype=wide).flatten(1)  # (B, C)
        with full_precision(x):  # the faster way, which for a gradient would keep the basis once for each item
            return (x.flatten(3) @ self.basis.flatten(1)[..., None]).flatten(1)  # (B, C)

    def _logits(self, z: Tensor) -> Tensor:
        dtype = self.down.weight.dtype
        with full_precision(z):
            if z.dtype == dtype:
                return self.up(self.relu(self.down(z)))  # (B, C)
            # A sum over the basis can leave the range of half precision. The layers have no bias, so a factor taken out
            # before them may be put back behind them.
            peak = z.detach().abs().amax(1, keepdim=True).clamp(min=1e-30)  # (B, 1)
            return self.up(self.relu(self.down((z / peak).to(dtype)))).to(z.dtype) * peak  # (B, C)


class FcaBasicBlock(BasicBlock):
    """A basic block whose residual branch ends with multi-spectral attention.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        reduction: int = 16,
        frequencies: str = "top16",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        side = _side(channels)
        self.attention = MultiSpectralAttention(channels, side, side, reduction, frequencies)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.attention(super().residual(x))


class FcaBottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with multi-spectral attention.

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
        frequencies: str = "top16",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        side = _side(channels)
        self.attention = MultiSpectralAttention(channels * self.expansion, side, side, reduction, frequencies)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.attention(super().residual(x))


class FcaNet(ResNet):
    """ResNet with multi-spectral attention in every block; the bases have the sizes of maps of a 224x224 image.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        basic: whether the blocks are basic blocks (FcaNet-34) or bottlenecks.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        basic: bool = False,
        reduction: int = 16,
        frequencies: str = "top16",
        num_classes: int = 1000,
    ) -> None:
        kind = FcaBasicBlock if basic else FcaBottleneck
        block = partial(kind, reduction=reduction, frequencies=frequencies)
        super().__init__(block, layers, expansion=kind.expansion, num_classes=num_classes)


def _side(channels: int) -> int:
    """Side of the maps in the stage of this width, for an image of 224x224."""
    return 56 * 64 // channels


def _basis(frequencies: str, height: int, width: int) -> Tensor:
    """The cosine basis ``(G, height, width)`` of a selection such as ``top16``."""
    criterion, count = frequencies[:3], frequencies[3:]
    if criterion not in _ORDER or count not in map(str, _COUNTS):
        wanted = f"{', '.join(_ORDER)} followed by one of {', '.join(map(str, _COUNTS))}"
        raise ValueError(f"frequencies: expected {wanted}, got {frequencies!r}")
    pairs = _ORDER[criterion].split()[: int(count)]
    down = torch.tensor([_cosine(int(u) * (height // 7), height) for u, _ in pairs], dtype=torch.float64)  # (G, h)
    across = torch.tensor([_cosine(int(v) * (width // 7), width) for _, v in pairs], dtype=torch.float64)  # (G, w)
    return (down[:, :, None] * across[:, None, :]).to(torch.get_default_dtype())  # (G, h, w)


def _cosine(frequency: int, size: int) -> list[float]:
    """One row of the orthonormal DCT-II matrix."""
    scale = math.sqrt((2 if frequency else 1) / size)
    return [scale * math.cos(math.pi * frequency * (position + 0.5) / size) for position in range(size)]


def fca34(num_classes: int = 1000) -> FcaNet:
    """FcaNet in the configuration fca34, for inputs of 224 x 224."""
    return FcaNet(layers=(3, 4, 6, 3), basic=True, num_classes=num_classes)


def fca50(num_classes: int = 1000) -> FcaNet:
    """FcaNet in the configuration fca50, for inputs of 224 x 224."""
    return FcaNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def fca101(num_classes: int = 1000) -> FcaNet:
    """FcaNet in the configuration fca101, for inputs of 224 x 224."""
    return FcaNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def fca152(num_classes: int = 1000) -> FcaNet:
    """FcaNet in the configuration fca152, for inputs of 224 x 224."""
    return FcaNet(layers=(3, 8, 36, 3), num_classes=num_classes)

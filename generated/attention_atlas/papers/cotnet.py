"""Contextual Transformer Networks for Visual Recognition (IEEE TPAMI 2022).

Authors: Yehao Li et al.
Paper: https://arxiv.org/abs/2107.12292
Code (the authors', licence: Apache-2.0): https://github.com/JDAI-CV/CoTNet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/cotnet.py, templates/blocks/neighbourhood.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

Contextual transformer: keys that know their neighbours, and weights for the neighbours made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "CoT",
    "CoTBottleneck",
    "CoTNet",
    "SECoTBottleneck",
    "SECoTNetD",
    "SEConv",
    "cotnet50",
    "cotnet101",
    "cotnext50_2x48d",
    "cotnext101_2x48d",
    "se_cotnetd_50",
    "se_cotnetd_101",
    "se_cotnetd_152",
]


Geometry = tuple[int, int, int]


def aggregate(x: Tensor, weights: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Sums of neighbours, each times a weight of its own: sum over n of ``weights[..., n, i, j]`` x[neighbour n].

    Shape:
        x: ``(B, M, N, H + p, W + p)``, padded; weights: ``(B, M or 1, N or 1, k * k, H/s, W/s)``, shared where there
        is a 1 -> ``(B, M, N, H/s, W/s)``
    """
    return _Aggregate.apply(x, weights.to(x.dtype), (kernel_size, stride, dilation))


def correlate(q: Tensor, k: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Products of the vector at each position with those of its neighbours, summed over the last axis before the map.

    Shape:
        q: ``(B, h, d, H/s, W/s)``, k: ``(B, h, d, H + p, W + p)``, padded -> ``(B, h, 1, k * k, H/s, W/s)``
    """
    return _Correlate.apply(q, k.to(q.dtype), (kernel_size, stride, dilation))


def _windows(x: Tensor, size: torch.Size, geometry: Geometry) -> Iterator[Tensor]:
    """The views of ``x`` that show each position its n-th neighbour."""
    kernel, stride, dilation = geometry
    height, width = (size[-2] - 1) * stride + 1, (size[-1] - 1) * stride + 1
    for row in range(0, kernel * dilation, dilation):
        for column in range(0, kernel * dilation, dilation):
            yield x[..., row : row + height : stride, column : column + width : stride]


def _gather(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
    parts = weights.unbind(3)
    views = _windows(x, weights.shape, geometry)
    out = next(views) * parts[0]
    for window, weight in zip(views, parts[1:], strict=True):
        out.addcmul_(window, weight)
    return out


def _scatter(y: Tensor, weights: Tensor, size: torch.Size, geometry: Geometry) -> Tensor:
    out = y.new_zeros(size)
    for window, weight in zip(_windows(out, weights.shape, geometry), weights.unbind(3), strict=True):
        window.addcmul_(y, weight)
    return out


def _match(y: Tensor, x: Tensor, shared: tuple[int, ...], geometry: Geometry) -> Tensor:
    products = (y * window for window in _windows(x, y.shape, geometry))
    return torch.stack([p.sum(shared, keepdim=True) if shared else p for p in products], 3)


class _Aggregate(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
        return _gather(x, weights, geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        x, weights, ctx.geometry = inputs
        ctx.save_for_backward(x, weights)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weights = ctx.saved_tensors
        (g,) = gradients
        shared = tuple(axis for axis in (1, 2) if weights.shape[axis] != x.shape[axis])
        by_x, by_weights, _ = ctx.needs_input_grad
        return (
            _scatter(g, weights, x.shape, ctx.geometry) if by_x else None,
            _match(g, x, shared, ctx.geometry) if by_weights else None,
            None,
        )


class _Correlate(torch.autograd.Function):
    @staticmethod
    def forward(q: Tensor, k: Tensor, geometry: Geometry) -> Tensor:
        return _match(q, k, (2,), geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        q, k, ctx.geometry = inputs
        ctx.save_for_backward(q, k)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        q, k = ctx.saved_tensors
        (g,) = gradients
        by_q, by_k, _ = ctx.needs_input_grad
        return (
            _gather(k, g, ctx.geometry) if by_q else None,
            _scatter(q, g, k.shape, ctx.geometry) if by_k else None,
            None,
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


SHARED = 8
"""Channels of the value that share their weights."""


class CoT(nn.Module):
    """Adds a static context, a convolution of the map, and a dynamic one, values weighted as key and query say.

    The weights of the k x k neighbours come from two 1x1 convolutions of query (x itself) and static context; they are
    normalised over the neighbours and all positions, and are not a softmax.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; C is a multiple of 8 * groups

    Args:
        groups: of the 1x1 convolutions: 1 in CoTNet, 2 in CoTNeXt. The k x k convolution has four times as many.

    Differs from the paper:
        The two contexts are mixed by a gate for each channel, a softmax of two; the weights pass a group normalisation
        and the values a batch normalisation. The text says nothing of either, the released code does both.
    """

    def __init__(self, channels: int, kernel_size: int = 3, groups: int = 1) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if groups < 1:
            raise ValueError(f"groups: expected at least 1, got {groups}")
        if channels % (SHARED * groups):
            raise ValueError(f"channels: expected a multiple of {SHARED * groups}, got {channels}")
        self.kernel_size, self.groups = kernel_size, groups
        padding, weights = kernel_size // 2, kernel_size**2 * channels // SHARED
        self.key = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size, 1, padding, groups=4 * groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )
        self.embed = nn.Conv2d(2 * channels, channels // 2, 1, groups=groups, bias=False)
        self.weigh = nn.Sequential(
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 2, weights, 1, groups=groups),
            nn.GroupNorm(channels // SHARED, weights),
        )
        self.value = nn.Sequential(
            nn.Conv2d(channels, channels, 1, groups=groups, bias=False), nn.BatchNorm2d(channels)
        )
        self.norm = nn.BatchNorm2d(channels)
        hidden = max(channels // 2, 32)
        self.select = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 2 * channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        static = self.key(x)  # (B, C, H, W)
        weights = self.weigh(self._join(x, static))  # (B, k * k * C / 8, H, W)  Eq. 4
        dynamic = F.silu(self.norm(self._gather(self.value(x), weights)))  # (B, C, H, W)  Eq. 5
        means = dynamic.mean((2, 3), keepdim=True) + static.mean((2, 3), keepdim=True)  # (B, C, 1, 1)
        logits = self.select(means).unflatten(1, (-1, 2))  # (B, C, 2, 1, 1)
        # The softmax of two numbers is the sigmoid of their difference.
        gate = (logits[:, :, 0] - logits[:, :, 1]).sigmoid().to(dynamic.dtype)  # (B, C, 1, 1)
        return torch.lerp(static.to(dynamic.dtype), dynamic, gate)  # (B, C, H, W)

    def _join(self, x: Tensor, static: Tensor) -> Tensor:
        """``embed`` of query and key, without joining the maps: in groups their channels take turns."""
        w = self.embed.weight  # (C / 2, 2 * C / groups, 1, 1)
        w_query, w_key = w.chunk(2, 1) if self.groups == 1 else (w[:, 0::2], w[:, 1::2])
        return F.conv2d(x, w_query, groups=self.groups) + F.conv2d(static, w_key, groups=self.groups)

    def _gather(self, value: Tensor, weights: Tensor) -> Tensor:
        height, width = value.shape[2:]
        padding = self.kernel_size // 2
        value = F.pad(value, (padding,) * 4).unflatten(1, (self.groups, SHARED, -1)).flatten(0, 1)
        weights = weights.reshape(len(value), 1, -1, self.kernel_size**2, height, width)
        out = aggregate(value, weights, self.kernel_size)  # (B * groups, 8, C / (8 * groups), H, W)
        return out.reshape(-1, self.norm.num_features, height, width)  # (B, C, H, W)


class CoTBottleneck(Bottleneck):
    """A bottleneck with CoT for its 3x3 convolution, after average pooling where there is a stride.

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
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample, groups, base_width)
        self.pool = nn.AvgPool2d(3, stride, 1) if stride > 1 else nn.Identity()
        self.conv2 = CoT(self.conv1.out_channels, 3, groups)
        self.bn2 = nn.Identity()

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.pool(self.relu(self.bn1(self.conv1(x))))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(self.conv2(x)))  # (B, O, H/s, W/s)


class CoTNet(ResNet):
    """ResNet or, with ``groups=2`` and ``base_width=48``, ResNeXt with CoT in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        groups: int = 1,
        base_width: int = 64,
        num_classes: int = 1000,
    ) -> None:
        super().__init__(partial(CoTBottleneck, groups=groups, base_width=base_width), layers, num_classes=num_classes)


class SEConv(nn.Module):
    """A 3x3 convolution whose channels are gated by their means over the map; SiLU takes the place of ReLU.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H/s, W/s)`` with s = stride, rounded up
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        hidden = max(channels // 4, 32)
        self.conv = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.conv_norm = nn.BatchNorm2d(channels)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.squeeze_norm = nn.BatchNorm2d(hidden)
        self.excite = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv_norm(self.conv(x)))  # (B, C, H/s, W/s)
        hidden = F.silu(self.squeeze_norm(self.squeeze(x.mean((2, 3), keepdim=True))))  # (B, hidden, 1, 1)
        return x * self.excite(hidden).sigmoid()


class _Blur(nn.Module):
    """Halves a mirrored map after smoothing it with the binomial filter 1, 2, 1 along both sides."""

    taps: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("taps", taps[:, None] * taps, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        filters = self.taps.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), filters, stride=2, groups=x.shape[1])  # (B, C, H/2, W/2)


class SECoTBottleneck(Bottleneck):
    """A bottleneck with CoT or a gated 3x3 convolution in its middle.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        contextual: whether the middle is CoT.
        blur: whether a smoothing filter after the middle takes the stride. Otherwise average pooling before CoT does,
            or the convolution itself.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        contextual: bool = True,
        blur: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        self.conv2 = CoT(channels) if contextual else SEConv(channels, 1 if blur else stride)
        self.bn2 = nn.Identity()
        self.before = nn.AvgPool2d(3, 2, 1) if stride == 2 and contextual and not blur else nn.Identity()
        self.after = _Blur() if stride == 2 and blur else nn.Identity()

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.before(self.relu(self.bn1(self.conv1(x))))
        return self.bn3(self.conv3(self.after(self.conv2(x))))  # (B, O, H/s, W/s)


class SECoTNetD(ResNet):
    """ResNet-D with CoT where maps are small: in the last stage and in every second block of the one before.

    All other blocks have gated convolutions. There is no pooling after the stem: the first stage has a stride instead.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stem_width: of the first two convolutions.
        blur: whether smoothing filters take the strides, as in SE-CoTNetD-152.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        stem_width: int = 32,
        blur: bool = False,
        num_classes: int = 1000,
    ) -> None:
        first, second, third, last = layers
        contextual = [False] * (first + second) + [index % 2 == 0 for index in range(third)] + [True] * last
        block = partial(_block, contextual=iter(contextual), blur=blur)
        super().__init__(block, layers, num_classes=num_classes, deep_stem=stem_width, avg_down=True)
        self.maxpool = nn.Identity()


def _block(
    in_channels: int,
    channels: int,
    stride: int,
    downsample: nn.Module | None,
    contextual: Iterator[bool],
    blur: bool,
) -> SECoTBottleneck:
    if channels == 64 and isinstance(downsample, nn.Sequential):
        pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        stride, downsample = 2, nn.Sequential(pool, *downsample)
    return SECoTBottleneck(in_channels, channels, stride, downsample, next(contextual), blur)


def cotnet50(num_classes: int = 1000) -> CoTNet:
    """CoTNet in the configuration cotnet50, for inputs of 224 x 224."""
    return CoTNet(num_classes=num_classes)


def cotnet101(num_classes: int = 1000) -> CoTNet:
    """CoTNet in the configuration cotnet101, for inputs of 224 x 224."""
    return CoTNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def cotnext50_2x48d(num_classes: int = 1000) -> CoTNet:
    """CoTNet in the configuration cotnext50_2x48d, for inputs of 224 x 224."""
    return CoTNet(groups=2, base_width=48, num_classes=num_classes)


def cotnext101_2x48d(num_classes: int = 1000) -> CoTNet:
    """CoTNet in the configuration cotnext101_2x48d, for inputs of 224 x 224."""
    return CoTNet(layers=(3, 4, 23, 3), groups=2, base_width=48, num_classes=num_classes)


def se_cotnetd_50(num_classes: int = 1000) -> SECoTNetD:
    """SECoTNetD in the configuration se_cotnetd_50, for inputs of 224 x 224."""
    return SECoTNetD(num_classes=num_classes)


def se_cotnetd_101(num_classes: int = 1000) -> SECoTNetD:
    """SECoTNetD in the configuration se_cotnetd_101, for inputs of 224 x 224."""
    return SECoTNetD(layers=(3, 4, 23, 3), stem_width=64, num_classes=num_classes)


def se_cotnetd_152(num_classes: int = 1000) -> SECoTNetD:
    """SECoTNetD in the configuration se_cotnetd_152, for inputs of 256 x 256."""
    return SECoTNetD(layers=(3, 8, 36, 3), stem_width=64, blur=True, num_classes=num_classes)

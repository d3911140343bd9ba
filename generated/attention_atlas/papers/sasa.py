"""Stand-Alone Self-Attention in Vision Models (NeurIPS 2019).

Authors: Prajit Ramachandran et al.
Paper: https://arxiv.org/abs/1906.05909
Code (not the authors'): https://github.com/leaderj1001/Stand-Alone-Self-Attention
Shape: B C H W -> B O H W
Evidence: figures: parameters and multiply-adds equal the published ones
Generated from templates/papers/sasa.py, templates/blocks/full_precision.py, templates/blocks/neighbourhood.py,
    templates/blocks/resnet.py and catalog.yaml: edit those.

Stand-alone self-attention: each position attends to the window around it, in place of a convolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "AttentionStem",
    "LocalAttention",
    "LocalAttentionBottleneck",
    "LocalAttentionResNet",
    "sasa_resnet26",
    "sasa_resnet26_full",
    "sasa_resnet38",
    "sasa_resnet38_full",
    "sasa_resnet50",
    "sasa_resnet50_full",
]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


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


class LocalAttention(nn.Module):
    """Multi-head attention of each position over the k x k window centred on it, with vectors for relative offsets.

    The vector of an offset consists of one for its rows and one for its columns, each half as wide as a head. So the
    products with a query are k + k numbers, which are added to its k * k products with the keys.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up

    Args:
        stride: 2 averages 2 x 2 positions after the attention, as the paper downsamples.
        relative: whether queries also meet the vectors of offsets; the paper compares with the layer without.

    Differs from the paper:
        It is silent on windows that reach beyond the map and on whether heads share the vectors of offsets. Here keys
        and values are zero outside, and each head has vectors of its own. As in its equations, logits are not scaled.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 7,
        num_heads: int = 8,
        stride: int = 1,
        relative: bool = True,
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if out_channels % (2 * num_heads):
            raise ValueError(f"out_channels: expected a multiple of {2 * num_heads}, got {out_channels}")
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        self.kernel_size, self.num_heads, self.stride = kernel_size, num_heads, stride
        self.qkv = nn.Conv2d(in_channels, 3 * out_channels, 1, bias=False)
        half = out_channels // num_heads // 2
        self.rows = self.columns = None
        if relative:
            self.rows = nn.Parameter(torch.randn(num_heads, kernel_size, half) * half**-0.5)
            self.columns = nn.Parameter(torch.randn(num_heads, kernel_size, half) * half**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)  # (B, 3 * O, H, W)
        q, kv = qkv.tensor_split((qkv.shape[1] // 3,), 1)
        q = q.unflatten(1, (self.num_heads, -1))  # (B, h, d, H, W)
        kv = F.pad(kv, (self.kernel_size // 2,) * 4).unflatten(1, (2, self.num_heads, -1))
        k, v = kv.unbind(1)  # (B, h, d, H + k - 1, W + k - 1) each
        # Products that nothing scales leave the range of half precision.
        with full_precision(x):
            if q.dtype in (torch.float16, torch.bfloat16):
                q, k = q.float(), k.float()
            logits = correlate(q, k, self.kernel_size)  # (B, h, 1, k * k, H, W)
            if self.rows is not None and self.columns is not None:
                logits = logits + self._offsets(q, self.rows.to(q.dtype), self.columns.to(q.dtype))
            weights = logits.softmax(3)
        y = aggregate(v, weights, self.kernel_size).flatten(1, 2)  # (B, O, H, W)  Eq. 3
        return y if self.stride == 1 else F.avg_pool2d(y, 2, ceil_mode=True)  # (B, O, H/s, W/s)

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Products of the queries with the vectors of all offsets: ``(B, h, 1, k * k, H, W)``."""
        by_row, by_column = q.flatten(3).chunk(2, 2)  # (B, h, d / 2, H * W) each
        by_row, by_column = rows @ by_row, columns @ by_column  # (B, h, k, H * W) each
        sums = by_row.unsqueeze(3) + by_column.unsqueeze(2)  # (B, h, k, k, H * W)
        return sums.flatten(2, 3).unflatten(3, q.shape[3:]).unsqueeze(2)


class AttentionStem(nn.Module):
    """Attention within each k x k block of the image, then normalisation and the maximum over each block.

    The matrix that gives the value of a pixel depends on its place in the block: it is a convex mix of a few matrices,
    whose shares all heads have in common. So values can tell edges, which plain ones of three channels hardly can.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/k, W/k)`` with O = out_channels, rounded down: incomplete blocks are left out

    Args:
        kernel_size: k, rows and columns of a block.
        mixtures: how many matrices are mixed.

    Differs from the paper:
        It does not say whether the stem has vectors of offsets, too, nor how wide those of places are. Here logits are
        products of queries and keys alone, and a place has a vector as wide as a head.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 64,
        kernel_size: int = 4,
        num_heads: int = 8,
        mixtures: int = 4,
    ) -> None:
        super().__init__()
        if kernel_size < 1 or mixtures < 1:
            raise ValueError(f"kernel_size, mixtures: expected at least 1, got {kernel_size}, {mixtures}")
        if out_channels % num_heads:
            raise ValueError(f"out_channels: expected a multiple of num_heads={num_heads}, got {out_channels}")
        self.kernel_size, self.num_heads = kernel_size, num_heads
        width = out_channels // num_heads
        bound = in_channels**-0.5
        self.qk = nn.Linear(in_channels, 2 * out_channels, bias=False)
        self.values = nn.Parameter(torch.empty(mixtures, out_channels, in_channels).uniform_(-bound, bound))
        self.rows = nn.Parameter(torch.randn(kernel_size, width))
        self.columns = nn.Parameter(torch.randn(kernel_size, width))
        self.mixtures = nn.Parameter(torch.randn(mixtures, width) * width**-0.5)
        self.norm = nn.BatchNorm1d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        size = self.kernel_size
        if min(x.shape[2:]) < size:
            raise ValueError(f"x: expected at least {size} x {size} pixels, got {tuple(x.shape)}")
        blocks = x.unfold(2, size, size).unfold(3, size, size)  # (B, C, H/k, W/k, k, k)
        grid = blocks.shape[2:4]
        pixels = blocks.permute(0, 2, 3, 4, 5, 1).flatten(3, 4).flatten(0, 2)  # (n, k * k, C), n blocks
        q, k = self.qk(pixels).unflatten(2, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)  # (n, h, k * k, d) each
        v = torch.einsum("nsc,soc->nso", pixels, self._matrices())  # (n, k * k, O)
        v = v.unflatten(2, (self.num_heads, -1)).transpose(1, 2)  # (n, h, k * k, d)
        y = F.scaled_dot_product_attention(q.contiguous(), k.contiguous(), v.contiguous(), scale=1.0)
        y = self.norm(y.mT.flatten(1, 2)).max(2).values  # (n, O)
        return y.unflatten(0, (len(x), *grid)).permute(0, 3, 1, 2)  # (B, O, H/k, W/k)

    def _matrices(self) -> Tensor:
        """The matrix of each place, ``(k * k, O, C)``."""
        places = self.rows[:, None] + self.columns  # (k, k, d)
        shares = (places @ self.mixtures.T).softmax(2).flatten(0, 1)  # (k * k, m)
        return torch.einsum("sm,moc->soc", shares, self.values)


class LocalAttentionBottleneck(Bottleneck):
    """A bottleneck with local attention for its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_size: int = 7,
        num_heads: int = 8,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        self.conv2 = LocalAttention(channels, channels, kernel_size, num_heads, stride)


class LocalAttentionResNet(ResNet):
    """ResNet with local attention for all 3x3 convolutions, and with the convolutional or the attention stem.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        attention_stem: whether attention takes the place of the stem's convolution, too ("full attention"), which the
            paper finds worse in two of three networks. A ReLU follows it as it follows the convolution.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        kernel_size: int = 7,
        num_heads: int = 8,
        num_classes: int = 1000,
        attention_stem: bool = False,
    ) -> None:
        block = partial(LocalAttentionBottleneck, kernel_size=kernel_size, num_heads=num_heads)
        super().__init__(block, layers, num_classes=num_classes)
        if attention_stem:
            self.conv1: nn.Module = AttentionStem(num_heads=num_heads)
            self.bn1: nn.Module = nn.Identity()
            self.maxpool: nn.Module = nn.Identity()


def sasa_resnet26(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet26, for inputs of 224 x 224."""
    return LocalAttentionResNet(layers=(1, 2, 4, 1), num_classes=num_classes)


def sasa_resnet38(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet38, for inputs of 224 x 224."""
    return LocalAttentionResNet(layers=(2, 3, 5, 2), num_classes=num_classes)


def sasa_resnet50(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet50, for inputs of 224 x 224."""
    return LocalAttentionResNet(num_classes=num_classes)


def sasa_resnet26_full(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet26_full, for inputs of 224 x 224."""
    return LocalAttentionResNet(layers=(1, 2, 4, 1), attention_stem=True, num_classes=num_classes)


def sasa_resnet38_full(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet38_full, for inputs of 224 x 224."""
    return LocalAttentionResNet(layers=(2, 3, 5, 2), attention_stem=True, num_classes=num_classes)


def sasa_resnet50_full(num_classes: int = 1000) -> LocalAttentionResNet:
    """LocalAttentionResNet in the configuration sasa_resnet50_full, for inputs of 224 x 224."""
    return LocalAttentionResNet(attention_stem=True, num_classes=num_classes)

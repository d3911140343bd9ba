"""Stand-alone self-attention: each position attends to the window around it, in place of a convolution."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.full_precision import full_precision
from templates.blocks.neighbourhood import aggregate, correlate
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["AttentionStem", "LocalAttention", "LocalAttentionBottleneck", "LocalAttentionResNet"]


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

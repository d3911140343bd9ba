"""Attention-augmented convolution: some channels come from a convolution, the others from attention to the map."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.biased_attention import biased_attention
from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = ["AABasicBlock", "AABottleneck", "AAConv", "AAResNet"]


class AAConv(nn.Module):
    """A convolution and multi-head self-attention with relative positions, side by side, joined along the channels.

    A logit is q (k + r_row + r_column) / sqrt(d), where the vectors r depend on the offset alone and all heads share
    them. So a query meets H + W vectors, not one for each of the H W positions.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up

    Args:
        key_channels: of the queries and keys of all heads together; over O, the paper's kappa.
        value_channels: of the output, those that come from the attention; over O, the paper's upsilon.
        relative: whether there are vectors for offsets; the paper compares with attention without.
        height, width: of the largest map in the attention, for which there are vectors: the largest output, or half of
            it with ``downsample``.
        bias: of all layers.
        downsample: whether the attention sees averages of 3 x 3 positions, two apart, and its result is interpolated;
            the paper does so where maps are large.

    Differs from the paper:
        It does not say how the attention takes a stride. Here its 1x1 convolution does.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        key_channels: int,
        value_channels: int,
        kernel_size: int = 3,
        num_heads: int = 8,
        stride: int = 1,
        relative: bool = True,
        height: int = 14,
        width: int = 14,
        bias: bool = False,
        downsample: bool = False,
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if key_channels % num_heads or value_channels % num_heads:
            raise ValueError(
                f"key_channels, value_channels: expected multiples of num_heads={num_heads}, "
                f"got {key_channels} and {value_channels}"
            )
        if not 0 < value_channels < out_channels:
            raise ValueError(f"value_channels: expected 1 to {out_channels - 1}, got {value_channels}")
        self.num_heads, self.height, self.width, self.downsample = num_heads, height, width, downsample
        self.widths = (key_channels, key_channels, value_channels)
        rest, padding = out_channels - value_channels, kernel_size // 2
        self.conv = nn.Conv2d(in_channels, rest, kernel_size, stride, padding, bias=bias)
        self.qkv = nn.Conv2d(in_channels, 2 * key_channels + value_channels, 1, stride, bias=bias)
        self.project = nn.Conv2d(value_channels, value_channels, 1, bias=bias)
        self.rows = self.columns = None
        if relative:
            head_dim = key_channels // num_heads
            self.rows = nn.Parameter(torch.randn(2 * height - 1, head_dim) * head_dim**-0.5)
            self.columns = nn.Parameter(torch.randn(2 * width - 1, head_dim) * head_dim**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        convolved = self.conv(x)  # (B, O - V, H/s, W/s)
        if self.downsample:
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)  # (B, C, H/2, W/2)
        attended = self._attend(self.qkv(x))  # (B, V, H/s, W/s), or half of that
        if self.downsample:
            attended = F.interpolate(attended, convolved.shape[2:], mode="bilinear")  # (B, V, H/s, W/s)
        return torch.cat((convolved, attended), 1)  # (B, O, H/s, W/s)

    def _attend(self, qkv: Tensor) -> Tensor:
        """Attention to all positions of ``(B, 2 * K + V, H, W)``: ``(B, V, H, W)``."""
        height, width = qkv.shape[2:]
        parts = (part.flatten(2).unflatten(1, (self.num_heads, -1)) for part in qkv.split(self.widths, 1))
        q, k, v = (part.mT.contiguous() for part in parts)  # (B, h, N, d) with N = H * W; values have another width
        if self.rows is None or self.columns is None:
            y = F.scaled_dot_product_attention(q, k, v)  # (B, h, N, V / h)
        else:
            rows, columns = self._near(self.rows, height), self._near(self.columns, width)
            y = biased_attention(q, k, v, self._offsets(q * q.shape[3] ** -0.5, rows, columns))  # (B, h, N, V / h)
        return self.project(y.mT.flatten(1, 2).unflatten(2, (height, width)))  # (B, V, H, W)

    def _near(self, vectors: Tensor, size: int) -> Tensor:
        """Of the vectors for offsets in the largest map those that occur in this one, which are the middle ones."""
        largest = len(vectors) // 2 + 1
        if size > largest:
            raise ValueError(
                f"x: expected an attention map of at most {self.height} x {self.width}, got a side of {size}"
            )
        return vectors.narrow(0, largest - size, 2 * size - 1)

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Products of ``(B, h, N, d)`` queries with the vectors of the offsets to all positions: ``(B, h, N, N)``."""
        height, width = len(rows) // 2 + 1, len(columns) // 2 + 1
        row, column = torch.arange(height, device=q.device), torch.arange(width, device=q.device)
        products = q @ torch.cat((rows, columns)).mT  # (B, h, N, 2 * H - 1 + 2 * W - 1)
        to_row = (row - row[:, None] + height - 1).repeat_interleave(width, 0)  # (N, H)
        to_column = (column - column[:, None] + width - 1 + len(rows)).repeat(height, 1)  # (N, W)
        index = torch.cat((to_row, to_column), 1).expand(*q.shape[:2], -1, -1)  # (B, h, N, H + W)
        by_row, by_column = products.gather(3, index).split((height, width), 3)  # (B, h, N, H), (B, h, N, W)
        return (by_row.unsqueeze(4) + by_column.unsqueeze(3)).flatten(3)


class AABasicBlock(BasicBlock):
    """A basic block with an attention-augmented convolution for the first of its two.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, channels, H/s, W/s)`` with s = stride

    Args: those of :class:`AABottleneck`.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: nn.Module | None = None,
        ratios: tuple[float, float] = (0.25, 0.25),
        num_heads: int = 8,
        height: int = 14,
        width: int = 14,
        downsample: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, stride, shortcut)
        self.add_module(
            "conv1", _augmented(in_channels, channels, stride, ratios, num_heads, height, width, downsample)
        )


class AABottleneck(Bottleneck):
    """A bottleneck with an attention-augmented convolution for its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        ratios: of keys and of values to ``channels``; a head of keys has at least 20 channels.
        height, width: of the largest map in the attention.
        downsample: whether the attention sees the map at half its size.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: nn.Module | None = None,
        ratios: tuple[float, float] = (0.2, 0.1),
        num_heads: int = 8,
        height: int = 14,
        width: int = 14,
        downsample: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, stride, shortcut)
        self.conv2 = _augmented(channels, channels, stride, ratios, num_heads, height, width, downsample)


class AAResNet(ResNet):
    """ResNet whose last three stages consist of augmented blocks; the first of them attends at half its size.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        ratios: of keys and of values to the channels of a stage: 0.2 and 0.1, in ResNet-34 0.25 both.
        bottleneck: whether blocks are bottlenecks; basic blocks are those of ResNet-34.
        image_size: the largest height and width of an image.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        ratios: tuple[float, float] = (0.2, 0.1),
        num_heads: int = 8,
        bottleneck: bool = True,
        image_size: tuple[int, int] = (224, 224),
        num_classes: int = 1000,
    ) -> None:
        block = partial(_block, ratios=ratios, num_heads=num_heads, bottleneck=bottleneck, image_size=image_size)
        super().__init__(block, layers, expansion=4 if bottleneck else 1, num_classes=num_classes)


def _augmented(
    in_channels: int,
    channels: int,
    stride: int,
    ratios: tuple[float, float],
    num_heads: int,
    height: int,
    width: int,
    downsample: bool,
) -> AAConv:
    keys, values = (int(ratio * channels) // num_heads * num_heads for ratio in ratios)
    keys, values = max(keys, 20 * num_heads), max(values, num_heads)
    return AAConv(
        in_channels,
        channels,
        keys,
        values,
        num_heads=num_heads,
        stride=stride,
        height=height,
        width=width,
        downsample=downsample,
    )


def _block(
    in_channels: int,
    channels: int,
    stride: int,
    shortcut: nn.Module | None,
    ratios: tuple[float, float],
    num_heads: int,
    bottleneck: bool,
    image_size: tuple[int, int],
) -> nn.Module:
    if channels == 64:
        return (Bottleneck if bottleneck else BasicBlock)(in_channels, channels, stride, shortcut)
    reduction = max(channels // 16, 16)  # of the attention's maps against the image: 16, 16, 32
    height, width = (-(-side // reduction) for side in image_size)
    augmented = AABottleneck if bottleneck else AABasicBlock
    return augmented(in_channels, channels, stride, shortcut, ratios, num_heads, height, width, channels == 128)

"""Swin Transformer: self-attention inside windows, which every second block shifts by half their size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.biased_attention import biased_attention
from templates.blocks.relative_position_bias import RelativePositionBias
from templates.blocks.swin import WindowBlock, WindowMask, WindowTransformer
from templates.blocks.windows import merge_windows, pad_to_multiple, partition_windows

__all__ = ["SwinBlock", "SwinTransformer", "WindowAttention"]


class WindowAttention(nn.Module):
    """Multi-head self-attention of each M x M window by itself, with a learned bias for each offset (W-MSA, SW-MSA).

    Shifted windows are made by rolling the map: windows at its far edges then hold up to four parts that are not
    neighbours, and a mask keeps these from seeing each other.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        window_size: M.
        shift: 0 for W-MSA, M // 2 for SW-MSA. A map no larger than a window, in height or width, is not shifted.
        relative: whether there is a bias for each offset; the paper compares with and without.

    Differs from the paper: a map of any size is padded with zeros to whole windows, as the authors' detection code does
    it: the padding is not masked.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int = 7,
        shift: int = 0,
        qkv_bias: bool = True,
        relative: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or dim % num_heads:
            raise ValueError(f"num_heads: expected a divisor of dim={dim}, got {num_heads}")
        if not 0 <= shift < window_size:
            raise ValueError(f"shift: expected 0 <= shift < window_size={window_size}, got {shift}")
        self.num_heads, self.window_size, self.shift = num_heads, window_size, shift
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.position_bias = RelativePositionBias(window_size, window_size, num_heads) if relative else None
        self.mask = WindowMask(window_size, shift)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        (_, height, width, _), size = x.shape, self.window_size
        shift = self.shift if min(height, width) > size else 0
        x = pad_to_multiple(x, size, size)
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        x = partition_windows(x, size, size).flatten(3, 4)  # (B, R, S, N, C) with R = H/M, S = W/M, N = M * M
        x = self._attend(x, bool(shift))  # (B, R, S, N, C)
        x = merge_windows(x.unflatten(3, (size, size)))  # (B, H, W, C)
        if shift:
            x = x.roll((shift, shift), (1, 2))
        return x[:, :height, :width]  # (B, H, W, C)

    def _attend(self, windows: Tensor, shifted: bool) -> Tensor:
        """Attention in every window: ``(B, R, S, N, C)`` -> the same."""
        rows, columns = windows.shape[1:3]
        heads = self.qkv(windows).unflatten(4, (3, self.num_heads, -1)).flatten(0, 2)  # (B * R * S, N, 3, h, d)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # (B * R * S, h, N, d) each, the last axis contiguous
        bias = None if self.position_bias is None else self.position_bias().to(q.dtype)[None]  # (1, h, N, N)
        if shifted:
            mask = self.mask(rows, columns, q.dtype)  # (R * S, 1, N, N)
            bias = mask if bias is None else bias + mask  # (R * S, h, N, N), or 1 for h
        # (B * R * S, h, N, d)  Eq. 4
        x = F.scaled_dot_product_attention(q, k, v) if bias is None else biased_attention(q, k, v, bias)
        return self.proj(x.transpose(1, 2).flatten(2)).view(windows.shape)


class SwinBlock(WindowBlock):
    """A transformer block with window attention (Eq. 3).

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        mlp_ratio: width inside the feed-forward part over C.
        drop_path: rate at which each of the two parts is left out in training.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: int = 7,
        shift: int = 0,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path: float = 0.0,
        relative: bool = True,
    ) -> None:
        attn = WindowAttention(dim, num_heads, window_size, shift, qkv_bias, relative)
        super().__init__(dim, attn, mlp_ratio, drop_path)


class SwinTransformer(WindowTransformer):
    """Four stages of Swin blocks on maps of a quarter to a 32nd of the image's size, and a classifier on their mean.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        dim: channels of the first stage; each further one has twice as many.
        depths, num_heads: blocks and heads of each stage.
        drop_path: rate of stochastic depth, growing from 0 at the first block to this at the last.
        shifted, relative: whether every second block shifts its windows, and whether there is a bias for each offset;
            the paper compares with and without.
        absolute: H and W of the images for which there is an embedding of absolute positions, too. It is added to the
            patches, and resized where an image has another size; the paper compares this.

    Differs from the paper: an image of any size is padded with zeros to whole patches.
    """

    def __init__(
        self,
        dim: int = 96,
        depths: tuple[int, ...] = (2, 2, 6, 2),
        num_heads: tuple[int, ...] = (3, 6, 12, 24),
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        qkv_bias: bool = True,
        drop_path: float = 0.2,
        num_classes: int = 1000,
        shifted: bool = True,
        relative: bool = True,
        absolute: tuple[int, int] | None = None,
    ) -> None:
        def block(dim: int, num_heads: int, shift: int, drop_path: float) -> SwinBlock:
            shift = shift if shifted else 0
            return SwinBlock(dim, num_heads, window_size, shift, mlp_ratio, qkv_bias, drop_path, relative)

        super().__init__(block, dim, depths, num_heads, window_size, drop_path, num_classes)
        self.grid = (0, 0) if absolute is None else (-(-absolute[0] // 4), -(-absolute[1] // 4))
        self.positions = None if absolute is None else nn.Parameter(torch.empty(1, self.grid[0] * self.grid[1], dim))
        if self.positions is not None:
            nn.init.trunc_normal_(self.positions, std=0.02)

    def embed(self, x: Tensor) -> Tensor:
        x = super().embed(x)  # (B, H/4, W/4, dim)
        return x if self.positions is None else x + self._absolute(self.positions, x)

    def _absolute(self, positions: Tensor, x: Tensor) -> Tensor:
        """The embedding of absolute positions at the size of ``x``: ``(1, H/4, W/4, dim)``."""
        positions = positions.unflatten(1, self.grid)
        if x.shape[1:3] == self.grid:
            return positions
        return F.interpolate(positions.permute(0, 3, 1, 2), x.shape[1:3], mode="bicubic").permute(0, 2, 3, 1)

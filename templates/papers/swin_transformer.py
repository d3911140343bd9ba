"""Swin Transformer: self-attention inside windows, which every second block shifts by half their size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.biased_attention import biased_attention
from templates.blocks.drop_path import DropPath
from templates.blocks.mlp import Mlp
from templates.blocks.relative_position_bias import RelativePositionBias
from templates.blocks.windows import merge_windows, pad_to_multiple, partition_windows

__all__ = ["PatchMerging", "SwinBlock", "SwinTransformer", "WindowAttention"]


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

    row_split: Tensor
    column_split: Tensor

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
        self.proj = nn.Linear(dim, dim)
        # In the last windows of a rolled map the last ``shift`` rows (columns) come from its other end.
        wrapped = torch.arange(window_size) >= window_size - shift
        rows, columns = wrapped.repeat_interleave(window_size), wrapped.repeat(window_size)
        self.register_buffer("row_split", rows[:, None] != rows, persistent=False)  # (N, N)
        self.register_buffer("column_split", columns[:, None] != columns, persistent=False)  # (N, N)

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
            mask = q.new_zeros(rows, columns, 1, *self.row_split.shape)
            mask[-1].masked_fill_(self.row_split, -torch.inf)
            mask[:, -1].masked_fill_(self.column_split, -torch.inf)
            bias = (mask if bias is None else bias + mask).flatten(0, 1)  # (R * S, h, N, N), or 1 for h
        # (B * R * S, h, N, d)  Eq. 4
        x = F.scaled_dot_product_attention(q, k, v) if bias is None else biased_attention(q, k, v, bias)
        return self.proj(x.transpose(1, 2).flatten(2)).view(windows.shape)


class SwinBlock(nn.Module):
    """A transformer block: window attention, then a feed-forward part, each normalised before and added to its input.

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
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, num_heads, window_size, shift, qkv_bias, relative)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))  # Eq. 3
        return x + self.drop_path(self.mlp(self.norm2(x)))  # Eq. 3


class PatchMerging(nn.Module):
    """Joins the channels of 2 x 2 neighbours and halves them: the step from a stage to the next.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H/2, W/2, 2 * C)``; an odd side is padded with zeros
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        patches = partition_windows(pad_to_multiple(x, 2, 2), 2, 2)  # (B, H/2, W/2, 2, 2, C)
        # The authors' order of neighbours: column by column.
        return self.reduction(self.norm(patches.transpose(3, 4).flatten(3)))  # (B, H/2, W/2, 2 * C)


class SwinTransformer(nn.Module):
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
        super().__init__()
        if len(depths) != len(num_heads):
            raise ValueError(f"depths, num_heads: expected as many of each, got {len(depths)} and {len(num_heads)}")
        self.patch_embed = nn.Conv2d(3, dim, 4, 4)
        self.patch_norm = nn.LayerNorm(dim)
        self.grid = (0, 0) if absolute is None else (-(-absolute[0] // 4), -(-absolute[1] // 4))
        self.positions = None if absolute is None else nn.Parameter(torch.empty(1, self.grid[0] * self.grid[1], dim))
        if self.positions is not None:
            nn.init.trunc_normal_(self.positions, std=0.02)
        rates = [drop_path * block / max(1, sum(depths) - 1) for block in range(sum(depths))]
        stages: list[nn.Module] = []
        for stage, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
            width, first = dim * 2**stage, sum(depths[:stage])
            layers: list[nn.Module] = []
            for block in range(depth):
                shift = window_size // 2 if shifted and block % 2 else 0
                rate = rates[first + block]
                layers.append(SwinBlock(width, heads, window_size, shift, mlp_ratio, qkv_bias, rate, relative))
            if stage < len(depths) - 1:
                layers.append(PatchMerging(width))
            stages.append(nn.Sequential(*layers))
        self.stages = nn.Sequential(*stages)
        width = dim * 2 ** (len(depths) - 1)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map, channels last: ``(B, 3, H, W)`` -> ``(B, H/32, W/32, 8 * dim)``."""
        below, right = -x.shape[2] % 4, -x.shape[3] % 4
        x = self.patch_embed(F.pad(x, (0, right, 0, below)))  # (B, dim, H/4, W/4)
        x = self.patch_norm(x.permute(0, 2, 3, 1))  # (B, H/4, W/4, dim)
        if self.positions is not None:
            x = x + self._absolute(self.positions, x)
        return self.norm(self.stages(x))  # (B, H/32, W/32, 8 * dim)

    def _absolute(self, positions: Tensor, x: Tensor) -> Tensor:
        """The embedding of absolute positions at the size of ``x``: ``(1, H/4, W/4, dim)``."""
        positions = positions.unflatten(1, self.grid)
        if x.shape[1:3] == self.grid:
            return positions
        return F.interpolate(positions.permute(0, 3, 1, 2), x.shape[1:3], mode="bicubic").permute(0, 2, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).mean((1, 2)))  # (B, num_classes)

"""What networks of shifted windows have in common, whatever mixes the positions of a window."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.drop_path import DropPath
from templates.blocks.mlp import Mlp
from templates.blocks.windows import pad_to_multiple, partition_windows

__all__ = ["PatchMerging", "WindowBlock", "WindowMask", "WindowTransformer"]


class WindowMask(nn.Module):
    """Minus infinity between parts of a shifted M x M window that are not neighbours on the map.

    Shifted windows are made by rolling the map: those at its far edges then hold up to four parts from different sides.

    Shape:
        returns ``(P, 1, N, N)`` for P windows, with N = M * M
    """

    row_split: Tensor
    column_split: Tensor

    def __init__(self, window_size: int, shift: int) -> None:
        super().__init__()
        # In the last windows of a rolled map the last ``shift`` rows (columns) come from its other end.
        wrapped = torch.arange(window_size) >= window_size - shift
        rows, columns = wrapped.repeat_interleave(window_size), wrapped.repeat(window_size)
        self.register_buffer("row_split", rows[:, None] != rows, persistent=False)  # (N, N)
        self.register_buffer("column_split", columns[:, None] != columns, persistent=False)  # (N, N)

    def forward(self, rows: int, columns: int, dtype: torch.dtype) -> Tensor:
        """For ``rows`` x ``columns`` windows."""
        mask = torch.zeros(rows, columns, *self.row_split.shape, dtype=dtype, device=self.row_split.device)
        mask[-1].masked_fill_(self.row_split, -torch.inf)
        mask[:, -1].masked_fill_(self.column_split, -torch.inf)
        return mask.flatten(0, 1)[:, None]  # (R * S, 1, N, N)


class WindowBlock(nn.Module):
    """A transformer block: ``attn``, then a feed-forward part, each normalised before and added to its input.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H, W, C)``

    Args:
        attn: what mixes positions.
        mlp_ratio: width inside the feed-forward part over C.
        drop_path: rate at which each of the two parts is left out in training.
    """

    def __init__(self, dim: int, attn: nn.Module, mlp_ratio: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = attn
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, int(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


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


class WindowTransformer(nn.Module):
    """Stages of window blocks on maps of a quarter, an eighth, ... of the image's size, a classifier on their mean.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``; an image of any size is padded with zeros to whole patches

    Args:
        block: called as ``block(dim, num_heads, shift, drop_path)`` for each block.
        dim: channels of the first stage; each further one has twice as many.
        depths, num_heads: blocks and heads of each stage.
        drop_path: rate of stochastic depth, growing from 0 at the first block to this at the last.
    """

    def __init__(
        self,
        block: Callable[[int, int, int, float], nn.Module],
        dim: int,
        depths: tuple[int, ...],
        num_heads: tuple[int, ...],
        window_size: int,
        drop_path: float,
        num_classes: int,
    ) -> None:
        super().__init__()
        if len(depths) != len(num_heads):
            raise ValueError(f"depths, num_heads: expected as many of each, got {len(depths)} and {len(num_heads)}")
        self.patch_embed = nn.Conv2d(3, dim, 4, 4)
        self.patch_norm = nn.LayerNorm(dim)
        rates = [drop_path * index / max(1, sum(depths) - 1) for index in range(sum(depths))]
        stages: list[nn.Module] = []
        for stage, (depth, heads) in enumerate(zip(depths, num_heads, strict=True)):
            width, first = dim * 2**stage, sum(depths[:stage])
            layers: list[nn.Module] = []
            for index in range(depth):
                shift = window_size // 2 if index % 2 else 0
                layers.append(block(width, heads, shift, rates[first + index]))
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
        """The last feature map, channels last: ``(B, 3, H, W)`` -> ``(B, H/32, W/32, 8 * dim)`` of four stages."""
        return self.norm(self.stages(self.embed(x)))  # (B, H/32, W/32, 8 * dim)

    def embed(self, x: Tensor) -> Tensor:
        """The patches of 4 x 4 pixels: ``(B, 3, H, W)`` -> ``(B, H/4, W/4, dim)``."""
        below, right = -x.shape[2] % 4, -x.shape[3] % 4
        x = self.patch_embed(F.pad(x, (0, right, 0, below)))  # (B, dim, H/4, W/4)
        return self.patch_norm(x.permute(0, 2, 3, 1))  # (B, H/4, W/4, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).mean((1, 2)))  # (B, num_classes)

"""Tiled squeeze-and-excitation: each tile of the map is described and gated by itself."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["TiledSE"]


class TiledSE(nn.Module):
    """Squeeze-and-excitation with one gate per channel and tile, so that no global average has to be waited for.

    The layers have the names and shapes of squeeze-and-excitation, whose trained state can be loaded as it is.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        tile_height, tile_width: size of a tile; 0 stands for the whole axis. Tiles at the lower and right border are
            cut off where the map ends, and averaged over what is left of them. The default are strips of seven rows.
        reduction: C over the width of the hidden layer.
    """

    def __init__(
        self, channels: int, tile_height: int = 7, tile_width: int = 0, reduction: int = 16, bias: bool = True
    ) -> None:
        super().__init__()
        if min(tile_height, tile_width) < 0:
            raise ValueError(f"tile_height, tile_width: expected 0 or more, got {tile_height} and {tile_width}")
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.tile_height = tile_height
        self.tile_width = tile_width
        self.down = nn.Linear(channels, channels // reduction, bias=bias)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        # A tile that is larger than the map is the whole map.
        th, tw = min(self.tile_height or height, height), min(self.tile_width or width, width)
        z = F.avg_pool2d(x, (th, tw), ceil_mode=True)  # (B, C, h, w) with h, w = ceil(H / th), ceil(W / tw)
        s = self.up(self.relu(self.down(z.movedim(1, 3)))).sigmoid().movedim(3, 1)  # (B, C, h, w)
        if th < height:
            s = s.repeat_interleave(th, 2)[:, :, :height]  # (B, C, H or 1, w)
        if tw < width:
            s = s.repeat_interleave(tw, 3)[:, :, :, :width]  # (B, C, H or 1, W or 1)
        return x * s  # (B, C, H, W)

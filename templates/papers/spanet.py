"""SPANet: squeeze-and-excitation that squeezes each map to the means of a pyramid of grids, not to one mean."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["SpatialPyramidAttention"]


class SpatialPyramidAttention(nn.Module):
    """Scales each channel by a gate computed from the means of all channels over grids of 1x1, 2x2 and 4x4 cells.

    The gate is computed from the map it scales (SPANet-A) or from another one, the input of the block (B and C).

    Shape:
        x: ``(B, C, H, W)``, source: ``(B, S, H', W')`` with S = source_channels -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the hidden layer; S over it if the source is not projected.
        source_channels: channels of the map that the gate is computed from if that is not x; C if not given.
        project: whether a source of other than C channels goes through a 1x1 convolution to C (SPANet-C), or into the
            linear layer as it is (SPANet-B).
    """

    def __init__(
        self, channels: int, reduction: int = 16, source_channels: int | None = None, project: bool = True
    ) -> None:
        super().__init__()
        source_channels = channels if source_channels is None else source_channels
        self.channels, self.source_channels = channels, source_channels
        self.project = _projection(source_channels, channels) if project else nn.Identity()
        width = channels if project else source_channels
        if not 1 <= reduction <= width:
            raise ValueError(f"reduction: expected 1 to channels={width}, got {reduction}")
        self.down = nn.Linear(21 * width, width // reduction, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(width // reduction, channels, bias=False)

    def forward(self, x: Tensor, source: Tensor | None = None) -> Tensor:
        source = x if source is None else source
        if source.shape[1] != self.source_channels:
            raise ValueError(f"source: expected {self.source_channels} channels, got {source.shape[1]}")
        if x.shape[:2] != (len(source), self.channels):
            raise ValueError(f"x: expected {len(source)} items of {self.channels} channels, got {tuple(x.shape)}")
        z = _pyramid(self.project(source))  # (B, 21*C)
        s = self.up(self.relu(self.down(z))).sigmoid()  # (B, C)
        return x * s[:, :, None, None]  # (B, C, H, W)


def _projection(in_channels: int, channels: int) -> nn.Module:
    if in_channels == channels:
        return nn.Identity()
    conv = nn.Conv2d(in_channels, channels, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


def _pyramid(x: Tensor) -> Tensor:
    """Means over the cells of the three grids; where cells are of equal size, coarse ones are made of fine ones."""
    height, width = x.shape[2:]
    fine = F.adaptive_avg_pool2d(x, 4)  # (B, C, 4, 4)
    middle = F.adaptive_avg_pool2d(x if height % 4 or width % 4 else fine, 2)  # (B, C, 2, 2)
    whole = (x if height % 2 or width % 2 else middle).mean((2, 3))  # (B, C)
    return torch.cat((whole, middle.flatten(1), fine.flatten(1)), 1)  # (B, 21*C)

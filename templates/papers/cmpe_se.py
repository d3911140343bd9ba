"""Competitive squeeze-and-excitation: the gate of a residual branch is computed from both branches of the block."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means

__all__ = ["CMPESE"]


class CMPESE(nn.Module):
    """Scales each channel of a residual branch by a gate that depends on the channel means of it and of the identity.

    The two vectors of means are either squeezed each by itself, or they form an image of C rows and two columns that is
    scanned by small filters ("inner imaging"), normalised, averaged over the filters and then squeezed. The block adds
    the identity afterwards.

    Shape:
        residual: ``(B, C, H, W)``, identity: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the hidden layer.
        mode: ``"double_fc"`` squeezes both vectors; ``"2x1"`` filters see a pair of means and ``"1x1"`` filters one of
            them; ``"folded"`` cuts the vectors into rows, lays those of the two branches in turn into a larger image
            and scans it by 3x3 filters.
        filter_reduction: C over the number M of filters. Released are 16 (wide networks) and 64 (bottlenecks).
        fold: width of the folded image.

    Follows the released code (MXNet): no layer has a bias, and nothing bends between the filters and the hidden layer.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        mode: Literal["double_fc", "1x1", "2x1", "folded"] = "2x1",
        filter_reduction: int = 16,
        fold: int = 16,
    ) -> None:
        super().__init__()
        if mode not in ("double_fc", "1x1", "2x1", "folded"):
            raise ValueError(f"mode: expected 'double_fc', '1x1', '2x1' or 'folded', got {mode!r}")
        for name, ratio in (("reduction", reduction), ("filter_reduction", filter_reduction)):
            if not 1 <= ratio <= channels:
                raise ValueError(f"{name}: expected 1 to channels={channels}, got {ratio}")
        if mode == "folded" and (channels % fold or fold < 3 or channels < 2 * fold):
            raise ValueError(f"channels, fold: expected a multiple, and fold of 3 at least, got {channels} and {fold}")
        self.mode, self.fold = mode, fold
        hidden = channels // reduction
        self.relu = nn.ReLU(inplace=True)
        if mode == "double_fc":
            self.down_residual = nn.Linear(channels, hidden, bias=False)
            self.down_identity = nn.Linear(channels, hidden, bias=False)
            self.up = nn.Linear(2 * hidden, channels, bias=False)
            return
        kernel = {"1x1": (1, 1), "2x1": (1, 2), "folded": (3, 3)}[mode]
        seen = {"1x1": 2 * channels, "2x1": channels, "folded": (2 * channels // fold - 2) * (fold - 2)}[mode]
        filters = channels // filter_reduction
        self.scan = nn.Sequential(nn.Conv2d(1, filters, kernel, bias=False), nn.BatchNorm2d(filters))
        self.down = nn.Linear(seen, hidden, bias=False)
        self.up = nn.Linear(hidden, channels, bias=False)

    def forward(self, residual: Tensor, identity: Tensor) -> Tensor:
        if residual.shape != identity.shape:
            raise ValueError(f"identity: expected shape {tuple(residual.shape)}, got {tuple(identity.shape)}")
        u, v = channel_means(residual), channel_means(identity)  # (B, C)
        if self.mode == "double_fc":
            squeezed = torch.cat((self.down_residual(u), self.down_identity(v)), 1)  # (B, 2 * C/r)
        else:
            scanned = self.scan(self._image(u, v)).mean(1)  # (B, P, Q), smaller than the image by kernel size - 1
            squeezed = self.down(scanned.flatten(1))  # (B, C/r)
        gate = self.up(self.relu(squeezed)).sigmoid()  # (B, C)
        return residual * gate[:, :, None, None]

    def _image(self, u: Tensor, v: Tensor) -> Tensor:
        """``(B, C)``, ``(B, C)`` -> ``(B, 1, C, 2)``, folded ``(B, 1, 2 * C/fold, fold)``."""
        if self.mode != "folded":
            return torch.stack((u, v), 2).unsqueeze(1)
        rows = torch.stack((u.unflatten(1, (-1, self.fold)), v.unflatten(1, (-1, self.fold))), 2)  # (B, C/f, 2, f)
        return rows.flatten(1, 2).unsqueeze(1)

"""scSE: two squeeze-and-excitations side by side, one gate for each channel and one for each position."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SCSE", "ChannelSE", "SpatialSE"]


class ChannelSE(nn.Module):
    """Squeezes space, excites channels (cSE): the gate that two linear layers compute from the channel means.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C)``; any number of axes may follow the channels
    """

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.down = nn.Linear(channels, channels // reduction)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        z = x.flatten(2).mean(2)  # (B, C)  Eq. 1
        return self.up(self.relu(self.down(z))).sigmoid()  # (B, C)


class SpatialSE(nn.Module):
    """Squeezes channels, excites positions (sSE): a weighted sum over the channels at each position, and a sigmoid.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 1, H, W)``; any number of axes may follow the channels
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Linear(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.project.weight.expand(len(x), -1, -1)  # (B, 1, C)
        q = torch.baddbmm(self.project.bias, weight, x.flatten(2))  # (B, 1, N)
        return q.sigmoid().unflatten(2, x.shape[2:])  # (B, 1, H, W)


class SCSE(nn.Module):
    """Scales the input by a gate per channel and by a gate per position, and fuses the two results.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; volumes ``(B, C, D, H, W)`` work as well

    Args:
        reduction: C over the width of cSE's hidden layer.
        fusion: ``max`` takes the greater of the two results, ``sum`` adds them.

    Differs from the paper:
        The MICCAI paper adds the two results; the released code takes their maximum, which is the default here. The
        paper's form is ``fusion="sum"``.
    """

    def __init__(self, channels: int, reduction: int = 2, fusion: str = "max") -> None:
        super().__init__()
        if fusion not in ("max", "sum"):
            raise ValueError(f"fusion: expected max or sum, got {fusion!r}")
        self.fusion = fusion
        self.channel = ChannelSE(channels, reduction)
        self.spatial = SpatialSE(channels)

    def forward(self, x: Tensor) -> Tensor:
        channel = self.channel(x).unflatten(1, (-1, *[1] * (x.dim() - 2)))  # (B, C, 1, 1)
        if self.fusion == "sum":
            return x * (channel + self.spatial(x))  # (B, C, H, W)
        by_channel, by_position = x * channel, x * self.spatial(x)  # (B, C, H, W) twice
        if torch.is_grad_enabled():
            return torch.maximum(by_channel, by_position)
        return by_channel.clamp_(min=by_position)  # the same, without a third map

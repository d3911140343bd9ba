"""SRM: a gate for each channel from its own mean and standard deviation, without looking at other channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.moments import moments

__all__ = ["SRM"]


class SRM(nn.Module):
    """Scales each channel by a gate computed from its style: the mean and the standard deviation of its map.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        unbiased: whether the variance is divided by H * W - 1 or by H * W.
        eps: added to the variance before the root.

    Differs from the paper:
        Its equation divides by H * W, its code by H * W - 1: the default. The paper's is ``unbiased=False``.
    """

    def __init__(self, channels: int, unbiased: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.unbiased = unbiased
        self.eps = eps
        # Starts as the gate 1/2 everywhere.
        self.cfc = nn.Parameter(torch.zeros(channels, 2))
        self.bn = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)[:, :, None, None]  # (B, C, H, W)

    def gate(self, x: Tensor) -> Tensor:
        """The gate of each channel: ``(B, C, H, W)`` -> ``(B, C)``."""
        if x.shape[1] != len(self.cfc):
            raise ValueError(f"x: expected {len(self.cfc)} channels, got {x.shape[1]}")
        if self.unbiased and x.shape[2] * x.shape[3] == 1:
            raise ValueError("x: expected maps of two positions or more for an unbiased variance, got 1x1")
        mean, variance = moments(x, correction=int(self.unbiased))  # (B, C), (B, C)  Eq. 1
        deviation = (variance + self.eps).sqrt()  # (B, C)  Eq. 2
        z = mean * self.cfc[:, 0] + deviation * self.cfc[:, 1]  # (B, C)  Eq. 4
        return self.bn(z.to(self.cfc.dtype)).sigmoid().to(x.dtype)  # (B, C)

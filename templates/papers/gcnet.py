"""Global context: one attention map for all positions, whose weighted mean is transformed and added everywhere."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["GlobalContext"]


class GlobalContext(nn.Module):
    """Adds to every position the same vector, computed from a softmax-weighted mean of all positions.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the transform.
        pooling: how the mean is taken, ``attention`` with learned weights or ``mean`` with equal ones.
        fusion: ``add`` adds the vector, ``mul`` multiplies by its sigmoid, ``both`` multiplies, then adds.
    """

    def __init__(self, channels: int, reduction: int = 16, pooling: str = "attention", fusion: str = "add") -> None:
        super().__init__()
        if reduction < 1 or channels // reduction < 2:
            # Normalised, a single number is constant: the vector would be the same for every input.
            raise ValueError(f"reduction: expected 1 to channels/2={channels // 2}, got {reduction}")
        if pooling not in ("attention", "mean"):
            raise ValueError(f"pooling: expected attention or mean, got {pooling!r}")
        if fusion not in ("add", "mul", "both"):
            raise ValueError(f"fusion: expected add, mul or both, got {fusion!r}")
        self.mask = nn.Linear(channels, 1) if pooling == "attention" else None
        if self.mask is not None:
            nn.init.kaiming_normal_(self.mask.weight, nonlinearity="relu")
            nn.init.zeros_(self.mask.bias)
        self.mul = None if fusion == "add" else _transform(channels, channels // reduction)
        self.add = None if fusion == "mul" else _transform(channels, channels // reduction)

    def forward(self, x: Tensor) -> Tensor:
        context = self._pool(x)  # (B, C)
        out = x if self.mul is None else x * self.mul(context).sigmoid()[:, :, None, None]  # (B, C, H, W)
        return out if self.add is None else out + self.add(context)[:, :, None, None]  # (B, C, H, W)

    def _pool(self, x: Tensor) -> Tensor:
        if self.mask is None:
            return x.mean((2, 3))
        weight = self.mask.weight.expand(len(x), 1, -1)  # (B, 1, C)
        attention = torch.baddbmm(self.mask.bias, weight, x.flatten(2)).softmax(2)  # (B, 1, N) with N = H * W
        # Flattened anew: the gradients of two uses of one view would wait for each other.
        return (x.flatten(2) @ attention.mT).squeeze(2)  # (B, C)


def _transform(channels: int, hidden: int) -> nn.Sequential:
    """The bottleneck; its last layer starts at zero, so that a new block adds nothing."""
    last = nn.Linear(hidden, channels)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(channels, hidden), nn.LayerNorm(hidden), nn.ReLU(inplace=True), last)

"""Stochastic depth: in training a residual branch is left out at random, for each item of the batch by itself."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["DropPath"]


class DropPath(nn.Module):
    """Zeroes an item's whole branch with probability ``rate`` and scales the kept ones by 1 / (1 - rate).

    Huang et al., "Deep Networks with Stochastic Depth" (2016). Nothing happens in eval mode or at rate 0.

    Shape:
        x: ``(B, ...)`` -> ``(B, ...)``
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate: expected 0 <= rate < 1, got {rate}")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if self.rate == 0 or not self.training:
            return x
        kept = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(1 - self.rate)  # (B, 1, ...)
        return x * (kept / (1 - self.rate))

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"rate={self.rate}"

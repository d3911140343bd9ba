"""LightNL: a non-local block without projections, on fewer channels and fewer positions, for mobile networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["LightNL"]


class LightNL(nn.Module):
    """Adds to each position the values of all positions, weighted by products of the features themselves.

    Queries and keys are the first channels of the map, keys and values its pixels at every second row and column or
    so; nothing is projected and no softmax taken, so the three matrices are multiplied in the cheaper order.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        ratio: share of the channels in queries and keys.
        stride: every how many rows and columns there is a key.
        divide_by_keys: whether sums over the keys are divided by their number.

    Differs from the paper:
        As in the released code, sums over the keys are divided by H * W, also where fewer positions are keys;
        ``divide_by_keys=True`` makes means of them.
    """

    def __init__(self, channels: int, ratio: float = 0.25, stride: int = 2, divide_by_keys: bool = False) -> None:
        super().__init__()
        if not 0 < ratio <= 1:
            raise ValueError(f"ratio: expected more than 0, at most 1, got {ratio}")
        if int(ratio * channels) < 1:
            raise ValueError(f"channels: expected at least 1/ratio with ratio={ratio}, got {channels}")
        if stride < 1:
            raise ValueError(f"stride: expected at least 1, got {stride}")
        self.width, self.stride, self.divide_by_keys = int(ratio * channels), stride, divide_by_keys
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        nn.init.zeros_(self.bn.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = self.attend(*self._parts(x)).view(x.shape)  # (B, C, H, W)
        return x + self.bn(self.conv(y))  # (B, C, H, W)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values: ``(B, C', N)``, ``(B, C', M)``, ``(B, C, M)``."""
        g = x[:, :, :: self.stride, :: self.stride].flatten(2)
        return x[:, : self.width].flatten(2), g[:, : self.width], g

    def attend(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        """``g phi^T theta / N``, or over M: ``(B, C', N)``, ``(B, C', M)``, ``(B, C, M)`` -> ``(B, C, N)``."""
        queries, keys, wide = theta.shape[2], phi.shape[2], g.shape[1]
        scale = 1 / (keys if self.divide_by_keys else queries)
        if queries * keys * (wide + self.width) < (queries + keys) * wide * self.width:
            return g @ _product(phi.mT, theta, scale)  # weights of all pairs first, (B, M, N)
        return _product(g, phi.mT, scale) @ theta  # values for each channel of a query first, (B, C, C')


def _product(a: Tensor, b: Tensor, scale: float) -> Tensor:
    """``scale * a @ b``, scaled before it is rounded: in half precision the sum alone may leave the range."""
    return torch.baddbmm(a.new_zeros(1, 1, 1), a, b, beta=0, alpha=scale)

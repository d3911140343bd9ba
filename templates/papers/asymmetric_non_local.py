"""Asymmetric non-local blocks: positions attend to the averages of a few regions and not to each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.attend import attend

__all__ = ["AFNB", "APNB"]


class _AnchorBlock(nn.Module):
    """A 1x1 convolution of a map beside the context that its positions attend to among the anchors of another map."""

    def __init__(
        self,
        low_channels: int,
        channels: int,
        out_channels: int,
        key_channels: int,
        value_channels: int,
        pool_sizes: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        if not pool_sizes or min(pool_sizes) < 1:
            raise ValueError(f"pool_sizes: expected one or more positive numbers, got {tuple(pool_sizes)}")
        self.pool_sizes = tuple(pool_sizes)
        self.key = _embed(low_channels, key_channels)
        self.value = nn.Conv2d(low_channels, value_channels, 1)
        self.out = nn.Conv2d(value_channels, out_channels, 1)
        self.join_context = nn.Conv2d(out_channels, out_channels, 1, bias=False)
        self.join_map = nn.Conv2d(channels, out_channels, 1)
        self.norm = nn.BatchNorm2d(out_channels)
        self.dropout = nn.Dropout2d(dropout)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # pyright: ignore[reportArgumentType]  # this convolution has a bias

    def _join(self, query: Tensor, key: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """The convolution of the attended context beside ``high``.

        Averages, the value and output maps and the convolution are linear, and the weights of a softmax sum to one. So
        all of them act on the S anchors: no value, context or joined map is computed at every position.

        Shape:
            query: ``(B, K, H, W)``, key: ``(B, K, H1, W1)``, low: ``(B, C1, H1, W1)``, high: ``(B, C, H, W)`` ->
            ``(B, O, H, W)``
        """
        keys = self._anchors(key).squeeze(3)  # (B, K, S)
        values = self.join_context(self.out(self.value(self._anchors(low)))).squeeze(3)  # (B, O, S)
        context = attend(query.flatten(2), keys, values, keys.shape[1] ** -0.5)  # (B, O, N) with N = H * W
        return self.join_map(high) + context.unflatten(2, high.shape[2:])

    def _anchors(self, x: Tensor) -> Tensor:
        """Averages over grids of regions: ``(B, C, H, W)`` -> ``(B, C, S, 1)``."""
        return torch.cat([F.adaptive_avg_pool2d(x, size).flatten(2) for size in self.pool_sizes], 2).unsqueeze(3)


class APNB(_AnchorBlock):
    """Asymmetric pyramid non-local block: each position attends to the anchors of its own map.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        key_channels, value_channels: widths of the embeddings. One embedding serves as query and, averaged, as key.
        pool_sizes: rows and columns of the grids that are averaged; 1, 3, 6 and 8 give S = 110 anchors.
        dropout: share of channels that training sets to zero at the end.
    """

    def __init__(
        self,
        channels: int,
        key_channels: int = 256,
        value_channels: int = 256,
        pool_sizes: Sequence[int] = (1, 3, 6, 8),
        dropout: float = 0.05,
    ) -> None:
        super().__init__(channels, channels, channels, key_channels, value_channels, pool_sizes, dropout)

    def forward(self, x: Tensor) -> Tensor:
        embedded = self.key(x)  # (B, K, H, W)
        return self.dropout(F.relu(self.norm(self._join(embedded, embedded, x, x)), inplace=True))  # (B, C, H, W)


class AFNB(_AnchorBlock):
    """Asymmetric fusion non-local block: positions of a deep map attend to the anchors of a shallow one.

    Shape:
        low: ``(B, C1, H1, W1)``, high: ``(B, C, H, W)`` -> ``(B, O, H, W)``

    Args:
        low_channels, channels: C1 and C.
        key_channels, value_channels: widths of the embeddings.
        pool_sizes: rows and columns of the grids that are averaged; 1, 3, 6 and 8 give S = 110 anchors.
        dropout: share of channels that training sets to zero at the end.
        out_channels: O; C if not given.
    """

    def __init__(
        self,
        low_channels: int,
        channels: int,
        key_channels: int = 256,
        value_channels: int = 256,
        pool_sizes: Sequence[int] = (1, 3, 6, 8),
        dropout: float = 0.05,
        out_channels: int | None = None,
    ) -> None:
        out = channels if out_channels is None else out_channels
        super().__init__(low_channels, channels, out, key_channels, value_channels, pool_sizes, dropout)
        self.query = _embed(channels, key_channels)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        return self.dropout(self.norm(self._join(self.query(high), self.key(low), low, high)))  # (B, O, H, W)


def _embed(in_channels: int, channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True))

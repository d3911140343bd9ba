"""Asymmetric Non-local Neural Networks for Semantic Segmentation (ICCV 2019).

Authors: Zhen Zhu et al.
Paper: https://arxiv.org/abs/1908.07678
Code (the authors', licence: Apache-2.0): https://github.com/MendelXu/ANN
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/asymmetric_non_local.py, templates/blocks/full_precision.py, templates/blocks/attend.py
    and catalog.yaml: edit those.

Asymmetric non-local blocks: positions attend to the averages of a few regions and not to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["AFNB", "APNB"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """For each query the mean of the values, weighted by a softmax over ``scale`` times its products with the keys.

    Shape:
        q: ``(B, d, N)``, k: ``(B, d, M)``, v: ``(B, D, M)`` -> ``(B, D, N)``
    """
    wide = v.shape[1]
    # The fused kernel for the CPU asks for equal widths and forms the products again for the gradient. At these widths
    # padding, or doing that for few keys, costs more than it saves.
    apart = wide != q.shape[1] or (q.requires_grad and k.shape[2] < 8 * wide)
    if q.device.type == "cpu" and wide > 128 and apart:
        with full_precision(q):
            if q.dtype == torch.float16:
                q, k = q.float(), k.float()
            weights = ((q if scale == 1 else q * scale).mT @ k).softmax(2).to(v.dtype)  # (B, N, M)
        # In backward, the first form copies the result and the second one the weights: the smaller is taken.
        return (weights @ v.mT).mT if k.shape[2] > wide else v @ weights.mT  # (B, D, N)
    width = max(q.shape[1], wide) if q.device.type == "cpu" else 0
    out = F.scaled_dot_product_attention(_rows(q, width), _rows(k, width), _rows(v, width), scale=scale)
    return out[:, 0, :, :wide].mT


def _rows(x: Tensor, width: int) -> Tensor:
    """``(B, d, N)`` -> ``(B, 1, N, d)``, with zeros up to ``width`` and without gaps in memory."""
    if x.shape[1] < width:
        x = F.pad(x, (0, 0, 0, width - x.shape[1]))
    return x.mT.contiguous().unsqueeze(1)


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

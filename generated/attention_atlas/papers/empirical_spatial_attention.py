"""An Empirical Study of Spatial Attention Mechanisms in Deep Networks (ICCV 2019).

Authors: Xizhou Zhu et al.
Paper: https://arxiv.org/abs/1904.05873
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/empirical_spatial_attention.py and catalog.yaml: edit those.

Spatial attention in four terms, each of which can be switched off: content or position, with a query or without.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["GeneralizedAttention"]


class GeneralizedAttention(nn.Module):
    """Adds to each position a mean of values, whose weights are the softmax of a sum of up to four terms.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        num_heads: h; each head has C // h channels, so a remainder of C is left out between the projections.
        query_key: whether E1 counts, query content with key content.
        query_position: whether E2 counts, query content with relative position.
        key: whether E3 counts, the key content alone.
        position: whether E4 counts, the relative position alone.
        query_stride, key_stride: every how many rows and columns there is a query, a key; a result on a coarser grid
            is enlarged bilinearly.
        position_magnitude: factor of the relative positions, which are differences in pixels.
        spatial_range: how many rows and columns away a key may be, rounded outwards to the grid of keys; None: any.

    Differs from the paper:
        As in the reference implementation, the result is scaled by a learned ``gamma``, which starts at zero. Unlike
        there, a range is in pixels also where queries have a stride, and holds for each pixel also with E3 alone.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int = 9,
        query_key: bool = True,
        query_position: bool = True,
        key: bool = True,
        position: bool = True,
        query_stride: int = 1,
        key_stride: int = 2,
        position_magnitude: float = 1.0,
        spatial_range: int | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= num_heads <= channels:
            raise ValueError(f"num_heads: expected 1 to channels={channels}, got {num_heads}")
        if not (query_key or query_position or key or position):
            raise ValueError("query_key, query_position, key, position: expected at least one True, got none")
        if (query_position or position) and channels % 4:
            raise ValueError(f"channels: expected a multiple of 4 for terms of position, got {channels}")
        if query_stride < 1 or key_stride < 1:
            raise ValueError(f"query_stride, key_stride: expected at least 1, got {query_stride}, {key_stride}")
        if spatial_range is not None and spatial_range < 0:
            raise ValueError(f"spatial_range: expected at least 0, got {spatial_range}")
        self.num_heads = num_heads
        self.query_key, self.query_position = query_key, query_position
        self.query_stride, self.key_stride = query_stride, key_stride
        self.position_magnitude, self.spatial_range = position_magnitude, spatial_range
        dim = channels // num_heads * num_heads
        bound = (2 * dim // num_heads) ** -0.5
        self.query = nn.Conv2d(channels, dim, 1, bias=False) if query_key or query_position else None
        self.key = nn.Conv2d(channels, dim, 1, bias=False) if query_key or key else None
        self.value = nn.Conv2d(channels, dim, 1, bias=False)
        self.offset_x = nn.Linear(channels // 2, dim, bias=False) if query_position or position else None
        self.offset_y = nn.Linear(channels // 2, dim, bias=False) if query_position or position else None
        self.key_bias = nn.Parameter(torch.empty(dim).uniform_(-bound, bound)) if key else None
        self.position_bias = nn.Parameter(torch.empty(dim).uniform_(-bound, bound)) if position else None
        self.proj = nn.Conv2d(dim, channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        y = self._attend(x)  # (B, D, H_q, W_q)
        # Scaling the projection by gamma is the same as scaling its result, and it is smaller.
        weight, bias = self.gamma[:, None, None, None] * self.proj.weight, self.gamma * self.bias
        y = F.conv2d(y, weight, bias)  # (B, C, H_q, W_q)
        if self.query_stride > 1:
            y = F.interpolate(y, x.shape[2:], mode="bilinear")  # (B, C, H, W)
        return x + y  # (B, C, H, W)

    def _attend(self, x: Tensor) -> Tensor:
        """Means of the values, ``(B, D, H_q, W_q)``, or ``(B, D, 1, 1)`` if all queries get the same."""
        asked = x[:, :, :: self.query_stride, :: self.query_stride]  # (B, C, H_q, W_q)
        given = x[:, :, :: self.key_stride, :: self.key_stride].contiguous()  # (B, C, H_k, W_k)
        q = None if self.query is None else self._heads(self.query(asked))  # (B, h, N, d)
        k = None if self.key is None else self._heads(self.key(given))  # (B, h, M, d)
        v = self._heads(self.value(given))  # (B, h, M, d)
        terms = self._content(q, k) + self._relative(q, x)
        mask = self._mask(x)  # (N, M)
        count = max(t.shape[2] for t, _ in terms) if mask is None else len(mask)
        # A sum of products is the product of the parts side by side: so no term needs a matrix of all pairs.
        q = _beside([t.expand(len(x), -1, count, -1) for t, _ in terms], v.dtype)  # (B, h, N, E)
        k = _beside([t.expand(*v.shape[:3], -1) for _, t in terms], v.dtype)  # (B, h, M, E)
        if x.device.type == "cpu":  # the fused kernel there asks for equal widths
            wide = max(k.shape[3], v.shape[3])
            q, k, v = (F.pad(t, (0, wide - t.shape[3])) if t.shape[3] < wide else t for t in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v.contiguous(), attn_mask=mask, scale=1.0)  # (B, h, N, E)
        y = y[..., : self.proj.in_channels // self.num_heads]  # (B, h, N, d)
        return y.mT.reshape(
            len(x), self.proj.in_channels, *(asked.shape[2:] if count > 1 else (1, 1))
        )  # (B, D, H_q, W_q)

    def _heads(self, x: Tensor) -> Tensor:
        """``(B, D, H, W)`` -> ``(B, h, N, d)``."""
        return x.flatten(2).unflatten(1, (self.num_heads, -1)).mT

    def _content(self, q: Tensor | None, k: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        """What is multiplied for E1 and E3: ``(B, h, N, d)``, N = 1 for E3 alone, and ``(B, h, M, d)``."""
        asking = None if self.key_bias is None else self.key_bias.view(1, self.num_heads, 1, -1)  # E3
        if self.query_key and q is not None:
            asking = q if asking is None else q + asking  # E1
        return [] if asking is None or k is None else [(asking, k)]

    def _relative(self, q: Tensor | None, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """What is multiplied for E2 and E4, for rows and for columns.

        Logits of all rows of keys, ``(1 or B, h, N, H_k)``, and ones where a key is in that row, ``(M, H_k)``.
        """
        asking = None if self.position_bias is None else self.position_bias.view(1, self.num_heads, 1, 1, -1)  # E4
        (height, rows), (width, columns) = (self._places(size, x) for size in x.shape[2:])
        if self.query_position and q is not None:
            content = q.unflatten(2, (len(height), len(width)))  # (B, h, H_q, W_q, d)  E2
            asking = content if asking is None else content + asking
        if asking is None or self.offset_x is None or self.offset_y is None:
            return []
        row = self._along(asking.transpose(2, 3), self.offset_y, height - rows, x).transpose(2, 3)
        column = self._along(asking, self.offset_x, width - columns, x)  # (1 or B, h, H_q or 1, W_q, W_k)
        row, column = (t.expand(-1, -1, len(height), len(width), -1).flatten(2, 3) for t in (row, column))
        one_row, one_column = (torch.eye(t.shape[1], dtype=x.dtype, device=x.device) for t in (rows, columns))
        one_row = one_row.repeat_interleave(columns.shape[1], 0)  # (M, H_k)
        return [(row, one_row), (column, one_column.repeat(rows.shape[1], 1))]

    def _along(self, asking: Tensor, layer: nn.Linear, offsets: Tensor, x: Tensor) -> Tensor:
        """Products with the vectors of the offsets along one axis.

        Shape:
            asking: ``(B, h, n, N, d)``, offsets: ``(N, M)`` -> ``(B, h, n, N, M)``; the N of ``asking`` may be 1
        """
        vectors = layer(self._embed(offsets, x.shape[1]).to(x.dtype)) * math.sqrt(0.5)  # (N, M, D)
        vectors = vectors.unflatten(2, (self.num_heads, -1))  # (N, M, h, d)
        return torch.einsum("bhnqd,qkhd->bhnqk", asking.to(vectors.dtype), vectors)

    def _mask(self, x: Tensor) -> Tensor | None:
        """Which keys are in the range of a query: ``(N, M)``."""
        if self.spatial_range is None:
            return None
        reach, stride = self.spatial_range, self.key_stride
        allowed: list[Tensor] = []
        for size in x.shape[2:]:
            place, keys = self._places(size, x)
            first = torch.div(place - reach, stride, rounding_mode="floor") * stride
            last = torch.div(place + reach + 1, stride, rounding_mode="floor") * stride
            allowed.append((keys >= first) & (keys <= last))  # (N, M) of one axis
        row, column = allowed
        return (row[:, None, :, None] & column[:, None]).flatten(2).flatten(0, 1)  # (N, M)

    def _places(self, size: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Where queries and keys are along an axis: ``(N, 1)`` and ``(1, M)``."""
        axis = torch.arange(size, device=x.device)
        return axis[:: self.query_stride, None], axis[None, :: self.key_stride]

    def _embed(self, offsets: Tensor, channels: int) -> Tensor:
        """Sines and cosines of differences in pixels at wave lengths from 2 pi to 2000 pi: ``(*)`` -> ``(*, C/2)``."""
        dtype = torch.float64 if self.gamma.dtype == torch.float64 else torch.float32
        steps = torch.arange(channels // 4, device=offsets.device, dtype=dtype)
        angles = self.position_magnitude * offsets[..., None] / 1000 ** (steps * (4 / channels))  # (*, C/4)
        return torch.cat((angles.sin(), angles.cos()), -1)  # (*, C/2)


def _beside(parts: list[Tensor], dtype: torch.dtype) -> Tensor:
    """All parts side by side in their last axis, without gaps in memory."""
    return parts[0].to(dtype).contiguous() if len(parts) == 1 else torch.cat([part.to(dtype) for part in parts], 3)

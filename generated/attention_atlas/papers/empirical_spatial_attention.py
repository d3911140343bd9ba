"""An Empirical Study of Spatial Attention Mechanisms in Deep Networks (ICCV 2019).

Authors: Xizhou Zhu et al.
Paper: https://arxiv.org/abs/1904.05873
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/empirical_spatial_attention.py, templates/blocks/biased_attention.py and catalog.yaml:
    edit those.

Spatial attention in four terms, each of which can be switched off: content or position, with a query or without.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["GeneralizedAttention"]


def biased_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Means of the values, weighted by softmax(q k^T / sqrt(d) + bias).

    Shape:
        q: ``(B, h, N, d)``, k and v: ``(B, h, M, d)``, bias: ``(P, h, N, M)`` -> ``(B, h, N, d)``; P divides B, and
        the first axis of ``bias`` is repeated: item i is given entry i mod P
    """
    groups = q.shape[0] // bias.shape[0]
    if bias.requires_grad and q.device.type == "cpu" and q.dtype in (torch.float32, torch.float64):
        # The fused kernel for the CPU has no gradient for a bias, and what runs in its place is slower than this.
        logits = (q.mul(q.shape[3] ** -0.5) @ k.mT).unflatten(0, (groups, -1))  # (B/P, P, h, N, M)
        return logits.add_(bias).softmax(4).flatten(0, 1) @ v  # (B, h, N, d)
    if bias.shape[0] > 1:
        bias = bias.expand(groups, *bias.shape).flatten(0, 1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)  # (B, h, N, d)


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
        asked = x[:, :, :: self.query_stride, :: self.query_stride]  # (B, C, H_q, W_q)
        given = x[:, :, :: self.key_stride, :: self.key_stride].contiguous()  # (B, C, H_k, W_k)
        q = None if self.query is None else self._heads(self.query(asked))  # (B, h, N, d)
        k = None if self.key is None else self._heads(self.key(given))  # (B, h, M, d)
        v = self._heads(self.value(given))  # (B, h, M, d)
        y = self._attend(q, k, v, self._bias(q, x))  # (B, h, N, d)
        grid = asked.shape[2:] if y.shape[2] > 1 else (1, 1)  # E3 alone gives all queries the same
        y = y.mT.reshape(len(x), -1, *grid)  # (B, D, H_q, W_q)
        # Scaling the projection by gamma is the same as scaling its result, and it is smaller.
        weight, bias = self.gamma[:, None, None, None] * self.proj.weight, self.gamma * self.bias
        y = F.conv2d(y, weight, bias)  # (B, C, H_q, W_q)
        if self.query_stride > 1:
            y = F.interpolate(y, x.shape[2:], mode="bilinear")  # (B, C, H, W)
        return x + y  # (B, C, H, W)

    def _heads(self, x: Tensor) -> Tensor:
        """``(B, D, H, W)`` -> ``(B, h, N, d)``."""
        return x.flatten(2).unflatten(1, (self.num_heads, -1)).mT.contiguous()

    def _attend(self, q: Tensor | None, k: Tensor | None, v: Tensor, bias: Tensor | None) -> Tensor:
        """Means of the values: ``(B, h, N, d)``, or ``(B, h, 1, d)`` if the queries do not count."""
        asking = None if self.key_bias is None else self.key_bias.view(1, self.num_heads, 1, -1)  # E3
        if self.query_key and q is not None:
            asking = q if asking is None else q + asking  # (B, h, N, d)  E1
        if asking is None or k is None:
            return v if bias is None else bias.softmax(3).to(v.dtype) @ v  # (B, h, N, d)
        count = asking.shape[2] if bias is None else bias.shape[2]
        asking = asking.to(k.dtype).expand(len(k), -1, count, -1)  # (B, h, N, d)
        if bias is None:
            return F.scaled_dot_product_attention(asking.contiguous(), k, v, scale=1.0)
        root = math.sqrt(k.shape[3])  # the block divides by it, this method does not
        return biased_attention(asking * root, k, v, bias.to(k.dtype))

    def _bias(self, q: Tensor | None, x: Tensor) -> Tensor | None:
        """The terms of position and the range: ``(1 or B, 1 or h, N, M)``."""
        if self.offset_x is None and self.spatial_range is None:
            return None
        height, width = (torch.arange(size, device=x.device) for size in x.shape[2:])
        asking = None if self.position_bias is None else self.position_bias.view(1, self.num_heads, 1, 1, -1)  # E4
        if self.query_position and q is not None:
            content = q.unflatten(2, (len(height[:: self.query_stride]), -1))  # (B, h, H, W, d)  E2
            asking = content if asking is None else content + asking
        row = self._along(None if asking is None else asking.transpose(2, 3), self.offset_y, height, x)
        column = self._along(asking, self.offset_x, width, x)  # (B, h, H_q, W_q, W_k)
        bias = row.transpose(2, 3)[..., :, None] + column[..., None, :]  # (B, h, H_q, W_q, H_k, W_k)
        return bias.flatten(4).flatten(2, 3)  # (B, h, N, M)

    def _along(self, asking: Tensor | None, layer: nn.Linear | None, axis: Tensor, x: Tensor) -> Tensor:
        """What the offsets along one axis add to the logits; minus infinity beyond the range.

        Shape:
            asking: ``(B, h, n, N, d)``, axis: ``(H)`` -> ``(B, h, n, N, M)``; B, n and the N of ``asking`` may be 1
        """
        place, keys = axis[:: self.query_stride, None], axis[None, :: self.key_stride]
        energy = x.new_zeros(1, 1, 1, len(place), keys.shape[1])
        if asking is not None and layer is not None:
            offsets = layer(self._embed(place - keys, x.shape[1]).to(x.dtype))  # (N, M, D)
            offsets = offsets.unflatten(2, (self.num_heads, -1)) * math.sqrt(0.5)  # (N, M, h, d)
            energy = torch.einsum("bhnqd,qkhd->bhnqk", asking.to(offsets.dtype), offsets)
        if self.spatial_range is None:
            return energy
        reach, stride = self.spatial_range, self.key_stride
        first = torch.div(place - reach, stride, rounding_mode="floor") * stride
        last = torch.div(place + reach + 1, stride, rounding_mode="floor") * stride
        return energy.masked_fill((keys < first) | (keys > last), float("-inf"))

    def _embed(self, offsets: Tensor, channels: int) -> Tensor:
        """Sines and cosines of differences in pixels at wave lengths from 2 pi to 2000 pi: ``(*)`` -> ``(*, C/2)``."""
        dtype = torch.float64 if self.gamma.dtype == torch.float64 else torch.float32
        steps = torch.arange(channels // 4, device=offsets.device, dtype=dtype)
        angles = self.position_magnitude * offsets[..., None] / 1000 ** (steps * (4 / channels))  # (*, C/4)
        return torch.cat((angles.sin(), angles.cos()), -1)  # (*, C/2)

"""Efficient Attention: Attention with Linear Complexities (WACV 2021).

Authors: Zhuoran Shen et al.
Paper: https://arxiv.org/abs/1812.01243
Code (the authors', licence: MIT): https://github.com/cmsflash/efficient-attention
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/efficient_attention.py, templates/blocks/gather_distribute.py and catalog.yaml: edit
    those.

Efficient attention: keys and values are multiplied first, so that the cost grows linearly with the positions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["EfficientAttention"]


def gather(x: Tensor, weights: Tensor, value: nn.Conv1d | nn.Conv2d, normalized: bool = True) -> Tensor:
    """``value(x) @ weights.mT`` per head, for a 1x1 convolution that acts on the D sums and not on the N positions.

    Shape:
        x: ``(B, C, N)``, weights: ``(B, h, D, N)`` -> ``(B, h, V / h, D)`` with V channels of ``value``

    Args:
        normalized: whether each weighting sums to one. Where it does not, the bias counts by the sum.
    """
    heads = weights.shape[1]
    sums = (x @ weights.flatten(1, 2).mT).unflatten(2, (heads, -1)).transpose(1, 2)  # (B, h, C, D)
    vectors = value.weight.reshape(heads, -1, x.shape[1]) @ sums  # (B, h, V / h, D)
    if value.bias is None:
        return vectors
    bias = value.bias.reshape(heads, -1, 1)  # (h, V / h, 1)
    return vectors + (bias if normalized else bias * weights.sum(3).unsqueeze(2))


def distribute(vectors: Tensor, weights: Tensor, project: nn.Conv1d | nn.Conv2d) -> Tensor:
    """``project(vectors @ weights)`` per head, for a 1x1 convolution that acts on the D vectors.

    Shape:
        vectors: ``(B, h, V / h, D)``, weights: ``(B, h, D, N)`` -> ``(B, O, N)`` with O channels of ``project``
    """
    w = project.weight.reshape(project.out_channels, vectors.shape[1], -1).transpose(0, 1)  # (h, O, V / h)
    read = (w @ vectors).transpose(1, 2).flatten(2)  # (B, O, h * D)
    weights = weights.flatten(1, 2)  # (B, h * D, N)
    if project.bias is None:
        return read @ weights
    return torch.baddbmm(project.bias[:, None], read, weights)


class EfficientAttention(nn.Module):
    """Sums the values into one vector per key channel, from which each position reads with its query; adds the input.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        key_channels, value_channels: d_k and d_v of all heads together.
        num_heads: heads with channels of their own; the paper has one.
        normalization: ``softmax`` of each query over its channels and of each key channel over the positions, or
            ``scaling`` of both by the root of the number of positions, which equals dot-product attention.
    """

    def __init__(
        self,
        channels: int,
        key_channels: int = 64,
        value_channels: int = 64,
        num_heads: int = 1,
        normalization: str = "softmax",
    ) -> None:
        super().__init__()
        for name, width in (("key_channels", key_channels), ("value_channels", value_channels)):
            if width % num_heads:
                raise ValueError(f"{name}: expected a multiple of num_heads={num_heads}, got {width}")
        if normalization not in ("softmax", "scaling"):
            raise ValueError(f"normalization: expected softmax or scaling, got {normalization!r}")
        self.num_heads = num_heads
        self.normalization = normalization
        self.keys = nn.Conv2d(channels, key_channels, 1)
        self.queries = nn.Conv2d(channels, key_channels, 1)
        self.values = nn.Conv2d(channels, value_channels, 1)
        self.reprojection = nn.Conv2d(value_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        softmax = self.normalization == "softmax"
        positions = x.flatten(2)  # (B, C, N) with N = H * W
        root = positions.shape[2] ** 0.5
        keys = self.keys(x).flatten(2).unflatten(1, (self.num_heads, -1))  # (B, h, d_k / h, N)
        keys = keys.softmax(3) if softmax else keys / root  # Eq. 4
        context = gather(positions, keys, self.values, softmax)  # (B, h, d_v / h, d_k / h)
        queries = self.queries(x).flatten(2).unflatten(1, (self.num_heads, -1))  # (B, h, d_k / h, N)
        queries = queries.softmax(2) if softmax else queries / root  # Eq. 4
        out = distribute(context, queries, self.reprojection)  # (B, C, N)  Eq. 3
        return x + out.reshape(x.shape)  # (B, C, H, W)

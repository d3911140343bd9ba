"""Softmax attention with a learned bias on its logits, such as one for relative positions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["biased_attention"]


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

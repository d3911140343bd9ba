"""Softmax attention on maps: channels first, values of any width."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from templates.blocks.full_precision import full_precision

__all__ = ["attend"]


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

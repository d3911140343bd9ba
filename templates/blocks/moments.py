"""Mean and variance of each map, in one pass back and without ``torch.var``, which is slow on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["moments"]


def moments(x: Tensor, correction: int = 0) -> tuple[Tensor, Tensor]:
    """Mean and variance of ``x`` over its last two axes.

    As ``torch.var_mean`` in what it computes and as exact. On a CPU it is several times faster, and its backward pass
    keeps nothing but ``x``.

    Shape:
        x: ``(..., H, W)`` -> two times ``(...)``; float32 where x has half the precision

    Args:
        correction: what is taken from H * W before the squares are divided by it; 1 for the unbiased estimate.
    """
    mean, variance = _Moments.apply(x, correction)
    return mean, variance


class _Moments(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, correction: int) -> tuple[Tensor, Tensor]:
        # Squares leave the range of half precision, hundreds of addends its resolution.
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        mean = wide.mean((-2, -1))  # (...)
        distance = torch.linalg.vector_norm(wide - mean[..., None, None], dim=(-2, -1))  # (...)
        return mean, distance.square() / (x.shape[-2] * x.shape[-1] - correction)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor]) -> None:
        x, ctx.correction = inputs
        ctx.save_for_backward(x, output[0])

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        x, mean = ctx.saved_tensors
        of_mean, of_variance = grad_outputs
        count = x.shape[-2] * x.shape[-1]
        slope = of_variance * (2 / (count - ctx.correction))  # (...)
        offset = of_mean / count - mean * slope  # (...)
        grad = torch.addcmul(offset[..., None, None], x, slope[..., None, None])  # (..., H, W)
        return grad.to(x.dtype), None

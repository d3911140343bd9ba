"""SRM: A Style-based Recalibration Module for Convolutional Neural Networks (ICCV 2019).

Authors: HyunJae Lee et al.
Paper: https://arxiv.org/abs/1903.10829
Code (the authors', licence: none stated): https://github.com/hyunjaelee410/style-based-recalibration-module
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/srm.py, templates/blocks/moments.py and catalog.yaml: edit those.

SRM: a gate for each channel from its own mean and standard deviation, without looking at other channels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["SRM"]


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


class SRM(nn.Module):
    """Scales each channel by a gate computed from its style: the mean and the standard deviation of its map.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        unbiased: whether the variance is divided by H * W - 1 or by H * W.
        eps: added to the variance before the root.

    Differs from the paper:
        Its equation divides by H * W, its code by H * W - 1: the default. The paper's is ``unbiased=False``.
    """

    def __init__(self, channels: int, unbiased: bool = True, eps: float = 1e-5) -> None:
        super().__init__()
        self.unbiased = unbiased
        self.eps = eps
        # Starts as the gate 1/2 everywhere.
        self.cfc = nn.Parameter(torch.zeros(channels, 2))
        self.bn = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)[:, :, None, None]  # (B, C, H, W)

    def gate(self, x: Tensor) -> Tensor:
        """The gate of each channel: ``(B, C, H, W)`` -> ``(B, C)``."""
        if x.shape[1] != len(self.cfc):
            raise ValueError(f"x: expected {len(self.cfc)} channels, got {x.shape[1]}")
        if self.unbiased and x.shape[2] * x.shape[3] == 1:
            raise ValueError("x: expected maps of two positions or more for an unbiased variance, got 1x1")
        mean, variance = moments(x, correction=int(self.unbiased))  # (B, C), (B, C)  Eq. 1
        deviation = (variance + self.eps).sqrt()  # (B, C)  Eq. 2
        z = mean * self.cfc[:, 0] + deviation * self.cfc[:, 1]  # (B, C)  Eq. 4
        return self.bn(z.to(self.cfc.dtype)).sigmoid().to(x.dtype)  # (B, C)

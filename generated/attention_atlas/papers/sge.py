"""Spatial Group-wise Enhance: Improving Semantic Feature Learning in Convolutional Networks (arXiv 2019).

Authors: Xiang Li et al.
Paper: https://arxiv.org/abs/1905.09646
Code (the authors', licence: none at repository root): https://github.com/implus/PytorchInsight
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/sge.py, templates/blocks/moments.py and catalog.yaml: edit those.

SGE: in each group of channels, positions that resemble the group's mean are enhanced.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["SGE"]


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


class SGE(nn.Module):
    """Scales each position of a group of channels by how well it agrees with the mean of that group.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        groups: G; C must be a multiple of it. The module has two parameters for each group and no others.
        eps: added to the standard deviation.

    Differs from the paper:
        The standard deviation is the unbiased one (divided by H * W - 1), as in the released code.
    """

    def __init__(self, groups: int = 64, eps: float = 1e-5) -> None:
        super().__init__()
        if groups < 1:
            raise ValueError(f"groups: expected at least 1, got {groups}")
        self.groups = groups
        self.eps = eps
        # A new module scales everything alike: the gate is sigmoid(1).
        self.weight = nn.Parameter(torch.zeros(groups))
        self.bias = nn.Parameter(torch.ones(groups))

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        if channels % self.groups:
            raise ValueError(f"x: expected channels in multiples of groups={self.groups}, got {channels}")
        if height * width < 2:
            raise ValueError("x: expected maps of two positions or more for a standard deviation, got 1x1")
        grouped = x.reshape(batch * self.groups, -1, height * width)  # (B*G, C/G, N)
        g = grouped.mean(2, keepdim=True).mT  # (B*G, 1, C/G)  Eq. 1
        c = (g @ grouped).view(batch, self.groups, height, width)  # (B, G, H, W)  Eq. 2
        mean, variance = (t[:, :, None, None] for t in moments(c, correction=1))  # (B, G, 1, 1)
        c = ((c - mean) / (variance.sqrt() + self.eps)).to(x.dtype)  # (B, G, H, W)  Eq. 3
        c = torch.addcmul(self.bias[:, None, None], self.weight[:, None, None], c)  # (B, G, H, W)  Eq. 4
        gate = c.sigmoid_().view(-1, 1, height * width)  # (B*G, 1, N)
        return (grouped * gate).view(x.shape)  # (B, C, H, W)  Eq. 5

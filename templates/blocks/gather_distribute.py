"""Gathering a map into a few vectors and distributing these again, with all linear maps acting on the vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["distribute", "gather"]


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

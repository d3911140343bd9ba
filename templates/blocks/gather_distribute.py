"""Gathering a map into a few vectors and distributing these again, with all linear maps acting on the vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["gather_distribute"]


def gather_distribute(
    x: Tensor,
    gather: Tensor,
    distribute: Tensor,
    value: nn.Conv1d | nn.Conv2d,
    project: nn.Conv1d | nn.Conv2d,
    normalized: bool = True,
) -> Tensor:
    """``project(value(x) @ gather.mT @ distribute)``, per head.

    The convolutions are linear, so they may act on the D gathered vectors and not on the N positions: neither the
    values nor what the heads read exists at every position.

    Shape:
        x: ``(B, C, N)``, gather and distribute: ``(B, h, D, N)`` -> ``(B, O, N)`` with O channels of ``project``

    Args:
        gather: per head D weightings of the positions.
        distribute: per head what each position takes of each of the D vectors.
        value, project: 1x1 convolutions.
        normalized: whether each weighting sums to one. Where it does not, the bias of ``value`` counts by the sum.
    """
    heads, channels = gather.shape[1], x.shape[1]
    gathered = (gather.flatten(1, 2) @ x.mT).unflatten(1, (heads, -1))  # (B, h, D, C)
    w_value = value.weight.reshape(heads, -1, channels)  # (h, V, C)
    vectors = w_value @ gathered.mT  # (B, h, V, D)
    if value.bias is not None:
        bias = value.bias.reshape(heads, -1, 1)  # (h, V, 1)
        vectors = vectors + (bias if normalized else bias * gather.sum(3).unsqueeze(2))
    w_project = project.weight.reshape(project.out_channels, heads, -1).transpose(0, 1)  # (h, O, V)
    read = (w_project @ vectors).transpose(1, 2).flatten(2)  # (B, O, h * D)
    distribute = distribute.flatten(1, 2)  # (B, h * D, N)
    if project.bias is None:
        return read @ distribute
    return torch.baddbmm(project.bias[:, None], read, distribute)

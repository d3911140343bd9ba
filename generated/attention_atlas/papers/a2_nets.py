"""A^2-Nets: Double Attention Networks (NeurIPS 2018).

Authors: Yunpeng Chen et al.
Paper: https://arxiv.org/abs/1810.11579
Code (not the authors'): https://github.com/nguyenvo09/Double-Attention-Network
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/a2_nets.py, templates/blocks/gather_distribute.py and catalog.yaml: edit those.

Double attention: few vectors are gathered from the whole map, then each position takes its share of them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["DoubleAttention"]


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


class DoubleAttention(nn.Module):
    """Gathers n vectors with n attention maps, gives each position a mix of them and adds the input.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; clips ``(B, C, T, H, W)`` and sequences ``(B, C, N)`` likewise

    Args:
        feature_reduction: C over m, the length of a gathered vector.
        vector_reduction: C over n, the number of vectors.
    """

    def __init__(self, channels: int, feature_reduction: int = 4, vector_reduction: int = 4) -> None:
        super().__init__()
        for name, reduction in (("feature_reduction", feature_reduction), ("vector_reduction", vector_reduction)):
            if not 1 <= reduction <= channels:
                raise ValueError(f"{name}: expected 1 to channels={channels}, got {reduction}")
        features, vectors = channels // feature_reduction, channels // vector_reduction
        self.features = nn.Conv1d(channels, features, 1)
        self.attend = nn.Conv1d(channels, vectors, 1)
        self.share = nn.Conv1d(channels, vectors, 1)
        self.project = nn.Conv1d(features, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        positions = x.flatten(2)  # (B, C, N) with N = H * W
        maps = self.attend(positions).softmax(2).unsqueeze(1)  # (B, 1, n, N)  Eq. 3: over the positions
        vectors = gather(positions, maps, self.features)  # (B, 1, m, n)
        shares = self.share(positions).softmax(1).unsqueeze(1)  # (B, 1, n, N)  Eq. 4: over the vectors
        z = distribute(vectors, shares, self.project)  # (B, C, N)  Eq. 5
        return x + z.reshape(x.shape)

"""Compact Global Descriptor for Neural Networks (arXiv 2019).

Authors: Xiangyu He et al.
Paper: https://arxiv.org/abs/1907.09665
Code (the authors', licence: BSD-2-Clause): https://github.com/HolmesShuan/Compact-Global-Descriptor
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/cgd.py and catalog.yaml: edit those.

CGD: a gate for each channel from two inner products of the pooled channels, with six numbers per channel.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["CGD"]


class CGD(nn.Module):
    """Scales each channel by 1 plus a gate in (-1, 1); each inner product sums up all channels in one number.

    What a channel takes of a product is relative to its share in a softmax over the channel means.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels: expected at least 1, got {channels}")
        self.weight_mean = nn.Parameter(torch.empty(channels, 1))
        self.weight_max = nn.Parameter(torch.empty(channels, 1))
        self.weight = nn.Parameter(torch.empty(channels, 1))
        self.bias_mean = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.bias_max = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        for weight in (self.weight_mean, self.weight_max, self.weight):
            nn.init.xavier_uniform_(weight)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != len(self.weight):
            raise ValueError(f"x: expected {len(self.weight)} channels, got {x.shape[1]}")
        # An inner product can leave the range of half precision, and a softmax of large means wants all their digits.
        wide = torch.promote_types(x.dtype, torch.float32)
        mean = x.mean((2, 3), dtype=wide)  # (B, C)
        largest = _largest(x).to(wide)  # (B, C)
        share = mean.softmax(1)  # (B, C)
        psi = torch.tanh(share * _product(mean, self.weight_mean) + self.bias_mean.flatten())  # (B, C)
        phi = torch.tanh(share * _product(largest, self.weight_max) + self.bias_max.flatten())  # (B, C)
        gate = torch.tanh(psi * _product(phi, self.weight) + self.bias.flatten())  # (B, C)
        return x * (gate + 1).to(x.dtype)[:, :, None, None]  # (B, C, H, W)


def _largest(x: Tensor) -> Tensor:
    """The maximum of each map: ``amax`` is the faster way forward, ``max`` the faster and leaner way back."""
    x = x.flatten(2)  # (B, C, N)
    return x.max(2).values if torch.is_grad_enabled() else x.amax(2)  # (B, C)


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """Inner product of ``(B, C)`` with ``(C, 1)``, never in half precision: ``(B, 1)``."""
    return (x * weight.flatten()).sum(1, keepdim=True)

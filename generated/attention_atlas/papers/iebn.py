"""Instance Enhancement Batch Normalization: An Adaptive Regulator of Batch Noise (AAAI 2020).

Authors: Senwei Liang et al.
Paper: https://arxiv.org/abs/1908.04008
Code (the authors', licence: MIT): https://github.com/gbup-group/IEBN
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/iebn.py and catalog.yaml: edit those.

IEBN: batch normalisation whose scale each item adjusts by its own channel means.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["IEBN"]


class IEBN(nn.Module):
    """Batch normalisation with a scale that a gate per item and channel regulates.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        eps, momentum: of the batch normalisation.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps, momentum, affine=False)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        # A new gate is sigmoid(-1) for every item: it learns to look at them.
        self.gate_weight = nn.Parameter(torch.zeros(channels))
        self.gate_bias = nn.Parameter(torch.full((channels,), -1.0))

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3))  # (B, C)
        gate = torch.addcmul(self.gate_bias, self.gate_weight, means).sigmoid()  # (B, C)
        scale = (self.weight * gate)[:, :, None, None]  # (B, C, 1, 1)
        return (self.norm(x) * scale).add_(self.bias[:, None, None])  # (B, C, H, W)

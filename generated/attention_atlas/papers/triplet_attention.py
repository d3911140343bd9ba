"""Rotate to Attend: Convolutional Triplet Attention Module (WACV 2021).

Authors: Diganta Misra et al.
Paper: https://arxiv.org/abs/2010.03045
Code (the authors', licence: MIT): https://github.com/LandskapeAI/triplet-attention
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/triplet_attention.py and catalog.yaml: edit those.

Triplet attention: three gates, each over two of the axes C, H and W, made from maximum and mean over the third.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["AttentionGate", "TripletAttention"]


class AttentionGate(nn.Module):
    """A gate for each entry of a plane: Z-pooling, one convolution over the plane, batch normalisation, a sigmoid.

    Shape:
        plane: ``(B, 2, P, Q)`` -> ``(B, P, Q)``
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, plane: Tensor) -> Tensor:
        return self.norm(self.conv(plane)).sigmoid().squeeze(1)  # (B, P, Q)


class TripletAttention(nn.Module):
    """Scales the input by the mean of three gates: over channel and width, height and channel, height and width.

    Each gate is computed from the maximum and the mean along the axis that it does not have (Z-pooling), so nothing
    of the input's size is rotated.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        kernel_size: of the three convolutions, odd.
        spatial: whether the gate over height and width takes part; without it the other two are averaged.
    """

    def __init__(self, kernel_size: int = 7, spatial: bool = True) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        self.channel_width = AttentionGate(kernel_size)
        self.height_channel = AttentionGate(kernel_size)
        self.height_width = AttentionGate(kernel_size) if spatial else None

    def forward(self, x: Tensor) -> Tensor:
        over_cw = self.channel_width(_z_pool(x, 2)).unsqueeze(2)  # (B, C, 1, W)
        over_hc = self.height_channel(_z_pool(x, 3).mT).mT.unsqueeze(3)  # (B, C, H, 1)
        gates = over_cw + over_hc  # (B, C, H, W)
        if self.height_width is None:
            return x * gates.mul_(1 / 2)
        gates += self.height_width(_z_pool(x, 1)).unsqueeze(1)
        return x * gates.mul_(1 / 3)  # (B, C, H, W)  Eq. 2


def _z_pool(x: Tensor, dim: int) -> Tensor:
    """Maximum and mean along ``dim``: ``(B, C, H, W)`` -> ``(B, 2, …)`` with the two axes that are left (Eq. 1)."""
    return torch.stack((x.max(dim).values, x.mean(dim)), 1)

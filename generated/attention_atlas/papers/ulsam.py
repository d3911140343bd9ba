"""ULSAM: Ultra-Lightweight Subspace Attention Module for Compact Convolutional Neural Networks (WACV 2020).

Authors: Rajat Saini et al.
Paper: https://arxiv.org/abs/2006.15102
Code (the authors', licence: none stated): https://github.com/Nandan91/ULSAM
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/ulsam.py and catalog.yaml: edit those.

ULSAM: each subspace of the channels learns one map of where to look, from a handful of weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ULSAM", "SubSpace"]


class SubSpace(nn.Module):
    """Adds to a map that map times attention; the attention sums to one over the positions.

    A depthwise 1x1 convolution weighs each channel, pooling lets each position see its neighbours, and one filter makes
    the score.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 1, groups=channels)
        self.depthwise_norm = nn.BatchNorm2d(channels, momentum=0.9)
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.pointwise = nn.Conv2d(channels, 1, 1)
        self.pointwise_norm = nn.BatchNorm2d(1, momentum=0.9)

    def forward(self, x: Tensor) -> Tensor:
        f = self.depthwise(x)  # (B, C, H, W)
        # In this order of memory a CPU pools ten times as fast, and the layers around it do not mind.
        f = self.depthwise_norm(f.contiguous(memory_format=torch.channels_last)).relu_()
        f = self.pointwise_norm(self.pointwise(self.pool(f))).relu_()  # (B, 1, H, W)
        a = f.flatten(2).softmax(2).view(f.shape)  # (B, 1, H, W)  Eq. 1
        return torch.addcmul(x, a.to(x.dtype), x)  # (B, C, H, W)  Eq. 2


class ULSAM(nn.Module):
    """Gives each subspace of the channels an attention map of its own, and adds what it selects to the input.

    Channels of different subspaces never meet. A map sums to one over all positions, so what is added is small beside
    the input.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        subspaces: g; C must be a multiple of it.

    Differs from the paper:
        As in the released code, batch normalisation and ReLU follow both convolutions, so scores are never negative.
    """

    def __init__(self, channels: int, subspaces: int = 4) -> None:
        super().__init__()
        if subspaces < 1 or channels < 1 or channels % subspaces:
            raise ValueError(f"channels: expected a multiple of subspaces={subspaces}, got {channels}")
        self.subspaces = nn.ModuleList(SubSpace(channels // subspaces) for _ in range(subspaces))

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(len(self.subspaces), 1)  # (B, C/g, H, W) each
        attended = [subspace(part) for subspace, part in zip(self.subspaces, parts, strict=True)]
        return torch.cat(attended, 1)  # (B, C, H, W)  Eq. 3

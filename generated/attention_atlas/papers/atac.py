"""Attention as Activation (ICPR 2020).

Authors: Yimian Dai et al.
Paper: https://arxiv.org/abs/2007.07729
Code (the authors', licence: none stated): https://github.com/YimianDai/open-atac
Shape: B C H W -> B C H W
Evidence: runs: it keeps the contract that the tests check; there was no code to compare with
Generated from templates/papers/atac.py and catalog.yaml: edit those.

ATAC: an activation function that is a small channel attention of each position.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ATAC"]


class ATAC(nn.Module):
    """Multiplies the input by a gate that two pointwise convolutions compute from the channels of each position.

    It takes the place of ReLU, whose gate is one where the input is positive and zero elsewhere.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width between the two convolutions.
        context: ``local`` gives each position its own gates, ``global`` pools the map first: squeeze-and-excitation
            with batch normalisation, the paper's comparison.
        relu: whether ReLU stands between the two convolutions.
    """

    def __init__(self, channels: int, reduction: int = 2, context: str = "local", relu: bool = True) -> None:
        super().__init__()
        if channels < reduction:
            raise ValueError(f"channels: expected at least reduction={reduction}, got {channels}")
        if context not in ("local", "global"):
            raise ValueError(f"context: expected local or global, got {context!r}")
        hidden = channels // reduction
        self.context = context
        self.down = nn.Conv2d(channels, hidden, 1, bias=False)
        self.down_norm = nn.BatchNorm2d(hidden)
        self.relu = nn.ReLU(inplace=True) if relu else nn.Identity()
        self.up = nn.Conv2d(hidden, channels, 1, bias=False)
        self.up_norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        seen = x.mean((2, 3), keepdim=True) if self.context == "global" else x  # (B, C, H, W) or (B, C, 1, 1)
        hidden = self.relu(self.down_norm(self.down(seen)))  # (B, C/r, H, W)
        return x * torch.sigmoid(self.up_norm(self.up(hidden)))  # (B, C, H, W)  Eq. 4

"""SGE: in each group of channels, positions that resemble the group's mean are enhanced."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.moments import moments

__all__ = ["SGE"]


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

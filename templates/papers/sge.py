"""SGE: in each group of channels, positions that resemble the group's mean are enhanced."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SGE"]


class SGE(nn.Module):
    """Scales each position of a group of channels by how well it agrees with the mean of that group.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        groups: G; C must be a multiple of it. The module has two parameters for each group and no others.
        eps: added to the standard deviation.
        unbiased: whether the standard deviation is the unbiased one, divided by H * W - 1.

    Differs from the paper:
        The standard deviation is the unbiased one, as in the released code; ``unbiased=False`` is the paper's.
    """

    def __init__(self, groups: int = 64, eps: float = 1e-5, unbiased: bool = True) -> None:
        super().__init__()
        if groups < 1:
            raise ValueError(f"groups: expected at least 1, got {groups}")
        self.groups = groups
        self.eps = eps
        self.unbiased = unbiased
        # A new module scales everything alike: the gate is sigmoid(1).
        self.weight = nn.Parameter(torch.zeros(groups))
        self.bias = nn.Parameter(torch.ones(groups))

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        positions = height * width
        if channels % self.groups:
            raise ValueError(f"x: expected channels in multiples of groups={self.groups}, got {channels}")
        if positions < 2 and self.unbiased:
            raise ValueError("x: expected maps of two positions or more for a standard deviation, got 1x1")
        grouped = x.reshape(batch * self.groups, channels // self.groups, positions)  # (B*G, C/G, N)
        wide = torch.promote_types(x.dtype, torch.float32)
        g = grouped.mean(2).to(wide)  # (B*G, C/G)  Eq. 1
        # Eq. 3 takes the length of g out again; without it the products stay in the range of half precision.
        length = g.detach().abs().sum(1, keepdim=True).clamp(min=1e-20)  # (B*G, 1)
        c = ((g / length).to(x.dtype).unsqueeze(1) @ grouped).to(wide)  # (B*G, 1, N)  Eq. 2
        c -= c.mean(2, keepdim=True)
        # As a norm the deviation of a map of equal values, which is zero, has a gradient.
        deviation = torch.linalg.vector_norm(c, dim=2, keepdim=True) / (positions - self.unbiased) ** 0.5  # (B*G, 1, 1)
        c = (c / (deviation + self.eps / length.unsqueeze(2))).to(x.dtype)  # (B*G, 1, N)  Eq. 3
        c = c.view(batch, self.groups, positions)  # (B, G, N)
        c = torch.addcmul(self.bias[:, None], self.weight[:, None], c)  # (B, G, N)  Eq. 4
        gate = c.sigmoid_().view(-1, 1, positions)  # (B*G, 1, N)
        return (grouped * gate).view(x.shape)  # (B, C, H, W)  Eq. 5

"""DMSANet: channel and position self-attention side by side in each group, and a softmax between the groups."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.attend import attend
from templates.blocks.full_precision import full_precision

__all__ = ["DMSA"]


class DMSA(nn.Module):
    """Self-attention in each group of channels, over channels in its first half and over positions in the second.

    Each half gets back what it attends to, times a number that starts at zero. Then each channel of a group is weighed
    against the channels at the same place of the other groups by a softmax over their means.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        groups: G, the scales; C must be a multiple of 2 * G.

    Differs from the paper:
        No code was released, and the text leaves much open. The reading taken: the groups are the scales and nothing
        else makes them so, each has its own layers, a scale is described by the mean of each of its channels.
    """

    def __init__(self, channels: int, groups: int = 4) -> None:
        super().__init__()
        if groups < 1 or channels < 1 or channels % (2 * groups):
            raise ValueError(f"channels: expected a multiple of 2 * groups={2 * groups}, got {channels}")
        self.groups = groups
        half = channels // 2
        # For each group its maps B, C and D, one after the other.
        self.project = nn.Conv2d(half, 3 * half, 1, groups=groups)
        self.alpha = nn.Parameter(torch.zeros(groups))
        self.beta = nn.Parameter(torch.zeros(groups))

    def forward(self, x: Tensor) -> Tensor:
        grouped = x.unflatten(1, (self.groups, 2, -1))  # (B, G, 2, C/2G, H, W)
        of_channels = self.attend_to_channels(grouped[:, :, 0])  # (B, G, C/2G, H, W)
        of_positions = self.attend_to_positions(grouped[:, :, 1])  # (B, G, C/2G, H, W)
        f = torch.cat((of_channels, of_positions), 2)  # (B, G, C/G, H, W)
        scales = f.mean((3, 4)).softmax(1).to(x.dtype)  # (B, G, C/G)
        return (f * scales[..., None, None]).flatten(1, 2)  # (B, C, H, W)

    def attend_to_channels(self, x: Tensor) -> Tensor:
        """Adds to each channel the mean of its group's channels, weighted by a softmax over their products."""
        a = x.flatten(3).flatten(0, 1)  # (B*G, C/2G, N)
        # Sums of products over the whole map leave the range of half precision.
        with full_precision(x):
            wide = a.to(torch.promote_types(a.dtype, torch.float32))
            attention = (wide @ wide.mT).softmax(2).unflatten(0, (-1, self.groups))  # (B, G, C/2G, C/2G)
            attention = (attention * self.beta[:, None, None]).flatten(0, 1)  # (B*G, C/2G, C/2G)
        return torch.baddbmm(a, attention.to(a.dtype), a).view(x.shape)

    def attend_to_positions(self, x: Tensor) -> Tensor:
        """Adds to each position the mean of all positions' values, weighted by a softmax over products."""
        maps = self.project(x.flatten(1, 2))  # (B, 3*C/2, H, W)
        b, c, d = maps.reshape(-1, 3, *x.shape[2:]).flatten(3).unbind(1)  # (B*G, C/2G, N)
        received = attend(c, b, d, scale=1.0).reshape(x.shape)  # (B, G, C/2G, H, W)
        return torch.addcmul(x, self.alpha[:, None, None, None], received).to(x.dtype)

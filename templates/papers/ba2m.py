"""BA2M: the images of a batch are weighed against each other by one score each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.attend import attend

__all__ = ["BA2M"]


class BA2M(nn.Module):
    """Scales each item of a batch by one weight, from a softmax over the scores of all items of the batch.

    A score is a mean over all channels and positions of the largest of three attention maps: of the channels, of the
    positions seen locally and of the positions seen globally. What an item is scaled by depends on the items beside it,
    in training and in evaluation alike; alone in a batch it stays as it is.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the widths inside the three maps.
        rescale: whether weights are multiplied by B, so that they are 1 in the mean and not 1 / B.

    Differs from the paper:
        Its softmax has no factor B; ``rescale=False`` is that form. Where it is silent the reading is: nothing stands
        between the layers of a map, none has a bias, and both spatial maps have one channel.
    """

    def __init__(self, channels: int, reduction: int = 16, rescale: bool = True) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        hidden = channels // reduction
        self.rescale = rescale
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.Linear(hidden, channels, bias=False),
            nn.BatchNorm1d(channels),
        )
        self.local = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.Conv2d(hidden, hidden, 3, padding=1, bias=False),
            nn.Conv2d(hidden, 1, 1, bias=False),
            nn.BatchNorm2d(1),
        )
        self.query = nn.Conv2d(channels, hidden, 1, bias=False)
        self.key = nn.Conv2d(channels, hidden, 1, bias=False)
        self.value = nn.Conv2d(channels, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            raise ValueError("x: expected two items or more to train with, got 1")
        scores = self.score(x)  # (B)
        weights = scores.softmax(0)  # (B)
        if self.rescale:
            weights = weights * len(x)  # (B)
        return x * weights.to(x.dtype)[:, None, None, None]  # (B, C, H, W)

    def score(self, x: Tensor) -> Tensor:
        """One number per item: ``(B, C, H, W)`` -> ``(B)``."""
        of_channels = self.channel(x.mean((2, 3)))  # (B, C)
        local = self.local(x).flatten(1)  # (B, N)
        f, g, h = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))  # (B, C/r, N) twice, (B, 1, N)
        overall = attend(f, g, h, scale=1.0).flatten(1)  # (B, N)
        of_positions = torch.maximum(local, overall)  # (B, N)
        return torch.maximum(of_channels[:, :, None], of_positions[:, None]).mean((1, 2))  # (B)

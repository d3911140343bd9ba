"""Dual attention: every position sees all positions, and every channel all channels, in two branches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.attend import attend
from templates.blocks.full_precision import full_precision

__all__ = ["CAM", "PAM", "DANetHead", "DualAttention"]


class PAM(nn.Module):
    """Position attention: adds to each position the mean of all positions' values, weighted by similarity.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of queries and keys.
    """

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.query = nn.Conv2d(channels, channels // reduction, 1)
        self.key = nn.Conv2d(channels, channels // reduction, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.add_to(x, x)

    def add_to(self, target: Tensor, x: Tensor) -> Tensor:
        """``target`` plus what the positions of ``x`` receive."""
        c, b, d = (
            layer(x).flatten(2) for layer in (self.query, self.key, self.value)
        )  # (B, C / r, N) twice, (B, C, N)
        out = attend(c, b, d, scale=1.0)  # (B, C, N)  Eq. 1
        return torch.addcmul(target, self.gamma, out.reshape(x.shape))  # (B, C, H, W)  Eq. 2


class CAM(nn.Module):
    """Channel attention: adds to each channel the mean of all channels, weighted most where they are least alike.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Differs from the paper:
        Equation 3 is a softmax of the products E of channels. The released code takes it of max(E) - E, which equals a
        softmax of -E: a channel receives from the channels that differ from it. ``contrast=False`` gives the equation.
    """

    def __init__(self, contrast: bool = True) -> None:
        super().__init__()
        self.contrast = contrast
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        a = x.flatten(2)  # (B, C, N) with N = H * W
        # Sums of squares over the whole map leave the range of half precision.
        with full_precision(x):
            wide = a.float() if a.dtype in (torch.float16, torch.bfloat16) else a
            energy = wide @ wide.mT  # (B, C, C)
            weights = self.gamma * (-energy if self.contrast else energy).softmax(2)  # Eq. 3
        return torch.baddbmm(a, weights.to(a.dtype), a).reshape(x.shape)  # (B, C, H, W)  Eq. 4


class DualAttention(nn.Module):
    """Position and channel attention of one map, side by side, added to it.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of queries and keys of the position attention.
        contrast: whether channels receive from those least like them, as in the released code (see ``CAM``).

    Differs from the paper:
        There each module has its own convolution before and after it, and their results, with the map in both, are
        summed: that is ``DANetHead``. Here the map counts once, so that a new module leaves it as it is.
    """

    def __init__(self, channels: int, reduction: int = 8, contrast: bool = True) -> None:
        super().__init__()
        self.position = PAM(channels, reduction)
        self.channel = CAM(contrast)

    def forward(self, x: Tensor) -> Tensor:
        return self.position.add_to(self.channel(x), x)  # (B, C, H, W)


class DANetHead(nn.Module):
    """The segmentation head: both modules between 3x3 convolutions, and a classifier for each and for their sum.

    Shape:
        x: ``(B, C, H, W)`` -> three of ``(B, K, H, W)``: of the sum, of the position and of the channel branch

    Args:
        num_classes: K.
        dropout: share of channels that training sets to zero before each classifier.
    """

    def __init__(self, channels: int, num_classes: int, dropout: float = 0.1) -> None:
        super().__init__()
        inner = channels // 4
        self.position = nn.Sequential(_conv(channels, inner), PAM(inner), _conv(inner, inner))
        self.channel = nn.Sequential(_conv(channels, inner), CAM(), _conv(inner, inner))
        self.classify = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(inner, num_classes, 1))
        self.classify_position = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(inner, num_classes, 1))
        self.classify_channel = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(inner, num_classes, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        position, channel = self.position(x), self.channel(x)  # (B, C / 4, H, W)
        return (
            self.classify(position + channel),  # (B, K, H, W)
            self.classify_position(position),
            self.classify_channel(channel),
        )


def _conv(in_channels: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
    )

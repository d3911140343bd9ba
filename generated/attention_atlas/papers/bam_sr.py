"""BAM: A Balanced Attention Mechanism for Single Image Super Resolution (Journal of Real-Time Image Processing 2022).

Authors: Fanyi Wang et al.
Paper: https://arxiv.org/abs/2104.07566
Code (the authors', licence: MIT): https://github.com/dandingbudanding/BAM
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/bam_sr.py and catalog.yaml: edit those.

BAM: a channel gate from means and a position gate from maxima, side by side, for super-resolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ACAM", "BAM", "MSAM"]


class ACAM(nn.Module):
    """A gate for each channel, from the means of all channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, 1, 1)``, in (0, 1)

    Args:
        maximum: whether the maxima go through the same layers too and are added before the sigmoid.
    """

    def __init__(self, channels: int, reduction: int = 16, maximum: bool = False) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.maximum = maximum
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.act = nn.PReLU(channels // reduction)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        z = self.up(self.act(self.down(x.mean((2, 3)))))  # (B, C)
        if self.maximum:
            z = z + self.up(self.act(self.down(_largest(x.flatten(2), 2))))  # (B, C)
        return z.sigmoid()[:, :, None, None]  # (B, C, 1, 1)


class MSAM(nn.Module):
    """A gate for each position, from the maximum over the channels around it.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 1, H, W)``, in (0, 1)

    Args:
        mean: whether the mean over the channels is given to the convolution too, before the maximum.
    """

    def __init__(self, kernel_size: int = 7, mean: bool = False) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        self.mean = mean
        self.conv = nn.Conv2d(2 if mean else 1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        pooled = _largest(x, 1).unsqueeze(1)  # (B, 1, H, W)
        if self.mean:
            pooled = torch.cat((x.mean(1, keepdim=True), pooled), 1)  # (B, 2, H, W)
        return self.conv(pooled).sigmoid()  # (B, 1, H, W)


class BAM(nn.Module):
    """Scales each value by the gate of its channel and by the gate of its position, both computed from the input.

    Not the bottleneck attention module of the same name.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the channel gate's hidden layer.
        kernel_size: of the position gate's convolution, an odd number; 7 or 3 in the paper.
        both_pools: whether both gates see means and maxima, which the authors compare with; otherwise channels are
            judged by means alone and positions by maxima alone.
    """

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7, both_pools: bool = False) -> None:
        super().__init__()
        self.channel_gate = ACAM(channels, reduction, maximum=both_pools)
        self.spatial_gate = MSAM(kernel_size, mean=both_pools)

    def forward(self, x: Tensor) -> Tensor:
        # As a product of matrices the gates also get their gradients by products, not by sums over whole maps.
        gate = self.channel_gate(x).flatten(2) @ self.spatial_gate(x).flatten(2)  # (B, C, N)
        return x * gate.view(x.shape)  # (B, C, H, W)


def _largest(x: Tensor, dim: int) -> Tensor:
    """The maximum along ``dim``. ``amax`` is the faster way forward, ``max`` the faster and leaner way back."""
    return x.max(dim).values if torch.is_grad_enabled() else x.amax(dim)

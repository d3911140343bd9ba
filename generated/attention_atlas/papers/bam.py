"""BAM: Bottleneck Attention Module (BMVC 2018).

Authors: Jongchan Park et al.
Paper: https://arxiv.org/abs/1807.06514
Code (the authors', licence: MIT): https://github.com/Jongchan/attention-module
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/bam.py and catalog.yaml: edit those.

BAM: one gate from a channel branch and a dilated spatial branch side by side, placed between the stages.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["BAM", "ChannelGate", "SpatialGate"]


class ChannelGate(nn.Module):
    """The channel branch: means, a narrow layer with batch normalisation, and back.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C)``
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = channels // reduction
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x.mean((2, 3)))  # (B, C)  Eq. 3


class SpatialGate(nn.Module):
    """The spatial branch: reduced channels, dilated 3x3 convolutions for context, one map out.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 1, H, W)``
    """

    def __init__(self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2) -> None:
        super().__init__()
        hidden = channels // reduction
        layers: list[nn.Module] = [nn.Conv2d(channels, hidden, 1), nn.BatchNorm2d(hidden), nn.ReLU(inplace=True)]
        for _ in range(depth):
            # The padding follows the dilation, so that the map keeps its size.
            conv = nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation)
            layers += [conv, nn.BatchNorm2d(hidden), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(hidden, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)  # (B, 1, H, W)  Eq. 4


class BAM(nn.Module):
    """Adds to the input itself times one gate, in which every channel and position has its own value.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width inside both branches.
        dilation: of the spatial branch's 3x3 convolutions.
        depth: how many of them there are.
        fusion: ``product`` multiplies the branches before the sigmoid, ``sum`` adds them.

    Differs from the paper:
        Eq. 2 adds the two branches; the released code multiplies them, which is the default here. The paper's form is
        ``fusion="sum"``. The paper normalises the channel branch after its last layer, the code after the first.
    """

    def __init__(
        self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2, fusion: str = "product"
    ) -> None:
        super().__init__()
        if channels < reduction:
            raise ValueError(f"channels: expected at least reduction={reduction}, got {channels}")
        if fusion not in ("product", "sum"):
            raise ValueError(f"fusion: expected product or sum, got {fusion!r}")
        self.fusion = fusion
        self.channel = ChannelGate(channels, reduction)
        self.spatial = SpatialGate(channels, reduction, dilation, depth)

    def forward(self, x: Tensor) -> Tensor:
        channel, spatial = self.channel(x)[:, :, None, None], self.spatial(x)  # (B, C, 1, 1), (B, 1, H, W)
        gate = channel * spatial if self.fusion == "product" else channel + spatial  # (B, C, H, W)
        return torch.addcmul(x, x, gate.sigmoid_())  # (B, C, H, W)  Eq. 1

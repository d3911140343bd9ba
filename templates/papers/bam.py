"""BAM: one gate from a channel branch and a dilated spatial branch side by side, placed between the stages."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means

__all__ = ["BAM", "ChannelGate", "SpatialGate"]


class ChannelGate(nn.Module):
    """The channel branch: means, a narrow layer with batch normalisation, and back.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C)``
    """

    def __init__(self, channels: int, reduction: int = 16, normalize_last: bool = False) -> None:
        super().__init__()
        hidden = channels // reduction
        self.layers = nn.Sequential(
            nn.Linear(channels, hidden),
            nn.Identity() if normalize_last else nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels),
            *([nn.BatchNorm1d(channels)] if normalize_last else []),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(channel_means(x))  # (B, C)  Eq. 3


class SpatialGate(nn.Module):
    """The spatial branch: reduced channels, dilated 3x3 convolutions for context, one map out.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 1, H, W)``
    """

    def __init__(
        self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2, normalize_last: bool = False
    ) -> None:
        super().__init__()
        hidden = channels // reduction
        layer = nn.Sequential if normalize_last else _normalised
        self.reduce = layer(nn.Conv2d(channels, hidden, 1))
        # The padding follows the dilation, so that the map keeps its size.
        self.dilated = nn.Sequential(
            *(layer(nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation)) for _ in range(depth))
        )
        self.project = nn.Conv2d(hidden, 1, 1)
        self.norm = nn.BatchNorm2d(1) if normalize_last else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.project(self.dilated(self.reduce(x))))  # (B, 1, H, W)  Eq. 4


class BAM(nn.Module):
    """Adds to the input itself times one gate, in which every channel and position has its own value.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width inside both branches.
        dilation: of the spatial branch's 3x3 convolutions.
        depth: how many of them there are.
        fusion: ``product`` multiplies the branches before the sigmoid, ``sum`` adds them, ``max`` takes the greater.
        channel, spatial: whether there is a channel and a spatial branch; one alone is not fused with anything.
        normalize_last: whether each branch is normalised once, after its last layer, and its convolutions follow each
            other directly.

    Differs from the paper:
        Eq. 2 adds the two branches; the released code multiplies them, which is the default here. The paper's form is
        ``fusion="sum"``. Eq. 3 and 4 normalise each branch once, after its last layer: ``normalize_last=True``. The
        code normalises after every layer but the last, and a ReLU follows.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        dilation: int = 4,
        depth: int = 2,
        fusion: str = "product",
        channel: bool = True,
        spatial: bool = True,
        normalize_last: bool = False,
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if fusion not in ("product", "sum", "max"):
            raise ValueError(f"fusion: expected product, sum or max, got {fusion!r}")
        if depth < 0:
            raise ValueError(f"depth: expected at least 0, got {depth}")
        if not (channel or spatial):
            raise ValueError("channel, spatial: expected at least one to be true, got neither")
        self.fusion = fusion
        self.channel = ChannelGate(channels, reduction, normalize_last) if channel else None
        self.spatial = SpatialGate(channels, reduction, dilation, depth, normalize_last) if spatial else None

    def forward(self, x: Tensor) -> Tensor:
        return (x * self._gate(x)).add_(x)  # (B, C, H, W)  Eq. 1

    def _gate(self, x: Tensor) -> Tensor:
        branches: list[Tensor] = []
        if self.channel is not None:
            branches.append(self.channel(x)[:, :, None, None])  # (B, C, 1, 1)
        if self.spatial is not None:
            branches.append(self.spatial(x))  # (B, 1, H, W)
        if len(branches) == 1:
            return branches[0].sigmoid()
        channel, spatial = branches
        if self.fusion == "product":
            # As a product of matrices the branches also get their gradients by products, not by sums over whole maps.
            return (channel.flatten(2) @ spatial.flatten(2)).sigmoid_().view(x.shape)  # (B, C, H, W)
        both = channel + spatial if self.fusion == "sum" else torch.maximum(channel, spatial)
        return both.sigmoid_()  # (B, C, H, W)  Eq. 2


def _normalised(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU(inplace=True))

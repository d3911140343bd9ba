"""Connected attention: each attention module also sees what the one in the block before has found."""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["ConnectedGC", "ConnectedGE", "ConnectedSE", "DCABottleneck", "DCAResNet"]


class ConnectedSE(nn.Module):
    """Squeeze-and-Excitation whose descriptor is merged with the weighted descriptor of the block before.

    Shape:
        x: ``(B, C, H, W)``, previous: ``(B, P)`` -> ``(B, C, H, W)``, ``(B, C)``: output, what the next block is given

    Args:
        previous_channels: P.
        reduction: C over the width of the hidden layer.
    """

    def __init__(self, channels: int, previous_channels: int, reduction: int = 16) -> None:
        super().__init__()
        if channels < reduction:
            raise ValueError(f"channels: expected at least reduction={reduction}, got {channels}")
        self.connect = _Connection(channels, previous_channels)
        self.down = nn.Linear(channels, channels // reduction)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        g = channel_means(x)  # (B, C)
        merged = g if previous is None else self.connect(g, previous)  # (B, C)
        gate = self.up(self.relu(self.down(merged))).sigmoid()  # (B, C)
        return x * gate[:, :, None, None], g * gate


class ConnectedGE(nn.Module):
    """The gather-excite gate of global extent, which has no parameters but those of its connection.

    Shape:
        x: ``(B, C, H, W)``, previous: ``(B, P)`` -> ``(B, C, H, W)``, ``(B, C)``: output, what the next block is given
    """

    def __init__(self, channels: int, previous_channels: int) -> None:
        super().__init__()
        self.connect = _Connection(channels, previous_channels)

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        g = channel_means(x)  # (B, C)
        gate = (g if previous is None else self.connect(g, previous)).sigmoid()  # (B, C)
        return x * gate[:, :, None, None], g * gate


class ConnectedGC(nn.Module):
    """The global context block, to whose context that of the block before is added with a learned weight.

    Shape:
        x: ``(B, C, H, W)``, previous: ``(B, P)`` -> ``(B, C, H, W)``, ``(B, C)``: output, what the next block is given
    """

    def __init__(self, channels: int, previous_channels: int, reduction: int = 16) -> None:
        super().__init__()
        if channels < reduction:
            raise ValueError(f"channels: expected at least reduction={reduction}, got {channels}")
        hidden = channels // reduction
        self.mask = nn.Linear(channels, 1)
        self.transform = _bottleneck(channels, hidden, channels)
        self.resize = (
            nn.Identity() if previous_channels == channels else _bottleneck(previous_channels, hidden, channels)
        )
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        mask = self.mask.weight.expand(len(x), 1, -1)  # (B, 1, C)
        weights = torch.baddbmm(self.mask.bias, mask, x.flatten(2)).softmax(2)  # (B, 1, N) with N = H * W
        # Flattened anew: the gradients of two uses of one view would wait for each other.
        context = (x.flatten(2) @ weights.mT).squeeze(2)  # (B, C)
        if previous is not None:
            if len(previous) != len(x):
                raise ValueError(f"previous: expected a batch of {len(x)}, got {len(previous)}")
            context = context + self.scale * self.resize(previous)
        shift = self.transform(context)  # (B, C)
        return x + shift[:, :, None, None], shift


class DCABottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with a connected attention.

    Shape:
        x: ``(B, C, H, W)``, previous: ``(B, C)`` -> ``(B, O, H/s, W/s)``, ``(B, O)`` with O = 4 * channels, s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        attention: Literal["se", "ge", "gc"] = "se",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        if attention not in _ATTENTIONS:
            raise ValueError(f"attention: expected one of {list(_ATTENTIONS)}, got {attention!r}")
        self.attention = _ATTENTIONS[attention](channels * self.expansion, in_channels)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]  what one block finds is given to the next
        self, x: Tensor, previous: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        out, found = self.attention(self.residual(x), previous)
        return self.relu(out.add_(shortcut)), found


class DCAResNet(ResNet):
    """ResNet with an attention in every block, connected along the whole depth.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        attention: squeeze-and-excitation, gather-excite without parameters, or global context.

    The connection of the first block has nothing to connect to and stays unused, as in the released networks.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        attention: Literal["se", "ge", "gc"] = "se",
        num_classes: int = 1000,
    ) -> None:
        super().__init__(partial(DCABottleneck, attention=attention), layers, num_classes=num_classes)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: ``(B, 3, H, W)`` -> ``(B, 2048, H/32, W/32)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        found = None
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in stage:
                x, found = block(x, found)
        return x


class _Connection(nn.Module):
    """A descriptor merged with the one before: ``(B, C)``, ``(B, P)`` -> ``(B, C)``."""

    def __init__(self, channels: int, previous_channels: int) -> None:
        super().__init__()
        resize = (nn.Linear(previous_channels, channels), nn.LayerNorm(channels), nn.ReLU(inplace=True))
        self.resize = nn.Identity() if previous_channels == channels else nn.Sequential(*resize)
        self.merge = nn.Conv1d(2, 1, 1)
        self.norm = nn.LayerNorm(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, g: Tensor, previous: Tensor) -> Tensor:
        both = torch.stack((g, self.resize(previous)), 1)  # (B, 2, C)
        return self.relu(self.norm(self.merge(both).squeeze(1)))  # (B, C)


def _bottleneck(in_channels: int, hidden: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(in_channels, hidden), nn.LayerNorm(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, out_channels)
    )


_ATTENTIONS = {"se": ConnectedSE, "ge": ConnectedGE, "gc": ConnectedGC}

"""Connected attention: each attention module also sees what the one in the block before has found."""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = [
    "ConnectedCBAM",
    "ConnectedGC",
    "ConnectedGE",
    "ConnectedSE",
    "ConnectedSK",
    "DCABottleneck",
    "DCAResNet",
]

# What a block hands on: a descriptor, or for CBAM two maps.
_Found = Tensor | tuple[Tensor, Tensor]


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
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
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
        if reduction < 1 or channels // reduction < 2:
            # Normalised, a single number is constant: the vector would be the same for every input.
            raise ValueError(f"reduction: expected 1 to channels/2={channels // 2}, got {reduction}")
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


class ConnectedCBAM(nn.Module):
    """CBAM, each of whose two gates also sees what the same gate of the block before has scaled.

    Shape:
        x: ``(B, C, H, W)``, previous: two of ``(B, P, H', W')`` -> ``(B, C, H, W)``, two of ``(B, C, H, W)``: output,
        what the next block is given, which is the map scaled by channel and that scaled by position too

    Args:
        reduction: C over the width of the hidden layer.
    """

    def __init__(self, channels: int, previous_channels: int, reduction: int = 16) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        resize = (nn.Conv2d(previous_channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.resize = nn.Identity() if previous_channels == channels else nn.Sequential(*resize)
        self.merge = nn.Conv1d(2, 1, 1, bias=False)
        self.norm = nn.LayerNorm(channels)
        self.relu = nn.ReLU(inplace=True)
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)
        self.weight_own = nn.Parameter(torch.ones(1))
        self.weight_previous = nn.Parameter(torch.zeros(1))
        self.spatial_merge = nn.BatchNorm2d(2)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.spatial_norm = nn.BatchNorm2d(1, momentum=0.01)

    def forward(self, x: Tensor, previous: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        by_channel, by_position = (None, None) if previous is None else previous
        scaled = x * self._channel_gate(x, by_channel)
        out = scaled * self._position_gate(scaled, by_position)
        return out, (scaled, out)

    def _channel_gate(self, x: Tensor, previous: Tensor | None) -> Tensor:
        """``(B, C, H, W)``, ``(B, P, H', W')`` -> ``(B, C, 1, 1)``."""
        pooled = _means_and_maxima(x)  # (B, 2, C)
        if previous is not None:
            both = torch.stack((pooled, _means_and_maxima(self.resize(previous))), 2)  # (B, 2, 2, C)
            merged = self.merge(both.flatten(0, 1)).squeeze(1)  # (B * 2, C): means with means, maxima with maxima
            pooled = self.relu(self.norm(merged)).unflatten(0, (-1, 2))  # (B, 2, C)
        return self.up(self.relu(self.down(pooled))).sum(1).sigmoid()[:, :, None, None]

    def _position_gate(self, x: Tensor, previous: Tensor | None) -> Tensor:
        """``(B, C, H, W)``, ``(B, P, H', W')`` -> ``(B, 1, H, W)``."""
        maps = _maximum_and_mean(x)  # (B, 2, H, W)
        if previous is not None:
            if previous.shape[2:] != x.shape[2:]:
                previous = F.adaptive_avg_pool2d(previous, (x.shape[2], x.shape[3]))  # (B, P, H, W)
            maps = self.weight_own * maps + self.weight_previous * _maximum_and_mean(previous)
            maps = self.relu(self.spatial_merge(maps))
        return self.spatial_norm(self.spatial(maps)).sigmoid()


class ConnectedSK(nn.Module):
    """Selective kernels; what each branch gives is merged with what the same branch of the block before has given.

    It takes the place of a 3x3 convolution, its normalisation and its ReLU.

    Shape:
        x: ``(B, C, H, W)``, previous: ``(B, 2, P)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride,
        ``(B, 2, O)``: output, what the next block is given

    Args:
        reduction: O over the width of the hidden layer.
    """

    def __init__(
        self, in_channels: int, out_channels: int, previous_channels: int, stride: int = 1, reduction: int = 16
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= out_channels:
            raise ValueError(f"reduction: expected 1 to out_channels={out_channels}, got {reduction}")
        self.paths = nn.ModuleList(_path(in_channels, out_channels, stride, dilation) for dilation in (1, 2))
        self.connect = nn.ModuleList(_Connection(out_channels, previous_channels) for _ in range(2))
        self.reduce = nn.Linear(out_channels, out_channels // reduction, bias=False)
        self.norm = nn.BatchNorm1d(out_channels // reduction)
        self.relu = nn.ReLU(inplace=True)
        self.select = nn.Linear(out_channels // reduction, 2 * out_channels, bias=False)

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        first, second = (path(x) for path in self.paths)  # (B, O, H/s, W/s)
        g = torch.stack((channel_means(first), channel_means(second)), 1)  # (B, 2, O)
        merged = g
        if previous is not None:
            pairs = zip(self.connect, g.unbind(1), previous.unbind(1), strict=True)
            merged = torch.stack([connect(own, before) for connect, own, before in pairs], 1)  # (B, 2, O)
        z = self.relu(self.norm(self.reduce(merged.sum(1))))  # (B, O/r)
        weights = self.select(z).unflatten(1, (2, -1)).softmax(1)  # (B, 2, O)
        scaled = first * weights[:, 0, :, None, None]
        return torch.addcmul(scaled, second, weights[:, 1, :, None, None]), g * weights


class DCABottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with a connected attention, or has connected selective kernels inside.

    Shape:
        x: ``(B, C, H, W)``, previous: what the block before has found -> ``(B, O, H/s, W/s)``, what this one has found
        with O = 4 * channels, s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        attention: Literal["se", "ge", "gc", "cbam", "sk"] = "se",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        if attention not in (*_ATTENTIONS, "sk"):
            raise ValueError(f"attention: expected one of {[*_ATTENTIONS, 'sk']}, got {attention!r}")
        self.attention: nn.Module | None = None
        if attention != "sk":
            self.attention = _ATTENTIONS[attention](channels * self.expansion, in_channels)
            return
        # The very first block has none before it, and nothing to resize.
        previous_channels = channels if in_channels == channels else in_channels // self.expansion
        self.conv2 = ConnectedSK(channels, channels, previous_channels, stride)
        self.bn2 = nn.Identity()  # selective kernels normalise and rectify each branch

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]  what one block finds is given to the next
        self, x: Tensor, previous: _Found | None = None
    ) -> tuple[Tensor, _Found]:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        if self.attention is None:
            y, found = self.conv2(self.relu(self.bn1(self.conv1(x))), previous)  # (B, channels, H/s, W/s)
            out = self.bn3(self.conv3(y))  # (B, O, H/s, W/s)
        else:
            out, found = self.attention(self.residual(x), previous)
        return self.relu(out + shortcut), found


class DCAResNet(ResNet):
    """ResNet with an attention in every block, connected along the whole depth.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        attention: squeeze-and-excitation, gather-excite without parameters, global context, CBAM or selective kernels.

    The connection of the first block has nothing to connect to and stays unused, as in the released networks.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        attention: Literal["se", "ge", "gc", "cbam", "sk"] = "se",
        num_classes: int = 1000,
    ) -> None:
        super().__init__(partial(DCABottleneck, attention=attention), layers, num_classes=num_classes)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: ``(B, 3, H, W)`` -> ``(B, 2048, H/32, W/32)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        found: _Found | None = None
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


def _path(in_channels: int, out_channels: int, stride: int, dilation: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))


def _means_and_maxima(x: Tensor) -> Tensor:
    """Of each channel: ``(B, C, H, W)`` -> ``(B, 2, C)``."""
    return torch.stack((channel_means(x), x.flatten(2).max(2).values), 1)


def _maximum_and_mean(x: Tensor) -> Tensor:
    """Of each position: ``(B, C, H, W)`` -> ``(B, 2, H, W)``."""
    return torch.cat((x.max(1, keepdim=True).values, x.mean(1, keepdim=True)), 1)


_ATTENTIONS: dict[str, type[nn.Module]] = {
    "se": ConnectedSE,
    "ge": ConnectedGE,
    "gc": ConnectedGC,
    "cbam": ConnectedCBAM,
}

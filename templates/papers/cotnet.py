"""Contextual transformer: keys that know their neighbours, and weights for the neighbours made of them."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.neighbourhood import aggregate
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["CoT", "CoTBottleneck", "CoTNet"]

SHARED = 8
"""Channels of the value that share their weights."""


class CoT(nn.Module):
    """Adds a static context, a convolution of the map, and a dynamic one, values weighted as key and query say.

    The weights of the k x k neighbours come from two 1x1 convolutions of query (x itself) and static context; they are
    normalised over the neighbours and all positions, and are not a softmax.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; C is a multiple of 8 * groups

    Args:
        groups: of the 1x1 convolutions: 1 in CoTNet, 2 in CoTNeXt. The k x k convolution has four times as many.

    Differs from the paper:
        The two contexts are mixed by a gate for each channel, a softmax of two; the weights pass a group normalisation
        and the values a batch normalisation. The text says nothing of either, the released code does both.
    """

    def __init__(self, channels: int, kernel_size: int = 3, groups: int = 1) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if channels % (SHARED * groups):
            raise ValueError(f"channels: expected a multiple of {SHARED * groups}, got {channels}")
        self.kernel_size, self.groups = kernel_size, groups
        padding, weights = kernel_size // 2, kernel_size**2 * channels // SHARED
        self.key = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size, 1, padding, groups=4 * groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )
        self.embed = nn.Conv2d(2 * channels, channels // 2, 1, groups=groups, bias=False)
        self.weigh = nn.Sequential(
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 2, weights, 1, groups=groups),
            nn.GroupNorm(channels // SHARED, weights),
        )
        self.value = nn.Sequential(
            nn.Conv2d(channels, channels, 1, groups=groups, bias=False), nn.BatchNorm2d(channels)
        )
        self.norm = nn.BatchNorm2d(channels)
        hidden = max(channels // 2, 32)
        self.select = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.BatchNorm2d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, 2 * channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        static = self.key(x)  # (B, C, H, W)
        weights = self.weigh(self._join(x, static))  # (B, k * k * C / 8, H, W)  Eq. 4
        dynamic = F.silu(self.norm(self._gather(self.value(x), weights)))  # (B, C, H, W)  Eq. 5
        means = dynamic.mean((2, 3), keepdim=True) + static.mean((2, 3), keepdim=True)  # (B, C, 1, 1)
        logits = self.select(means).unflatten(1, (-1, 2))  # (B, C, 2, 1, 1)
        # The softmax of two numbers is the sigmoid of their difference.
        gate = (logits[:, :, 0] - logits[:, :, 1]).sigmoid().to(dynamic.dtype)  # (B, C, 1, 1)
        return torch.lerp(static.to(dynamic.dtype), dynamic, gate)  # (B, C, H, W)

    def _join(self, x: Tensor, static: Tensor) -> Tensor:
        """``embed`` of query and key, without joining the maps: in groups their channels take turns."""
        w = self.embed.weight  # (C / 2, 2 * C / groups, 1, 1)
        w_query, w_key = w.chunk(2, 1) if self.groups == 1 else (w[:, 0::2], w[:, 1::2])
        return F.conv2d(x, w_query, groups=self.groups) + F.conv2d(static, w_key, groups=self.groups)

    def _gather(self, value: Tensor, weights: Tensor) -> Tensor:
        height, width = value.shape[2:]
        padding = self.kernel_size // 2
        value = F.pad(value, (padding,) * 4).unflatten(1, (self.groups, SHARED, -1)).flatten(0, 1)
        weights = weights.reshape(len(value), 1, -1, self.kernel_size**2, height, width)
        out = aggregate(value, weights, self.kernel_size)  # (B * groups, 8, C / (8 * groups), H, W)
        return out.reshape(-1, self.norm.num_features, height, width)  # (B, C, H, W)


class CoTBottleneck(Bottleneck):
    """A bottleneck with CoT for its 3x3 convolution, after average pooling where there is a stride.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample, groups, base_width)
        self.pool = nn.AvgPool2d(3, stride, 1) if stride > 1 else nn.Identity()
        self.conv2 = CoT(self.conv1.out_channels, 3, groups)
        self.bn2 = nn.Identity()

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.pool(self.relu(self.bn1(self.conv1(x))))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(self.conv2(x)))  # (B, O, H/s, W/s)


class CoTNet(ResNet):
    """ResNet or, with ``groups=2`` and ``base_width=48``, ResNeXt with CoT in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        groups: int = 1,
        base_width: int = 64,
        num_classes: int = 1000,
    ) -> None:
        super().__init__(partial(CoTBottleneck, groups=groups, base_width=base_width), layers, num_classes=num_classes)

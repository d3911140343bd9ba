"""Contextual transformer: keys that know their neighbours, and weights for the neighbours made of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.neighbourhood import aggregate
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["CoT", "CoTBottleneck", "CoTNet", "SECoTBottleneck", "SECoTNetD", "SEConv"]

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
        if groups < 1:
            raise ValueError(f"groups: expected at least 1, got {groups}")
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


class SEConv(nn.Module):
    """A 3x3 convolution whose channels are gated by their means over the map; SiLU takes the place of ReLU.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H/s, W/s)`` with s = stride, rounded up
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        hidden = max(channels // 4, 32)
        self.conv = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.conv_norm = nn.BatchNorm2d(channels)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.squeeze_norm = nn.BatchNorm2d(hidden)
        self.excite = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.conv_norm(self.conv(x)))  # (B, C, H/s, W/s)
        hidden = F.silu(self.squeeze_norm(self.squeeze(x.mean((2, 3), keepdim=True))))  # (B, hidden, 1, 1)
        return x * self.excite(hidden).sigmoid()


class _Blur(nn.Module):
    """Halves a mirrored map after smoothing it with the binomial filter 1, 2, 1 along both sides."""

    taps: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("taps", taps[:, None] * taps, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        filters = self.taps.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), filters, stride=2, groups=x.shape[1])  # (B, C, H/2, W/2)


class SECoTBottleneck(Bottleneck):
    """A bottleneck with CoT or a gated 3x3 convolution in its middle.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        contextual: whether the middle is CoT.
        blur: whether a smoothing filter after the middle takes the stride. Otherwise average pooling before CoT does,
            or the convolution itself.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        contextual: bool = True,
        blur: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        self.conv2 = CoT(channels) if contextual else SEConv(channels, 1 if blur else stride)
        self.bn2 = nn.Identity()
        self.before = nn.AvgPool2d(3, 2, 1) if stride == 2 and contextual and not blur else nn.Identity()
        self.after = _Blur() if stride == 2 and blur else nn.Identity()

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.before(self.relu(self.bn1(self.conv1(x))))
        return self.bn3(self.conv3(self.after(self.conv2(x))))  # (B, O, H/s, W/s)


class SECoTNetD(ResNet):
    """ResNet-D with CoT where maps are small: in the last stage and in every second block of the one before.

    All other blocks have gated convolutions. There is no pooling after the stem: the first stage has a stride instead.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stem_width: of the first two convolutions.
        blur: whether smoothing filters take the strides, as in SE-CoTNetD-152.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        stem_width: int = 32,
        blur: bool = False,
        num_classes: int = 1000,
    ) -> None:
        first, second, third, last = layers
        contextual = [False] * (first + second) + [index % 2 == 0 for index in range(third)] + [True] * last
        block = partial(_block, contextual=iter(contextual), blur=blur)
        super().__init__(block, layers, num_classes=num_classes, deep_stem=stem_width, avg_down=True)
        self.maxpool = nn.Identity()


def _block(
    in_channels: int,
    channels: int,
    stride: int,
    downsample: nn.Module | None,
    contextual: Iterator[bool],
    blur: bool,
) -> SECoTBottleneck:
    if channels == 64 and isinstance(downsample, nn.Sequential):
        pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        stride, downsample = 2, nn.Sequential(pool, *downsample)
    return SECoTBottleneck(in_channels, channels, stride, downsample, next(contextual), blur)

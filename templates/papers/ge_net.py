"""Gather-Excite: each channel is summarised over an extent, and the summary gates what it was gathered from."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["GEBottleneck", "GEResNet", "GatherExcite"]


class GatherExcite(nn.Module):
    """Scales each position of each channel by a gate that is gathered from the extent around it.

    Without parameters this is the paper's GE-θ⁻, with ``learned_gather`` GE-θ, with ``learned_excite`` too GE-θ⁺;
    ``learned_excite`` alone at the global extent is squeeze-and-excitation.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        extent: e, a power of two, by which the summary is smaller than the map; 0 for the global extent. Averages are
            taken over windows of 2e - 1 positions.
        learned_gather: depthwise convolutions instead of averages: log2(e) of them with stride 2, or a single one of
            the size of the map for the global extent.
        learned_excite: two 1x1 convolutions on the summary, as in squeeze-and-excitation.
        height, width: size of the map, needed (and then fixed) where a global gather is learned.
        reduction: C over the width between the two convolutions.
        rectify: whether a ReLU stands between a learned gather and the learned excite operator.

    Differs from the paper:
        The released definition of GE-θ⁺ has a ReLU between the gather and the excite operator, as here; the paper's
        text has none: ``rectify=False``.
    """

    def __init__(
        self,
        channels: int,
        extent: int = 0,
        learned_gather: bool = False,
        learned_excite: bool = False,
        height: int = 0,
        width: int = 0,
        reduction: int = 16,
        rectify: bool = True,
    ) -> None:
        super().__init__()
        if extent < 0 or extent == 1 or extent & (extent - 1):
            raise ValueError(f"extent: expected 0 or a power of two from 2 on, got {extent}")
        if learned_gather and extent == 0 and min(height, width) < 1:
            raise ValueError(f"height, width: expected the size of the map (global extent), got {height} and {width}")
        if learned_excite and not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.gather: nn.Module | None = None
        if learned_gather:
            self.gather = _Windows(channels, extent) if extent else _WholeMap(channels, height, width)
        self.channels, self.extent = channels, extent
        self.excite: nn.Module | None = None
        if learned_excite:
            self.excite = nn.Sequential(
                nn.ReLU(inplace=True) if learned_gather and rectify else nn.Identity(),
                nn.Conv2d(channels, channels // reduction, 1),
                nn.ReLU(inplace=True),
                nn.Conv2d(channels // reduction, channels, 1),
            )

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1] != self.channels:
            raise ValueError(f"x: expected (B, {self.channels}, H, W), got {tuple(x.shape)}")
        s = self._average(x) if self.gather is None else self.gather(x)  # (B, C, h, w) with h = ceil(H / e), or 1
        if self.excite is not None:
            s = self.excite(s)
        s = s.sigmoid()
        if self.extent:
            s = F.interpolate(s, (x.shape[2], x.shape[3]))  # (B, C, H, W)
        return x * s  # (B, C, H, W)

    def _average(self, x: Tensor) -> Tensor:
        if self.extent == 0:
            return x.mean((2, 3), keepdim=True)  # (B, C, 1, 1)
        kernel, pad = 2 * self.extent - 1, self.extent - 1
        return F.avg_pool2d(x, kernel, self.extent, pad, count_include_pad=False)  # (B, C, h, w)


class _Windows(nn.Sequential):
    """Depthwise 3x3 convolutions of stride 2, normalised, with a ReLU between them."""

    def __init__(self, channels: int, extent: int) -> None:
        layers: list[nn.Module] = []
        for _ in range(extent.bit_length() - 1):
            layers += [nn.ReLU(inplace=True)] if layers else []
            layers += [nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False), nn.BatchNorm2d(channels)]
        super().__init__(*layers)


class _WholeMap(nn.Module):
    """One depthwise kernel of the size of the map, normalised."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, (height, width), groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.conv.kernel_size:
            raise ValueError(f"x: expected maps of {self.conv.kernel_size}, got {tuple(x.shape[2:])}")
        # One output per map: a product of vectors, which is faster than a convolution.
        s = torch.bmm(self.conv.weight.flatten(2), x.flatten(2).permute(1, 2, 0))  # (C, 1, B)
        return self.norm(s.permute(2, 0, 1)[..., None])  # (B, C, 1, 1)


class GEBottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with gather-excite; its stride is in the first convolution, as released.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        extent: int = 0,
        learned_gather: bool = False,
        learned_excite: bool = False,
        input_size: int = 224,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        side = input_size * 16 // channels  # 56, 28, 14 and 7 in the four stages
        self.ge = GatherExcite(channels * self.expansion, extent, learned_gather, learned_excite, side, side)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.ge(super().residual(x))


class GEResNet(ResNet):
    """ResNet with gather-excite in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        extent, learned_gather, learned_excite: of gather-excite; by default GE-θ⁺.
        input_size: side of the image, a multiple of 32; fixed where a global gather is learned.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        extent: int = 0,
        learned_gather: bool = True,
        learned_excite: bool = True,
        input_size: int = 224,
        num_classes: int = 1000,
    ) -> None:
        if input_size % 32:
            raise ValueError(f"input_size: expected a multiple of 32, got {input_size}")
        block = partial(
            GEBottleneck,
            extent=extent,
            learned_gather=learned_gather,
            learned_excite=learned_excite,
            input_size=input_size,
        )
        super().__init__(block, layers, num_classes=num_classes)

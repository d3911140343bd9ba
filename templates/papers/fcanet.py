"""FcaNet: squeeze-and-excitation whose squeeze keeps several cosine frequencies of each map, not its mean alone."""

from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.full_precision import full_precision
from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = ["FcaBasicBlock", "FcaBottleneck", "FcaNet", "MultiSpectralAttention"]

# The 32 frequencies "uv" (u down, v across) of a 7x7 grid, in the order of each criterion: by the accuracy that each
# reached alone on ImageNet (top: best first, bot: worst first), and lowest frequency first.
_ORDER = {
    "top": "00 01 60 05 02 10 12 40 50 16 30 04 06 03 35 22 46 63 33 53 55 21 61 52 54 32 31 41 23 20 65 13",
    "bot": "66 14 34 36 26 43 11 24 44 45 56 15 42 62 25 51 64 13 65 20 23 41 31 32 54 52 61 21 55 53 33 63",
    "low": "00 01 10 11 02 20 21 12 22 03 30 40 04 13 31 05 14 23 32 41 50 06 15 24 33 42 51 60 16 25 34 43",
}
_COUNTS = (1, 2, 4, 8, 16, 32)


class MultiSpectralAttention(nn.Module):
    """Scales each channel by a gate computed from one two-dimensional DCT component of every channel.

    The channels are divided into as many groups as there are frequencies; all channels of a group are described by
    the same component. ``frequencies="top1"`` is squeeze-and-excitation, up to a constant factor.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        height, width: size of the cosine basis, at least 7. A map of another size is average-pooled to it.
        reduction: C over the width of the hidden layer.
        frequencies: criterion and number, ``top``, ``low`` or ``bot`` and 1, 2, 4, 8, 16 or 32. Frequencies are
            given on a 7x7 grid and multiplied by height // 7 and width // 7 for a larger basis.
    """

    basis: Tensor

    def __init__(
        self, channels: int, height: int = 7, width: int = 7, reduction: int = 16, frequencies: str = "top16"
    ) -> None:
        super().__init__()
        if min(height, width) < 7:
            raise ValueError(f"height, width: expected at least 7, got {height} and {width}")
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        basis = _basis(frequencies, height, width)
        if channels % len(basis):
            raise ValueError(f"channels: expected a multiple of {len(basis)} ({frequencies}), got {channels}")
        self.register_buffer("basis", basis, persistent=False)
        self.down = nn.Linear(channels, channels // reduction, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        s = self._logits(self.components(x)).sigmoid().to(x.dtype)  # (B, C)
        return x * s[:, :, None, None]  # (B, C, H, W)

    def components(self, x: Tensor) -> Tensor:
        """One DCT component of each channel: ``(B, C, H, W)`` -> ``(B, C)``, float32 where x has half the precision."""
        groups, height, width = self.basis.shape
        if x.shape[2:] != (height, width):
            x = F.adaptive_avg_pool2d(x, (height, width))  # (B, C, h, w)
        x = x.unflatten(1, (groups, -1))  # (B, G, C/G, h, w)
        wide = torch.promote_types(x.dtype, torch.float32)
        if torch.is_grad_enabled() or x.dtype != wide:
            return (x * self.basis[:, None]).sum((3, 4), dtype=wide).flatten(1)  # (B, C)
        with full_precision(x):  # the faster way, which for a gradient would keep the basis once for each item
            return (x.flatten(3) @ self.basis.flatten(1)[..., None]).flatten(1)  # (B, C)

    def _logits(self, z: Tensor) -> Tensor:
        dtype = self.down.weight.dtype
        with full_precision(z):
            if z.dtype == dtype:
                return self.up(self.relu(self.down(z)))  # (B, C)
            # A sum over the basis can leave the range of half precision. The layers have no bias, so a factor taken out
            # before them may be put back behind them.
            peak = z.detach().abs().amax(1, keepdim=True).clamp(min=1e-30)  # (B, 1)
            return self.up(self.relu(self.down((z / peak).to(dtype)))).to(z.dtype) * peak  # (B, C)


class FcaBasicBlock(BasicBlock):
    """A basic block whose residual branch ends with multi-spectral attention.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        reduction: int = 16,
        frequencies: str = "top16",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        side = _side(channels)
        self.attention = MultiSpectralAttention(channels, side, side, reduction, frequencies)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.attention(super().residual(x))


class FcaBottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with multi-spectral attention.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        reduction: int = 16,
        frequencies: str = "top16",
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        side = _side(channels)
        self.attention = MultiSpectralAttention(channels * self.expansion, side, side, reduction, frequencies)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.attention(super().residual(x))


class FcaNet(ResNet):
    """ResNet with multi-spectral attention in every block; the bases have the sizes of maps of a 224x224 image.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        basic: whether the blocks are basic blocks (FcaNet-34) or bottlenecks.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        basic: bool = False,
        reduction: int = 16,
        frequencies: str = "top16",
        num_classes: int = 1000,
    ) -> None:
        kind = FcaBasicBlock if basic else FcaBottleneck
        block = partial(kind, reduction=reduction, frequencies=frequencies)
        super().__init__(block, layers, expansion=kind.expansion, num_classes=num_classes)


def _side(channels: int) -> int:
    """Side of the maps in the stage of this width, for an image of 224x224."""
    return 56 * 64 // channels


def _basis(frequencies: str, height: int, width: int) -> Tensor:
    """The cosine basis ``(G, height, width)`` of a selection such as ``top16``."""
    criterion, count = frequencies[:3], frequencies[3:]
    if criterion not in _ORDER or count not in map(str, _COUNTS):
        wanted = f"{', '.join(_ORDER)} followed by one of {', '.join(map(str, _COUNTS))}"
        raise ValueError(f"frequencies: expected {wanted}, got {frequencies!r}")
    pairs = _ORDER[criterion].split()[: int(count)]
    down = torch.tensor([_cosine(int(u) * (height // 7), height) for u, _ in pairs], dtype=torch.float64)  # (G, h)
    across = torch.tensor([_cosine(int(v) * (width // 7), width) for _, v in pairs], dtype=torch.float64)  # (G, w)
    return (down[:, :, None] * across[:, None, :]).to(torch.get_default_dtype())  # (G, h, w)


def _cosine(frequency: int, size: int) -> list[float]:
    """One row of the orthonormal DCT-II matrix."""
    scale = math.sqrt((2 if frequency else 1) / size)
    return [scale * math.cos(math.pi * frequency * (position + 0.5) / size) for position in range(size)]

"""GSoP-Net: channels (or positions) are gated by what their covariance with all the others says."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.full_precision import full_precision
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["ChannelGate", "CovariancePooling", "GSoP", "GSoPBottleneck", "GSoPNet", "PositionGate"]

_MODES = ("channel", "position", "average", "maximum", "concatenation")


class GSoP(nn.Module):
    """Scales a map by gates computed from second-order statistics: of its channels, of its positions, or of both.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        dim: d, the channels to which the map is reduced before its covariance is taken.
        mode: ``channel`` or ``position`` for one gate; ``average``, ``maximum`` or ``concatenation`` for how the two
            scaled maps are joined. Where positions are gated, what they scale is rectified.
        stride: of the reduction before the covariance of channels; 2 in the first stage of the paper's networks.
        grid: side of the grid to which the map is pooled before the covariance of positions.
        divide_by_positions: whether the sums over d channels of the covariance of positions are divided by the number
            of positions; see below.

    Differs from the paper:
        The released code divides both parts of the covariance of positions by their number where the definition has
        the number of channels summed over; the two agree for d = grid * grid. ``divide_by_positions=False`` is the
        definition. There is no non-linearity between the row-wise convolution and the last layer of the channel gate.
    """

    def __init__(
        self,
        channels: int,
        dim: int = 128,
        mode: str = "channel",
        stride: int = 1,
        grid: int = 8,
        divide_by_positions: bool = True,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise ValueError(f"mode: expected one of {', '.join(_MODES)}, got {mode!r}")
        self.mode = mode
        self.channel = None if mode == "position" else ChannelGate(channels, dim, stride)
        self.position = None if mode == "channel" else PositionGate(channels, dim, grid, divide_by_positions)
        self.join = _Join(channels) if mode == "concatenation" else None

    def forward(self, x: Tensor) -> Tensor:
        positive = F.relu(x)
        if self.position is None or self.channel is None:
            if self.channel is not None:
                return x * self.channel(positive)
            return positive * (self.position(positive) if self.position is not None else 1)
        by_channel = x * self.channel(positive)  # (B, C, H, W)
        by_position = positive * self.position(positive)  # (B, C, H, W)
        if self.join is not None:
            return self.join(by_channel, by_position)
        return by_channel.add_(by_position) if self.mode == "average" else torch.maximum(by_channel, by_position)


class _RowWise(nn.Module):
    """What both gates make of a covariance: its rows are normalised, filtered each by itself, and mixed.

    Shape:
        covariance: ``(B, d, d)`` -> ``(B, O, 1, 1)`` with O = out_channels
    """

    def __init__(self, dim: int, out_channels: int) -> None:
        super().__init__()
        self.row_norm = nn.BatchNorm2d(dim)
        # Row-wise: each channel has its own four filters over its row of the covariance matrix.
        self.row_conv = nn.Conv2d(dim, 4 * dim, (dim, 1), groups=dim)
        self.expand = nn.Conv2d(4 * dim, out_channels, 1)

    def gate(self, covariance: Tensor, rectify: bool) -> Tensor:
        """In the precision of the covariance up to the sigmoid: squares leave the range of half precision."""
        with full_precision(covariance):
            rows = self._normalise(covariance[..., None])  # (B, d, d, 1)
            rows = _convolve(self.row_conv, rows)  # (B, 4 * d, 1, 1)
            return _convolve(self.expand, F.relu(rows, inplace=True) if rectify else rows).sigmoid()  # (B, O, 1, 1)

    def _normalise(self, rows: Tensor) -> Tensor:
        norm = self.row_norm
        if self.training or norm.weight.dtype == rows.dtype:
            # While training, the covariance is that of a normalised map and stays small.
            return norm(rows.to(norm.weight.dtype)).to(rows.dtype)
        tensors = norm.running_mean, norm.running_var, norm.weight, norm.bias
        mean, variance, weight, bias = (None if t is None else t.to(rows.dtype) for t in tensors)
        return F.batch_norm(rows, mean, variance, weight, bias, eps=norm.eps)


class ChannelGate(_RowWise):
    """One gate per channel, computed from the covariance of d channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, 1, 1)``
    """

    def __init__(self, channels: int, dim: int = 128, stride: int = 1) -> None:
        super().__init__(dim, channels)
        self.reduce = nn.Conv2d(channels, dim, 1, stride)
        self.norm = nn.BatchNorm2d(dim)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.reduce(x)), inplace=True).flatten(2)  # (B, d, N) with N = H * W / stride^2
        return self.gate(_covariance(y), rectify=False).to(x.dtype)  # (B, C, 1, 1)


class PositionGate(_RowWise):
    """One gate per position, computed on a grid of n = grid * grid cells from the covariance of these cells.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 1, H, W)``
    """

    def __init__(self, channels: int, dim: int = 128, grid: int = 8, divide_by_positions: bool = True) -> None:
        if grid < 1:
            raise ValueError(f"grid: expected at least 1, got {grid}")
        cells = grid * grid
        super().__init__(cells, cells)
        self.grid = grid
        self.count = cells if divide_by_positions else dim
        self.reduce = nn.Conv2d(channels, dim, 1)
        self.norm = nn.BatchNorm2d(dim)

    def forward(self, x: Tensor) -> Tensor:
        y = F.adaptive_avg_pool2d(self.norm(self.reduce(x)), self.grid)  # (B, d, grid, grid)
        z = self.gate(_covariance(y.flatten(2).mT, self.count), rectify=True).to(x.dtype)  # (B, n, 1, 1)
        return F.adaptive_avg_pool2d(z.view(-1, 1, self.grid, self.grid), (x.shape[2], x.shape[3]))  # (B, 1, H, W)


class _Join(nn.Module):
    """Concatenation followed by a vertical convolution, its two halves kept apart."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels % 64:
            raise ValueError(f"channels: expected a multiple of 64 for mode='concatenation', got {channels}")
        groups = channels // 64
        kernel = 2 * int(math.log2(32 / groups)) + 5
        self.of_channel = nn.Conv2d(channels, channels, (kernel, 1), padding=(kernel // 2, 0), groups=groups)
        self.of_position = nn.Conv2d(channels, channels, (kernel, 1), padding=(kernel // 2, 0), groups=groups)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, by_channel: Tensor, by_position: Tensor) -> Tensor:
        return self.norm(self.of_channel(by_channel) + self.of_position(by_position))


class CovariancePooling(nn.Module):
    """The square root of the covariance of all channels, by Newton-Schulz iteration (Li et al., 2018).

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C * (C + 1) / 2)``, the lower triangle row by row

    Args:
        iterations: at least two.
    """

    def __init__(self, iterations: int = 3) -> None:
        super().__init__()
        if iterations < 2:
            raise ValueError(f"iterations: expected at least 2, got {iterations}")
        self.iterations = iterations

    def forward(self, x: Tensor) -> Tensor:
        with full_precision(x):
            covariance = _covariance(x.flatten(2))  # (B, C, C)
            trace = covariance.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
            root = self._root(covariance / trace) * trace.sqrt()
        rows, columns = torch.tril_indices(x.shape[1], x.shape[1], device=x.device)
        return root[:, rows, columns].to(x.dtype)  # (B, C * (C + 1) / 2)

    def _root(self, a: Tensor) -> Tensor:
        """Approximately the square root of ``a``, symmetric and of norm below one."""
        three = 3 * torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)
        z = (three - a) / 2  # towards the inverse root
        y = a @ z  # towards the root
        for _ in range(self.iterations - 2):
            step = (three - z @ y) / 2
            y, z = y @ step, step @ z
        return y @ (three - z @ y) / 2


class GSoPBottleneck(Bottleneck):
    """A bottleneck whose residual branch may end with GSoP.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.attention: GSoP | None = None

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = super().residual(x)
        return x if self.attention is None else self.attention(x)


class GSoPNet(ResNet):
    """ResNet with GSoP in the last block of each stage and no stride in the last stage.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        dim, mode: of GSoP.
        covariance: whether the network ends with the square root of a covariance (GSoP-Net2) instead of global
            average pooling (GSoP-Net1). Its last stage then has no GSoP.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        dim: int = 128,
        mode: str = "channel",
        covariance: bool = False,
        num_classes: int = 1000,
    ) -> None:
        super().__init__(GSoPBottleneck, layers, num_classes=num_classes, last_stride=1)
        stages = [self.layer1, self.layer2, self.layer3, self.layer4]
        for index, stage in enumerate(stages[:3] if covariance else stages):
            stage[-1].attention = GSoP(256 << index, dim, mode, stride=2 if index == 0 else 1)
        if covariance:
            width = 256
            self.reduce = nn.Sequential(
                nn.Conv2d(2048, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
            )
            self.avgpool = CovariancePooling()
            self.fc = nn.Linear(width * (width + 1) // 2, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """The map that is pooled: 2048 channels, 256 if the pooling is that of a covariance."""
        x = super().features(x)  # (B, 2048, H/16, W/16)
        return self.reduce(x) if isinstance(self.avgpool, CovariancePooling) else x


def _covariance(x: Tensor, count: int | None = None) -> Tensor:
    """Covariance of the N columns of ``x``: ``(B, d, N)`` -> ``(B, d, d)``; float32 where x has half the precision.

    ``count`` takes the place of N as the divisor of both the second moment and, squared, the product of sums.
    """
    n = x.shape[2]
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    with full_precision(x):
        if count is None or count == n:
            wide = (wide - wide.mean(2, keepdim=True)) * n**-0.5
            return wide @ wide.mT  # (B, d, d)
        sums = wide.sum(2, keepdim=True) / count  # (B, d, 1)
        wide = wide * count**-0.5
        return torch.baddbmm(wide @ wide.mT, sums, sums.mT, alpha=-1)  # (B, d, d)


def _convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """``conv(x)`` in the precision of ``x``."""
    if conv.weight.dtype == x.dtype:
        return conv(x)
    bias = None if conv.bias is None else conv.bias.to(x.dtype)
    return F.conv2d(x, conv.weight.to(x.dtype), bias, conv.stride, groups=conv.groups)

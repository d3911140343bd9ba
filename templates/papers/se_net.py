"""Squeeze-and-Excitation: a gate for each channel, computed from the channel means."""

from __future__ import annotations

from functools import partial
from typing import Literal

from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["SE", "SEBottleneck", "SENet", "SENetBottleneck", "SEResNet"]

Position = Literal["standard", "pre", "post", "identity"]

_GATES = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class SE(nn.Module):
    """Scales each channel by a gate that two small linear layers compute from the means of all channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the hidden layer.
        bias: whether the two linear layers have one.
        pool: how a channel becomes one number; the paper compares ``"avg"`` with ``"max"``.
        gate: what makes gates of the last layer's results; the paper compares ``"sigmoid"``, ``"tanh"`` and ``"relu"``.

    Differs from the paper:
        The equations have no biases, the released models do; ``bias=False`` gives the form of the equations.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        bias: bool = True,
        pool: Literal["avg", "max"] = "avg",
        gate: Literal["sigmoid", "tanh", "relu"] = "sigmoid",
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if pool not in ("avg", "max"):
            raise ValueError(f"pool: expected 'avg' or 'max', got {pool!r}")
        if gate not in _GATES:
            raise ValueError(f"gate: expected one of {', '.join(_GATES)}, got {gate!r}")
        self.pool = pool
        self.down = nn.Linear(channels, channels // reduction, bias=bias)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels, bias=bias)
        self.gate = _GATES[gate]()

    def forward(self, x: Tensor) -> Tensor:
        s = x.mean((2, 3)) if self.pool == "avg" else x.amax((2, 3))  # (B, C)  Eq. 2
        s = self.gate(self.up(self.relu(self.down(s))))  # (B, C)  Eq. 3
        return x * s[:, :, None, None]  # (B, C, H, W)  Eq. 4


class SEBottleneck(Bottleneck):
    """A bottleneck with SE, by default at the end of its residual branch.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        stride_first: whether the stride is in the first 1x1 convolution, as in the released SE-ResNets, or in the 3x3,
            as in the released SE-ResNeXts.
        position: of SE: ``"standard"`` on what the branch adds, ``"pre"`` before the branch, ``"post"`` after the sum
            and its ReLU, ``"identity"`` on the shortcut.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        stride_first: bool = True,
        reduction: int = 16,
        bias: bool = True,
        position: Position = "standard",
    ) -> None:
        super().__init__(in_channels, channels, 1 if stride_first else stride, downsample, groups, base_width)
        if position not in ("standard", "pre", "post", "identity"):
            raise ValueError(f"position: expected standard, pre, post or identity, got {position!r}")
        if stride_first:
            self.conv1 = nn.Conv2d(in_channels, self.conv1.out_channels, 1, stride, bias=False)
        self.position = position
        self.se = SE(in_channels if position == "pre" else channels * self.expansion, reduction, bias)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        if self.position == "pre":
            return super().residual(self.se(x))
        return self.se(super().residual(x)) if self.position == "standard" else super().residual(x)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        if self.position == "identity":
            shortcut = self.se(shortcut)
        y = self.relu(self.residual(x) + shortcut)
        return self.se(y) if self.position == "post" else y


class SEResNet(ResNet):
    """ResNet or ResNeXt with SE in every block, as released: the first pooling rounds sizes up.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stride_first, position: as of :class:`SEBottleneck`.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        groups: int = 1,
        base_width: int = 64,
        stride_first: bool = True,
        reduction: int = 16,
        bias: bool = True,
        num_classes: int = 1000,
        position: Position = "standard",
    ) -> None:
        block = partial(
            SEBottleneck,
            groups=groups,
            base_width=base_width,
            stride_first=stride_first,
            reduction=reduction,
            bias=bias,
            position=position,
        )
        super().__init__(block, layers, num_classes=num_classes)
        self.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)


class SENetBottleneck(SEBottleneck):
    """The block of SENet-154: half the width in the first 1x1 convolution, 64 groups in the 3x3.

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
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, 64, 4, stride_first=False, reduction=reduction)
        self.conv1 = nn.Conv2d(in_channels, 2 * channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2 * channels)
        self.conv2 = nn.Conv2d(2 * channels, 4 * channels, 3, stride, 1, groups=64, bias=False)


class SENet(ResNet):
    """SENet-154: a deep stem, grouped bottlenecks with SE, 3x3 convolutions in the strided shortcuts, dropout.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 8, 36, 3),
        reduction: int = 16,
        dropout: float = 0.2,
        num_classes: int = 1000,
    ) -> None:
        block = partial(SENetBottleneck, reduction=reduction)
        super().__init__(block, layers, num_classes=num_classes, deep_stem=64, shortcut_kernel=3)
        self.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(self.avgpool(self.features(x)).flatten(1)))  # (B, num_classes)

"""SimAM: a weight for each activation in closed form, from how far it stands out of its channel."""

from __future__ import annotations

import math
from functools import partial
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.mobilenet_v2 import InvertedResidual, MobileNetV2
from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = ["SimAM", "SimAMBasicBlock", "SimAMBottleneck", "SimAMInvertedResidual", "SimAMMobileNetV2", "SimAMResNet"]

_LEAST = 1 / (1 + math.exp(-0.5))


class SimAM(nn.Module):
    """Scales each activation by the sigmoid of its inverse energy.

    The inverse energy is its squared distance from the channel mean, over four times the variance, plus one half.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        e_lambda: added to the variance; the released training commands for ImageNet give 0.1.

    Differs from the paper:
        A map of one position has no variance, and the released code gives NaN; here its weights are sigmoid(1/2).
    """

    def __init__(self, e_lambda: float = 1e-4) -> None:
        super().__init__()
        if not e_lambda > 0:
            raise ValueError(f"e_lambda: expected a positive number, got {e_lambda}")
        self.e_lambda = e_lambda

    def forward(self, x: Tensor) -> Tensor:
        _, channels, height, width = x.shape
        count = height * width
        if count == 1:
            return x * _LEAST
        # The variance is over count - 1. A group norm with one channel per group divides by its variance over count,
        # so both constants carry the ratio; the weight makes the square of z the first term of the inverse energy.
        ratio = (count - 1) / count
        weight = x.new_full((channels,), math.sqrt(ratio) / 2)
        # Where channels come last, its kernel for the CPU subtracts two sums of squares, which loses small variances.
        z = F.group_norm(x.contiguous(), channels, weight, eps=self.e_lambda * ratio)  # (B, C, H, W)
        inverse_energy = z.square().add_(0.5)  # (B, C, H, W)  Eq. 5
        return x * inverse_energy.sigmoid_()  # (B, C, H, W)  Eq. 6


class SimAMBasicBlock(BasicBlock):
    """A basic block with SimAM after its second convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        e_lambda: float = 0.1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.simam = SimAM(e_lambda)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, O, H/s, W/s)
        return self.bn2(self.simam(self.conv2(x)))


class SimAMBottleneck(Bottleneck):
    """A bottleneck with SimAM after its 3x3 convolution.

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
        e_lambda: float = 0.1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, groups, base_width)
        self.simam = SimAM(e_lambda)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        x = self.relu(self.bn2(self.simam(self.conv2(x))))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)


class SimAMResNet(ResNet):
    """ResNet or ResNeXt with SimAM in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        bottleneck: bottlenecks, or basic blocks as in ResNet-18 and ResNet-34, which take no groups.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        bottleneck: bool = True,
        groups: int = 1,
        base_width: int = 64,
        e_lambda: float = 0.1,
        num_classes: int = 1000,
    ) -> None:
        if not bottleneck and (groups, base_width) != (1, 64):
            raise ValueError(f"basic blocks: expected groups=1 and base_width=64, got {groups} and {base_width}")
        if bottleneck:
            block = partial(SimAMBottleneck, groups=groups, base_width=base_width, e_lambda=e_lambda)
        else:
            block = partial(SimAMBasicBlock, e_lambda=e_lambda)
        super().__init__(block, layers, expansion=4 if bottleneck else 1, num_classes=num_classes)


class SimAMInvertedResidual(InvertedResidual):
    """An inverted residual with SimAM after its depthwise convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, e_lambda: float = 0.1
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        depthwise = cast(nn.Sequential, self.conv[-3])
        depthwise.insert(1, SimAM(e_lambda))


class SimAMMobileNetV2(MobileNetV2):
    """MobileNetV2 with SimAM in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(self, e_lambda: float = 0.1, num_classes: int = 1000, dropout: float = 0.0) -> None:
        super().__init__(partial(SimAMInvertedResidual, e_lambda=e_lambda), num_classes, dropout)

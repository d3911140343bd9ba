"""Efficient channel attention: a gate for each channel from its own mean and those of a few neighbouring channels."""

from __future__ import annotations

import math
from functools import partial

from torch import Tensor, nn

from templates.blocks.mobilenet_v2 import InvertedResidual, MobileNetV2
from templates.blocks.resnet import BasicBlock, Bottleneck, ResNet

__all__ = ["ECA", "ECABasicBlock", "ECABottleneck", "ECAInvertedResidual", "ECAMobileNetV2", "ECAResNet"]


class ECA(nn.Module):
    """Scales each channel by a gate that one small convolution across the channel means computes.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        kernel_size: how many neighbouring channels a gate sees, an odd number; 0: by the paper's rule, the odd number
            nearest to (log2(C) + 1) / 2, the larger if there are two.

    Differs from the paper:
        Its rule is not the default: the released code takes 3, and its networks a size per stage chosen by hand.
    """

    def __init__(self, channels: int, kernel_size: int = 3) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels: expected at least 1, got {channels}")
        if kernel_size == 0:
            kernel_size = int((math.log2(channels) + 1) / 2) // 2 * 2 + 1
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number or 0, got {kernel_size}")
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = x.mean((2, 3), keepdim=True).squeeze(3).mT  # (B, 1, C)
        y = self.conv(y).sigmoid_()  # (B, 1, C)
        return x * y.mT.unsqueeze(3)  # (B, C, H, W)


class ECABasicBlock(BasicBlock):
    """A basic block whose residual branch ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_size: int = 3,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.eca = ECA(channels, kernel_size)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.eca(super().residual(x))


class ECABottleneck(Bottleneck):
    """A bottleneck whose residual branch ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_size: int = 3,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.eca = ECA(channels * self.expansion, kernel_size)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        return self.eca(super().residual(x))


class ECAResNet(ResNet):
    """ResNet with ECA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes: of ECA in the four stages.
        bottleneck: bottlenecks, or basic blocks as in ResNet-18 and ResNet-34.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        kernel_sizes: tuple[int, int, int, int] = (3, 3, 3, 3),
        bottleneck: bool = True,
        num_classes: int = 1000,
    ) -> None:
        kind = ECABottleneck if bottleneck else ECABasicBlock
        block = partial(_block_of_stage, kind, kernel_sizes)
        super().__init__(block, layers, expansion=kind.expansion, num_classes=num_classes)


def _block_of_stage(
    kind: type[ECABottleneck] | type[ECABasicBlock],
    kernel_sizes: tuple[int, int, int, int],
    in_channels: int,
    channels: int,
    stride: int,
    downsample: nn.Module | None,
) -> nn.Module:
    kernel_size = kernel_sizes[(64, 128, 256, 512).index(channels)]
    return kind(in_channels, channels, stride, downsample, kernel_size)


class ECAInvertedResidual(InvertedResidual):
    """An inverted residual that ends with ECA.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, kernel_size: int = 3
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        self.conv.append(ECA(out_channels, kernel_size))


class ECAMobileNetV2(MobileNetV2):
    """MobileNetV2 with ECA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes: of ECA on maps with fewer than 96 channels and on the others.
    """

    def __init__(self, kernel_sizes: tuple[int, int] = (1, 3), num_classes: int = 1000, dropout: float = 0.25) -> None:
        def block(in_channels: int, out_channels: int, stride: int, expansion: int) -> nn.Module:
            kernel_size = kernel_sizes[out_channels >= 96]
            return ECAInvertedResidual(in_channels, out_channels, stride, expansion, kernel_size)

        super().__init__(block, num_classes, dropout)

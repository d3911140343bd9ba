"""EPSANet: a pyramid of kernel sizes whose branches are weighed against each other, channel by channel."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["PSA", "EPSABlock", "EPSANet"]


class PSA(nn.Module):
    """Pyramid split attention: branches of different kernel size, concatenated with softmax weights across them.

    One squeeze-and-excitation layer, shared by the branches, scores each channel of each; the softmax compares the
    scores of the channels that stand at the same place of their branch.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        kernel_sizes, kernel_groups: of the branches, S of them. Each gives O / S channels.
        reduction: O / S over the width of the hidden layer.
        reverse: whether the branch with the last kernel size comes first in the output; see below.

    Differs from the paper:
        The released code concatenates the branches in reverse order. The paper's is ``reverse=False``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        reduction: int = 16,
        reverse: bool = True,
    ) -> None:
        super().__init__()
        count = len(kernel_sizes)
        if len(kernel_groups) != count:
            raise ValueError(f"kernel_groups: expected {count}, one per kernel size, got {len(kernel_groups)}")
        if any(kernel % 2 == 0 for kernel in kernel_sizes):
            raise ValueError(f"kernel_sizes: expected odd numbers, got {kernel_sizes}")
        if out_channels % count or out_channels // count < reduction:
            raise ValueError(
                f"out_channels: expected a multiple of {count}, at least {count * reduction} "
                f"({count} branches, reduction={reduction}), got {out_channels}"
            )
        channels = out_channels // count
        self.reverse = reverse
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
            for kernel, groups in zip(kernel_sizes, kernel_groups, strict=True)
        )
        self.down = nn.Linear(channels, channels // reduction)
        self.relu = nn.ReLU(inplace=True)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]  # S times (B, O/S, H/s, W/s)
        z = torch.stack([u.mean((2, 3)) for u in maps], 1)  # (B, S, O/S)
        scores = self.up(self.relu(self.down(z))).sigmoid()  # (B, S, O/S)
        weights = scores.softmax(1)[..., None, None].unbind(1)  # S times (B, O/S, 1, 1)
        scaled = [u * weight for u, weight in zip(maps, weights, strict=True)]
        return torch.cat(scaled[::-1] if self.reverse else scaled, 1)  # (B, O, H/s, W/s)


class EPSABlock(Bottleneck):
    """A bottleneck with PSA in place of its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        width: int = 1,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample, base_width=64 * width)
        self.conv2 = PSA(channels * width, channels * width, stride, kernel_sizes, kernel_groups)


class EPSANet(ResNet):
    """ResNet with PSA in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        kernel_sizes, kernel_groups: of PSA's branches.
        width: of the bottlenecks, as a multiple of ResNet's.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        kernel_sizes: tuple[int, ...] = (3, 5, 7, 9),
        kernel_groups: tuple[int, ...] = (1, 4, 8, 16),
        width: int = 1,
        num_classes: int = 1000,
    ) -> None:
        block = partial(EPSABlock, kernel_sizes=kernel_sizes, kernel_groups=kernel_groups, width=width)
        super().__init__(block, layers, num_classes=num_classes)

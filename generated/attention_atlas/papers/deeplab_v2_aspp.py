"""deeplab_v2_aspp (IEEE TPAMI 2018).

DeepLab: Semantic Image Segmentation with Deep Convolutional Nets, Atrous Convolution, and Fully Connected CRFs

Authors: Liang-Chieh Chen et al.
Paper: https://arxiv.org/abs/1606.00915
Code (not the authors'): https://github.com/kazuto1011/deeplab-pytorch
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/deeplab_v2_aspp.py and catalog.yaml: edit those.

Atrous spatial pyramid pooling: the same map read by 3x3 convolutions with several spacings at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ASPP", "ASPPv3"]


class ASPP(nn.Module):
    """Adds up parallel 3x3 convolutions with different dilation rates; each sees the map at its own scale.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H, W)``

    Args:
        out_channels: O, in the paper the number of classes.
        rates: dilation of each branch: (6, 12, 18, 24) for ASPP-L, (2, 4, 8, 12) for ASPP-S.

    Differs from the paper:
        This is the head of its ResNet-101. The branches of its VGG-16 go on with two 1x1 convolutions each.
    """

    def __init__(self, in_channels: int, out_channels: int, rates: Sequence[int] = (6, 12, 18, 24)) -> None:
        super().__init__()
        _check(rates)
        self.branches = nn.ModuleList()
        for rate in rates:
            branch = nn.Conv2d(in_channels, out_channels, 3, padding=rate, dilation=rate)
            nn.init.normal_(branch.weight, std=0.01)
            nn.init.zeros_(branch.get_parameter("bias"))
            self.branches.append(branch)

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self.branches
        y = first(x)  # (B, O, H, W)
        for branch in others:
            y = y + branch(x)
        return y


class ASPPv3(nn.Module):
    """The later form (DeepLab v3): a 1x1 branch, dilated branches and the mean of the map, joined and projected.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H, W)``

    Args:
        out_channels: O, of every branch and of the result.
        rates: dilation of the 3x3 branches, for a map at a sixteenth of the image; twice that at an eighth.
    """

    def __init__(self, in_channels: int, out_channels: int = 256, rates: Sequence[int] = (6, 12, 18)) -> None:
        super().__init__()
        _check(rates)
        self.branches = nn.ModuleList([_norm_act(nn.Conv2d(in_channels, out_channels, 1, bias=False))])
        for rate in rates:
            conv = nn.Conv2d(in_channels, out_channels, 3, padding=rate, dilation=rate, bias=False)
            self.branches.append(_norm_act(conv))
        self.pool = _norm_act(nn.Conv2d(in_channels, out_channels, 1, bias=False))
        self.project = nn.Conv2d((len(rates) + 2) * out_channels, out_channels, 1, bias=False)
        self.act = nn.Sequential(nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.cat([branch(x) for branch in self.branches], 1)  # (B, n * O, H, W)
        mean = self.pool(x.mean((2, 3), keepdim=True))  # (B, O, 1, 1)
        # Of all that is joined, the mean is the same everywhere: it is projected once and added.
        of_maps, of_mean = self.project.weight.split((maps.shape[1], mean.shape[1]), 1)
        return self.act(F.conv2d(maps, of_maps) + F.conv2d(mean, of_mean))  # (B, O, H, W)


def _norm_act(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU(inplace=True))


def _check(rates: Sequence[int]) -> None:
    if not rates or min(rates) < 1:
        raise ValueError(f"rates: expected one or more positive numbers, got {tuple(rates)}")

"""Attentive normalization: each item mixes its own scale and shift from a few learned ones."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.mobilenet_v2 import InvertedResidual, MobileNetV2
from templates.blocks.moments import moments
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = [
    "AttentiveNorm",
    "AttentiveNormBottleneck",
    "AttentiveNormInvertedResidual",
    "AttentiveNormMobileNetV2",
    "AttentiveNormResNet",
]


class AttentiveNorm(nn.Module):
    """Normalises, then scales and shifts by a mixture of K affine maps that attention weighs for each item.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        components: K.
        groups: ``None`` for batch normalisation, else the groups of a group normalisation.
        gate: how the weights are squashed: ``hsigmoid``, ``sigmoid`` or ``softmax``.
        gate_norm: whether the K weights are normalised before that; otherwise their layer has a bias.
        hidden: whether a layer of 2 K channels with ReLU precedes the one that gives the weights.
        standardize: whether attention sees each channel's mean divided by its standard deviation.

    Differs from the paper:
        As in the released code, attention sees each channel's mean divided by its standard deviation, not the mean
        alone, which is ``standardize=False``. The released group form stops before its first pass (its layer
        normalisation of the K weights gets its arguments in the wrong order); here those weights are normalised as one
        group.
    """

    def __init__(
        self,
        channels: int,
        components: int = 10,
        groups: int | None = None,
        gate: str = "hsigmoid",
        eps: float = 1e-5,
        gate_norm: bool = True,
        hidden: bool = False,
        standardize: bool = True,
    ) -> None:
        super().__init__()
        if gate not in ("hsigmoid", "sigmoid", "softmax"):
            raise ValueError(f"gate: expected hsigmoid, sigmoid or softmax, got {gate!r}")
        if components < 1:
            raise ValueError(f"components: expected at least 1, got {components}")
        if groups is not None and (groups < 1 or channels % groups):
            raise ValueError(f"groups: expected a divisor of channels={channels}, got {groups}")
        self.gate, self.standardize = gate, standardize
        layers: list[nn.Module] = []
        width = channels
        for out_channels in (2 * components, components) if hidden else (components,):
            layers.append(nn.Linear(width, out_channels, bias=not gate_norm))
            if gate_norm and groups is None:
                layers.append(nn.BatchNorm1d(out_channels, eps))
            elif gate_norm:
                layers.append(nn.GroupNorm(1, out_channels, eps))
            if out_channels > components:
                layers.append(nn.ReLU())
            width = out_channels
        self.attention = nn.Sequential(*layers)
        self.norm: nn.Module = (
            nn.BatchNorm2d(channels, eps, affine=False)
            if groups is None
            else nn.GroupNorm(groups, channels, eps, affine=False)
        )
        self.weight = nn.Parameter(torch.empty(components, channels))
        self.bias = nn.Parameter(torch.empty(components, channels))
        nn.init.normal_(self.weight, 1, 0.1)
        nn.init.normal_(self.bias, 0, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        mix = self._mix(x)  # (B, K)
        scale, shift = mix @ self.weight, mix @ self.bias  # (B, C), (B, C)
        return torch.addcmul(shift[:, :, None, None], self.norm(x), scale[:, :, None, None])  # (B, C, H, W)

    def _mix(self, x: Tensor) -> Tensor:
        logits = self.attention(self._standardized(x) if self.standardize else x.mean((2, 3)))  # (B, K)
        if self.gate == "softmax":
            return logits.softmax(1)
        # torch's own hardsigmoid rounds 1/6 to float32 in every precision.
        return F.relu6(logits + 3) / 6 if self.gate == "hsigmoid" else logits.sigmoid()

    def _standardized(self, x: Tensor) -> Tensor:
        """Each channel's mean over its standard deviation: ``(B, C, H, W)`` -> ``(B, C)``."""
        if x.shape[2] * x.shape[3] < 2:
            raise ValueError("x: expected maps of two positions or more for a standard deviation, got 1x1")
        mean, variance = moments(x, correction=1)  # (B, C), (B, C)
        return (mean * (variance + 1e-3).rsqrt()).to(x.dtype)


class AttentiveNormBottleneck(Bottleneck):
    """A bottleneck with attentive normalization after its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        components: K in the first two stages; the others have twice as many.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        components: int = 10,
    ) -> None:
        super().__init__(in_channels, channels, stride, downsample)
        self.bn2 = AttentiveNorm(channels, components if channels < 256 else 2 * components)


class AttentiveNormResNet(ResNet):
    """ResNet with attentive normalization in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(
        self, layers: tuple[int, int, int, int] = (3, 4, 6, 3), components: int = 10, num_classes: int = 1000
    ) -> None:
        super().__init__(partial(AttentiveNormBottleneck, components=components), layers, num_classes=num_classes)


class AttentiveNormInvertedResidual(InvertedResidual):
    """An inverted residual block with attentive normalization after its depthwise convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        components: K where there are fewer than 96 output channels; elsewhere twice as many.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6, components: int = 5
    ) -> None:
        super().__init__(in_channels, out_channels, stride, expansion)
        norm = AttentiveNorm(self.hidden_channels, components if out_channels < 96 else 2 * components)
        self.get_submodule(f"conv.{len(self.conv) - 3}").register_module("1", norm)


class AttentiveNormMobileNetV2(MobileNetV2):
    """MobileNetV2 with attentive normalization in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``
    """

    def __init__(self, components: int = 5, num_classes: int = 1000) -> None:
        super().__init__(partial(AttentiveNormInvertedResidual, components=components), num_classes)

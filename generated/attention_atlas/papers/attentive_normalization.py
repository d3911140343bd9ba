"""Attentive Normalization (ECCV 2020).

Authors: Xilai Li et al.
Paper: https://arxiv.org/abs/1908.01259
Code (the authors', licence: research-only (NCSU)): https://github.com/iVMCL/AOGNet-v2
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/attentive_normalization.py, templates/blocks/mobilenet_v2.py,
    templates/blocks/moments.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Attentive normalization: each item mixes its own scale and shift from a few learned ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "AttentiveNorm",
    "AttentiveNormBottleneck",
    "AttentiveNormInvertedResidual",
    "AttentiveNormMobileNetV2",
    "AttentiveNormResNet",
    "mobilenet_v2_an",
    "resnet50_an",
    "resnet101_an",
]


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; a shortcut where the shape stays (Sandler et al., 2018).

    Subclasses put their layer into ``conv``: ``[expansion], depthwise, projection, normalisation``, of which the first
    two are convolution, normalisation and ReLU6 each.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        expansion: channels of the middle over C; at 1 the first convolution is left out.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, expansion: int = 6) -> None:
        super().__init__()
        self.hidden_channels = in_channels * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_conv_bn_relu6(in_channels, self.hidden_channels, 1)]
        layers += [
            _conv_bn_relu6(self.hidden_channels, self.hidden_channels, 3, stride, self.hidden_channels),
            nn.Conv2d(self.hidden_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)  # (B, O, H/s, W/s)


class MobileNetV2(nn.Module):
    """MobileNetV2 of width 1.0. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, out_channels, stride, expansion)`` for each block.
        dropout: before the classifier.
    """

    # expansion, channels, blocks, stride of the first (Table 2 of the paper)
    _STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(
        self,
        block: Callable[[int, int, int, int], nn.Module] = InvertedResidual,
        num_classes: int = 1000,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv_bn_relu6(3, 32, 3, 2)]
        in_channels = 32
        for expansion, channels, depth, stride in self._STAGES:
            for index in range(depth):
                layers.append(block(in_channels, channels, stride if index == 0 else 1, expansion))
                in_channels = channels
        self.features = nn.Sequential(*layers, _conv_bn_relu6(in_channels, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))  # (B, num_classes)


def _conv_bn_relu6(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )


def moments(x: Tensor, correction: int = 0) -> tuple[Tensor, Tensor]:
    """Mean and variance of ``x`` over its last two axes.

    As ``torch.var_mean`` in what it computes and as exact. On a CPU it is several times faster, and its backward pass
    keeps nothing but ``x``.

    Shape:
        x: ``(..., H, W)`` -> two times ``(...)``; float32 where x has half the precision

    Args:
        correction: what is taken from H * W before the squares are divided by it; 1 for the unbiased estimate.
    """
    mean, variance = _Moments.apply(x, correction)
    return mean, variance


class _Moments(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, correction: int) -> tuple[Tensor, Tensor]:
        # Squares leave the range of half precision, hundreds of addends its resolution.
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        mean = wide.mean((-2, -1))  # (...)
        distance = torch.linalg.vector_norm(wide - mean[..., None, None], dim=(-2, -1))  # (...)
        return mean, distance.square() / (x.shape[-2] * x.shape[-1] - correction)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor]) -> None:
        x, ctx.correction = inputs
        ctx.save_for_backward(x, output[0])

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:
        x, mean = ctx.saved_tensors
        of_mean, of_variance = grad_outputs
        count = x.shape[-2] * x.shape[-1]
        slope = of_variance * (2 / (count - ctx.correction))  # (...)
        offset = of_mean / count - mean * slope  # (...)
        grad = torch.addcmul(offset[..., None, None], x, slope[..., None, None])  # (..., H, W)
        return grad.to(x.dtype), None


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., 2016). Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = channels and s = stride
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, downsample: nn.Module | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, O, H/s, W/s)
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride) and 1x1 convolution and a shortcut. Subclasses change ``residual`` or replace a layer.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = 4 * channels and s = stride

    Args:
        channels: of the middle, before the expansion by four.
        groups, base_width: of the 3x3 convolution, as ResNeXt counts them: 32 and 4 for 32x4d.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = channels * base_width // 64 * groups
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2: nn.Module = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2: nn.Module = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, channels * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.relu(self.bn1(self.conv1(x)))  # (B, width, H, W)
        x = self.relu(self.bn2(self.conv2(x)))  # (B, width, H/s, W/s)
        return self.bn3(self.conv3(x))  # (B, O, H/s, W/s)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, O, H/s, W/s)
        return self.relu(self.residual(x) + shortcut)


class ResNet(nn.Module):
    """Stem, four stages of residual blocks, pooling, classifier. Names of layers as in torchvision.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        block: called as ``block(in_channels, channels, stride, downsample)`` for each block.
        layers: blocks per stage.
        expansion: output channels of a block over its ``channels``.
        deep_stem: three 3x3 convolutions instead of one 7x7 (ResNet-C), the width of the first two.
        avg_down: average pooling before a 1x1 shortcut instead of its stride (ResNet-D).
        shortcut_kernel: kernel size of the shortcuts that have a stride (SENet-154: 3).
        last_stride: stride of the last stage; 1 keeps its maps at a sixteenth of the image.
    """

    def __init__(
        self,
        block: Callable[[int, int, int, nn.Module | None], nn.Module],
        layers: tuple[int, int, int, int],
        *,
        expansion: int = 4,
        num_classes: int = 1000,
        deep_stem: int = 0,
        avg_down: bool = False,
        shortcut_kernel: int = 1,
        last_stride: int = 2,
    ) -> None:
        super().__init__()
        self._block, self._expansion, self._avg_down = block, expansion, avg_down
        self._shortcut_kernel = shortcut_kernel
        self._in_channels = 2 * deep_stem if deep_stem else 64
        self.conv1 = _deep_stem(deep_stem) if deep_stem else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(self._in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._stage(64, layers[0], 1)
        self.layer2 = self._stage(128, layers[1], 2)
        self.layer3 = self._stage(256, layers[2], 2)
        self.layer4 = self._stage(512, layers[3], last_stride)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, channels: int, depth: int, stride: int) -> nn.Sequential:
        out_channels = channels * self._expansion
        downsample = None
        if stride != 1 or self._in_channels != out_channels:
            pooled = self._avg_down and stride != 1
            pool = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if pooled else []
            kernel = 1 if stride == 1 else self._shortcut_kernel
            conv = nn.Conv2d(self._in_channels, out_channels, kernel, 1 if pooled else stride, kernel // 2, bias=False)
            downsample = nn.Sequential(*pool, conv, nn.BatchNorm2d(out_channels))
        blocks = [self._block(self._in_channels, channels, stride, downsample)]
        blocks += [self._block(out_channels, channels, 1, None) for _ in range(depth - 1)]
        self._in_channels = out_channels
        return nn.Sequential(*blocks)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: ``(B, 3, H, W)`` -> ``(B, 512 * expansion, H/32, W/32)``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, 512 * expansion, H/32, W/32)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.features(x)).flatten(1))  # (B, num_classes)


def _deep_stem(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, width, 3, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 2 * width, 3, 1, 1, bias=False),
    )


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


def resnet50_an(num_classes: int = 1000) -> AttentiveNormResNet:
    """AttentiveNormResNet in the configuration resnet50_an, for inputs of 224 x 224."""
    return AttentiveNormResNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def resnet101_an(num_classes: int = 1000) -> AttentiveNormResNet:
    """AttentiveNormResNet in the configuration resnet101_an, for inputs of 224 x 224."""
    return AttentiveNormResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def mobilenet_v2_an(num_classes: int = 1000) -> AttentiveNormMobileNetV2:
    """AttentiveNormMobileNetV2 in the configuration mobilenet_v2_an, for inputs of 224 x 224."""
    return AttentiveNormMobileNetV2(num_classes=num_classes)

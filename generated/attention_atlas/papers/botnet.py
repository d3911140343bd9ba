"""Bottleneck Transformers for Visual Recognition (CVPR 2021).

Authors: Aravind Srinivas et al.
Paper: https://arxiv.org/abs/2101.11605
Code (not the authors'): https://github.com/leaderj1001/BottleneckTransformers
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/botnet.py, templates/blocks/resnet.py and catalog.yaml: edit those.

Bottleneck Transformers: self-attention over all positions in place of the last 3x3 convolutions of a ResNet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "MHSA",
    "BoTBlock",
    "BoTNet",
    "botnet50",
    "botnet101",
    "botnet152",
    "botnet_s1_50",
    "botnet_s1_59",
    "botnet_s1_77",
    "botnet_s1_110",
    "botnet_s1_128",
]


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


class MHSA(nn.Module):
    """Multi-head self-attention of a map, whose queries also meet a learned vector for the offset to each key.

    The vector of an offset is the sum of one for its rows and one for its columns. So what a query makes of all
    positions takes H + W numbers: they are appended to the query, and the key's row and column, one-hot, to the key.
    Then the logits q k + q r are a single product, and a fused kernel never stores the (H W)^2 of them.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up

    Args:
        stride: 2 averages 2 x 2 positions after the attention.
        height, width: of the largest map, for which there are vectors.
        relative: otherwise each row and column has a vector that is added to the keys there, as the paper compares.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_heads: int = 4,
        stride: int = 1,
        height: int = 14,
        width: int = 14,
        relative: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or out_channels % num_heads:
            raise ValueError(f"num_heads: expected a divisor of out_channels={out_channels}, got {num_heads}")
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        self.num_heads, self.stride, self.relative = num_heads, stride, relative
        self.height, self.width = height, width
        self.head_dim = out_channels // num_heads
        self.qkv = nn.Linear(in_channels, 3 * out_channels, bias=False)
        count = (2 * height - 1, 2 * width - 1) if relative else (height, width)
        self.vertical, self.horizontal = (nn.Parameter(torch.empty(size, self.head_dim)) for size in count)
        for vectors in (self.vertical, self.horizontal):
            nn.init.normal_(vectors, std=self.head_dim**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        if height > self.height or width > self.width:
            raise ValueError(f"x: expected at most {self.height} x {self.width} positions, got {height} x {width}")
        heads = self.qkv(x.flatten(2).mT).unflatten(2, (3, self.num_heads, -1))  # (B, N, 3, h, d) with N = H * W
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # (B, h, N, d) each
        q = q * self.head_dim**-0.5
        if self.relative:
            q, k = self._append(q, k, height, width)  # (B, h, N, d + H + W) each
        else:
            k = k + (self.vertical[:height, None] + self.horizontal[:width]).flatten(0, 1)
        # Not a view of what attention keeps for the backward pass: the next layer may work in place.
        y = _attend(q, k, v).mT.reshape(batch, -1, height, width).contiguous()  # (B, O, H, W)
        return y if self.stride == 1 else F.avg_pool2d(y, 2, ceil_mode=True)  # (B, O, H/s, W/s)

    def _append(self, q: Tensor, k: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Queries with their products with the vectors of all rows and columns; keys with theirs, one-hot."""
        rows, columns = torch.arange(height, device=q.device), torch.arange(width, device=q.device)
        # Of the vectors for offsets in the largest map those that occur in this one, which are the middle ones.
        vertical = self.vertical.narrow(0, self.height - height, 2 * height - 1)  # (2 * H - 1, d)
        horizontal = self.horizontal.narrow(0, self.width - width, 2 * width - 1)  # (2 * W - 1, d)
        products = q @ torch.cat((vertical, horizontal)).mT  # (B, h, N, 2 * H - 1 + 2 * W - 1)
        to_rows = (rows - rows[:, None] + height - 1).repeat_interleave(width, 0)  # (N, H)
        to_columns = (columns - columns[:, None] + width - 1 + 2 * height - 1).repeat(height, 1)  # (N, W)
        index = torch.cat((to_rows, to_columns), 1).expand(*q.shape[:2], -1, -1)  # (B, h, N, H + W)
        row = torch.eye(height, dtype=k.dtype, device=k.device).repeat_interleave(width, 0)  # (N, H)
        column = torch.eye(width, dtype=k.dtype, device=k.device).repeat(height, 1)  # (N, W)
        one_hot = torch.cat((row, column), 1).expand(*k.shape[:2], -1, -1)  # (B, h, N, H + W)
        return torch.cat((q, products.gather(3, index)), 3), torch.cat((k, one_hot), 3)


class BoTBlock(Bottleneck):
    """A bottleneck with MHSA for its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        num_heads: int = 4,
        height: int = 14,
        width: int = 14,
        relative: bool = True,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample)
        self.conv2 = MHSA(channels, channels, num_heads, stride, height, width, relative)


class BoTNet(ResNet):
    """ResNet whose last stage consists of BoT blocks.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        stride: of the last stage: 2 as in ResNet, 1 for BoTNet-S1.
        image_size: the largest height and width of an image.

    Differs from the paper: BoTNet-S1 is given neither SiLU nor squeeze-and-excitation, which its longest training has.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        stride: int = 2,
        num_heads: int = 4,
        image_size: tuple[int, int] = (224, 224),
        relative: bool = True,
        num_classes: int = 1000,
    ) -> None:
        if stride not in (1, 2):
            raise ValueError(f"stride: expected 1 or 2, got {stride}")
        block = partial(_block, last_stride=stride, num_heads=num_heads, image_size=image_size, relative=relative)
        super().__init__(block, layers, num_classes=num_classes)


def _block(
    in_channels: int,
    channels: int,
    stride: int,
    downsample: nn.Module | None,
    last_stride: int,
    num_heads: int,
    image_size: tuple[int, int],
    relative: bool,
) -> Bottleneck:
    """An ordinary block in the first three stages, a BoT block in the last."""
    if channels < 512:
        return Bottleneck(in_channels, channels, stride, downsample)
    reduction = 16
    conv = downsample[0] if isinstance(downsample, nn.Sequential) else None
    if isinstance(conv, nn.Conv2d):
        conv.stride, stride = (last_stride, last_stride), last_stride
    else:
        reduction *= last_stride
    height, width = (-(-side // reduction) for side in image_size)
    return BoTBlock(in_channels, channels, stride, downsample, num_heads, height, width, relative)


def _attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q k) v without a scale; keys may be wider than values: ``(B, h, N, e), v: (B, h, N, d)`` -> like v."""
    missing = q.shape[3] - v.shape[3]
    if q.device.type != "cpu" or not missing:
        return F.scaled_dot_product_attention(q, k, v, scale=1.0)
    if q.requires_grad and q.dtype in (torch.float32, torch.float64):
        return (q @ k.mT).softmax(3) @ v
    # The fused kernel for the CPU asks for equal widths; in training the wider values cost more than it saves.
    return F.scaled_dot_product_attention(q, k, F.pad(v, (0, missing)), scale=1.0)[..., : v.shape[3]]


def botnet50(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet50, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 6, 3), num_classes=num_classes)


def botnet101(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet101, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def botnet152(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet152, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 8, 36, 3), num_classes=num_classes)


def botnet_s1_50(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet_s1_50, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 6, 3), stride=1, num_classes=num_classes)


def botnet_s1_59(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet_s1_59, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 6, 6), stride=1, num_classes=num_classes)


def botnet_s1_77(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet_s1_77, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 6, 12), stride=1, num_classes=num_classes)


def botnet_s1_110(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet_s1_110, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 23, 6), stride=1, num_classes=num_classes)


def botnet_s1_128(num_classes: int = 1000) -> BoTNet:
    """BoTNet in the configuration botnet_s1_128, for inputs of 224 x 224."""
    return BoTNet(layers=(3, 4, 23, 12), stride=1, num_classes=num_classes)

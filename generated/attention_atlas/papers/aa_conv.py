"""Attention Augmented Convolutional Networks (ICCV 2019).

Authors: Irwan Bello et al.
Paper: https://arxiv.org/abs/1904.09925
Code (not the authors'): https://github.com/leaderj1001/Attention-Augmented-Conv2d
Shape: B C H W -> B O H W
Evidence: figures: parameters and multiply-adds equal the published ones
Generated from templates/papers/aa_conv.py, templates/blocks/biased_attention.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

Attention-augmented convolution: some channels come from a convolution, the others from attention to the map.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "AABasicBlock",
    "AABottleneck",
    "AAConv",
    "AAResNet",
    "aa_resnet34",
    "aa_resnet50",
    "aa_resnet101",
    "aa_resnet152",
]


def biased_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Means of the values, weighted by softmax(q k^T / sqrt(d) + bias).

    Shape:
        q: ``(B, h, N, d)``, k and v: ``(B, h, M, d)``, bias: ``(P, h, N, M)`` -> ``(B, h, N, d)``; P divides B, and
        the first axis of ``bias`` is repeated: item i is given entry i mod P
    """
    groups = q.shape[0] // bias.shape[0]
    if bias.requires_grad and q.device.type == "cpu" and q.dtype in (torch.float32, torch.float64):
        # The fused kernel for the CPU has no gradient for a bias, and what runs in its place is slower than this.
        logits = (q.mul(q.shape[3] ** -0.5) @ k.mT).unflatten(0, (groups, -1))  # (B/P, P, h, N, M)
        return logits.add_(bias).softmax(4).flatten(0, 1) @ v  # (B, h, N, d)
    if bias.shape[0] > 1:
        bias = bias.expand(groups, *bias.shape).flatten(0, 1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)  # (B, h, N, d)


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


class AAConv(nn.Module):
    """A convolution and multi-head self-attention with relative positions, side by side, joined along the channels.

    A logit is q (k + r_row + r_column) / sqrt(d), where the vectors r depend on the offset alone and all heads share
    them. So a query meets H + W vectors, not one for each of the H W positions.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up

    Args:
        key_channels: of the queries and keys of all heads together; over O, the paper's kappa.
        value_channels: of the output, those that come from the attention; over O, the paper's upsilon.
        relative: whether there are vectors for offsets; the paper compares with attention without.
        height, width: of the largest map in the attention, for which there are vectors: the largest output, or half of
            it with ``downsample``.
        bias: of all layers.
        downsample: whether the attention sees averages of 3 x 3 positions, two apart, and its result is interpolated;
            the paper does so where maps are large.

    Differs from the paper:
        It does not say how the attention takes a stride. Here its 1x1 convolution does.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        key_channels: int,
        value_channels: int,
        kernel_size: int = 3,
        num_heads: int = 8,
        stride: int = 1,
        relative: bool = True,
        height: int = 14,
        width: int = 14,
        bias: bool = False,
        downsample: bool = False,
    ) -> None:
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if key_channels % num_heads or value_channels % num_heads:
            raise ValueError(
                f"key_channels, value_channels: expected multiples of num_heads={num_heads}, "
                f"got {key_channels} and {value_channels}"
            )
        if not 0 < value_channels < out_channels:
            raise ValueError(f"value_channels: expected 1 to {out_channels - 1}, got {value_channels}")
        self.num_heads, self.height, self.width, self.downsample = num_heads, height, width, downsample
        self.widths = (key_channels, key_channels, value_channels)
        rest, padding = out_channels - value_channels, kernel_size // 2
        self.conv = nn.Conv2d(in_channels, rest, kernel_size, stride, padding, bias=bias)
        self.qkv = nn.Conv2d(in_channels, 2 * key_channels + value_channels, 1, stride, bias=bias)
        self.project = nn.Conv2d(value_channels, value_channels, 1, bias=bias)
        self.rows = self.columns = None
        if relative:
            head_dim = key_channels // num_heads
            self.rows = nn.Parameter(torch.randn(2 * height - 1, head_dim) * head_dim**-0.5)
            self.columns = nn.Parameter(torch.randn(2 * width - 1, head_dim) * head_dim**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        convolved = self.conv(x)  # (B, O - V, H/s, W/s)
        if self.downsample:
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)  # (B, C, H/2, W/2)
        attended = self._attend(self.qkv(x))  # (B, V, H/s, W/s), or half of that
        if self.downsample:
            attended = F.interpolate(attended, convolved.shape[2:], mode="bilinear")  # (B, V, H/s, W/s)
        return torch.cat((convolved, attended), 1)  # (B, O, H/s, W/s)

    def _attend(self, qkv: Tensor) -> Tensor:
        """Attention to all positions of ``(B, 2 * K + V, H, W)``: ``(B, V, H, W)``."""
        height, width = qkv.shape[2:]
        parts = (part.flatten(2).unflatten(1, (self.num_heads, -1)) for part in qkv.split(self.widths, 1))
        q, k, v = (part.mT.contiguous() for part in parts)  # (B, h, N, d) with N = H * W; values have another width
        if self.rows is None or self.columns is None:
            y = F.scaled_dot_product_attention(q, k, v)  # (B, h, N, V / h)
        else:
            rows, columns = self._near(self.rows, height), self._near(self.columns, width)
            y = biased_attention(q, k, v, self._offsets(q * q.shape[3] ** -0.5, rows, columns))  # (B, h, N, V / h)
        return self.project(y.mT.flatten(1, 2).unflatten(2, (height, width)))  # (B, V, H, W)

    def _near(self, vectors: Tensor, size: int) -> Tensor:
        """Of the vectors for offsets in the largest map those that occur in this one, which are the middle ones."""
        largest = len(vectors) // 2 + 1
        if size > largest:
            raise ValueError(
                f"x: expected an attention map of at most {self.height} x {self.width}, got a side of {size}"
            )
        return vectors.narrow(0, largest - size, 2 * size - 1)

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Products of ``(B, h, N, d)`` queries with the vectors of the offsets to all positions: ``(B, h, N, N)``."""
        height, width = len(rows) // 2 + 1, len(columns) // 2 + 1
        row, column = torch.arange(height, device=q.device), torch.arange(width, device=q.device)
        products = q @ torch.cat((rows, columns)).mT  # (B, h, N, 2 * H - 1 + 2 * W - 1)
        to_row = (row - row[:, None] + height - 1).repeat_interleave(width, 0)  # (N, H)
        to_column = (column - column[:, None] + width - 1 + len(rows)).repeat(height, 1)  # (N, W)
        index = torch.cat((to_row, to_column), 1).expand(*q.shape[:2], -1, -1)  # (B, h, N, H + W)
        by_row, by_column = products.gather(3, index).split((height, width), 3)  # (B, h, N, H), (B, h, N, W)
        return (by_row.unsqueeze(4) + by_column.unsqueeze(3)).flatten(3)


class AABasicBlock(BasicBlock):
    """A basic block with an attention-augmented convolution for the first of its two.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, channels, H/s, W/s)`` with s = stride

    Args: those of :class:`AABottleneck`.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: nn.Module | None = None,
        ratios: tuple[float, float] = (0.25, 0.25),
        num_heads: int = 8,
        height: int = 14,
        width: int = 14,
        downsample: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, stride, shortcut)
        self.add_module(
            "conv1", _augmented(in_channels, channels, stride, ratios, num_heads, height, width, downsample)
        )


class AABottleneck(Bottleneck):
    """A bottleneck with an attention-augmented convolution for its 3x3 convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        ratios: of keys and of values to ``channels``; a head of keys has at least 20 channels.
        height, width: of the largest map in the attention.
        downsample: whether the attention sees the map at half its size.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: nn.Module | None = None,
        ratios: tuple[float, float] = (0.2, 0.1),
        num_heads: int = 8,
        height: int = 14,
        width: int = 14,
        downsample: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, stride, shortcut)
        self.conv2 = _augmented(channels, channels, stride, ratios, num_heads, height, width, downsample)


class AAResNet(ResNet):
    """ResNet whose last three stages consist of augmented blocks; the first of them attends at half its size.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        ratios: of keys and of values to the channels of a stage: 0.2 and 0.1, in ResNet-34 0.25 both.
        bottleneck: whether blocks are bottlenecks; basic blocks are those of ResNet-34.
        image_size: the largest height and width of an image.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        ratios: tuple[float, float] = (0.2, 0.1),
        num_heads: int = 8,
        bottleneck: bool = True,
        image_size: tuple[int, int] = (224, 224),
        num_classes: int = 1000,
    ) -> None:
        block = partial(_block, ratios=ratios, num_heads=num_heads, bottleneck=bottleneck, image_size=image_size)
        super().__init__(block, layers, expansion=4 if bottleneck else 1, num_classes=num_classes)


def _augmented(
    in_channels: int,
    channels: int,
    stride: int,
    ratios: tuple[float, float],
    num_heads: int,
    height: int,
    width: int,
    downsample: bool,
) -> AAConv:
    keys, values = (int(ratio * channels) // num_heads * num_heads for ratio in ratios)
    keys, values = max(keys, 20 * num_heads), max(values, num_heads)
    return AAConv(
        in_channels,
        channels,
        keys,
        values,
        num_heads=num_heads,
        stride=stride,
        height=height,
        width=width,
        downsample=downsample,
    )


def _block(
    in_channels: int,
    channels: int,
    stride: int,
    shortcut: nn.Module | None,
    ratios: tuple[float, float],
    num_heads: int,
    bottleneck: bool,
    image_size: tuple[int, int],
) -> nn.Module:
    if channels == 64:
        return (Bottleneck if bottleneck else BasicBlock)(in_channels, channels, stride, shortcut)
    reduction = max(channels // 16, 16)  # of the attention's maps against the image: 16, 16, 32
    height, width = (-(-side // reduction) for side in image_size)
    augmented = AABottleneck if bottleneck else AABasicBlock
    return augmented(in_channels, channels, stride, shortcut, ratios, num_heads, height, width, channels == 128)


def aa_resnet34(num_classes: int = 1000) -> AAResNet:
    """AAResNet in the configuration aa_resnet34, for inputs of 224 x 224."""
    return AAResNet(layers=(3, 4, 6, 3), ratios=(0.25, 0.25), bottleneck=False, num_classes=num_classes)


def aa_resnet50(num_classes: int = 1000) -> AAResNet:
    """AAResNet in the configuration aa_resnet50, for inputs of 224 x 224."""
    return AAResNet(num_classes=num_classes)


def aa_resnet101(num_classes: int = 1000) -> AAResNet:
    """AAResNet in the configuration aa_resnet101, for inputs of 224 x 224."""
    return AAResNet(layers=(3, 4, 23, 3), num_classes=num_classes)


def aa_resnet152(num_classes: int = 1000) -> AAResNet:
    """AAResNet in the configuration aa_resnet152, for inputs of 224 x 224."""
    return AAResNet(layers=(3, 8, 36, 3), num_classes=num_classes)

"""ResNeSt: Split-Attention Networks (CVPRW 2022).

Authors: Hang Zhang et al.
Paper: https://arxiv.org/abs/2004.08955
Code (the authors', licence: Apache-2.0): https://github.com/zhanghang1989/ResNeSt
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/resnest.py, templates/blocks/channel_means.py, templates/blocks/resnet.py and
    catalog.yaml: edit those.

Split attention: grouped convolutions whose splits are weighed against each other, channel by channel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

__all__ = [
    "ResNeSt",
    "SplAtBottleneck",
    "SplAtConv2d",
    "resnest50",
    "resnest50_fast_1s1x64d",
    "resnest50_fast_1s2x40d",
    "resnest50_fast_1s4x24d",
    "resnest50_fast_2s1x64d",
    "resnest50_fast_2s2x40d",
    "resnest50_fast_4s1x64d",
    "resnest50_fast_4s2x40d",
    "resnest101",
    "resnest200",
    "resnest269",
]


def channel_means(x: Tensor) -> Tensor:
    """``x.mean((2, 3))``, whose gradient is a view of C numbers instead of a map filled with them.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C)``
    """
    if x.dtype in (torch.float16, torch.bfloat16):  # in which a sum would leave the range or lose its last digits
        return x.mean((2, 3))
    return x.sum((2, 3)) / (x.shape[2] * x.shape[3])


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


class SplAtConv2d(nn.Module):
    """Takes the place of a convolution, its normalisation and its ReLU: a weighted sum of R splits.

    A convolution in G * R groups gives R maps of O channels. The mean of their sum passes two small layers in G groups,
    which give each channel one weight per split.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride

    Args:
        kernel_size: k; the padding is that which keeps the size at stride 1.
        groups: G, the cardinality: how many groups have an attention of their own.
        bias: whether the convolution has one.
        radix: R. The weights of the splits are a softmax; a single split has a sigmoid instead.
        reduction: C * R over the width d of the hidden layer.
        min_dim: the least d.
        normalized: whether the convolution and the hidden layer are followed by batch normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        radix: int = 2,
        reduction: int = 4,
        min_dim: int = 32,
        normalized: bool = True,
    ) -> None:
        super().__init__()
        if radix < 1:
            raise ValueError(f"radix: expected at least 1, got {radix}")
        if reduction < 1 or groups < 1:
            raise ValueError(f"reduction, groups: expected at least 1, got {reduction} and {groups}")
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        if in_channels % (groups * radix):
            raise ValueError(f"in_channels: expected a multiple of groups*radix={groups * radix}, got {in_channels}")
        if out_channels % groups:
            raise ValueError(f"out_channels: expected a multiple of groups={groups}, got {out_channels}")
        dim = max(in_channels * radix // reduction, min_dim)
        if dim % groups:
            raise ValueError(f"max(in_channels*radix//reduction, min_dim): expected a multiple of {groups}, got {dim}")
        self.radix, self.groups = radix, groups
        wide, padding = out_channels * radix, dilation * (kernel_size // 2)
        self.conv = nn.Conv2d(
            in_channels, wide, kernel_size, stride, padding, dilation, groups=groups * radix, bias=bias
        )
        self.norm = nn.BatchNorm2d(wide) if normalized else nn.Identity()
        self.relu = nn.ReLU(inplace=True)
        self.reduce = nn.Conv2d(out_channels, dim, 1, groups=groups)
        self.reduce_norm = nn.BatchNorm2d(dim) if normalized else nn.Identity()
        self.select = nn.Conv2d(dim, wide, 1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        u = self.relu(self.norm(self.conv(x)))  # (B, R * O, H/s, W/s)
        weights = self._weights(channel_means(u)[:, :, None, None])  # (B, R, O, 1, 1)
        splits, gates = u.chunk(self.radix, 1), weights.unbind(1)
        v = splits[0] * gates[0]  # (B, O, H/s, W/s)
        for split, gate in zip(splits[1:], gates[1:], strict=True):
            v = torch.addcmul(v, split, gate)  # Eq. 2
        return v

    def _weights(self, means: Tensor) -> Tensor:
        """The weights of the splits: ``(B, R * O, 1, 1)`` -> ``(B, R, O, 1, 1)``."""
        s = means.unflatten(1, (self.radix, -1)).sum(1)  # (B, O, 1, 1)  Eq. 1
        hidden = self.relu(self.reduce_norm(self.reduce(s)))  # (B, d, 1, 1)
        # Within each group of the last layer's rows the splits come first.
        logits = self.select(hidden).unflatten(1, (self.groups, self.radix, -1))  # (B, G, R, O/G, 1, 1)
        weights = logits.softmax(2) if self.radix > 1 else logits.sigmoid()  # Eq. 3
        return weights.transpose(1, 2).flatten(2, 3)


class SplAtBottleneck(Bottleneck):
    """A bottleneck with split attention in the middle, whose stride is an average pooling.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, 4 * channels, H/s, W/s)`` with s = stride

    Args:
        groups, base_width: cardinality and width of a group at the first stage.
        pool_first: whether the pooling comes before the split attention (the "fast" networks) or after it.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        radix: int = 2,
        pool_first: bool = False,
    ) -> None:
        super().__init__(in_channels, channels, 1, downsample, groups, base_width)
        width = self.conv3.in_channels
        self.conv2 = SplAtConv2d(width, width, groups=groups, radix=radix)
        del self.bn2  # split attention normalises and rectifies
        pool = nn.AvgPool2d(3, stride, 1) if stride > 1 else nn.Identity()
        self.before, self.after = (pool, nn.Identity()) if pool_first else (nn.Identity(), pool)

    def residual(self, x: Tensor) -> Tensor:
        """The branch beside the shortcut."""
        x = self.before(self.relu(self.bn1(self.conv1(x))))  # (B, width, H, W), H/s and W/s with pool_first
        return self.bn3(self.conv3(self.after(self.conv2(x))))  # (B, 4 * channels, H/s, W/s)


class ResNeSt(ResNet):
    """ResNet-D with split attention in every block.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        radix, groups, base_width: R, G and the width of a group, as in ResNeSt-50-fast 4s2x40d.
        stem: width of the first two of the stem's three convolutions.
        pool_first: whether a block's pooling comes before its split attention.
        dropout: before the classifier, while training.
    """

    def __init__(
        self,
        layers: tuple[int, int, int, int] = (3, 4, 6, 3),
        radix: int = 2,
        groups: int = 1,
        base_width: int = 64,
        stem: int = 32,
        pool_first: bool = False,
        dropout: float = 0.0,
        num_classes: int = 1000,
    ) -> None:
        block = partial(SplAtBottleneck, groups=groups, base_width=base_width, radix=radix, pool_first=pool_first)
        super().__init__(block, layers, num_classes=num_classes, deep_stem=stem, avg_down=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(self.avgpool(self.features(x)).flatten(1)))  # (B, num_classes)


def resnest50(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50, for inputs of 224 x 224."""
    return ResNeSt(num_classes=num_classes)


def resnest101(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest101, for inputs of 256 x 256."""
    return ResNeSt(layers=(3, 4, 23, 3), stem=64, num_classes=num_classes)


def resnest200(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest200, for inputs of 320 x 320."""
    return ResNeSt(layers=(3, 24, 36, 3), stem=64, num_classes=num_classes)


def resnest269(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest269, for inputs of 416 x 416."""
    return ResNeSt(layers=(3, 30, 48, 8), stem=64, num_classes=num_classes)


def resnest50_fast_1s1x64d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_1s1x64d, for inputs of 224 x 224."""
    return ResNeSt(radix=1, pool_first=True, num_classes=num_classes)


def resnest50_fast_2s1x64d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_2s1x64d, for inputs of 224 x 224."""
    return ResNeSt(radix=2, pool_first=True, num_classes=num_classes)


def resnest50_fast_4s1x64d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_4s1x64d, for inputs of 224 x 224."""
    return ResNeSt(radix=4, pool_first=True, num_classes=num_classes)


def resnest50_fast_1s2x40d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_1s2x40d, for inputs of 224 x 224."""
    return ResNeSt(radix=1, groups=2, base_width=40, pool_first=True, num_classes=num_classes)


def resnest50_fast_2s2x40d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_2s2x40d, for inputs of 224 x 224."""
    return ResNeSt(radix=2, groups=2, base_width=40, pool_first=True, num_classes=num_classes)


def resnest50_fast_4s2x40d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_4s2x40d, for inputs of 224 x 224."""
    return ResNeSt(radix=4, groups=2, base_width=40, pool_first=True, num_classes=num_classes)


def resnest50_fast_1s4x24d(num_classes: int = 1000) -> ResNeSt:
    """ResNeSt in the configuration resnest50_fast_1s4x24d, for inputs of 224 x 224."""
    return ResNeSt(radix=1, groups=4, base_width=24, pool_first=True, num_classes=num_classes)

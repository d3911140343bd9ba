"""Split attention: grouped convolutions whose splits are weighed against each other, channel by channel."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from templates.blocks.channel_means import channel_means
from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["ResNeSt", "SplAtBottleneck", "SplAtConv2d"]


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

"""CondConv: Conditionally Parameterized Convolutions for Efficient Inference (NeurIPS 2019).

Authors: Brandon Yang et al.
Paper: https://arxiv.org/abs/1904.04971
Code (the authors', licence: Apache-2.0): https://github.com/tensorflow/tpu
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/condconv.py, templates/blocks/drop_path.py, templates/blocks/same_conv.py and
    catalog.yaml: edit those.

CondConv: every image is convolved with a kernel of its own, a mixture of experts that its channel means choose.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "CondConv2d",
    "CondMBConv",
    "EfficientNetCondConv",
    "Routing",
    "efficientnet_condconv_b0_4e",
    "efficientnet_condconv_b0_8e",
    "efficientnet_condconv_b0_8e_depth",
]


class DropPath(nn.Module):
    """Zeroes an item's whole branch with probability ``rate`` and scales the kept ones by 1 / (1 - rate).

    Huang et al., "Deep Networks with Stochastic Depth" (2016). Nothing happens in eval mode or at rate 0.

    Shape:
        x: ``(B, ...)`` -> ``(B, ...)``
    """

    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate: expected 0 <= rate < 1, got {rate}")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if self.rate == 0 or not self.training:
            return x
        kept = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(1 - self.rate)  # (B, 1, ...)
        return x * (kept / (1 - self.rate))

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"rate={self.rate}"


def pad_same(x: Tensor, kernel_size: int, stride: int, dilation: int = 1) -> Tensor:
    """Pads ``x`` with zeros so that a convolution gives ceil(H / stride) rows and ceil(W / stride) columns.

    An odd number of zeros is split unevenly, the greater part below and to the right. So at stride 2 an even map is
    padded on one side only, other than by a convolution with ``padding=kernel_size // 2``.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H + p, W + q)``
    """
    height, width = (
        max((-(-size // stride) - 1) * stride + dilation * (kernel_size - 1) + 1 - size, 0) for size in x.shape[2:]
    )
    if height == width == 0:
        return x
    return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding "SAME".

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, ceil(H/s), ceil(W/s))`` with O = out_channels and s = stride
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 1,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        # At stride 1 an odd kernel is padded alike on both sides, which the convolution does by itself.
        self._even = stride == 1 and kernel_size % 2 == 1
        padding = kernel_size // 2 if self._even else 0
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        x = input if self._even else pad_same(input, self.kernel_size[0], self.stride[0])
        return super().forward(x)  # (B, O, ceil(H/s), ceil(W/s))


class Routing(nn.Module):
    """One weight in (0, 1) for each expert, from the channel means of an image.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, E)`` with E = num_experts
    """

    def __init__(self, channels: int, num_experts: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, num_experts)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((2, 3))).sigmoid()  # (B, E)


class CondConv2d(nn.Module):
    """Mixes E expert kernels into one for each image and convolves once, with that.

    Mixing the kernels equals mixing the outputs of E convolutions, at the price of a single one. The images of a batch
    are computed together, as the groups of one convolution.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride
        routing: ``(B, E)``, only with ``own_routing=False``

    Args:
        padding: zeros on each side, or "same" as in TensorFlow: the output has ceil(H / stride) rows.
        own_routing: whether the layer computes the expert weights from its input. The authors' networks compute them
            once per residual block, from the block's input, and hand them to each convolution in it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | Literal["same"] = "same",
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
        num_experts: int = 8,
        own_routing: bool = True,
    ) -> None:
        super().__init__()
        counts = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "num_experts": num_experts}
        for name, count in counts.items():
            if count < 1:
                raise ValueError(f"{name}: expected at least 1, got {count}")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"groups: expected a divisor of {in_channels} and {out_channels}, got {groups}")
        if isinstance(padding, str) and padding != "same":
            raise ValueError(f"padding: expected a number or 'same', got {padding!r}")
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        self.pointwise = kernel_size == stride == groups == 1 and padding in (0, "same")
        self.kernel_shape = (out_channels, in_channels // groups, kernel_size, kernel_size)
        self.weight = nn.Parameter(torch.empty(num_experts, math.prod(self.kernel_shape)))
        self.bias = nn.Parameter(torch.empty(num_experts, out_channels)) if bias else None
        self.routing = Routing(in_channels, num_experts) if own_routing else None
        # Each expert starts as an ordinary convolution does.
        bound = 1 / math.sqrt(math.prod(self.kernel_shape[1:]))
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, routing: Tensor | None = None) -> Tensor:
        if self.routing is None and routing is not None:
            r = routing
        elif self.routing is not None and routing is None:
            r = self.routing(x)  # (B, E)
        else:
            expected = "the weights of the experts" if routing is None else "none"
            raise ValueError(f"routing: expected {expected}, since own_routing={self.routing is not None}")
        kernel = r @ self.weight  # (B, O * C/G * k * k)
        bias = None if self.bias is None else r @ self.bias  # (B, O)
        return self._convolve(x, kernel, bias)  # (B, O, H/s, W/s)

    def _convolve(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolves each image with its own kernel."""
        batch, (out_channels, in_channels, size, _) = len(x), self.kernel_shape
        if self.pointwise:
            kernel, pixels = kernel.view(batch, out_channels, in_channels), x.flatten(2)  # (B, O, C), (B, C, H * W)
            y = kernel @ pixels if bias is None else torch.baddbmm(bias[:, :, None], kernel, pixels)
            return y.view(batch, out_channels, *x.shape[2:])  # (B, O, H, W)
        padding = self.padding
        if padding == "same" and self.stride == 1 and size % 2:
            padding = self.dilation * (size // 2)
        elif padding == "same":
            x, padding = pad_same(x, size, self.stride, self.dilation), 0
        y = F.conv2d(
            x.reshape(1, -1, *x.shape[2:]),  # (1, B * C, H, W)
            kernel.view(batch * out_channels, in_channels, size, size),
            None if bias is None else bias.view(-1),
            self.stride,
            padding,
            self.dilation,
            batch * self.groups,
        )  # (1, B * O, H/s, W/s)
        return y.view(batch, out_channels, *y.shape[2:])  # (B, O, H/s, W/s)


class CondMBConv(nn.Module):
    """EfficientNet's inverted residual block: widen, convolve each channel, gate, narrow.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, ceil(H/s), ceil(W/s))`` with O = out_channels and s = stride

    Args:
        expansion: of the width inside, relative to C; 1 leaves the first convolution out.
        num_experts: 0 makes the three convolutions ordinary ones; otherwise one routing serves them all.
        drop_path: the rate at which the branch is left out in training.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        expansion: int = 6,
        num_experts: int = 8,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        width, squeezed = in_channels * expansion, max(1, in_channels // 4)
        conv = partial(CondConv2d, num_experts=num_experts, own_routing=False) if num_experts else SameConv2d
        self.routing = Routing(in_channels, num_experts) if num_experts else None
        self.expand = conv(in_channels, width, 1) if expansion > 1 else None
        self.bn1 = _norm(width) if expansion > 1 else None
        self.depthwise = conv(width, width, kernel_size, stride, groups=width)
        self.bn2 = _norm(width)
        self.squeeze = nn.Linear(width, squeezed)
        self.excite = nn.Linear(squeezed, width)
        self.project = conv(width, out_channels, 1)
        self.bn3 = _norm(out_channels)
        self.act = nn.SiLU(inplace=True)
        self.drop_path = DropPath(drop_path) if stride == 1 and in_channels == out_channels else None

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        routing = () if self.routing is None else (self.routing(x),)  # (B, E)
        if self.expand is not None and self.bn1 is not None:
            x = self.act(self.bn1(self.expand(x, *routing)))  # (B, width, H, W)
        x = self.act(self.bn2(self.depthwise(x, *routing)))  # (B, width, H/s, W/s)
        gate = self.excite(self.act(self.squeeze(x.mean((2, 3))))).sigmoid()  # (B, width)
        x = self.bn3(self.project(x * gate[:, :, None, None], *routing))  # (B, O, H/s, W/s)
        return x if self.drop_path is None else shortcut + self.drop_path(x)


class EfficientNetCondConv(nn.Module):
    """EfficientNet-B0 with CondConv in its last three groups of blocks.

    Shape:
        x: ``(B, 3, H, W)`` -> ``(B, num_classes)``

    Args:
        depth: factor of the number of blocks in each group, which is rounded up.
        channels, layers: width and blocks of each of the seven groups.
        drop_path: rate of stochastic depth, growing from 0 at the first block towards this at the last.
    """

    def __init__(
        self,
        num_experts: int = 8,
        depth: float = 1.0,
        channels: tuple[int, ...] = (16, 24, 40, 80, 112, 192, 320),
        layers: tuple[int, ...] = (1, 2, 2, 3, 3, 4, 1),
        drop_path: float = 0.2,
        dropout: float = 0.25,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        if not len(channels) == len(layers) == 7:
            raise ValueError(f"channels, layers: expected seven of each, got {len(channels)} and {len(layers)}")
        self.stem = SameConv2d(3, 32, 3, 2)
        self.bn1 = _norm(32)
        self.act = nn.SiLU(inplace=True)
        layers = tuple(math.ceil(depth * count) for count in layers)
        groups: list[nn.Module] = []
        in_channels, built = 32, 0
        for group, (kernel_size, stride) in enumerate(((3, 1), (3, 2), (5, 2), (3, 2), (5, 1), (5, 2), (3, 1))):
            blocks: list[nn.Module] = []
            for index in range(layers[group]):
                block = CondMBConv(
                    in_channels,
                    channels[group],
                    kernel_size,
                    stride if index == 0 else 1,
                    expansion=1 if group == 0 else 6,
                    num_experts=num_experts if group >= 4 else 0,
                    drop_path=drop_path * built / sum(layers),
                )
                blocks.append(block)
                in_channels, built = channels[group], built + 1
            groups.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*groups)
        self.head = SameConv2d(in_channels, 1280, 1)
        self.bn2 = _norm(1280)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(1280, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.bn1(self.stem(x)))  # (B, 32, H/2, W/2)
        x = self.act(self.bn2(self.head(self.blocks(x))))  # (B, 1280, H/32, W/32)
        return self.fc(self.dropout(x.mean((2, 3))))  # (B, num_classes)


def _norm(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation with the constants of the authors' networks."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def efficientnet_condconv_b0_4e(num_classes: int = 1000) -> EfficientNetCondConv:
    """EfficientNetCondConv in the configuration efficientnet_condconv_b0_4e, for inputs of 224 x 224."""
    return EfficientNetCondConv(num_experts=4, num_classes=num_classes)


def efficientnet_condconv_b0_8e(num_classes: int = 1000) -> EfficientNetCondConv:
    """EfficientNetCondConv in the configuration efficientnet_condconv_b0_8e, for inputs of 224 x 224."""
    return EfficientNetCondConv(num_experts=8, num_classes=num_classes)


def efficientnet_condconv_b0_8e_depth(num_classes: int = 1000) -> EfficientNetCondConv:
    """EfficientNetCondConv in the configuration efficientnet_condconv_b0_8e_depth, for inputs of 224 x 224."""
    return EfficientNetCondConv(num_experts=8, depth=1.1, num_classes=num_classes)

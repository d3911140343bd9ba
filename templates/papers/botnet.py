"""Bottleneck Transformers: self-attention over all positions in place of the last 3x3 convolutions of a ResNet."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.resnet import Bottleneck, ResNet

__all__ = ["MHSA", "BoTBlock", "BoTNet"]


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

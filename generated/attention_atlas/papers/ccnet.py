"""CCNet: Criss-Cross Attention for Semantic Segmentation (ICCV 2019).

Authors: Zilong Huang et al.
Paper: https://arxiv.org/abs/1811.11721
Code (the authors', licence: MIT): https://github.com/speedinghzl/CCNet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/ccnet.py, templates/blocks/full_precision.py and catalog.yaml: edit those.

Criss-cross attention: a pixel attends to its row and its column; done twice, it has seen the whole image.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["RCCA", "CrissCrossAttention"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


class CrissCrossAttention(nn.Module):
    """Adds to each pixel what it gathers from the H + W - 1 pixels of its row and column under one softmax.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of queries and keys.

    Differs from the paper:
        As in the released code, the sum is scaled by a learned ``gamma``, which starts at zero; Eq. 2 has none.
    """

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.query = nn.Linear(channels, channels // reduction)
        self.key = nn.Linear(channels, channels // reduction)
        self.value = nn.Linear(channels, channels)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        height = x.shape[2]
        pixels = x.permute(0, 2, 3, 1).contiguous()  # (B, H, W, C)
        q, k = self.query(pixels), self.key(pixels)  # (B, H, W, C/r)
        # Scaling the weights by gamma is the same as scaling the result, and they are smaller.
        v = F.linear(pixels, self.gamma * self.value.weight, self.gamma * self.value.bias)  # (B, H, W, C)
        v_column = v.transpose(1, 2).contiguous()  # (B, W, H, C)
        # Products of queries and keys leave the range of half precision before the softmax brings them back.
        with full_precision(x):
            if q.dtype in (torch.float16, torch.bfloat16):
                q, k = q.float(), k.float()
            q_column, k_column = q.transpose(1, 2).contiguous(), k.transpose(1, 2).contiguous()  # (B, W, H, C/r)
            row = q @ k.mT  # (B, H, W, W)  Eq. 1
            column = q_column @ k_column.mT  # (B, W, H, H)  Eq. 1
            column.diagonal(dim1=2, dim2=3).fill_(float("-inf"))  # the pixel itself is in the row already
            a = torch.cat((column.transpose(1, 2), row), 3).softmax(3).to(v.dtype)  # (B, H, W, H + W)
        from_column = (a[..., :height].transpose(1, 2) @ v_column).transpose(1, 2)  # (B, H, W, C)
        from_row = a[..., height:] @ v  # (B, H, W, C)
        return x + (from_column + from_row).permute(0, 3, 1, 2)  # (B, C, H, W)  Eq. 2


class RCCA(nn.Module):
    """Recurrent criss-cross attention: the head that attends repeatedly and classifies each pixel.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, num_classes, H, W)``

    Args:
        in_channels: C; attention works on a quarter of them.
        out_channels: before the classifier.
        recurrence: passes of the one attention module. Two let every pixel reach every other.
        dropout: of whole channels, before the classifier.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        out_channels: int = 512,
        recurrence: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if recurrence < 1:
            raise ValueError(f"recurrence: expected at least 1, got {recurrence}")
        channels = in_channels // 4
        self.recurrence = recurrence
        self.reduce = _conv_norm_act(in_channels, channels)
        self.attention = CrissCrossAttention(channels)
        self.mix = _conv_norm_act(channels, channels)
        self.fuse = _conv_norm_act(in_channels + channels, out_channels)
        self.dropout = nn.Dropout2d(dropout)
        self.classify = nn.Conv2d(out_channels, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.reduce(x)  # (B, C/4, H, W)
        for _ in range(self.recurrence):
            y = self.attention(y)
        y = self.fuse(torch.cat((x, self.mix(y)), 1))  # (B, out_channels, H, W)
        return self.classify(self.dropout(y))  # (B, num_classes, H, W)


def _conv_norm_act(in_channels: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.LeakyReLU(0.01, inplace=True),
    )

"""Object-Contextual Representations for Semantic Segmentation (ECCV 2020).

Authors: Yuhui Yuan et al.
Paper: https://arxiv.org/abs/1909.11065
Code (the authors', licence: MIT): https://github.com/HRNet/HRNet-Semantic-Segmentation
Shape: B C H W, B K H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/ocrnet.py, templates/blocks/full_precision.py, templates/blocks/attend.py and
    catalog.yaml: edit those.

Object-contextual representations: each pixel receives context from the regions of the classes it resembles.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["OCR", "OCRHead", "ObjectAttention", "gather_regions"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """For each query the mean of the values, weighted by a softmax over ``scale`` times its products with the keys.

    Shape:
        q: ``(B, d, N)``, k: ``(B, d, M)``, v: ``(B, D, M)`` -> ``(B, D, N)``
    """
    wide = v.shape[1]
    # The fused kernel for the CPU asks for equal widths and forms the products again for the gradient. At these widths
    # padding, or doing that for few keys, costs more than it saves.
    apart = wide != q.shape[1] or (q.requires_grad and k.shape[2] < 8 * wide)
    if q.device.type == "cpu" and wide > 128 and apart:
        with full_precision(q):
            if q.dtype == torch.float16:
                q, k = q.float(), k.float()
            weights = ((q if scale == 1 else q * scale).mT @ k).softmax(2).to(v.dtype)  # (B, N, M)
        # In backward, the first form copies the result and the second one the weights: the smaller is taken.
        return (weights @ v.mT).mT if k.shape[2] > wide else v @ weights.mT  # (B, D, N)
    width = max(q.shape[1], wide) if q.device.type == "cpu" else 0
    out = F.scaled_dot_product_attention(_rows(q, width), _rows(k, width), _rows(v, width), scale=scale)
    return out[:, 0, :, :wide].mT


def _rows(x: Tensor, width: int) -> Tensor:
    """``(B, d, N)`` -> ``(B, 1, N, d)``, with zeros up to ``width`` and without gaps in memory."""
    if x.shape[1] < width:
        x = F.pad(x, (0, 0, 0, width - x.shape[1]))
    return x.mT.contiguous().unsqueeze(1)


def gather_regions(x: Tensor, logits: Tensor, scale: float = 1.0) -> Tensor:
    """One vector per class: the mean of all pixels, weighted by a softmax of the class's logits over the pixels.

    Shape:
        x: ``(B, C, H, W)``, logits: ``(B, K, H, W)`` -> ``(B, C, K, 1)``
    """
    weights = (logits if scale == 1 else scale * logits).flatten(2).softmax(2)  # (B, K, N) with N = H * W
    return (x.flatten(2) @ weights.mT).unsqueeze(3)  # (B, C, K, 1)


class ObjectAttention(nn.Module):
    """Attention from pixels to region vectors.

    Shape:
        x: ``(B, C, H, W)``, regions: ``(B, C, K, 1)`` -> ``(B, C, H, W)``

    Args:
        key_channels: width of queries, keys and values.
        pool: side of the windows whose largest values stand for the pixels; the context is then interpolated.
    """

    def __init__(self, channels: int, key_channels: int = 256, pool: int = 1) -> None:
        super().__init__()
        if pool < 1:
            raise ValueError(f"pool: expected at least 1, got {pool}")
        self.pool = pool
        self.query = nn.Sequential(*_layer(channels, key_channels), *_layer(key_channels, key_channels))
        self.key = nn.Sequential(*_layer(channels, key_channels), *_layer(key_channels, key_channels))
        self.value = nn.Sequential(*_layer(channels, key_channels))
        self.up = nn.Conv2d(key_channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, regions: Tensor) -> Tensor:
        size = x.shape[2:]
        if self.pool > 1:
            x = F.max_pool2d(x, self.pool)
        query, key = self.query(x).flatten(2), self.key(regions).squeeze(3)  # (B, k, N), (B, k, K)
        # The last convolution is linear, so it acts on the K values and not on the context of every pixel.
        value = self.up(self.value(regions)).squeeze(3)  # (B, C, K)
        context = attend(query, key, value, key.shape[1] ** -0.5)  # (B, C, N)
        context = F.relu(self.norm(context.unflatten(2, x.shape[2:])), inplace=True)  # (B, C, H / p, W / p)
        if self.pool > 1:
            context = F.interpolate(context, size, mode="bilinear", align_corners=True)  # (B, C, H, W)
        return context


class OCR(nn.Module):
    """Augments pixels with the context of the regions that a coarse prediction outlines.

    Shape:
        x: ``(B, C, H, W)``, logits: ``(B, K, H, W)`` -> ``(B, C, H, W)``, for any number K of classes

    Args:
        key_channels: width of queries, keys and values.
        scale: sharpness of the softmax that turns the logits of a class into weights of the pixels.
        pool: side of the windows whose largest values stand for the pixels in the attention.
        dropout: share of channels that training sets to zero at the end.
    """

    def __init__(
        self, channels: int, key_channels: int = 256, scale: float = 1.0, pool: int = 1, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.scale = scale
        self.attention = ObjectAttention(channels, key_channels, pool)
        self.join_context = nn.Conv2d(channels, channels, 1, bias=False)
        self.join_map = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor, logits: Tensor) -> Tensor:
        if logits.dim() != 4 or logits.shape[::2] != x.shape[::2] or logits.shape[3] != x.shape[3]:
            raise ValueError(f"logits: expected ({len(x)}, K, {x.shape[2]}, {x.shape[3]}), got {tuple(logits.shape)}")
        if min(x.shape[2:]) < self.attention.pool:
            raise ValueError(f"x: expected maps of at least pool={self.attention.pool}, got {tuple(x.shape[2:])}")
        context = self.attention(x, gather_regions(x, logits, self.scale))  # (B, C, H, W)
        joined = self.join_map(x).add_(self.join_context(context))  # a convolution of both, without joining them
        return self.dropout(F.relu(self.norm(joined), inplace=True))  # (B, C, H, W)


class OCRHead(nn.Module):
    """The segmentation head: a coarse prediction, the pixels augmented by its regions, the final prediction.

    Shape:
        x: ``(B, C1, H, W)`` -> ``(B, K, H, W)``, ``(B, K, H, W)``: the final and the coarse logits; both are trained

    Args:
        num_classes: K.
        channels: C, the width of the augmented pixels.
    """

    def __init__(
        self, in_channels: int, num_classes: int, channels: int = 512, key_channels: int = 256, dropout: float = 0.05
    ) -> None:
        super().__init__()
        self.coarse = nn.Sequential(
            *_layer(in_channels, in_channels, bias=True), nn.Conv2d(in_channels, num_classes, 1)
        )
        self.reduce = nn.Sequential(*_layer(in_channels, channels, 3, bias=True))
        self.ocr = OCR(channels, key_channels, dropout=dropout)
        self.classify = nn.Conv2d(channels, num_classes, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        coarse = self.coarse(x)  # (B, K, H, W)
        return self.classify(self.ocr(self.reduce(x), coarse)), coarse


def _layer(in_channels: int, channels: int, kernel_size: int = 1, bias: bool = False) -> tuple[nn.Module, ...]:
    conv = nn.Conv2d(in_channels, channels, kernel_size, padding=kernel_size // 2, bias=bias)
    return conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)

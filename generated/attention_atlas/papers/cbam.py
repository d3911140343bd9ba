"""CBAM: Convolutional Block Attention Module (ECCV 2018).

Authors: Sanghyun Woo et al.
Paper: https://arxiv.org/abs/1807.06521
Code (the authors', licence: MIT): https://github.com/Jongchan/attention-module
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/cbam.py, templates/blocks/full_precision.py and catalog.yaml: edit those.

Convolutional block attention: a gate for each channel, then a gate for each position, both from means and maxima.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CBAM", "ChannelGate", "SpatialGate"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


_POOLS = ("avg", "max", "lp", "lse")


class ChannelGate(nn.Module):
    """Scales each channel by a gate that one MLP, shared by several poolings over the map, computes.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the hidden layer.
        pools: poolings whose results are added after the MLP: of ``"avg"``, ``"max"``, ``"lp"`` (2-norm) and ``"lse"``
            (logarithm of the sum of exponentials).
    """

    def __init__(self, channels: int, reduction: int = 16, pools: Sequence[str] = ("avg", "max")) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if not pools or any(pool not in _POOLS for pool in pools):
            raise ValueError(f"pools: expected one or more of {', '.join(_POOLS)}, got {list(pools)}")
        self.pools = tuple(pools)
        self.mlp = nn.Sequential(
            nn.Linear(channels, channels // reduction),
            nn.ReLU(inplace=True),
            nn.Linear(channels // reduction, channels),
        )

    @staticmethod
    def pool(x: Tensor, pool: str) -> Tensor:
        """Each channel as one number. The two that add up without a mean are in float32 for maps in half precision."""
        x = x.flatten(2)  # (B, C, H*W)
        if pool == "avg":
            return x.mean(2)  # (B, C)
        if pool == "max":
            return _largest(x, 2)
        if x.dtype in (torch.float16, torch.bfloat16):
            x = x.float()
        return torch.linalg.vector_norm(x, dim=2) if pool == "lp" else x.logsumexp(2)

    def logits(self, x: Tensor) -> Tensor:
        """The gates before their sigmoid: ``(B, C, H, W)`` -> ``(B, C, 1, 1)``."""
        pooled = torch.stack([self.pool(x, pool) for pool in self.pools])  # (P, B, C)
        with full_precision(x):  # a norm over the map can leave the range of half precision
            for layer in self.mlp:
                pooled = _linear(layer, pooled) if isinstance(layer, nn.Linear) else layer(pooled)
            return pooled.sum(0)[:, :, None, None]  # (B, C, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.logits(x).sigmoid().to(x.dtype)  # (B, C, H, W)  Eq. 2


class SpatialGate(nn.Module):
    """Scales each position by a gate that one convolution computes from the maximum and the mean over the channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, kernel_size: int = 7) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01)

    def logits(self, x: Tensor) -> Tensor:
        """The gates before their sigmoid: ``(B, C, H, W)`` -> ``(B, 1, H, W)``."""
        pooled = torch.stack((_largest(x, 1), x.mean(1)), dim=1)  # (B, 2, H, W)
        return self.norm(self.conv(pooled))  # (B, 1, H, W)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.logits(x).sigmoid()  # (B, C, H, W)  Eq. 3


class CBAM(nn.Module):
    """Refines a map by a channel gate, then by a spatial gate.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the channel gate's hidden layer.
        pools: poolings of the channel gate: of ``"avg"``, ``"max"``, ``"lp"`` and ``"lse"``.
        kernel_size: of the spatial gate's convolution, an odd number; the paper compares 7 with 3.
        spatial: whether there is a spatial gate.
        order: of the two gates, which the paper compares: ``"channel-first"``, ``"spatial-first"`` or ``"parallel"``.

    Differs from the paper:
        As in the released code, batch normalisation follows the spatial gate's convolution, and its input is maximum,
        then mean; the paper's Eq. 3 has no normalisation and the mean first. The paper gives no equation for the gates
        in parallel: here both read the input, and one sigmoid is taken of their sum, as in BAM by the same authors.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        pools: Sequence[str] = ("avg", "max"),
        kernel_size: int = 7,
        spatial: bool = True,
        order: Literal["channel-first", "spatial-first", "parallel"] = "channel-first",
    ) -> None:
        super().__init__()
        if order not in ("channel-first", "spatial-first", "parallel"):
            raise ValueError(f"order: expected channel-first, spatial-first or parallel, got {order!r}")
        self.order = order
        self.channel_gate = ChannelGate(channels, reduction, pools)
        self.spatial_gate = SpatialGate(kernel_size) if spatial else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if self.order == "channel-first" or not isinstance(self.spatial_gate, SpatialGate):
            return self.spatial_gate(self.channel_gate(x))  # (B, C, H, W)  Eq. 1
        if self.order == "spatial-first":
            return self.channel_gate(self.spatial_gate(x))
        logits = self.channel_gate.logits(x) + self.spatial_gate.logits(x)  # (B, C, H, W)
        return x * logits.sigmoid().to(x.dtype)


def _linear(layer: nn.Linear, x: Tensor) -> Tensor:
    """``layer`` in the precision of ``x``."""
    return F.linear(x, layer.weight.to(x.dtype), layer.bias.to(x.dtype))


def _largest(x: Tensor, dim: int) -> Tensor:
    """The maximum along ``dim``. ``amax`` is the faster way forward, ``max`` the faster and leaner way back."""
    return x.max(dim).values if torch.is_grad_enabled() else x.amax(dim)

"""Polarized self-attention: one half collapses space and keeps channels, the other collapses channels and keeps space.

Every projection is linear and stands beside a sum over positions or over channels, so the two are exchanged: positions
are summed first, and what is left to project is one vector per item instead of one per position.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ChannelAttention", "PolarizedSelfAttention", "SpatialAttention"]


class ChannelAttention(nn.Module):
    """The channel-only branch: a softmax over positions pools the values, and a sigmoid turns them into gates.

    Shape:
        x: ``(B, C, N)`` -> ``(B, C, 1)``

    Args:
        excitation: what follows the pooled values: ``plain`` one projection, ``norm`` that and a layer normalisation,
            ``bottleneck`` a narrow layer with normalisation and ReLU, and a projection.
    """

    def __init__(self, channels: int, excitation: str) -> None:
        super().__init__()
        half = channels // 2
        self.query = nn.Linear(channels, 1, bias=False)
        self.value = nn.Linear(channels, half, bias=False)
        layers: list[nn.Module] = [nn.Linear(half, channels, bias=False)]
        if excitation == "norm":
            layers.append(nn.LayerNorm(channels))
        if excitation == "bottleneck":
            narrow = half // 4
            layers = [nn.Linear(half, narrow), nn.LayerNorm(narrow), nn.ReLU(inplace=True), nn.Linear(narrow, channels)]
        self.up = nn.Sequential(*layers)
        _init(self.query, self.value)

    def forward(self, x: Tensor) -> Tensor:
        mask = _weigh(self.query.weight, x).softmax(2)  # (B, 1, N)
        pooled = (x @ mask.mT).squeeze(2)  # (B, C)
        return self.up(self.value(pooled)).sigmoid().unsqueeze(2)  # (B, C, 1)


class SpatialAttention(nn.Module):
    """The spatial-only branch: products of one pooled query with the values of all positions, and a sigmoid.

    Shape:
        x: ``(B, C, N)`` -> ``(B, 1, N)``

    Args:
        softmax: what it normalises: ``query`` the pooled query over its channels, ``product`` the products over the
            positions, ``value`` each channel of the values over the positions.
    """

    def __init__(self, channels: int, softmax: str) -> None:
        super().__init__()
        self.softmax = softmax
        self.query = nn.Linear(channels, channels // 2, bias=False)
        self.value = nn.Linear(channels, channels // 2, bias=False)
        _init(self.query, self.value)

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x.mean(2))  # (B, C/2)
        if self.softmax == "value":
            value = torch.bmm(self.value.weight.expand(len(x), -1, -1), x)  # (B, C/2, N)
            return (query.unsqueeze(1) @ value.softmax(2)).sigmoid()  # (B, 1, N)
        if self.softmax == "query":
            query = query.softmax(1)
        weight = query @ self.value.weight  # (B, C)
        if self.softmax == "query":
            return (weight.unsqueeze(1) @ x).sigmoid()  # (B, 1, N)
        # Taken off before the products and put back behind them, the length of the weights cannot drive the products
        # out of the range of half precision.
        weight = weight.to(torch.promote_types(weight.dtype, torch.float32))
        length = weight.detach().abs().sum(1, keepdim=True).clamp(min=1e-20)  # (B, 1)
        products = (weight / length).to(x.dtype).unsqueeze(1) @ x  # (B, 1, N)
        return (products * length.unsqueeze(2)).softmax(2).to(x.dtype).sigmoid()


class PolarizedSelfAttention(nn.Module):
    """Scales the input by a gate per channel and a gate per position.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        layout: ``parallel`` adds the two results (Eq. 3), ``sequential`` applies the channel gate first, then the
            spatial one to its result (Eq. 4).
        form: ``released`` as the authors' code computes it, ``paper`` as the equations say.

    Differs from the paper:
        The released code, the default, has no layer normalisation in the parallel layout and a narrow layer in the
        sequential one. Its spatial branch normalises over positions (the products in the parallel layout, the values
        in the sequential one), where Eq. 2 normalises the query over channels. ``form="paper"`` is the paper's.
    """

    def __init__(self, channels: int, layout: str = "parallel", form: str = "released") -> None:
        super().__init__()
        if layout not in ("parallel", "sequential"):
            raise ValueError(f"layout: expected parallel or sequential, got {layout!r}")
        if form not in ("released", "paper"):
            raise ValueError(f"form: expected released or paper, got {form!r}")
        # Normalised, a narrow layer of one number would be constant.
        least = 16 if (layout, form) == ("sequential", "released") else 2
        if channels < least:
            raise ValueError(f"channels: expected at least {least}, got {channels}")
        self.layout = layout
        parallel, paper = layout == "parallel", form == "paper"
        self.channel = ChannelAttention(channels, "norm" if paper else "plain" if parallel else "bottleneck")
        self.spatial = SpatialAttention(channels, "query" if paper else "product" if parallel else "value")

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)  # (B, C, N)
        if self.layout == "parallel":
            out = flat * (self.channel(flat) + self.spatial(flat))  # (B, C, N)
        else:
            out = flat * self.channel(flat)  # (B, C, N)
            out = out * self.spatial(out)
        return out.view(x.shape)  # (B, C, H, W)


def _init(*layers: nn.Linear) -> None:
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


def _weigh(weight: Tensor, x: Tensor) -> Tensor:
    """A weighted sum over channels: ``(1, C)``, ``(B, C, N)`` -> ``(B, 1, N)``."""
    return torch.bmm(weight.expand(len(x), -1, -1), x)

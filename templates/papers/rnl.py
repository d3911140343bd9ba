"""Region-based non-local block: places of a clip are compared by the regions around them."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.attend import attend
from templates.blocks.full_precision import full_precision

__all__ = ["RNL", "ChannelGate"]


class RNL(nn.Module):
    """Adds to each place of a clip the mean of all places, weighted by how alike the regions around both are.

    Shape:
        x: ``(B, C, T, H, W)`` -> ``(B, C, T, H, W)``

    Args:
        reduction: C over c, the width of the embedding.
        kernel_size, temporal_kernel: extent of a region in both axes of a frame and in time, odd; a depthwise
            convolution summarizes it. If both are one, single places are compared.
        sub_sample: whether the places that are summed over are max-pooled by two in both axes of a frame.
        activation: ``softmax`` of the products over the places that are summed over, or ``relu`` of them over their
            number.
        normalize: whether summaries are brought to unit length first.
        norm: whether batch normalization follows the last layer. It starts at zero, and the layer itself where there is
            none, so that a new block leaves its input as it is.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 2,
        kernel_size: int = 7,
        temporal_kernel: int = 3,
        sub_sample: bool = False,
        activation: str = "softmax",
        normalize: bool = False,
        norm: bool = True,
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if kernel_size % 2 == 0 or temporal_kernel % 2 == 0:
            raise ValueError(f"kernels: expected odd sizes, got {kernel_size} and {temporal_kernel}")
        if activation not in ("softmax", "relu"):
            raise ValueError(f"activation: expected softmax or relu, got {activation!r}")
        inner = channels // reduction
        self.activation = activation
        self.normalize = normalize
        self.embed = nn.Conv1d(channels, inner, 1)
        kernel = (temporal_kernel, kernel_size, kernel_size)
        padding = (temporal_kernel // 2, kernel_size // 2, kernel_size // 2)
        single = kernel == (1, 1, 1)
        self.region = nn.Identity() if single else nn.Conv3d(inner, inner, kernel, 1, padding, groups=inner, bias=False)
        self.pool = nn.MaxPool3d((1, 2, 2)) if sub_sample else nn.Identity()
        last = out = nn.Conv1d(inner, channels, 1)
        if norm:
            last = nn.BatchNorm1d(channels)
            out = nn.Sequential(out, last)
        self.out = out
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # pyright: ignore[reportArgumentType]  # both layers have a bias

    def forward(self, x: Tensor) -> Tensor:
        values = self.embed(x.flatten(2)).unflatten(2, x.shape[2:])  # (B, c, T, H, W)
        regions = self.region(values)  # (B, c, T, H, W)
        if self.normalize:
            regions = F.normalize(regions, dim=1)
        query, key, value = (t.flatten(2) for t in (regions, self.pool(regions), self.pool(values)))  # N, M, M places
        aggregate = partial(attend, scale=1.0) if self.activation == "softmax" else _rectified
        y = aggregate(query, key, value)  # (B, c, N)
        return x + self.out(y).reshape(x.shape)  # (B, C, T, H, W)


class ChannelGate(nn.Module):
    """Adds one vector to all places: their attended mean after two layers, as in GCNet; put before ``RNL``.

    Shape:
        x: ``(B, C, T, H, W)`` -> ``(B, C, T, H, W)``

    Args:
        reduction: C over the width of the hidden layer.

    Differs from the paper:
        The paper chains the block with Squeeze-and-Excitation; the released models have this gate.
    """

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.attention = nn.Conv1d(channels, 1, 1)
        self.down = nn.Linear(channels, channels // reduction)
        self.norm = nn.BatchNorm1d(channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        places = x.flatten(2)  # (B, C, N) with N = T * H * W
        mean = (places @ self.attention(places).softmax(2).mT).squeeze(2)  # (B, C)
        shift = self.up(self.norm(self.down(mean)).relu_())  # (B, C)
        return x + shift[:, :, None, None, None]  # (B, C, T, H, W)


def _rectified(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The sum over j of ReLU(<query_i, key_j>) value_j for every i, over the number of j.

    Shape:
        query: ``(B, c, N)``, key, value: ``(B, c, M)`` -> ``(B, c, N)``
    """
    dtype = value.dtype
    # Products of unbounded embeddings leave the range of half precision. Under autocast the layers differ in theirs.
    with full_precision(query):
        wide = torch.promote_types(query.dtype, torch.promote_types(dtype, torch.float32))
        query, key, value = query.to(wide), key.to(wide), value.to(wide)
        return (value / key.shape[2] @ (key.mT @ query).relu_()).to(dtype)

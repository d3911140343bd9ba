"""Efficient attention: keys and values are multiplied first, so that the cost grows linearly with the positions."""

from __future__ import annotations

from torch import Tensor, nn

from templates.blocks.gather_distribute import distribute, gather

__all__ = ["EfficientAttention"]


class EfficientAttention(nn.Module):
    """Sums the values into one vector per key channel, from which each position reads with its query; adds the input.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        key_channels, value_channels: d_k and d_v of all heads together.
        num_heads: heads with channels of their own; the paper has one.
        normalization: ``softmax`` of each query over its channels and of each key channel over the positions, or
            ``scaling`` of both by the root of the number of positions, which equals dot-product attention.
    """

    def __init__(
        self,
        channels: int,
        key_channels: int = 64,
        value_channels: int = 64,
        num_heads: int = 1,
        normalization: str = "softmax",
    ) -> None:
        super().__init__()
        for name, width in (("key_channels", key_channels), ("value_channels", value_channels)):
            if width % num_heads:
                raise ValueError(f"{name}: expected a multiple of num_heads={num_heads}, got {width}")
        if normalization not in ("softmax", "scaling"):
            raise ValueError(f"normalization: expected softmax or scaling, got {normalization!r}")
        self.num_heads = num_heads
        self.normalization = normalization
        self.keys = nn.Conv2d(channels, key_channels, 1)
        self.queries = nn.Conv2d(channels, key_channels, 1)
        self.values = nn.Conv2d(channels, value_channels, 1)
        self.reprojection = nn.Conv2d(value_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        softmax = self.normalization == "softmax"
        positions = x.flatten(2)  # (B, C, N) with N = H * W
        root = positions.shape[2] ** 0.5
        keys = self.keys(x).flatten(2).unflatten(1, (self.num_heads, -1))  # (B, h, d_k / h, N)
        keys = keys.softmax(3) if softmax else keys / root  # Eq. 4
        context = gather(positions, keys, self.values, softmax)  # (B, h, d_v / h, d_k / h)
        queries = self.queries(x).flatten(2).unflatten(1, (self.num_heads, -1))  # (B, h, d_k / h, N)
        queries = queries.softmax(2) if softmax else queries / root  # Eq. 4
        out = distribute(context, queries, self.reprojection)  # (B, C, N)  Eq. 3
        return x + out.reshape(x.shape)  # (B, C, H, W)

"""Non-local sparse attention: pixels are sorted into buckets by hashes, and attend within chunks of the sorted list."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.blocks.full_precision import full_precision

__all__ = ["NonLocalSparseAttention"]

_MOST_BUCKETS = 128


class NonLocalSparseAttention(nn.Module):
    """Adds to each pixel a softmax mean of values over its own and both adjacent chunks of the list sorted by hash.

    The hash of a pixel is the one of several random directions and their opposites that it is closest to. Each of
    several rounds of hashing contributes; a round counts by its share of the softmax mass, so numerators and
    denominators are simply added over the rounds and divided in the end.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
        rotations: ``(C/r, rounds, at least buckets/2)``, the random directions; optional

    Args:
        n_hashes: rounds of hashing.
        reduction: r, C over the width in which pixels are matched.
        chunk_size: pixels in a chunk; a smaller map is one chunk.
        kernel_size: of the convolution that gives what is matched, an odd number.
        res_scale: factor of what is added.

    Differs from the paper:
        As in the released code, values of adjacent chunks count also across bucket borders, the list is closed to a
        ring, and its end is repeated to fill the last chunk. Directions are drawn anew at each call in training only;
        in evaluation they are constant, so that results can be repeated.
    """

    rotations: Tensor

    def __init__(
        self,
        channels: int,
        n_hashes: int = 4,
        reduction: int = 4,
        chunk_size: int = 144,
        kernel_size: int = 3,
        res_scale: float = 1.0,
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if n_hashes < 1 or chunk_size < 1:
            raise ValueError(f"n_hashes, chunk_size: expected at least 1, got {n_hashes}, {chunk_size}")
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: expected an odd number, got {kernel_size}")
        self.n_hashes, self.chunk_size, self.res_scale = n_hashes, chunk_size, res_scale
        self.match = nn.Conv2d(channels, channels // reduction, kernel_size, padding=kernel_size // 2)
        self.assembly = nn.Conv2d(channels, channels, 1)
        source = torch.Generator("cpu").manual_seed(0)
        size = (channels // reduction, n_hashes, _MOST_BUCKETS // 2)
        rotations = torch.randn(size, generator=source, device="cpu").to(self.match.weight.device)
        self.register_buffer("rotations", rotations, persistent=False)

    def forward(self, x: Tensor, rotations: Tensor | None = None) -> Tensor:
        if rotations is None:
            rotations = torch.randn_like(self.rotations) if self.training else self.rotations
        q = self.match(x).flatten(2).mT  # (B, N, C/r) with N = H * W
        v = self.assembly(x).flatten(2).mT  # (B, N, C)
        with full_precision(x):
            if x.dtype in (torch.float16, torch.bfloat16) or q.dtype != x.dtype:
                q, v = q.float(), v.float()
            y = self._attend(q, v, self._order(q.detach(), rotations.to(q.dtype)))  # (B, N, C)
        return torch.add(x, y.mT.reshape(x.shape).to(x.dtype), alpha=self.res_scale)  # (B, C, H, W)

    def _order(self, q: Tensor, rotations: Tensor) -> Tensor:
        """The pixels of each round in the order of their hashes: ``(B, N, C/r)`` -> ``(B, rounds, N)``."""
        whole = q.shape[1] // self.chunk_size
        half = max(2, min(whole + whole % 2, _MOST_BUCKETS)) // 2
        turned = torch.einsum("bnc,chk->bhnk", q, rotations[:, :, :half])  # (B, rounds, N, buckets/2)
        return torch.cat((turned, -turned), 3).argmax(3).sort(stable=True, dim=2).indices

    def _attend(self, q: Tensor, v: Tensor, order: Tensor) -> Tensor:
        """Means of the values over chunks of the ordered pixels, all rounds together, ``(B, N, C)``."""
        batch, count, width = q.shape
        chunk = min(self.chunk_size, count)
        spare = -count % chunk
        padded = torch.cat((order, order[:, :, count - spare :]), 2)  # (B, rounds, M)
        first = torch.arange(0, batch * count, count, device=q.device)[:, None, None]
        # What a pixel brings along: query, value, and a one whose weighted sum is the denominator.
        brought = torch.cat((q, v, torch.ones_like(q[:, :, :1])), 2).flatten(0, 1)  # (B*N, C/r + C + 1)
        rows = F.embedding((padded + first).flatten(0, 1), brought)  # (B*rounds, M, C/r + C + 1)
        rows = rows.unflatten(1, (-1, chunk))  # (B*rounds, chunks, chunk, C/r + C + 1)
        q, v = rows.split((width, rows.shape[3] - width), 3)
        sums = _sums(q, F.normalize(q, dim=3, eps=5e-5), v)  # (B*rounds*chunks, chunk, C + 1)
        sums = sums.reshape(batch, self.n_hashes, count + spare, sums.shape[2])[:, :, :count]  # (B, rounds, N, C + 1)
        back = torch.empty_like(order).scatter_(2, order, torch.arange(count, device=q.device).expand_as(order))
        total = sums.gather(2, back[..., None].expand(-1, -1, -1, sums.shape[3])).sum(1)  # (B, N, C + 1)
        return total[:, :, :-1] / total[:, :, -1:]


def _sums(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Sums of the values over a chunk and its neighbours, weighted by exponentials of ``q k^T``.

    Shape:
        q, k, v: ``(B, chunks, chunk, *)`` -> ``(B*chunks, chunk, *)``
    """
    # A key is the query with the length 1, so none fits better than the own one: no exponential exceeds 1. What is
    # taken off is the same in all rounds and cancels in the quotient.
    most = (q * k).detach().sum(3, keepdim=True).flatten(0, 1)  # (B*chunks, chunk, 1)
    q = q.flatten(0, 1)
    total = v.new_zeros(1, 1, 1)
    for shift in (0, 1, -1):
        near = k.roll(shift, 1).flatten(0, 1)  # (B*chunks, chunk, C/r)
        weights = torch.baddbmm(most, q, near.mT, beta=-1).exp_()  # (B*chunks, chunk, chunk)
        values = v.roll(shift, 1).flatten(0, 1)  # (B*chunks, chunk, C + 1)
        total = torch.baddbmm(total, weights, values)
    return total

"""Spectral non-local block: the positions form a graph, and a first-order Chebyshev filter runs on it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.full_precision import full_precision

__all__ = ["SNL"]


class SNL(nn.Module):
    """Adds a filter of the features on the graph whose edges are the similarities of all positions.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the width of the embeddings.
        stages: filters one after the other on the same graph, each with its own shortcut.
    """

    def __init__(self, channels: int, reduction: int = 2, stages: int = 1) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        if stages < 1:
            raise ValueError(f"stages: expected at least 1, got {stages}")
        inner = channels // reduction
        self.theta = nn.Conv2d(channels, inner, 1, bias=False)
        self.phi = nn.Conv2d(channels, inner, 1, bias=False)
        self.filters = nn.ModuleList(_Filter(channels, inner) for _ in range(stages))

    def forward(self, x: Tensor) -> Tensor:
        graph = _Graph(self.theta(x).relu_().flatten(2), self.phi(x).relu_().flatten(2))
        for layer in self.filters:
            x = layer(x, graph)
        return x


class _Graph:
    """The positions with their affinity A = (t' p + p' t) / 2, which is symmetric and not negative.

    Products with A and its row sums follow from t and p. So the matrix of all pairs is built only where there are few
    positions and it is the smaller one; otherwise the cost grows linearly with their number.

    Args:
        t, p: ``(B, c, N)``, not negative.
    """

    def __init__(self, t: Tensor, p: Tensor) -> None:
        # Sums over all positions leave the range of half precision.
        with full_precision(t):
            if t.dtype in (torch.float16, torch.bfloat16):
                t, p = t.float(), p.float()
            degree = (p.sum(2, keepdim=True).mT @ t + t.sum(2, keepdim=True).mT @ p) / 2  # (B, 1, N)
            self.root = degree.masked_fill(degree == 0, float("inf")).rsqrt()  # zero where nothing is alike
            self.t, self.p = t, p
            self.affinity: Tensor | None = None
            if t.shape[2] < 2 * t.shape[1]:
                products = t.mT @ p  # (B, N, N)
                self.affinity = (products + products.mT) * (self.root.mT @ (self.root / 2))  # (B, N, N), normalized

    def propagate(self, g: Tensor) -> Tensor:
        """``g D^-1/2 A D^-1/2`` with D the row sums of A: ``(B, c, N)`` -> ``(B, c, N)``."""
        with full_precision(g):
            wide = g.to(self.root.dtype)
            if self.affinity is not None:
                return (wide @ self.affinity).to(g.dtype)
            wide = wide * self.root
            mixed = (wide @ self.t.mT) @ self.p + (wide @ self.p.mT) @ self.t
            return (mixed * (self.root / 2)).to(g.dtype)


class _Filter(nn.Module):
    """One weight for the features and one for what their neighbours in the graph hand on.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.g = nn.Conv2d(channels, inner, 1, bias=False)
        self.own = nn.Conv2d(inner, channels, 1, bias=False)
        self.propagated = nn.Conv2d(inner, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, graph: _Graph) -> Tensor:
        g = self.g(x)  # (B, c, H, W)
        mixed = graph.propagate(g.flatten(2)).unflatten(2, x.shape[2:])  # (B, c, H, W)
        return x + self.norm(self.own(g).add_(self.propagated(mixed))).relu_()  # (B, C, H, W)

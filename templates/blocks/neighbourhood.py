"""Sums over the neighbourhood of each position, taken offset by offset, without a copy of the neighbourhoods.

The derivative of a sum that autograd would form from slices takes a map for each offset; these take one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

__all__ = ["aggregate", "correlate"]

Geometry = tuple[int, int, int]


def aggregate(x: Tensor, weights: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Sums of neighbours, each times a weight of its own: sum over n of ``weights[..., n, i, j]`` x[neighbour n].

    Shape:
        x: ``(B, M, N, H + p, W + p)``, padded; weights: ``(B, M or 1, N or 1, k * k, H/s, W/s)``, shared where there
        is a 1 -> ``(B, M, N, H/s, W/s)``
    """
    return _Aggregate.apply(x, weights.to(x.dtype), (kernel_size, stride, dilation))


def correlate(q: Tensor, k: Tensor, kernel_size: int, stride: int = 1, dilation: int = 1) -> Tensor:
    """Products of the vector at each position with those of its neighbours, summed over the last axis before the map.

    Shape:
        q: ``(B, h, d, H/s, W/s)``, k: ``(B, h, d, H + p, W + p)``, padded -> ``(B, h, 1, k * k, H/s, W/s)``
    """
    return _Correlate.apply(q, k.to(q.dtype), (kernel_size, stride, dilation))


def _windows(x: Tensor, size: torch.Size, geometry: Geometry) -> Iterator[Tensor]:
    """The views of ``x`` that show each position its n-th neighbour."""
    kernel, stride, dilation = geometry
    height, width = (size[-2] - 1) * stride + 1, (size[-1] - 1) * stride + 1
    for row in range(0, kernel * dilation, dilation):
        for column in range(0, kernel * dilation, dilation):
            yield x[..., row : row + height : stride, column : column + width : stride]


def _gather(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
    parts = weights.unbind(3)
    views = _windows(x, weights.shape, geometry)
    out = next(views) * parts[0]
    for window, weight in zip(views, parts[1:], strict=True):
        out.addcmul_(window, weight)
    return out


def _scatter(y: Tensor, weights: Tensor, size: torch.Size, geometry: Geometry) -> Tensor:
    out = y.new_zeros(size)
    for window, weight in zip(_windows(out, weights.shape, geometry), weights.unbind(3), strict=True):
        window.addcmul_(y, weight)
    return out


def _match(y: Tensor, x: Tensor, shared: tuple[int, ...], geometry: Geometry) -> Tensor:
    products = (y * window for window in _windows(x, y.shape, geometry))
    return torch.stack([p.sum(shared, keepdim=True) if shared else p for p in products], 3)


class _Aggregate(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
        return _gather(x, weights, geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        x, weights, ctx.geometry = inputs
        ctx.save_for_backward(x, weights)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weights = ctx.saved_tensors
        (g,) = gradients
        shared = tuple(axis for axis in (1, 2) if weights.shape[axis] != x.shape[axis])
        by_x, by_weights, _ = ctx.needs_input_grad
        return (
            _scatter(g, weights, x.shape, ctx.geometry) if by_x else None,
            _match(g, x, shared, ctx.geometry) if by_weights else None,
            None,
        )


class _Correlate(torch.autograd.Function):
    @staticmethod
    def forward(q: Tensor, k: Tensor, geometry: Geometry) -> Tensor:
        return _match(q, k, (2,), geometry)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Geometry], output: Tensor) -> None:
        q, k, ctx.geometry = inputs
        ctx.save_for_backward(q, k)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        q, k = ctx.saved_tensors
        (g,) = gradients
        by_q, by_k, _ = ctx.needs_input_grad
        return (
            _gather(k, g, ctx.geometry) if by_q else None,
            _scatter(q, g, k.shape, ctx.geometry) if by_k else None,
            None,
        )

"""On the Integration of Self-Attention and Convolution (CVPR 2022).

Authors: Xuran Pan et al.
Paper: https://arxiv.org/abs/2111.14556
Code (the authors', licence: none stated): https://github.com/LeapLabTHU/ACmix
Shape: B C H W -> B O H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/acmix.py, templates/blocks/neighbourhood.py and catalog.yaml: edit those.

ACmix: convolution and self-attention that share their 1x1 convolutions, which are most of the cost of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ACmix"]


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
    def forward(ctx: Any, x: Tensor, weights: Tensor, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(x, weights)
        ctx.geometry = geometry
        return _gather(x, weights, geometry)

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
    def forward(ctx: Any, q: Tensor, k: Tensor, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(q, k)
        ctx.geometry = geometry
        return _match(q, k, (2,), geometry)

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


class ACmix(nn.Module):
    """A weighted sum of attention over the window around each position and a convolution, both of q, k and v.

    The convolution sees the heads of q, k and v as channels: a linear map turns these 3 h numbers of each position into
    k * k, which shifts move and add; the shifts are a convolution that is learned on from there.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, O, H/s, W/s)`` with O = out_channels and s = stride, rounded up; H and W exceed
        attention_size // 2, since maps are mirrored there

    Args:
        attention_size: height and width of the window of the attention.
        kernel_size: of the convolution.

    Differs from the paper:
        Its equations have no positions. As released, a learned linear map of a neighbour's offset is added to its key.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        attention_size: int = 7,
        num_heads: int = 4,
        kernel_size: int = 3,
        stride: int = 1,
    ) -> None:
        super().__init__()
        if out_channels % num_heads:
            raise ValueError(f"num_heads: expected a divisor of out_channels={out_channels}, got {num_heads}")
        for name, size in (("attention_size", attention_size), ("kernel_size", kernel_size)):
            if size % 2 == 0:
                raise ValueError(f"{name}: expected an odd number, got {size}")
        self.attention_size, self.num_heads, self.kernel_size, self.stride = (
            attention_size,
            num_heads,
            kernel_size,
            stride,
        )
        self.head_dim = out_channels // num_heads
        self.qkv = nn.Conv2d(in_channels, 3 * out_channels, 1)
        self.position = nn.Conv2d(2, self.head_dim, 1)
        self.mix = nn.Parameter(torch.empty(kernel_size**2, 3 * num_heads))
        shifts = torch.eye(kernel_size**2).unflatten(1, (kernel_size, kernel_size))
        self.shift = nn.Parameter(shifts.repeat(out_channels, 1, 1, 1))
        self.attention_rate = nn.Parameter(torch.full((1,), 0.5))
        self.convolution_rate = nn.Parameter(torch.full((1,), 0.5))
        nn.init.kaiming_uniform_(self.mix, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        # Channels of one number of all heads stand together, as the convolution wants them.
        heads = (3, self.num_heads, self.head_dim)
        weight = self.qkv.weight.unflatten(0, heads).permute(2, 0, 1, 3, 4, 5).flatten(0, 2)  # (3 * O, C, 1, 1)
        bias = None if self.qkv.bias is None else self.qkv.bias.view(heads).permute(2, 0, 1).flatten()
        qkv = F.conv2d(x, weight, bias)  # (B, d * 3 * h, H, W)
        attended = self._attend(*qkv.unflatten(1, (self.head_dim, 3, -1)).unbind(2))  # (B, O, H/s, W/s)
        return self.attention_rate * attended + self.convolution_rate * self._convolve(qkv)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention of ``(B, d, h, H, W)`` each over windows: ``(B, O, H/s, W/s)``."""
        size, stride = self.attention_size, self.stride
        q = q[..., ::stride, ::stride].transpose(1, 2) * self.head_dim**-0.5  # (B, h, d, H/s, W/s)
        # Of the offset p_i - p_j only p_j changes from neighbour to neighbour; the softmax drops the rest.
        k = k - self._places(k).unsqueeze(2)
        k, v = (self._pad(t).transpose(1, 2) for t in (k, v))  # (B, h, d, H + k - 1, W + k - 1) each
        weights = correlate(q, k, size, stride).softmax(3)  # (B, h, 1, k * k, H/s, W/s)
        return aggregate(v, weights, size, stride).flatten(1, 2)

    def _convolve(self, qkv: Tensor) -> Tensor:
        """``mix`` and ``shift``, two linear maps in a row, as one grouped convolution: ``(B, O, H/s, W/s)``."""
        shift = self.shift.flatten(2).mT  # (O, k * k, k * k), of which the last are summed
        kernel = (shift.flatten(0, 1) @ self.mix).unflatten(0, (len(shift), -1)).mT  # (O, 3 * h, k * k)
        kernel = kernel.unflatten(2, (self.kernel_size, self.kernel_size)).to(qkv.dtype)
        return F.conv2d(qkv, kernel, None, self.stride, self.kernel_size // 2, groups=self.head_dim)

    def _places(self, like: Tensor) -> Tensor:
        """A linear map of column and row, both from -1 to 1: ``(1, d, H, W)``."""
        height, width = like.shape[3:]
        rows = torch.linspace(-1, 1, height, dtype=like.dtype, device=like.device)
        columns = torch.linspace(-1, 1, width, dtype=like.dtype, device=like.device)
        grid = torch.stack((columns.expand(height, -1), rows[:, None].expand(-1, width)))
        return self.position(grid.unsqueeze(0))

    def _pad(self, x: Tensor) -> Tensor:
        """Mirrors ``(B, d, h, H, W)`` at the border of the map."""
        return F.pad(x.flatten(1, 2), (self.attention_size // 2,) * 4, "reflect").unflatten(1, x.shape[1:3])

"""Tensors from names: the same numbers on every machine, different ones for every name.

Equal filling of equal shapes would hide a swapped query and key, so each tensor is drawn from a seed made of its own
name. Drawn are integers, which every CPU generation gives alike, and only then scaled.
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor

_STEPS = 1 << 24  # exactly representable in float32


def uniform(name: str, shape: tuple[int, ...], low: float, high: float, dtype: torch.dtype = torch.float64) -> Tensor:
    """A tensor of ``shape`` with values in ``[low, high)`` that depend on ``name`` and ``shape`` alone."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    source = torch.Generator().manual_seed(seed)
    draws = torch.randint(0, _STEPS, shape, generator=source, dtype=torch.int64)
    return (low + (high - low) * (draws.to(torch.float64) / _STEPS)).to(dtype)


def state_tensor(name: str, like: Tensor) -> Tensor:
    """The value of the state tensor ``name`` of the authors' module.

    Integers keep their value. Variances lie in [0.5, 1.5), scales (one-dimensional weights) too, other vectors and
    scalars in [-0.5, 0.5); matrices and kernels have the variance 1/fan-in, so that depth does not blow them up.
    """
    if not like.dtype.is_floating_point:
        return like.clone()
    shape, last = tuple(like.shape), name.rpartition(".")[2]
    if last == "running_var":
        return uniform(name, shape, 0.5, 1.5, like.dtype)
    if like.dim() >= 2:
        bound = math.sqrt(3 / max(1, like[0].numel()))
        return uniform(name, shape, -bound, bound, like.dtype)
    if last in ("weight", "scale"):
        return uniform(name, shape, 0.5, 1.5, like.dtype)
    return uniform(name, shape, -0.5, 0.5, like.dtype)


def sample_positions(name: str, count: int, size: int) -> list[int]:
    """At most ``count`` positions of a flattened tensor with ``size`` entries, ascending, drawn from ``name``."""
    if size <= count:
        return list(range(size))
    draws = uniform(name, (count,), 0, size).long()
    return sorted({int(position) for position in draws})

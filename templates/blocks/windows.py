"""Maps cut into windows and put together again. Channels last."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["merge_windows", "pad_to_multiple", "partition_windows"]


def partition_windows(x: Tensor, height: int, width: int) -> Tensor:
    """Cuts a map into windows that do not overlap. Copies nothing.

    Shape:
        x: ``(B, H, W, ...)`` -> ``(B, H/height, W/width, height, width, ...)``
    """
    return x.unflatten(2, (-1, width)).unflatten(1, (-1, height)).transpose(2, 3)


def merge_windows(windows: Tensor) -> Tensor:
    """Undoes :func:`partition_windows`.

    Shape:
        windows: ``(B, R, S, h, w, ...)`` -> ``(B, R * h, S * w, ...)``
    """
    return windows.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def pad_to_multiple(x: Tensor, height: int, width: int) -> Tensor:
    """Adds zeros below and to the right until H and W are multiples of ``height`` and ``width``.

    Shape:
        x: ``(B, H, W, C)`` -> ``(B, H + p, W + q, C)``
    """
    below, right = -x.shape[1] % height, -x.shape[2] % width
    return F.pad(x, (0, 0, 0, right, 0, below)) if below or right else x

"""A learned number for each head and each offset between two positions of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["RelativePositionBias"]


class RelativePositionBias(nn.Module):
    """What is added to the logits of attention inside a window of ``height`` x ``width`` positions.

    Shape:
        returns ``(h, N, N)`` with h = num_heads and N = height * width; rows are queries, columns keys
    """

    index: Tensor

    def __init__(self, height: int, width: int, num_heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty((2 * height - 1) * (2 * width - 1), num_heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        rows, columns = torch.arange(height).repeat_interleave(width), torch.arange(width).repeat(height)
        down = rows[:, None] - rows + height - 1  # (N, N), from 0 to 2 * height - 2
        right = columns[:, None] - columns + width - 1  # (N, N)
        self.positions = height * width
        self.register_buffer("index", (down * (2 * width - 1) + right).flatten(), persistent=False)

    def forward(self) -> Tensor:
        return self.table[self.index].T.unflatten(1, (self.positions, self.positions))  # (h, N, N)

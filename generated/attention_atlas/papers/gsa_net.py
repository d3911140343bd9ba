"""Global Self-Attention Networks for Image Recognition (arXiv 2020).

Authors: Zhuoran Shen et al.
Paper: https://arxiv.org/abs/2010.03019
Code (not the authors'): https://github.com/lucidrains/global-self-attention-network
Shape: B C H W -> B D H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/gsa_net.py and catalog.yaml: edit those.

Global self-attention: content attention at linear cost beside relative positions along columns, then along rows.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["GSA"]


class GSA(nn.Module):
    """Takes the place of a convolution: the sum of two attentions over all positions, one by content, one by offset.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, D, H, W)`` with C = in_channels and D = out_channels

    Args:
        rel_pos_length: L; there are vectors for the 2L - 1 offsets below L, and what is further away does not count
            in the attention by offset. 0 leaves that attention out.
        num_heads: h.
        dim_key: d, width of queries, keys and values in a head.
        norm_queries: whether the queries of the content attention are a softmax over their d channels.
        norm_columns: whether batch normalisation, shared by the heads, stands between columns and rows.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        rel_pos_length: int,
        num_heads: int = 8,
        dim_key: int = 64,
        norm_queries: bool = False,
        norm_columns: bool = True,
    ) -> None:
        super().__init__()
        if rel_pos_length < 0:
            raise ValueError(f"rel_pos_length: expected at least 0, got {rel_pos_length}")
        if num_heads < 1 or dim_key < 1:
            raise ValueError(f"num_heads, dim_key: expected at least 1, got {num_heads}, {dim_key}")
        self.num_heads, self.norm_queries = num_heads, norm_queries
        self.qkv = nn.Conv2d(in_channels, 3 * num_heads * dim_key, 1, bias=False)
        self.proj = nn.Conv2d(num_heads * dim_key, out_channels, 1)
        self.norm = nn.BatchNorm1d(dim_key) if rel_pos_length and norm_columns else None
        offsets = (2 * rel_pos_length - 1, dim_key)
        self.along_columns = nn.Parameter(torch.randn(offsets)) if rel_pos_length else None
        self.along_rows = nn.Parameter(torch.randn(offsets)) if rel_pos_length else None

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        q, k, v = self.qkv(x).flatten(2).chunk(3, 1)  # (B, h*d, N) each, with N = H * W
        q, k, v = (t.reshape(len(x) * self.num_heads, -1, height * width) for t in (q, k, v))  # (B*h, d, N)
        context = v @ k.softmax(2).mT  # (B*h, d, d)
        y = context.to(q.dtype) @ (q.softmax(1).to(q.dtype) if self.norm_queries else q)  # (B*h, d, N)
        if self.along_columns is not None and self.along_rows is not None:
            q, v = (t.unflatten(2, (height, width)).permute(0, 3, 2, 1) for t in (q, v))  # (B*h, W, H, d)
            column = _by_offset(q, v, self.along_columns)  # (B*h, W, H, d)
            if self.norm is not None:
                column = self.norm(column.flatten(0, 2)).view(column.shape)
            row = _by_offset(q.transpose(1, 2), column.transpose(1, 2), self.along_rows)  # (B*h, H, W, d)
            y = y + row.flatten(1, 2).mT  # (B*h, d, N)
        return self.proj(y.reshape(len(x), -1, height, width))  # (B, D, H, W)


def _by_offset(q: Tensor, v: Tensor, vectors: Tensor) -> Tensor:
    """In each line, the sum of the values, weighted by products of the query with the vectors of their offsets.

    Shape:
        q and v: ``(B, n, N, d)``, vectors: ``(2L - 1, d)`` -> ``(B, n, N, d)``; n lines of N positions
    """
    lines, size, reach = q.shape[1], q.shape[2], (len(vectors) + 1) // 2
    places = torch.arange(size, device=q.device)
    offsets = places - places[:, None] + reach - 1  # (N, N): of each value from each query
    known = F.pad(vectors, (0, 0, max(0, size - reach), max(0, size - reach)))  # zero where there is no vector
    table = known[offsets + max(0, size - reach)].to(q.dtype)  # (N, N, d)
    q = q.permute(2, 0, 1, 3).reshape(size, -1, q.shape[3])  # (N, B*n, d): a product for each place in the lines
    weights = (q @ table.mT).transpose(0, 1)  # (B*n, N, N)
    return (weights @ v.reshape(-1, size, v.shape[3]).to(weights.dtype)).unflatten(0, (-1, lines))  # (B, n, N, d)

"""Distilling Knowledge via Knowledge Review (CVPR 2021).

Authors: Pengguang Chen et al.
Paper: https://arxiv.org/abs/2104.09044
Code (the authors', licence: none at root): https://github.com/dvlab-research/ReviewKD
Shape: [B C1 H W, B C2 H/2 W/2, B C3 H/4 W/4] -> [B T1 H W, B T2 H/2 W/2, B T3 H/4 W/4]
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/review_kd.py and catalog.yaml: edit those.

Knowledge review: the student's deep features are fused into its shallow ones, and each level meets the teacher's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ABF", "HCL", "ReviewKD"]


class ReviewKD(nn.Module):
    """Turns a student's feature maps into maps to be compared with the teacher's; deep levels flow into shallow ones.

    It is used in training only: ``loss = HCL()(review(student_maps), teacher_maps)``.

    Shape:
        features: ``[(B, C_j, H_j, W_j), …]`` from shallow to deep -> ``[(B, T_j, H_j, W_j), …]``

    Args:
        in_channels: C_j, of the student's maps.
        out_channels: T_j, of the teacher's maps.
        mid_channels: M, in which levels are fused; those of the deepest map, at most 512, if not given.
    """

    def __init__(
        self, in_channels: Sequence[int], out_channels: Sequence[int], mid_channels: int | None = None
    ) -> None:
        super().__init__()
        if len(in_channels) != len(out_channels) or not in_channels:
            raise ValueError(
                "out_channels: expected one number for each of in_channels, "
                f"got {len(out_channels)} for {len(in_channels)}"
            )
        mid = min(512, in_channels[-1]) if mid_channels is None else mid_channels
        levels = [ABF(c, mid, t) for c, t in zip(in_channels[:-1], out_channels[:-1], strict=True)]
        deepest = ABF(in_channels[-1], mid, out_channels[-1], fuse=False)
        self.levels = nn.ModuleList([deepest, *reversed(levels)])  # from deep to shallow, as they are run

    def forward(self, features: Sequence[Tensor], like: Sequence[Tensor] | None = None) -> list[Tensor]:
        """Fuse and transform all levels.

        Args:
            features: the student's maps, from shallow to deep.
            like: the teacher's maps, of which only the sizes are used; where they differ, ours are resized.
        """
        targets = features if like is None else like
        if not len(features) == len(targets) == len(self.levels):
            raise ValueError(f"features: expected {len(self.levels)} maps, got {len(features)} and {len(targets)}")
        reviewed: list[Tensor] = []
        residual: Tensor | None = None
        for level, x, target in zip(self.levels, reversed(features), reversed(targets), strict=True):
            out, residual = level(x, residual, target.shape[2:])  # (B, T_j, h, w), (B, M, h, w)
            reviewed.insert(0, out)
        return reviewed


class ABF(nn.Module):
    """Attention-based fusion: adds a map and the deeper residual, each weighted by its own gate per position.

    Shape:
        x: ``(B, C, H, W)``, residual: ``(B, M, h, w)`` -> ``(B, T, H, W)``, ``(B, M, H, W)``: output, next residual

    Args:
        fuse: whether there is a residual. The deepest level has none.
    """

    def __init__(self, in_channels: int, mid_channels: int, out_channels: int, fuse: bool = True) -> None:
        super().__init__()
        reduce = nn.Conv2d(in_channels, mid_channels, 1, bias=False)
        transform = nn.Conv2d(mid_channels, out_channels, 3, padding=1, bias=False)
        self.reduce = nn.Sequential(reduce, nn.BatchNorm2d(mid_channels))
        self.gate = nn.Conv2d(2 * mid_channels, 2, 1) if fuse else None
        self.transform = nn.Sequential(transform, nn.BatchNorm2d(out_channels))
        nn.init.kaiming_uniform_(reduce.weight, a=1)
        nn.init.kaiming_uniform_(transform.weight, a=1)

    def forward(
        self, x: Tensor, residual: Tensor | None = None, size: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """``size`` is (H, W) of what comes out where it differs from that of ``x``."""
        x = self.reduce(x)  # (B, M, H, W)
        if self.gate is not None:
            if residual is None:
                raise ValueError("residual: expected the map of the deeper level, got None")
            # The gates of the paper read both maps at full size, joined; a 1x1 convolution may as well read the
            # residual where it is small, and enlarge what it gives.
            own, deep = self.gate.weight.chunk(2, 1)  # (2, M, 1, 1) each
            logits = F.conv2d(x, own, self.gate.bias) + _resize(F.conv2d(residual, deep), x.shape[2:])
            a, b = logits.sigmoid().chunk(2, 1)  # (B, 1, H, W) each
            x = torch.addcmul(x * a, _resize(residual, x.shape[2:]), b)  # (B, M, H, W)
        x = _resize(x, x.shape[2:] if size is None else size)
        return self.transform(x), x


class HCL(nn.Module):
    """Hierarchical context loss: squared distances of two maps and of their averages over 4x4, 2x2 and 1x1 cells.

    The full map counts 1, each grid that is coarser than it half of what stands before it, and the sum is divided by
    that of the weights. Grids with as many rows as the map, or more, are left out. The losses of the levels are added.

    Shape:
        student, teacher: ``[(B, T_j, H_j, W_j), …]`` each -> ``()``; in float32 for maps in half precision
    """

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        if len(student) != len(teacher):
            raise ValueError(f"teacher: expected {len(student)} maps, got {len(teacher)}")
        return torch.stack([_context_loss(s, t) for s, t in zip(student, teacher, strict=True)]).sum()


def _context_loss(student: Tensor, teacher: Tensor) -> Tensor:
    if student.shape != teacher.shape:
        raise ValueError(f"teacher: expected a map of shape {tuple(student.shape)}, got {tuple(teacher.shape)}")
    if student.dtype in (torch.float16, torch.bfloat16):
        student, teacher = student.float(), teacher.float()
    loss, weight, total = F.mse_loss(student, teacher), 1.0, 1.0
    difference = student - teacher  # its averages are the differences of the averages
    for cells in (4, 2, 1):
        if cells < student.shape[2]:
            weight /= 2
            total += weight
            loss = loss + weight * F.adaptive_avg_pool2d(difference, cells).square().mean()
    return loss / total


def _resize(x: Tensor, size: Sequence[int]) -> Tensor:
    return x if x.shape[2:] == tuple(size) else F.interpolate(x, tuple(size), mode="nearest")

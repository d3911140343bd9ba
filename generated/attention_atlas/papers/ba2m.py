"""BA^2M: A Batch Aware Attention Module for Image Classification (arXiv 2021).

Authors: Qishang Cheng et al.
Paper: https://arxiv.org/abs/2103.15099
Shape: B C H W -> B C H W
Evidence: runs: it keeps the contract that the tests check; there was no code to compare with
Generated from templates/papers/ba2m.py, templates/blocks/full_precision.py, templates/blocks/attend.py and
    catalog.yaml: edit those.

BA2M: the images of a batch are weighed against each other by one score each.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["BA2M"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """For each query the mean of the values, weighted by a softmax over ``scale`` times its products with the keys.

    Shape:
        q: ``(B, d, N)``, k: ``(B, d, M)``, v: ``(B, D, M)`` -> ``(B, D, N)``
    """
    wide = v.shape[1]
    # The fused kernel for the CPU asks for equal widths and forms the products again for the gradient. At these widths
    # padding, or doing that for few keys, costs more than it saves.
    apart = wide != q.shape[1] or (q.requires_grad and k.shape[2] < 8 * wide)
    if q.device.type == "cpu" and wide > 128 and apart:
        with full_precision(q):
            if q.dtype == torch.float16:
                q, k = q.float(), k.float()
            weights = ((q if scale == 1 else q * scale).mT @ k).softmax(2).to(v.dtype)  # (B, N, M)
        # In backward, the first form copies the result and the second one the weights: the smaller is taken.
        return (weights @ v.mT).mT if k.shape[2] > wide else v @ weights.mT  # (B, D, N)
    width = max(q.shape[1], wide) if q.device.type == "cpu" else 0
    out = F.scaled_dot_product_attention(_rows(q, width), _rows(k, width), _rows(v, width), scale=scale)
    return out[:, 0, :, :wide].mT


def _rows(x: Tensor, width: int) -> Tensor:
    """``(B, d, N)`` -> ``(B, 1, N, d)``, with zeros up to ``width`` and without gaps in memory."""
    if x.shape[1] < width:
        x = F.pad(x, (0, 0, 0, width - x.shape[1]))
    return x.mT.contiguous().unsqueeze(1)


class BA2M(nn.Module):
    """Scales each item of a batch by one weight, from a softmax over the scores of all items of the batch.

    A score is a mean over all channels and positions of the largest of three attention maps: of the channels, of the
    positions seen locally and of the positions seen globally. What an item is scaled by depends on the items beside it,
    in training and in evaluation alike; alone in a batch it stays as it is.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        reduction: C over the widths inside the three maps.
        rescale: whether weights are multiplied by B, so that they are 1 in the mean and not 1 / B.

    Differs from the paper:
        Its softmax has no factor B; ``rescale=False`` is that form. Where it is silent the reading is: nothing stands
        between the layers of a map, none has a bias, and both spatial maps have one channel.
    """

    def __init__(self, channels: int, reduction: int = 16, rescale: bool = True) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        hidden = channels // reduction
        self.rescale = rescale
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.Linear(hidden, channels, bias=False),
            nn.BatchNorm1d(channels),
        )
        self.local = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.Conv2d(hidden, hidden, 3, padding=1, bias=False),
            nn.Conv2d(hidden, 1, 1, bias=False),
            nn.BatchNorm2d(1),
        )
        self.query = nn.Conv2d(channels, hidden, 1, bias=False)
        self.key = nn.Conv2d(channels, hidden, 1, bias=False)
        self.value = nn.Conv2d(channels, 1, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            raise ValueError("x: expected two items or more to train with, got 1")
        scores = self.score(x)  # (B)
        weights = scores.softmax(0)  # (B)
        if self.rescale:
            weights = weights * len(x)  # (B)
        return x * weights.to(x.dtype)[:, None, None, None]  # (B, C, H, W)

    def score(self, x: Tensor) -> Tensor:
        """One number per item: ``(B, C, H, W)`` -> ``(B)``."""
        of_channels = self.channel(x.mean((2, 3)))  # (B, C)
        local = self.local(x).flatten(1)  # (B, N)
        f, g, h = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))  # (B, C/r, N) twice, (B, 1, N)
        overall = attend(f, g, h, scale=1.0).flatten(1)  # (B, N)
        of_positions = torch.maximum(local, overall)  # (B, N)
        return torch.maximum(of_channels[:, :, None], of_positions[:, None]).mean((1, 2))  # (B)

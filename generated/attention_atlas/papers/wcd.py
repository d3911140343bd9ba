"""Weighted Channel Dropout for Regularization of Deep Convolutional Neural Network (AAAI 2019).

Authors: Saihui Hou and Zilei Wang
Paper: https://ojs.aaai.org/index.php/AAAI/article/view/4858
Shape: B C H W -> B C H W
Evidence: runs: it keeps the contract that the tests check; there was no code to compare with
Generated from templates/papers/wcd.py and catalog.yaml: edit those.

Weighted channel dropout: in training, channels that respond strongly to an image are likelier to be kept.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["WeightedChannelDropout"]


class WeightedChannelDropout(nn.Module):
    """Keeps a weighted random choice of each item's channels and rescales them; does nothing outside training.

    Channels are rated by their means. A fixed number is then drawn without replacement, with those ratings as weights:
    the largest keys r^(1/score) win, where r is uniform (Efraimidis and Spirakis, 2006).

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; meant for maps that are not negative, as after ReLU

    Args:
        keep_ratio: share of the channels that is drawn (wrs_ratio in the paper).
        keep_probability: with which a drawn channel is really kept (q in the paper); 1 switches that step off.

    Differs from the paper:
        Where a mean is negative, which the paper does not speak of, it counts as zero: such a channel is drawn last.
    """

    def __init__(self, keep_ratio: float = 0.8, keep_probability: float = 0.9) -> None:
        super().__init__()
        for name, value in (("keep_ratio", keep_ratio), ("keep_probability", keep_probability)):
            if not 0 < value <= 1:
                raise ValueError(f"{name}: expected more than 0 and at most 1, got {value}")
        self.keep_ratio = keep_ratio
        self.keep_probability = keep_probability

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        with torch.no_grad():
            scale = self._scale(x).to(x.dtype)  # (B, C)
        return x * scale[:, :, None, None]  # (B, C, H, W)

    def _scale(self, x: Tensor) -> Tensor:
        """What each channel is multiplied by: zero, or the share that the ratings of the kept channels make up."""
        scores = x.float().mean((2, 3)).clamp_min(0)  # (B, C)
        # The order of log(r) / score is that of r^(1/score), and it has no powers that underflow.
        keys = torch.rand_like(scores).log() / scores  # (B, C)
        drawn = keys.topk(max(1, round(self.keep_ratio * x.shape[1])), dim=1).indices  # (B, M)
        mask = torch.zeros_like(scores).scatter(1, drawn, 1.0)  # (B, C)
        if self.keep_probability < 1:
            mask = mask * (torch.rand_like(scores) < self.keep_probability)
        kept = (mask * scores).sum(1, keepdim=True)  # (B, 1)
        alpha = torch.where(kept > 0, scores.sum(1, keepdim=True) / kept, 1.0)  # (B, 1)
        return mask * alpha

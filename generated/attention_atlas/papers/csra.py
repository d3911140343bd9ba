"""Residual Attention: A Simple but Effective Method for Multi-Label Recognition (ICCV 2021).

Authors: Ke Zhu and Jianxin Wu
Paper: https://arxiv.org/abs/2108.02456
Code (the authors', licence: AGPL-3.0): https://github.com/Kevinz-code/CSRA
Shape: B C H W -> B K
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/csra.py and catalog.yaml: edit those.

Class-specific residual attention: each class adds its most convincing places to its average score.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["CSRA", "ResidualAttention"]


_TEMPERATURES: dict[int, tuple[float | None, ...]] = {
    1: (1,),
    2: (1, None),
    4: (1, 2, 4, None),
    6: (1, 2, 3, 4, 5, None),
    8: (1, 2, 3, 4, 5, 6, 7, None),
}


class ResidualAttention(nn.Module):
    """One head: the mean score of each class plus a fraction of the mean that its own softmax over the places weights.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, K)`` with K = num_classes

    Args:
        temperature: sharpness T of the softmax; ``None`` takes the largest score, which is its limit.
        lam: fraction of the weighted mean, lambda in the paper.
    """

    def __init__(self, channels: int, num_classes: int, temperature: float | None = 1, lam: float = 0.1) -> None:
        super().__init__()
        if temperature is not None and temperature <= 0:
            raise ValueError(f"temperature: expected a positive number or None, got {temperature}")
        self.temperature = temperature
        self.lam = lam
        self.classify = nn.Conv2d(channels, num_classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.classify(x))  # (B, K)

    def pool(self, score: Tensor) -> Tensor:
        """Logits from what the classifiers say at each position: ``(B, K, H, W)`` -> ``(B, K)``."""
        # Classifiers of unit length: without that, their lengths would act as temperatures.
        length = torch.linalg.vector_norm(self.classify.weight, dim=1).flatten(1)  # (K, 1)
        score = score.flatten(2) / length  # (B, K, N) with N = H * W
        if self.temperature is None:
            return score.mean(2) + self.lam * score.amax(2)  # (B, K)
        # Times the temperature, large scores leave the range of float16.
        sharp = score.float() if score.dtype == torch.float16 else score
        weights = (sharp * self.temperature).softmax(2).to(score.dtype)  # (B, K, N)
        return score.mean(2) + self.lam * (score * weights).sum(2)  # (B, K)


class CSRA(nn.Module):
    """The sum of several heads, each with classifiers and a temperature of its own.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, K)`` with K = num_classes; the logits of independent labels

    Args:
        num_heads: 1, 2, 4, 6 or 8. One head has T = 1; the others have T = 1, 2, … (four heads: 1, 2, 4) and, the last
            one, the largest score.
        lam: fraction of the weighted mean, lambda in the paper.
    """

    def __init__(self, channels: int, num_classes: int, num_heads: int = 1, lam: float = 0.1) -> None:
        super().__init__()
        if num_heads not in _TEMPERATURES:
            raise ValueError(f"num_heads: expected one of {', '.join(map(str, _TEMPERATURES))}, got {num_heads}")
        self.heads = nn.ModuleList(
            ResidualAttention(channels, num_classes, temperature, lam) for temperature in _TEMPERATURES[num_heads]
        )

    def forward(self, x: Tensor) -> Tensor:
        heads = [head for head in self.heads if isinstance(head, ResidualAttention)]
        if len(heads) == 1 or not torch.is_grad_enabled():
            total = heads[0](x)  # (B, K)
            for head in heads[1:]:
                total += head(x)
            return total
        # In training, the classifiers of all heads in one convolution: its gradient takes one pass over the map.
        scores = F.conv2d(x, torch.cat([head.classify.weight for head in heads]))  # (B, h * K, H, W)
        logits = [head.pool(score) for head, score in zip(heads, scores.chunk(len(heads), 1), strict=True)]
        return torch.stack(logits).sum(0)  # (B, K)

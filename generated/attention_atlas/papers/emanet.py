"""Expectation-Maximization Attention Networks for Semantic Segmentation (ICCV 2019).

Authors: Xia Li et al.
Paper: https://arxiv.org/abs/1907.13426
Code (the authors', licence: GPL-3.0): https://github.com/XiaLiPKU/EMANet
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/emanet.py, templates/blocks/full_precision.py and catalog.yaml: edit those.

Expectation-maximization attention: the map is rebuilt from a few bases that are fitted to it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["EMAU"]


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """A context in which products of float32 tensors on the device of ``x`` stay in float32."""
    device = x.device.type
    if not torch.amp.is_autocast_available(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


_EPS = 1e-6


class EMAU(nn.Module):
    """Fits K bases to the embedded positions by a few EM steps, rebuilds each position from them and adds the input.

    Bases have unit length after each step. In training, those that the steps start from follow the fitted ones as a
    moving average; what other processes fit is not seen. A forward pass in training therefore changes the module: under
    activation checkpointing the second one starts from other bases than the first.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        num_bases: K.
        iterations: T, the number of EM steps.
        momentum: share of the old bases in the moving average.
        differentiate: whether gradients pass through the steps. The released code cuts them off, so the first
            convolution stays as it was drawn; its authors report slightly worse results with them.
    """

    mu: Tensor

    def __init__(
        self,
        channels: int,
        num_bases: int = 64,
        iterations: int = 3,
        momentum: float = 0.9,
        differentiate: bool = False,
    ) -> None:
        super().__init__()
        if num_bases < 1:
            raise ValueError(f"num_bases: expected at least 1, got {num_bases}")
        if iterations < 1:
            raise ValueError(f"iterations: expected at least 1, got {iterations}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum: expected a number from 0 to 1, got {momentum}")
        self.iterations = iterations
        self.momentum = momentum
        self.differentiate = differentiate
        self.register_buffer("mu", F.normalize(torch.randn(1, channels, num_bases), dim=1))
        self.embed = nn.Conv2d(channels, channels, 1)
        self.project = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        for layer in (self.embed, self.project):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        with torch.set_grad_enabled(self.differentiate and torch.is_grad_enabled()):
            mu, z = self._fit(x.flatten(2))  # (B, C, K), (B, N, K) with N = H * W
            rebuilt = (mu @ z.mT).to(x.dtype).unflatten(2, x.shape[2:])  # (B, C, H, W)
        if self.training:
            self._follow(mu.detach())
        return (self.norm(self.project(rebuilt.relu())) + x).relu_()

    def _fit(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The bases after the last step, and what each position has of them.

        The steps need products of embedded positions with bases and sums of embedded positions alone. So the embedding,
        which is linear, acts on the K bases and the K sums, and no position is ever embedded.

        Shape:
            x: ``(B, C, N)`` -> ``(B, C, K)``, ``(B, N, K)``
        """
        mu = self.mu.clone().expand(x.shape[0], -1, -1)  # a copy: the buffer changes before the backward pass
        w = self.embed.weight.flatten(1)
        b = w.new_zeros(len(w), 1) if self.embed.bias is None else self.embed.bias.unsqueeze(1)
        # Sums over all positions leave the range of half precision.
        with full_precision(x):
            if x.dtype in (torch.float16, torch.bfloat16):
                x, mu, w, b = x.float(), mu.float(), w.float(), b.float()
            mu, z = _step(x, mu, w, b)
            for _ in range(self.iterations - 1):
                mu, z = _step(x, mu, w, b)
        return mu, z

    def _follow(self, mu: Tensor) -> None:
        """Move the bases towards the mean of those fitted to the batch."""
        self.mu.lerp_(mu.mean(0, keepdim=True).to(self.mu.dtype), 1 - self.momentum)


def _step(x: Tensor, mu: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """One E and one M step on the positions ``w @ x + b``: new bases ``(B, C, K)`` and shares ``(B, N, K)``."""
    z = torch.baddbmm(b.mT @ mu, x.mT, w.mT @ mu).softmax(2)  # (B, N, K)
    mass = z.sum(1, keepdim=True)  # (B, 1, K)
    mu = (w @ (x @ z) + b * mass) / (mass + _EPS)  # (B, C, K)
    return mu / (mu.norm(dim=1, keepdim=True) + _EPS), z

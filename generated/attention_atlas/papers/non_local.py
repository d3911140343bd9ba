"""Non-local Neural Networks (CVPR 2018).

Authors: Xiaolong Wang et al.
Paper: https://arxiv.org/abs/1711.07971
Code (the authors', licence: CC-BY-NC-4.0): https://github.com/facebookresearch/video-nonlocal-net
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of another implementation
Generated from templates/papers/non_local.py, templates/blocks/full_precision.py, templates/blocks/attend.py and
    catalog.yaml: edit those.

Non-local block: each position receives a sum over all positions, weighted by how it relates to them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["NonLocal"]


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


_PAIRWISE = ("embedded_gaussian", "gaussian", "dot_product", "concatenation")
_CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
_NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


class NonLocal(nn.Module):
    """Adds to each position the sum of g over all positions, weighted by a pairwise function f and normalised (Eq. 1).

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``; ``(B, C, L)`` where dimensions=1, ``(B, C, T, H, W)`` where it is 3

    Args:
        reduction: C over d, the width of the embeddings.
        dimensions: how many axes follow the channels.
        pairwise: f, one of ``embedded_gaussian`` (Eq. 3), ``gaussian`` (Eq. 2), ``dot_product`` (Eq. 4) and
            ``concatenation`` (Eq. 5). The first two are normalised by their sum, the others by the count.
        sub_sample: where positions are max-pooled by two per spatial axis before they are summed over: ``input`` pools
            x before phi and g see it, ``embedding`` pools their results, ``none`` keeps all.
        scale: whether the Gaussian forms divide the products by the root of their length.
        norm: whether batch normalisation follows the last layer. It starts at zero, and the layer itself where there
            is none, so that a new block leaves its input as it is.

    Differs from the paper:
        By default as in the released code: the products are scaled, and x is pooled before phi and g, not after.
        The paper's equations are ``scale=False, sub_sample="embedding"``.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 2,
        dimensions: int = 2,
        pairwise: str = "embedded_gaussian",
        sub_sample: str = "input",
        scale: bool = True,
        norm: bool = True,
    ) -> None:
        super().__init__()
        if dimensions not in _CONV:
            raise ValueError(f"dimensions: expected 1, 2 or 3, got {dimensions}")
        if pairwise not in _PAIRWISE:
            raise ValueError(f"pairwise: expected one of {', '.join(_PAIRWISE)}, got {pairwise!r}")
        if sub_sample not in ("input", "embedding", "none"):
            raise ValueError(f"sub_sample: expected input, embedding or none, got {sub_sample!r}")
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction: expected 1 to channels={channels}, got {reduction}")
        self.pairwise = pairwise
        conv, inner = _CONV[dimensions], channels // reduction
        pool = _Pool(dimensions)
        embedded = pairwise != "gaussian"
        self.scale = (inner if embedded else channels) ** -0.5 if scale else 1.0
        self.pool = pool if sub_sample == "input" else nn.Identity()
        self.theta = conv(channels, inner, 1) if embedded else nn.Identity()
        self.phi = conv(channels, inner, 1) if embedded else nn.Identity()
        self.g = conv(channels, inner, 1)
        if sub_sample == "embedding":
            self.phi, self.g = nn.Sequential(self.phi, pool), nn.Sequential(self.g, pool)
        if pairwise == "concatenation":
            self.w_f = nn.Linear(2 * inner, 1, bias=False)
        last = out = conv(inner, channels, 1)
        if norm:
            last = _NORM[dimensions](channels)
            out = nn.Sequential(out, last)
        self.out = out
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        seen = self.pool(x)
        theta = self.theta(x).flatten(2)  # (B, d, N) with N = H * W
        phi = self.phi(seen).flatten(2)  # (B, d, M) with M <= N positions to sum over
        g = self.g(seen).flatten(2)  # (B, d, M)
        y = self._aggregate(theta, phi, g)  # (B, d, N)  Eq. 1
        return x + self.out(y.reshape(*y.shape[:2], *x.shape[2:]))  # (B, C, H, W)  Eq. 6

    def _aggregate(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        if self.pairwise == "dot_product":
            return _dot_product_sum(theta, phi, g / phi.shape[2])
        if self.pairwise == "concatenation":
            w_theta, w_phi = self.w_f.weight.chunk(2, 1)  # (1, d), (1, d): w_f [theta, phi] is a sum of two
            return _rectified_sum(w_theta @ theta, w_phi @ phi, g / phi.shape[2])
        return attend(theta, phi, g, self.scale)


class _Pool(nn.Module):
    """The largest of each two entries along every axis but time. An axis of one entry stays."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, x: Tensor) -> Tensor:
        kernel = [min(2, side) for side in x.shape[2:]]
        if self.dimensions == 3:
            kernel[0] = 1
        return _MAX_POOL[self.dimensions](x, kernel)


def _dot_product_sum(theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
    """The sum over j of <theta_i, phi_j> g_j for every i, in the order of products that costs less.

    Shape:
        theta: ``(B, d, N)``, phi, g: ``(B, d, M)`` -> ``(B, d, N)``
    """
    width, n, m = theta.shape[1], theta.shape[2], phi.shape[2]
    if width * (n + m) < 2 * n * m:
        return (g @ phi.mT) @ theta
    return g @ (phi.mT @ theta)


def _rectified_sum(a: Tensor, b: Tensor, g: Tensor) -> Tensor:
    """The sum over j of ReLU(a_i + b_j) g_j for every i, without the matrix of all pairs.

    With b in descending order, the j that pass the ReLU are the first k_i. The sum is then a_i times the sum of the
    first k_i of g_j, plus that of b_j g_j, and running sums hold both for every k.

    Shape:
        a: ``(B, 1, N)``, b: ``(B, 1, M)``, g: ``(B, d, M)`` -> ``(B, d, N)``
    """
    dtype, width = g.dtype, g.shape[1]
    if dtype in (torch.float16, torch.bfloat16):
        a, b, g = a.float(), b.float(), g.float()
    b, order = b.sort(descending=True)
    g = g.gather(2, order.expand(-1, width, -1))  # (B, d, M)
    sums = F.pad(torch.stack((g, b * g)).cumsum(3), (1, 0))  # (2, B, d, M + 1)
    k = torch.searchsorted(-b, a)  # (B, 1, N): how many -b_j are smaller than a_i
    first, second = sums.gather(3, k.expand(2, -1, width, -1))  # (B, d, N) twice
    return (a * first + second).to(dtype)

"""NAM: how far batch normalisation spreads a channel says how much the channel matters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["NAM"]


class NAM(nn.Module):
    """Scales the input by a gate of itself, normalised and weighted by the share that each scale has in all scales.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        stop_gradient: whether the shares are constants for the gradient.
        size: height and width of the maps, for the spatial part as well: there each position has a scale of its own,
            so the size is fixed. ``None`` leaves that part out.

    Differs from the paper:
        The released code has the channel part only and takes the shares from the weights' data, so that no gradient
        reaches the scales through them; both are the defaults. The paper's form is ``stop_gradient=False`` with
        ``size=(H, W)``, and :meth:`penalty` in the loss.
    """

    def __init__(self, channels: int, stop_gradient: bool = True, size: Sequence[int] | None = None) -> None:
        super().__init__()
        self.stop_gradient = stop_gradient
        if size is not None and (len(size) != 2 or min(size) < 1):
            raise ValueError(f"size: expected the height and width of the maps, got {size}")
        self.size = None if size is None else (size[0], size[1])
        self.channel_norm = nn.BatchNorm2d(channels)
        self.pixel_norm = None if size is None else nn.BatchNorm1d(size[0] * size[1])

    def forward(self, x: Tensor) -> Tensor:
        shares = self._shares(self.channel_norm.weight)[:, None, None]  # (C, 1, 1)
        x = x * (self.channel_norm(x) * shares).sigmoid_()  # (B, C, H, W)  Eq. 2
        if self.pixel_norm is None:
            return x
        if x.shape[2:] != self.size:
            raise ValueError(f"x: expected maps of {self.size}, got {tuple(x.shape[2:])}")
        pixels = x.flatten(2).mT  # (B, N, C)
        shares = self._shares(self.pixel_norm.weight)[:, None]  # (N, 1)
        gate = (self.pixel_norm(pixels) * shares).sigmoid_()  # (B, N, C)  Eq. 3
        return x * gate.mT.unflatten(2, self.size)  # (B, C, H, W)

    def penalty(self) -> Tensor:
        """The sum of the absolute scales, which the paper adds to the loss with a factor p (Eq. 4); a scalar."""
        norms = [norm for norm in (self.channel_norm, self.pixel_norm) if norm is not None]
        return torch.stack([norm.weight.abs().sum() for norm in norms]).sum()

    def _shares(self, scales: Tensor) -> Tensor:
        sizes = (scales.detach() if self.stop_gradient else scales).abs()
        # One scale per position: their sum leaves the range of half precision.
        wide = sizes.to(torch.promote_types(sizes.dtype, torch.float32))
        return (wide / wide.sum()).to(sizes.dtype)

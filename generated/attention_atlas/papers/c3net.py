"""Cross-channel Communication Networks (NeurIPS 2019).

Authors: Jianwei Yang et al.
Paper: https://papers.nips.cc/paper/8411-cross-channel-communication-networks.pdf
Code (the authors', licence: MIT): https://github.com/jwyang/C3Net.pytorch
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/c3net.py and catalog.yaml: edit those.

Cross-channel communication: channels exchange whole maps, the more the closer their mean responses are.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["C3"]


class C3(nn.Module):
    """Encodes each channel's map, mixes the codes over a complete graph of channels, decodes them and adds the result.

    Encoder and decoder are small networks over the N positions of a map, the same for all channels. So they belong to
    one size of the maps; others are resized before and after, by copying the nearest pixel.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        height, width: h and w of the maps that are encoded, N = h * w.
        reduction: N over the width of the hidden layers.
        group_channels: from twice as many channels on they communicate in C // group_channels groups only.
    """

    def __init__(self, channels: int, height: int, width: int, reduction: int = 8, group_channels: int = 512) -> None:
        super().__init__()
        self.channels = channels
        self.size = height, width
        positions = height * width
        if not 1 <= reduction <= positions:
            raise ValueError(f"reduction: expected 1 to height*width={positions}, got {reduction}")
        self.groups = max(1, channels // group_channels)
        if channels % self.groups:
            raise ValueError(f"channels: expected a multiple of {self.groups} groups, got {channels}")
        hidden = positions // reduction
        self.encode = nn.Sequential(nn.Linear(positions, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, positions))
        self.decode_in = nn.Linear(positions, hidden)
        self.relu = nn.ReLU(inplace=True)
        self.decode_out = nn.Linear(hidden, positions)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != self.channels:
            raise ValueError(f"x: expected {self.channels} channels, got {x.shape[1]}")
        fits = x.shape[2] == self.size[0] and x.shape[3] == self.size[1]
        maps = x if fits else F.interpolate(x, self.size)  # (B, C, h, w)
        codes = self.encode(maps.flatten(2)).unflatten(1, (self.groups, -1))  # (B, G, C/G, N)
        m = codes.mean(3)  # (B, G, C/G)
        weights = (m[:, :, :, None] - m[:, :, None]).square().neg().softmax(3)  # (B, G, C/G, C/G)
        # A linear layer may come before the mean over the channels, where its output is the narrower.
        hidden = self.relu(weights @ self.decode_in(codes))  # (B, G, C/G, N/r)
        out = self.decode_out(hidden).flatten(1, 2).unflatten(2, self.size)  # (B, C, h, w)
        return self.relu(x + (out if fits else F.interpolate(out, x.shape[2:])))  # (B, C, H, W)

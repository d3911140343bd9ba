"""Relation-Aware Global Attention for Person Re-identification (CVPR 2020).

Authors: Zhizheng Zhang et al.
Paper: https://arxiv.org/abs/1904.02998
Code (the authors', licence: MIT): https://github.com/microsoft/Relation-Aware-Global-Attention-Networks
Shape: B C H W -> B C H W
Evidence: parity: outputs and input gradients equal those of the authors' code
Generated from templates/papers/rga.py and catalog.yaml: edit those.

RGA: what a position or a channel weighs is learned from its relations to all others, in a fixed order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["RGA", "RelationAttention"]


class RelationAttention(nn.Module):
    """A gate for each of n nodes, from its relations to all nodes in both directions and from its own features.

    The relations of a node are its products with all nodes, in the nodes' order, so n is fixed. As they only go through
    a linear map to fewer numbers, that map is applied to the factors and no n x n matrix is made.

    Shape:
        x: ``(B, F, n)`` -> ``(B, 1, n)``, in (0, 1)

    Args:
        feature_ratio: F over the width D that relations are computed in.
        node_ratio: n over the width m that they are reduced to.
        down_ratio: m + 1 over the hidden width of the last two layers.
    """

    def __init__(self, features: int, nodes: int, feature_ratio: int = 8, node_ratio: int = 8, down_ratio: int = 8):
        super().__init__()
        dim, width = features // feature_ratio, nodes // node_ratio
        hidden = (1 + width) // down_ratio
        if dim < 1:
            raise ValueError(f"features: expected at least {feature_ratio}, got {features}")
        if width < 1 or hidden < 1:
            least = node_ratio * max(1, down_ratio - 1)
            raise ValueError(f"nodes: expected at least {least}, got {nodes}")
        # Both sides of the relations, and the feature that is seen beside them.
        self.embed = nn.Sequential(
            nn.Conv1d(features, 3 * dim, 1, bias=False), nn.BatchNorm1d(3 * dim), nn.ReLU(inplace=True)
        )
        self.relate = nn.Linear(2 * nodes, width, bias=False)
        self.relate_norm = nn.BatchNorm1d(width)
        self.attend = nn.Sequential(
            nn.Conv1d(1 + width, hidden, 1, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Conv1d(hidden, 1, 1, bias=False),
            nn.BatchNorm1d(1),
        )

    def forward(self, x: Tensor) -> Tensor:
        theta, phi, feature = self.embed(x).chunk(3, 1)  # (B, D, n)
        own, others = self.relate.weight.chunk(2, 1)  # (m, n)
        # Relations r_ij = theta_i . phi_j; node i sees all r_ij, then all r_ji.
        reduced = torch.cat((phi @ own.mT, theta @ others.mT), 1)  # (B, 2*D, m)
        relations = reduced.mT @ torch.cat((theta, phi), 1)  # (B, m, n)
        relations = self.relate_norm(relations).relu_()  # (B, m, n)
        y = torch.cat((feature.mean(1, keepdim=True), relations), 1)  # (B, 1+m, n)  Eq. 2
        return self.attend(y).sigmoid()  # (B, 1, n)  Eq. 3


class RGA(nn.Module):
    """Scales each position, then each channel, by a gate learned from its relations to all positions or channels.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``

    Args:
        height, width: H and W, which the widths of the layers depend on.
        spatial, channel: whether positions and whether channels are scaled (RGA-S, RGA-C, both: RGA-SC).
        channel_ratio: C over the widths that channels are reduced to.
        spatial_ratio: H * W over the widths that positions are reduced to.
        down_ratio: reduction within the last layers of each gate.
    """

    def __init__(
        self,
        channels: int,
        height: int,
        width: int,
        spatial: bool = True,
        channel: bool = True,
        channel_ratio: int = 8,
        spatial_ratio: int = 8,
        down_ratio: int = 8,
    ) -> None:
        super().__init__()
        if min(channel_ratio, spatial_ratio, down_ratio) < 1:
            ratios = f"{channel_ratio}, {spatial_ratio} and {down_ratio}"
            raise ValueError(f"channel_ratio, spatial_ratio, down_ratio: expected at least 1, got {ratios}")
        if not (spatial or channel):
            raise ValueError("spatial, channel: expected at least one to be true, got neither")
        self.size = (height, width)
        positions = height * width
        # What a gate is for is narrowed twice, what it looks at once.
        least = channel_ratio * (max(1, down_ratio - 1) if channel else 1)
        if channels < least:
            raise ValueError(f"channels: expected at least {least}, got {channels}")
        least = spatial_ratio * (max(1, down_ratio - 1) if spatial else 1)
        if positions < least:
            raise ValueError(f"height, width: expected at least {least} positions, got {height} x {width}")
        self.spatial = (
            RelationAttention(channels, positions, channel_ratio, spatial_ratio, down_ratio) if spatial else None
        )
        self.channel = (
            RelationAttention(positions, channels, spatial_ratio, channel_ratio, down_ratio) if channel else None
        )

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[2:] != self.size:
            raise ValueError(f"x: expected a map of {self.size[0]}x{self.size[1]}, got {x.shape[2]}x{x.shape[3]}")
        if self.spatial is not None:
            x = x * self.spatial(x.flatten(2)).view(-1, 1, *self.size)  # (B, C, H, W)
        if self.channel is not None:
            x = x * self.channel(x.flatten(2).mT).view(-1, x.shape[1], 1, 1)  # (B, C, H, W)
        return x

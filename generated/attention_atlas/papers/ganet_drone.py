"""Guided Attention Network for Object Detection and Counting on Drones (ACM MM 2020).

Authors: Yuanqiang Cai et al.
Paper: https://arxiv.org/abs/1909.11307
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["GanetDrone"]


class GanetDrone(nn.Module):
    """GanetDrone is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Guided Attention Network for Object Detection and Counting on Drones: it is not implemented yet "
            "(https://arxiv.org/abs/1909.11307)"
        )
        raise NotImplementedError(message)

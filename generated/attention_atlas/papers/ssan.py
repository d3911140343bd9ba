"""SSAN: Separable Self-Attention Network for Video Representation Learning (CVPR 2021).

Authors: Xudong Guo et al.
Paper: https://arxiv.org/abs/2105.13033
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Ssan"]


class Ssan(nn.Module):
    """Ssan is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "SSAN: Separable Self-Attention Network for Video Representation Learning: it is not implemented yet "
            "(https://arxiv.org/abs/2105.13033)"
        )
        raise NotImplementedError(message)

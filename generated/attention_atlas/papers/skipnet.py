"""SkipNet: Learning Dynamic Routing in Convolutional Networks (ECCV 2018).

Authors: Xin Wang et al.
Paper: https://arxiv.org/abs/1711.09485
Code (the authors', licence: none stated): https://github.com/ucbdrive/skipnet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Skipnet"]


class Skipnet(nn.Module):
    """Skipnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "SkipNet: Learning Dynamic Routing in Convolutional Networks: it is not implemented yet "
            "(https://arxiv.org/abs/1711.09485)"
        )
        raise NotImplementedError(message)

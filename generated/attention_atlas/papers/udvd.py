"""Unified Dynamic Convolutional Network for Super-Resolution with Variational Degradations (CVPR 2020).

Authors: Yu-Syuan Xu et al.
Paper: https://arxiv.org/abs/2004.06965
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Udvd"]


class Udvd(nn.Module):
    """Udvd is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Unified Dynamic Convolutional Network for Super-Resolution with Variational Degradations: it is not "
            "implemented yet (https://arxiv.org/abs/2004.06965)"
        )
        raise NotImplementedError(message)

"""DyNet: Dynamic Convolution for Accelerating Convolutional Neural Networks (arXiv 2020).

Authors: Yikang Zhang et al.
Paper: https://arxiv.org/abs/2004.10694
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Dynet"]


class Dynet(nn.Module):
    """Dynet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "DyNet: Dynamic Convolution for Accelerating Convolutional Neural Networks: it is not implemented yet "
            "(https://arxiv.org/abs/2004.10694)"
        )
        raise NotImplementedError(message)

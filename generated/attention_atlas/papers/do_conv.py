"""DO-Conv: Depthwise Over-parameterized Convolutional Layer (IEEE TIP 2022).

Authors: Jinming Cao et al.
Paper: https://arxiv.org/abs/2006.12030
Code (the authors', licence: MIT): https://github.com/yangyanli/DO-Conv
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DoConv"]


class DoConv(nn.Module):
    """DoConv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "DO-Conv: Depthwise Over-parameterized Convolutional Layer: it is not implemented yet "
            "(https://arxiv.org/abs/2006.12030)"
        )
        raise NotImplementedError(message)

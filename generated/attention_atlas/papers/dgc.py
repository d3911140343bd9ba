"""Dynamic Group Convolution for Accelerating Convolutional Neural Networks (ECCV 2020).

Authors: Zhuo Su et al.
Paper: https://arxiv.org/abs/2007.04242
Code (the authors', licence: MIT): https://github.com/zhuogege1943/dgc
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Dgc"]


class Dgc(nn.Module):
    """Dgc is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Dynamic Group Convolution for Accelerating Convolutional Neural Networks: it is not implemented yet "
            "(https://arxiv.org/abs/2007.04242)"
        )
        raise NotImplementedError(message)

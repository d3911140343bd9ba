"""Pyramidal Convolution: Rethinking Convolutional Neural Networks for Visual Recognition (arXiv 2020).

Authors: Ionut Cosmin Duta et al.
Paper: https://arxiv.org/abs/2006.11538
Code (the authors', licence: MIT): https://github.com/iduta/pyconv
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Pyconv"]


class Pyconv(nn.Module):
    """Pyconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Pyramidal Convolution: Rethinking Convolutional Neural Networks for Visual Recognition: it is not "
            "implemented yet (https://arxiv.org/abs/2006.11538)"
        )
        raise NotImplementedError(message)

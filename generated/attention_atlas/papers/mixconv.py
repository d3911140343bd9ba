"""MixConv: Mixed Depthwise Convolutional Kernels (BMVC 2019).

Authors: Mingxing Tan and Quoc V. Le
Paper: https://arxiv.org/abs/1907.09595
Code (the authors', licence: Apache-2.0): https://github.com/tensorflow/tpu
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Mixconv"]


class Mixconv(nn.Module):
    """Mixconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "MixConv: Mixed Depthwise Convolutional Kernels: it is not implemented yet "
            "(https://arxiv.org/abs/1907.09595)"
        )
        raise NotImplementedError(message)

"""EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks (ICML 2019).

Authors: Mingxing Tan and Quoc V. Le
Paper: https://arxiv.org/abs/1905.11946
Code (the authors', licence: Apache-2.0): https://github.com/tensorflow/tpu
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Efficientnet"]


class Efficientnet(nn.Module):
    """Efficientnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks: it is not implemented yet "
            "(https://arxiv.org/abs/1905.11946)"
        )
        raise NotImplementedError(message)

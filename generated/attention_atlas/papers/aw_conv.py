"""An Attention Module for Convolutional Neural Networks (ICANN 2021).

Authors: Zhu Baozhou et al.
Paper: https://arxiv.org/abs/2108.08205
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["AwConv"]


class AwConv(nn.Module):
    """AwConv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "An Attention Module for Convolutional Neural Networks: it is not implemented yet "
            "(https://arxiv.org/abs/2108.08205)"
        )
        raise NotImplementedError(message)

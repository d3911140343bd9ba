"""CompConv: A Compact Convolution Module for Efficient Feature Learning (CVPRW 2021).

Authors: Chen Zhang et al.
Paper: https://arxiv.org/abs/2106.10486
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Compconv"]


class Compconv(nn.Module):
    """Compconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "CompConv: A Compact Convolution Module for Efficient Feature Learning: it is not implemented yet "
            "(https://arxiv.org/abs/2106.10486)"
        )
        raise NotImplementedError(message)

"""Incorporating Convolution Designs into Visual Transformers (ICCV 2021).

Authors: Kun Yuan et al.
Paper: https://arxiv.org/abs/2103.11816
Code (the authors', licence: Apache-2.0): https://github.com/coeusguo/ceit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Ceit"]


class Ceit(nn.Module):
    """Ceit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Incorporating Convolution Designs into Visual Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2103.11816)"
        )
        raise NotImplementedError(message)

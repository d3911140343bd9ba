"""VOLO: Vision Outlooker for Visual Recognition (IEEE TPAMI 2022).

Authors: Li Yuan et al.
Paper: https://arxiv.org/abs/2106.13112
Code (the authors', licence: Apache-2.0): https://github.com/sail-sg/volo
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Volo"]


class Volo(nn.Module):
    """Volo is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "VOLO: Vision Outlooker for Visual Recognition: it is not implemented yet "
            "(https://arxiv.org/abs/2106.13112)"
        )
        raise NotImplementedError(message)

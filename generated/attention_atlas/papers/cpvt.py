"""Conditional Positional Encodings for Vision Transformers (ICLR 2023).

Authors: Xiangxiang Chu et al.
Paper: https://arxiv.org/abs/2102.10882
Code (the authors', licence: Apache-2.0): https://github.com/Meituan-AutoML/Twins
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Cpvt"]


class Cpvt(nn.Module):
    """Cpvt is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Conditional Positional Encodings for Vision Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2102.10882)"
        )
        raise NotImplementedError(message)

"""Early Convolutions Help Transformers See Better (NeurIPS 2021).

Authors: Tete Xiao et al.
Paper: https://arxiv.org/abs/2106.14881
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["EarlyConvolutions"]


class EarlyConvolutions(nn.Module):
    """EarlyConvolutions is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Early Convolutions Help Transformers See Better: it is not implemented yet "
            "(https://arxiv.org/abs/2106.14881)"
        )
        raise NotImplementedError(message)

"""Efficient Training of Visual Transformers with Small Datasets (NeurIPS 2021).

Authors: Yahui Liu et al.
Paper: https://arxiv.org/abs/2106.03746
Code (the authors', licence: MIT): https://github.com/yhlleo/VTs-Drloc
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["VtsDrloc"]


class VtsDrloc(nn.Module):
    """VtsDrloc is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Efficient Training of Visual Transformers with Small Datasets: it is not implemented yet "
            "(https://arxiv.org/abs/2106.03746)"
        )
        raise NotImplementedError(message)

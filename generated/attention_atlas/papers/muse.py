"""MUSE: Parallel Multi-Scale Attention for Sequence to Sequence Learning (arXiv 2019).

Authors: Guangxiang Zhao et al.
Paper: https://arxiv.org/abs/1911.09483
Code (the authors', licence: none at root (fairseq fork)): https://github.com/lancopku/MUSE
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Muse"]


class Muse(nn.Module):
    """Muse is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "MUSE: Parallel Multi-Scale Attention for Sequence to Sequence Learning: it is not implemented yet "
            "(https://arxiv.org/abs/1911.09483)"
        )
        raise NotImplementedError(message)

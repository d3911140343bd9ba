"""Augmenting Self-attention with Persistent Memory (arXiv 2019).

Authors: Sainbayar Sukhbaatar et al.
Paper: https://arxiv.org/abs/1907.01470
Code (the authors', licence: CC-BY-NC-4.0): https://github.com/facebookresearch/adaptive-span
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["AllAttention"]


class AllAttention(nn.Module):
    """AllAttention is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Augmenting Self-attention with Persistent Memory: it is not implemented yet "
            "(https://arxiv.org/abs/1907.01470)"
        )
        raise NotImplementedError(message)

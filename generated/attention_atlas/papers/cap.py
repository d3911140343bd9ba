"""Context-aware Attentional Pooling (CAP) for Fine-grained Visual Classification (AAAI 2021).

Authors: Ardhendu Behera et al.
Paper: https://arxiv.org/abs/2101.06635
Code (the authors', licence: MIT): https://github.com/ArdhenduBehera/cap
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Cap"]


class Cap(nn.Module):
    """Cap is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Context-aware Attentional Pooling (CAP) for Fine-grained Visual Classification: it is not implemented yet "
            "(https://arxiv.org/abs/2101.06635)"
        )
        raise NotImplementedError(message)

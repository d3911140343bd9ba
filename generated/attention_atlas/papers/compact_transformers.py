"""Escaping the Big Data Paradigm with Compact Transformers (arXiv 2021).

Authors: Ali Hassani et al.
Paper: https://arxiv.org/abs/2104.05704
Code (the authors', licence: Apache-2.0): https://github.com/SHI-Labs/Compact-Transformers
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["CompactTransformers"]


class CompactTransformers(nn.Module):
    """CompactTransformers is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Escaping the Big Data Paradigm with Compact Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2104.05704)"
        )
        raise NotImplementedError(message)

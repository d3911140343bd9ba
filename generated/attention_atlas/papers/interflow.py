"""Interflow: Aggregating Multi-layer Feature Mappings with Attention Mechanism (arXiv 2021).

Authors: Zhicheng Cai
Paper: https://arxiv.org/abs/2106.14073
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Interflow"]


class Interflow(nn.Module):
    """Interflow is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Interflow: Aggregating Multi-layer Feature Mappings with Attention Mechanism: it is not implemented yet "
            "(https://arxiv.org/abs/2106.14073)"
        )
        raise NotImplementedError(message)

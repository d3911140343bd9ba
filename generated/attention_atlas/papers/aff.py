"""Attentional Feature Fusion (WACV 2021).

Authors: Yimian Dai et al.
Paper: https://arxiv.org/abs/2009.14082
Code (the authors', licence: none stated): https://github.com/YimianDai/open-aff
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Aff"]


class Aff(nn.Module):
    """Aff is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Attentional Feature Fusion: it is not implemented yet (https://arxiv.org/abs/2009.14082)"
        raise NotImplementedError(message)

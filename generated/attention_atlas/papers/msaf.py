"""MSAF: Multimodal Split Attention Fusion (arXiv 2020).

Authors: Lang Su et al.
Paper: https://arxiv.org/abs/2012.07175
Code (the authors', licence: MIT): https://github.com/anita-hu/MSAF
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Msaf"]


class Msaf(nn.Module):
    """Msaf is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "MSAF: Multimodal Split Attention Fusion: it is not implemented yet (https://arxiv.org/abs/2012.07175)"
        )
        raise NotImplementedError(message)

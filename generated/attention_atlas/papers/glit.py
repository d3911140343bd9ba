"""GLiT: Neural Architecture Search for Global and Local Image Transformer (ICCV 2021).

Authors: Boyu Chen et al.
Paper: https://arxiv.org/abs/2107.02960
Code (the authors', licence: none stated): https://github.com/bychen515/GLiT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Glit"]


class Glit(nn.Module):
    """Glit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "GLiT: Neural Architecture Search for Global and Local Image Transformer: it is not implemented yet "
            "(https://arxiv.org/abs/2107.02960)"
        )
        raise NotImplementedError(message)

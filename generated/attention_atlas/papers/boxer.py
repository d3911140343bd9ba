"""BoxeR: Box-Attention for 2D and 3D Transformers (CVPR 2022).

Authors: Duy-Kien Nguyen et al.
Paper: https://arxiv.org/abs/2111.13087
Code (the authors', licence: MIT): https://github.com/kienduynguyen/BoxeR
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Boxer"]


class Boxer(nn.Module):
    """Boxer is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "BoxeR: Box-Attention for 2D and 3D Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2111.13087)"
        )
        raise NotImplementedError(message)

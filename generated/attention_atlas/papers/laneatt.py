"""Keep your Eyes on the Lane: Real-time Attention-guided Lane Detection (CVPR 2021).

Authors: Lucas Tabelini et al.
Paper: https://arxiv.org/abs/2010.12035
Code (the authors', licence: MIT): https://github.com/lucastabelini/LaneATT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Laneatt"]


class Laneatt(nn.Module):
    """Laneatt is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Keep your Eyes on the Lane: Real-time Attention-guided Lane Detection: it is not implemented yet "
            "(https://arxiv.org/abs/2010.12035)"
        )
        raise NotImplementedError(message)

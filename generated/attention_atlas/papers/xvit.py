"""Space-time Mixing Attention for Video Transformer (NeurIPS 2021).

Authors: Adrian Bulat et al.
Paper: https://arxiv.org/abs/2106.05968
Code (the authors', licence: Apache-2.0): https://github.com/1adrianb/video-transformers
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Xvit"]


class Xvit(nn.Module):
    """Xvit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Space-time Mixing Attention for Video Transformer: it is not implemented yet "
            "(https://arxiv.org/abs/2106.05968)"
        )
        raise NotImplementedError(message)

"""Vision Transformer with Deformable Attention (CVPR 2022).

Authors: Zhuofan Xia et al.
Paper: https://arxiv.org/abs/2201.00520
Code (the authors', licence: Apache-2.0): https://github.com/LeapLabTHU/DAT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Dat"]


class Dat(nn.Module):
    """Dat is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Vision Transformer with Deformable Attention: it is not implemented yet (https://arxiv.org/abs/2201.00520)"
        )
        raise NotImplementedError(message)

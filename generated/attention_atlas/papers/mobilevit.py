"""MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer (ICLR 2022).

Authors: Sachin Mehta and Mohammad Rastegari
Paper: https://arxiv.org/abs/2110.02178
Code (the authors', licence: Apple sample-code licence (custom)): https://github.com/apple/ml-cvnets
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Mobilevit"]


class Mobilevit(nn.Module):
    """Mobilevit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer: it is not implemented "
            "yet (https://arxiv.org/abs/2110.02178)"
        )
        raise NotImplementedError(message)

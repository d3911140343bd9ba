"""DynamicViT: Efficient Vision Transformers with Dynamic Token Sparsification (NeurIPS 2021).

Authors: Yongming Rao et al.
Paper: https://arxiv.org/abs/2106.02034
Code (the authors', licence: MIT): https://github.com/raoyongming/DynamicViT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Dynamicvit"]


class Dynamicvit(nn.Module):
    """Dynamicvit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "DynamicViT: Efficient Vision Transformers with Dynamic Token Sparsification: it is not implemented yet "
            "(https://arxiv.org/abs/2106.02034)"
        )
        raise NotImplementedError(message)

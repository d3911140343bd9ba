"""LeViT: a Vision Transformer in ConvNet's Clothing for Faster Inference (ICCV 2021).

Authors: Benjamin Graham et al.
Paper: https://arxiv.org/abs/2104.01136
Code (the authors', licence: Apache-2.0): https://github.com/facebookresearch/LeViT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Levit"]


class Levit(nn.Module):
    """Levit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "LeViT: a Vision Transformer in ConvNet's Clothing for Faster Inference: it is not implemented yet "
            "(https://arxiv.org/abs/2104.01136)"
        )
        raise NotImplementedError(message)

"""An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale (ICLR 2021).

Authors: Alexey Dosovitskiy et al.
Paper: https://arxiv.org/abs/2010.11929
Code (the authors', licence: Apache-2.0): https://github.com/google-research/vision_transformer
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Vit"]


class Vit(nn.Module):
    """Vit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale: it is not implemented yet "
            "(https://arxiv.org/abs/2010.11929)"
        )
        raise NotImplementedError(message)

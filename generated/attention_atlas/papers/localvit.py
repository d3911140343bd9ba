"""LocalViT: Bringing Locality to Vision Transformers (IROS 2023).

Authors: Yawei Li et al.
Paper: https://arxiv.org/abs/2104.05707
Code (the authors', licence: MIT): https://github.com/ofsoundof/LocalViT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Localvit"]


class Localvit(nn.Module):
    """Localvit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "LocalViT: Bringing Locality to Vision Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2104.05707)"
        )
        raise NotImplementedError(message)

"""CvT: Introducing Convolutions to Vision Transformers (ICCV 2021).

Authors: Haiping Wu et al.
Paper: https://arxiv.org/abs/2103.15808
Code (the authors', licence: MIT): https://github.com/microsoft/CvT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Cvt"]


class Cvt(nn.Module):
    """Cvt is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "CvT: Introducing Convolutions to Vision Transformers: it is not implemented yet "
            "(https://arxiv.org/abs/2103.15808)"
        )
        raise NotImplementedError(message)

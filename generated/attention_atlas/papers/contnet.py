"""ConTNet: Why not use convolution and transformer at the same time? (arXiv 2021).

Authors: Haotian Yan et al.
Paper: https://arxiv.org/abs/2104.13497
Code (the authors', licence: none stated): https://github.com/yan-hao-tian/ConTNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Contnet"]


class Contnet(nn.Module):
    """Contnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "ConTNet: Why not use convolution and transformer at the same time?: it is not implemented yet "
            "(https://arxiv.org/abs/2104.13497)"
        )
        raise NotImplementedError(message)

"""IAUnet: Global Context-Aware Feature Learning for Person Re-Identification (IEEE TNNLS 2020).

Authors: Ruibing Hou et al.
Paper: https://arxiv.org/abs/2009.01035
Code (the authors', licence: none stated): https://github.com/blue-blue272/ImgReID-IAnet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Iaunet"]


class Iaunet(nn.Module):
    """Iaunet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "IAUnet: Global Context-Aware Feature Learning for Person Re-Identification: it is not implemented yet "
            "(https://arxiv.org/abs/2009.01035)"
        )
        raise NotImplementedError(message)

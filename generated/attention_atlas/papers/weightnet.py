"""WeightNet: Revisiting the Design Space of Weight Networks (ECCV 2020).

Authors: Ningning Ma et al.
Paper: https://arxiv.org/abs/2007.11823
Code (the authors', licence: MIT): https://github.com/megvii-model/WeightNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Weightnet"]


class Weightnet(nn.Module):
    """Weightnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "WeightNet: Revisiting the Design Space of Weight Networks: it is not implemented yet "
            "(https://arxiv.org/abs/2007.11823)"
        )
        raise NotImplementedError(message)

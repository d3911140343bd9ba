"""Vision Transformers with Hierarchical Attention (Machine Intelligence Research 2024).

Authors: Yun Liu et al.
Paper: https://arxiv.org/abs/2106.03180
Code (the authors', licence: none stated): https://github.com/yun-liu/TransCNN
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["HatNet"]


class HatNet(nn.Module):
    """HatNet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Vision Transformers with Hierarchical Attention: it is not implemented yet "
            "(https://arxiv.org/abs/2106.03180)"
        )
        raise NotImplementedError(message)

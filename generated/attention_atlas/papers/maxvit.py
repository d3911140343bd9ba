"""MaxViT: Multi-Axis Vision Transformer (ECCV 2022).

Authors: Zhengzhong Tu et al.
Paper: https://arxiv.org/abs/2204.01697
Code (the authors', licence: Apache-2.0): https://github.com/google-research/maxvit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Maxvit"]


class Maxvit(nn.Module):
    """Maxvit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "MaxViT: Multi-Axis Vision Transformer: it is not implemented yet (https://arxiv.org/abs/2204.01697)"
        raise NotImplementedError(message)

"""Pyramid Scene Parsing Network (CVPR 2017).

Authors: Hengshuang Zhao et al.
Paper: https://arxiv.org/abs/1612.01105
Code (the authors', licence: custom (Caffe BSD-style)): https://github.com/hszhao/PSPNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Pspnet"]


class Pspnet(nn.Module):
    """Pspnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Pyramid Scene Parsing Network: it is not implemented yet (https://arxiv.org/abs/1612.01105)"
        raise NotImplementedError(message)

"""Conv2Former: A Simple Transformer-Style ConvNet for Visual Recognition (IEEE TPAMI 2024).

Authors: Qibin Hou et al.
Paper: https://arxiv.org/abs/2211.11943
Code (the authors', licence: Apache-2.0): https://github.com/HVision-NKU/Conv2Former
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Conv2former"]


class Conv2former(nn.Module):
    """Conv2former is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Conv2Former: A Simple Transformer-Style ConvNet for Visual Recognition: it is not implemented yet "
            "(https://arxiv.org/abs/2211.11943)"
        )
        raise NotImplementedError(message)

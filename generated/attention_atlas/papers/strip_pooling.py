"""Strip Pooling: Rethinking Spatial Pooling for Scene Parsing (CVPR 2020).

Authors: Qibin Hou et al.
Paper: https://arxiv.org/abs/2003.13328
Code (the authors', licence: MIT file, README says non-commercial use only): https://github.com/Andrew-Qibin/SPNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["StripPooling"]


class StripPooling(nn.Module):
    """StripPooling is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Strip Pooling: Rethinking Spatial Pooling for Scene Parsing: it is not implemented yet "
            "(https://arxiv.org/abs/2003.13328)"
        )
        raise NotImplementedError(message)

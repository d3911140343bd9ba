"""Receptive Field Block Net for Accurate and Fast Object Detection (ECCV 2018).

Authors: Songtao Liu et al.
Paper: https://arxiv.org/abs/1711.07767
Code (the authors', licence: MIT): https://github.com/GOATmessi7/RFBNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Rfb"]


class Rfb(nn.Module):
    """Rfb is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Receptive Field Block Net for Accurate and Fast Object Detection: it is not implemented yet "
            "(https://arxiv.org/abs/1711.07767)"
        )
        raise NotImplementedError(message)

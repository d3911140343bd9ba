"""SlimConv: Reducing Channel Redundancy in Convolutional Neural Networks by Features Recombining (IEEE TIP 2021).

Authors: Jiaxiong Qiu et al.
Paper: https://arxiv.org/abs/2003.07469
Code (the authors', licence: MIT): https://github.com/JiaxiongQ/SlimConv
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Slimconv"]


class Slimconv(nn.Module):
    """Slimconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "SlimConv: Reducing Channel Redundancy in Convolutional Neural Networks by Features Recombining: it is not "
            "implemented yet (https://arxiv.org/abs/2003.07469)"
        )
        raise NotImplementedError(message)

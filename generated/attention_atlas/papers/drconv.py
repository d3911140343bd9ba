"""Dynamic Region-Aware Convolution (CVPR 2021).

Authors: Jin Chen et al.
Paper: https://arxiv.org/abs/2003.12243
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Drconv"]


class Drconv(nn.Module):
    """Drconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Dynamic Region-Aware Convolution: it is not implemented yet (https://arxiv.org/abs/2003.12243)"
        raise NotImplementedError(message)

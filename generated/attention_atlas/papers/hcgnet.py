"""Gated Convolutional Networks with Hybrid Connectivity for Image Classification (AAAI 2020).

Authors: Chuanguang Yang et al.
Paper: https://arxiv.org/abs/1908.09699
Code (the authors', licence: none stated): https://github.com/winycg/HCGNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Hcgnet"]


class Hcgnet(nn.Module):
    """Hcgnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Gated Convolutional Networks with Hybrid Connectivity for Image Classification: it is not implemented yet "
            "(https://arxiv.org/abs/1908.09699)"
        )
        raise NotImplementedError(message)

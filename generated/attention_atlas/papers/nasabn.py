"""NASABN: A Neural Architecture Search Framework for Attention-Based Networks (IJCNN 2020).

Authors: Kun Jing et al.
Paper: https://ieeexplore.ieee.org/document/9207600
Code (the authors', licence: MIT): https://github.com/kunjing96/NASABN
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Nasabn"]


class Nasabn(nn.Module):
    """Nasabn is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "NASABN: A Neural Architecture Search Framework for Attention-Based Networks: it is not implemented yet "
            "(https://ieeexplore.ieee.org/document/9207600)"
        )
        raise NotImplementedError(message)

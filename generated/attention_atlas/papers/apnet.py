"""Person Re-identification via Attention Pyramid (IEEE TIP 2021).

Authors: Guangyi Chen et al.
Paper: https://arxiv.org/abs/2108.05340
Code (the authors', licence: MIT): https://github.com/CHENGY12/APNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Apnet"]


class Apnet(nn.Module):
    """Apnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Person Re-identification via Attention Pyramid: it is not implemented yet "
            "(https://arxiv.org/abs/2108.05340)"
        )
        raise NotImplementedError(message)

"""Pay Less Attention with Lightweight and Dynamic Convolutions (ICLR 2019).

Authors: Felix Wu et al.
Paper: https://arxiv.org/abs/1901.10430
Code (the authors', licence: MIT): https://github.com/facebookresearch/fairseq
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Lightconv"]


class Lightconv(nn.Module):
    """Lightconv is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Pay Less Attention with Lightweight and Dynamic Convolutions: it is not implemented yet "
            "(https://arxiv.org/abs/1901.10430)"
        )
        raise NotImplementedError(message)

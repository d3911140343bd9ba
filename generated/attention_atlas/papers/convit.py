"""ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases (ICML 2021).

Authors: Stéphane d'Ascoli et al.
Paper: https://arxiv.org/abs/2103.10697
Code (the authors', licence: Apache-2.0 (file headers say CC-by-NC)): https://github.com/facebookresearch/convit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Convit"]


class Convit(nn.Module):
    """Convit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "ConViT: Improving Vision Transformers with Soft Convolutional Inductive Biases: it is not implemented yet "
            "(https://arxiv.org/abs/2103.10697)"
        )
        raise NotImplementedError(message)

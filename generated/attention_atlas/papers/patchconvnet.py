"""Augmenting Convolutional networks with attention-based aggregation (arXiv 2021).

Authors: Hugo Touvron et al.
Paper: https://arxiv.org/abs/2112.13692
Code (the authors', licence: Apache-2.0): https://github.com/facebookresearch/deit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Patchconvnet"]


class Patchconvnet(nn.Module):
    """Patchconvnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Augmenting Convolutional networks with attention-based aggregation: it is not implemented yet "
            "(https://arxiv.org/abs/2112.13692)"
        )
        raise NotImplementedError(message)

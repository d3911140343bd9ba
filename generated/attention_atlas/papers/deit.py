"""Training data-efficient image transformers & distillation through attention (ICML 2021).

Authors: Hugo Touvron et al.
Paper: https://arxiv.org/abs/2012.12877
Code (the authors', licence: Apache-2.0): https://github.com/facebookresearch/deit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Deit"]


class Deit(nn.Module):
    """Deit is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Training data-efficient image transformers & distillation through attention: it is not implemented yet "
            "(https://arxiv.org/abs/2012.12877)"
        )
        raise NotImplementedError(message)

"""ViTAE: Vision Transformer Advanced by Exploring Intrinsic Inductive Bias (NeurIPS 2021).

Authors: Yufei Xu et al.
Paper: https://arxiv.org/abs/2106.03348
Code (the authors', licence: none at top level (LICENSE only in task sub-folders)):
    https://github.com/ViTAE-Transformer/ViTAE-Transformer
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Vitae"]


class Vitae(nn.Module):
    """Vitae is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "ViTAE: Vision Transformer Advanced by Exploring Intrinsic Inductive Bias: it is not implemented yet "
            "(https://arxiv.org/abs/2106.03348)"
        )
        raise NotImplementedError(message)

"""Rethinking Mobile Block for Efficient Attention-based Models (ICCV 2023).

Authors: Jiangning Zhang et al.
Paper: https://arxiv.org/abs/2301.01146
Code (the authors', licence: none at top level (LICENSE only inside the mmdetection/mmsegmentation sub-folders)):
    https://github.com/zhangzjn/EMO
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Emo"]


class Emo(nn.Module):
    """Emo is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Rethinking Mobile Block for Efficient Attention-based Models: it is not implemented yet "
            "(https://arxiv.org/abs/2301.01146)"
        )
        raise NotImplementedError(message)

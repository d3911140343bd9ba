"""BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation (ECCV 2018).

Authors: Changqian Yu et al.
Paper: https://arxiv.org/abs/1808.00897
Code (the authors', licence: MIT): https://github.com/ycszen/TorchSeg
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Bisenet"]


class Bisenet(nn.Module):
    """Bisenet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation: it is not implemented yet "
            "(https://arxiv.org/abs/1808.00897)"
        )
        raise NotImplementedError(message)

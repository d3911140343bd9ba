"""DCANet: Dense Context-Aware Network for Semantic Segmentation (arXiv 2021).

Authors: Yifu Liu et al.
Paper: https://arxiv.org/abs/2104.02533
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DenseContextAwareNetwork"]


class DenseContextAwareNetwork(nn.Module):
    """DenseContextAwareNetwork is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "DCANet: Dense Context-Aware Network for Semantic Segmentation: it is not implemented yet "
            "(https://arxiv.org/abs/2104.02533)"
        )
        raise NotImplementedError(message)

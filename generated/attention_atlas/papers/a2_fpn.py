"""A2-FPN: Attention Aggregation Based Feature Pyramid Network for Instance Segmentation (CVPR 2021).

Authors: Miao Hu et al.
Paper: https://arxiv.org/abs/2105.03186
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["A2Fpn"]


class A2Fpn(nn.Module):
    """A2Fpn is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "A2-FPN: Attention Aggregation Based Feature Pyramid Network for Instance Segmentation: it is not "
            "implemented yet (https://arxiv.org/abs/2105.03186)"
        )
        raise NotImplementedError(message)

"""Dynamic Neural Networks: A Survey (IEEE TPAMI 2022).

Authors: Yizeng Han et al.
Paper: https://arxiv.org/abs/2102.04906
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DynamicNnSurvey"]


class DynamicNnSurvey(nn.Module):
    """DynamicNnSurvey is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Dynamic Neural Networks: A Survey: A survey of dynamic neural networks: it orders the literature and "
            "proposes no module of its own. (https://arxiv.org/abs/2102.04906)"
        )
        raise NotImplementedError(message)

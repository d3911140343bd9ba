"""An Attentive Survey of Attention Models (ACM TIST 2021).

Authors: Sneha Chaudhari et al.
Paper: https://arxiv.org/abs/1904.02874
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["AttentionSurvey"]


class AttentionSurvey(nn.Module):
    """AttentionSurvey is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "An Attentive Survey of Attention Models: A survey of attention models: it orders the literature and "
            "proposes no module of its own. (https://arxiv.org/abs/1904.02874)"
        )
        raise NotImplementedError(message)

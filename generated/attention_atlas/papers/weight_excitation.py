"""Weight Excitation: Built-in Attention Mechanisms in Convolutional Neural Networks (ECCV 2020).

Authors: Niamul Quader et al.
Paper: https://www.ecva.net/papers/eccv_2020/papers_ECCV/html/7039_ECCV_2020_paper.php
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["WeightExcitation"]


class WeightExcitation(nn.Module):
    """WeightExcitation is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Weight Excitation: Built-in Attention Mechanisms in Convolutional Neural Networks: it is not implemented "
            "yet (https://www.ecva.net/papers/eccv_2020/papers_ECCV/html/7039_ECCV_2020_paper.php)"
        )
        raise NotImplementedError(message)

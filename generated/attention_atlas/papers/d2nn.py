"""Dynamic Deep Neural Networks: Optimizing Accuracy-Efficiency Trade-offs by Selective Execution (AAAI 2018).

Authors: Lanlan Liu and Jia Deng
Paper: https://arxiv.org/abs/1701.00299
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["D2nn"]


class D2nn(nn.Module):
    """D2nn is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Dynamic Deep Neural Networks: Optimizing Accuracy-Efficiency Trade-offs by Selective Execution: it is not "
            "implemented yet (https://arxiv.org/abs/1701.00299)"
        )
        raise NotImplementedError(message)

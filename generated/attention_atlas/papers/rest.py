"""ResT: An Efficient Transformer for Visual Recognition (NeurIPS 2021).

Authors: Qing-Long Zhang and Yu-Bin Yang
Paper: https://arxiv.org/abs/2105.13677
Code (the authors', licence: Apache-2.0): https://github.com/wofmanaf/ResT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Rest"]


class Rest(nn.Module):
    """Rest is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "ResT: An Efficient Transformer for Visual Recognition: it is not implemented yet "
            "(https://arxiv.org/abs/2105.13677)"
        )
        raise NotImplementedError(message)

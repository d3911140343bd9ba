"""Co-Scale Conv-Attentional Image Transformers (ICCV 2021).

Authors: Weijian Xu et al.
Paper: https://arxiv.org/abs/2104.06399
Code (the authors', licence: Apache-2.0): https://github.com/mlpc-ucsd/CoaT
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Coat"]


class Coat(nn.Module):
    """Coat is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Co-Scale Conv-Attentional Image Transformers: it is not implemented yet (https://arxiv.org/abs/2104.06399)"
        )
        raise NotImplementedError(message)

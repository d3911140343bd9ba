"""Att-DARTS: Differentiable Neural Architecture Search for Attention (IJCNN 2020).

Authors: Kohei Nakai et al.
Paper: http://vigir.missouri.edu/~gdesouza/Research/Conference_CDs/IEEE_WCCI_2020/IJCNN/Papers/N-21042.pdf
Code (the authors', licence: none stated): https://github.com/chomin/Att-DARTS
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["AttDarts"]


class AttDarts(nn.Module):
    """AttDarts is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Att-DARTS: Differentiable Neural Architecture Search for Attention: it is not implemented yet "
            "(http://vigir.missouri.edu/~gdesouza/Research/Conference_CDs/IEEE_WCCI_2020/IJCNN/Papers/N-21042.pdf)"
        )
        raise NotImplementedError(message)

"""Improving Convolutional Networks with Self-Calibrated Convolutions (CVPR 2020).

Authors: Jiang-Jiang Liu et al.
Paper:
    https://openaccess.thecvf.com/content_CVPR_2020/papers/Liu_Improving_Convolutional_Networks_With_Self-Calibrated_Convolutions_CVPR_2020_paper.pdf
Code (the authors', licence: MIT): https://github.com/MCG-NKU/SCNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Scnet"]


class Scnet(nn.Module):
    """Scnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Improving Convolutional Networks with Self-Calibrated Convolutions: it is not implemented yet "
            "(https://openaccess.thecvf.com/content_CVPR_2020/papers/Liu_Improving_Convolutional_Networks_With_Self-Cal"
            "ibrated_Convolutions_CVPR_2020_paper.pdf)"
        )
        raise NotImplementedError(message)

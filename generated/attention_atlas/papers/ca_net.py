"""ca_net (IEEE TMI 2021).

CA-Net: Comprehensive Attention Convolutional Neural Networks for Explainable Medical Image Segmentation

Authors: Ran Gu et al.
Paper: https://arxiv.org/abs/2009.10549
Code (the authors', licence: none stated): https://github.com/HiLab-git/CA-Net
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["CaNet"]


class CaNet(nn.Module):
    """CaNet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "CA-Net: Comprehensive Attention Convolutional Neural Networks for Explainable Medical Image Segmentation: "
            "it is not implemented yet (https://arxiv.org/abs/2009.10549)"
        )
        raise NotImplementedError(message)

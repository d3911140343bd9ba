"""Enhancing feature fusion for human pose estimation (Machine Vision and Applications 2020).

Authors: Rui Wang et al.
Paper: https://doi.org/10.1007/s00138-020-01104-2
Code (the authors', licence: none stated): https://github.com/tongjiangwei/FeatureFusion
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["FeatureFusionPose"]


class FeatureFusionPose(nn.Module):
    """FeatureFusionPose is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Enhancing feature fusion for human pose estimation: it is not implemented yet "
            "(https://doi.org/10.1007/s00138-020-01104-2)"
        )
        raise NotImplementedError(message)

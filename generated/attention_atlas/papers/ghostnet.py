"""GhostNet: More Features from Cheap Operations (CVPR 2020).

Authors: Kai Han et al.
Paper: https://arxiv.org/abs/1911.11907
Code (the authors', licence: Apache-2.0 (ghostnet_pytorch/License.txt)):
    https://github.com/huawei-noah/Efficient-AI-Backbones
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Ghostnet"]


class Ghostnet(nn.Module):
    """Ghostnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "GhostNet: More Features from Cheap Operations: it is not implemented yet "
            "(https://arxiv.org/abs/1911.11907)"
        )
        raise NotImplementedError(message)

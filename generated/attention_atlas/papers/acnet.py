"""ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution Blocks (ICCV 2019).

Authors: Xiaohan Ding et al.
Paper: https://arxiv.org/abs/1908.03930
Code (the authors', licence: MIT): https://github.com/DingXiaoH/ACNet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Acnet"]


class Acnet(nn.Module):
    """Acnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "ACNet: Strengthening the Kernel Skeletons for Powerful CNN via Asymmetric Convolution Blocks: it is not "
            "implemented yet (https://arxiv.org/abs/1908.03930)"
        )
        raise NotImplementedError(message)

"""CoAtNet: Marrying Convolution and Attention for All Data Sizes (NeurIPS 2021).

Authors: Zihang Dai et al.
Paper: https://arxiv.org/abs/2106.04803
Code (not the authors'): https://github.com/chinhsuanwu/coatnet-pytorch
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Coatnet"]


class Coatnet(nn.Module):
    """Coatnet is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "CoAtNet: Marrying Convolution and Attention for All Data Sizes: it is not implemented yet "
            "(https://arxiv.org/abs/2106.04803)"
        )
        raise NotImplementedError(message)

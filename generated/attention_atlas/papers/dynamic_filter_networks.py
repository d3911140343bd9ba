"""Dynamic Filter Networks (NeurIPS 2016).

Authors: Bert De Brabandere et al.
Paper: https://arxiv.org/abs/1605.09673
Code (the authors', licence: none stated): https://github.com/dbbert/dfn
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DynamicFilterNetworks"]


class DynamicFilterNetworks(nn.Module):
    """DynamicFilterNetworks is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Dynamic Filter Networks: it is not implemented yet (https://arxiv.org/abs/1605.09673)"
        raise NotImplementedError(message)

"""Not All Images are Worth 16x16 Words: Dynamic Transformers for Efficient Image Recognition (NeurIPS 2021).

Authors: Yulin Wang et al.
Paper: https://arxiv.org/abs/2105.15075
Code (the authors', licence: none stated): https://github.com/blackfeather-wang/Dynamic-Vision-Transformer
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Dvt"]


class Dvt(nn.Module):
    """Dvt is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Not All Images are Worth 16x16 Words: Dynamic Transformers for Efficient Image Recognition: it is not "
            "implemented yet (https://arxiv.org/abs/2105.15075)"
        )
        raise NotImplementedError(message)

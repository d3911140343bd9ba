"""Going deeper with Image Transformers (ICCV 2021).

Authors: Hugo Touvron et al.
Paper: https://arxiv.org/abs/2103.17239
Code (the authors', licence: Apache-2.0): https://github.com/facebookresearch/deit
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Cait"]


class Cait(nn.Module):
    """Cait is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Going deeper with Image Transformers: it is not implemented yet (https://arxiv.org/abs/2103.17239)"
        raise NotImplementedError(message)

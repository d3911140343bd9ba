"""Pay Attention to MLPs (NeurIPS 2021).

Authors: Hanxiao Liu et al.
Paper: https://arxiv.org/abs/2105.08050
Code (not the authors'): https://github.com/jaketae/g-mlp
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Gmlp"]


class Gmlp(nn.Module):
    """Gmlp is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = "Pay Attention to MLPs: it is not implemented yet (https://arxiv.org/abs/2105.08050)"
        raise NotImplementedError(message)

"""SSH: Single Stage Headless Face Detector (ICCV 2017).

Authors: Mahyar Najibi et al.
Paper: https://arxiv.org/abs/1708.03979
Code (the authors', licence: MIT): https://github.com/mahyarnajibi/SSH
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Ssh"]


class Ssh(nn.Module):
    """Ssh is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "SSH: Single Stage Headless Face Detector: it is not implemented yet (https://arxiv.org/abs/1708.03979)"
        )
        raise NotImplementedError(message)

"""PP-NAS: Searching for Plug-and-Play Blocks on Convolutional Neural Network (ICCVW 2021).

Authors: Biluo Shen et al.
Paper:
    https://openaccess.thecvf.com/content/ICCV2021W/NeurArch/papers/Shen_PP-NAS_Searching_for_Plug-and-Play_Blocks_on_Convolutional_Neural_Network_ICCVW_2021_paper.pdf
Code (the authors', licence: none stated): https://github.com/ainieli/PP-NAS
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["PpNas"]


class PpNas(nn.Module):
    """PpNas is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "PP-NAS: Searching for Plug-and-Play Blocks on Convolutional Neural Network: it is not implemented yet "
            "(https://openaccess.thecvf.com/content/ICCV2021W/NeurArch/papers/Shen_PP-NAS_Searching_for_Plug-and-Play_B"
            "locks_on_Convolutional_Neural_Network_ICCVW_2021_paper.pdf)"
        )
        raise NotImplementedError(message)

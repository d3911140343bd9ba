"""Delving Deep into Many-to-many Attention for Few-shot Video Object Segmentation (CVPR 2021).

Authors: Haoxin Chen et al.
Paper:
    https://openaccess.thecvf.com/content/CVPR2021/html/Chen_Delving_Deep_Into_Many-to-Many_Attention_for_Few-Shot_Video_Object_Segmentation_CVPR_2021_paper.html
Code (the authors', licence: none stated): https://github.com/scutpaul/DANet
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["DanFsvos"]


class DanFsvos(nn.Module):
    """DanFsvos is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Delving Deep into Many-to-many Attention for Few-shot Video Object Segmentation: it is not implemented "
            "yet "
            "(https://openaccess.thecvf.com/content/CVPR2021/html/Chen_Delving_Deep_Into_Many-to-Many_Attention_for_Few"
            "-Shot_Video_Object_Segmentation_CVPR_2021_paper.html)"
        )
        raise NotImplementedError(message)

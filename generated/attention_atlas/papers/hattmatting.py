"""Attention-Guided Hierarchical Structure Aggregation for Image Matting (CVPR 2020).

Authors: Yu Qiao et al.
Paper:
    https://openaccess.thecvf.com/content_CVPR_2020/papers/Qiao_Attention-Guided_Hierarchical_Structure_Aggregation_for_Image_Matting_CVPR_2020_paper.pdf
Code (the authors', licence: none stated): https://github.com/wukaoliu/CVPR2020-HAttMatting
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Hattmatting"]


class Hattmatting(nn.Module):
    """Hattmatting is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Attention-Guided Hierarchical Structure Aggregation for Image Matting: it is not implemented yet "
            "(https://openaccess.thecvf.com/content_CVPR_2020/papers/Qiao_Attention-Guided_Hierarchical_Structure_Aggre"
            "gation_for_Image_Matting_CVPR_2020_paper.pdf)"
        )
        raise NotImplementedError(message)

"""Introvert: Human Trajectory Prediction via Conditional 3D Attention (CVPR 2021).

Authors: Nasim Shafiee et al.
Paper:
    https://openaccess.thecvf.com/content/CVPR2021/papers/Shafiee_Introvert_Human_Trajectory_Prediction_via_Conditional_3D_Attention_CVPR_2021_paper.pdf
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["Introvert"]


class Introvert(nn.Module):
    """Introvert is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Introvert: Human Trajectory Prediction via Conditional 3D Attention: it is not implemented yet "
            "(https://openaccess.thecvf.com/content/CVPR2021/papers/Shafiee_Introvert_Human_Trajectory_Prediction_via_C"
            "onditional_3D_Attention_CVPR_2021_paper.pdf)"
        )
        raise NotImplementedError(message)

"""ra_cnn (CVPR 2017).

Look Closer to See Better: Recurrent Attention Convolutional Neural Network for Fine-grained Image Recognition

Authors: Jianlong Fu et al.
Paper: https://openaccess.thecvf.com/content_cvpr_2017/papers/Fu_Look_Closer_to_CVPR_2017_paper.pdf
Code (the authors', licence: none stated): https://github.com/Jianlong-Fu/Recurrent-Attention-CNN
Generated from catalog.yaml: edit that.
"""

from __future__ import annotations

from torch import nn

__all__ = ["RaCnn"]


class RaCnn(nn.Module):
    """RaCnn is a stub: its constructor raises ``NotImplementedError``."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        message = (
            "Look Closer to See Better: Recurrent Attention Convolutional Neural Network for Fine-grained Image "
            "Recognition: it is not implemented yet "
            "(https://openaccess.thecvf.com/content_cvpr_2017/papers/Fu_Look_Closer_to_CVPR_2017_paper.pdf)"
        )
        raise NotImplementedError(message)

"""BAM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from templates.papers.bam import BAM
from tests.papers.mutants import rejected


@pytest.mark.parametrize(("fusion", "dilation"), [("product", 4), ("sum", 2)])
def test_both_fusions_against_the_equations(fusion: str, dilation: int) -> None:
    module = BAM(8, reduction=4, dilation=dilation, fusion=fusion).double().eval()
    x = torch.randn(2, 8, 5, 7, dtype=torch.float64)
    fc1, norm, _, fc2 = module.channel.layers
    m_c = fc2(norm(fc1(torch.stack([x[:, c].flatten(1).mean(1) for c in range(8)], 1))).clamp_min(0))
    m_s = module.spatial.layers(x)
    assert m_s.shape == (2, 1, 5, 7)
    expected = torch.empty_like(x)
    for b in range(2):
        for c in range(8):
            for i in range(5):
                for j in range(7):
                    both = m_c[b, c], m_s[b, 0, i, j]
                    logit = both[0] + both[1] if fusion == "sum" else both[0] * both[1]
                    expected[b, c, i, j] = x[b, c, i, j] * (1 + torch.sigmoid(logit))
    torch.testing.assert_close(module(x), expected)


class FixedPadding(BAM):
    """The popular version whose dilated convolutions keep a padding of one: the map shrinks to one value."""

    def __init__(
        self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2, fusion: str = "product"
    ) -> None:
        super().__init__(channels, reduction, dilation, depth, fusion)
        for layer in self.spatial.layers:
            if isinstance(layer, torch.nn.Conv2d) and layer.kernel_size == (3, 3):
                layer.padding = (1, 1)

    def forward(self, x: Tensor) -> Tensor:
        small = self.spatial.layers(F.pad(x, (6, 6, 6, 6)))
        spatial = F.adaptive_avg_pool2d(small, (x.shape[2], x.shape[3]))
        return x * (1 + (self.channel(x)[:, :, None, None] * spatial).sigmoid())


class Summed(BAM):
    """The sum of the branches where the released code has their product."""

    def __init__(
        self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2, fusion: str = "product"
    ) -> None:
        super().__init__(channels, reduction, dilation, depth, "sum")


class WithoutShortcut(BAM):
    """The gate alone, without the input added."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize("mutant", [FixedPadding, Summed, WithoutShortcut])
def test_popular_wrong_version_is_rejected(mutant: type[BAM]) -> None:
    assert rejected("bam", mutant, "default")


def test_right_version_is_not_rejected() -> None:
    assert not rejected("bam", BAM, "default")


@pytest.mark.parametrize("size", [(7, 7), (8, 8), (14, 9), (1, 1)])
@pytest.mark.parametrize("dilation", [1, 2, 4, 6])
def test_any_size_and_dilation(size: tuple[int, int], dilation: int) -> None:
    assert BAM(16, dilation=dilation).eval()(torch.rand(1, 16, *size)).shape == (1, 16, *size)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="fusion: expected product or sum, got 'max'"):
        BAM(16, fusion="max")
    with pytest.raises(ValueError, match="channels: expected at least reduction=16, got 8"):
        BAM(8)

"""BAM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.bam import BAM, SpatialGate
from tests.papers.mutants import rejected


@pytest.mark.parametrize(
    ("fusion", "channel", "spatial"),
    [("product", True, True), ("sum", True, True), ("max", True, True), ("sum", True, False), ("sum", False, True)],
)
def test_every_fusion_against_the_equations(fusion: str, channel: bool, spatial: bool) -> None:
    module = BAM(8, reduction=4, dilation=2, fusion=fusion, channel=channel, spatial=spatial).double().eval()
    x = torch.randn(2, 8, 5, 7, dtype=torch.float64, requires_grad=True)
    m_c, m_s = torch.zeros(2, 8, dtype=torch.float64), torch.zeros(2, 1, 5, 7, dtype=torch.float64)
    if module.channel is not None:
        fc1, norm, _, fc2 = module.channel.layers
        m_c = fc2(norm(fc1(torch.stack([x[:, c].flatten(1).mean(1) for c in range(8)], 1))).clamp_min(0))
    if module.spatial is not None:
        m_s = module.spatial(x)
    expected = []
    for b in range(2):
        for c in range(8):
            for i in range(5):
                for j in range(7):
                    both = m_c[b, c], m_s[b, 0, i, j]
                    logit = {"product": both[0] * both[1], "sum": both[0] + both[1], "max": max(both)}[fusion]
                    expected.append(x[b, c, i, j] * (1 + torch.sigmoid(logit)))
    wanted = torch.stack(expected).view_as(x)
    out = module(x)
    torch.testing.assert_close(out, wanted)
    cotangent = torch.randn_like(out)
    torch.testing.assert_close(*(torch.autograd.grad(y, x, cotangent, retain_graph=True)[0] for y in (out, wanted)))


def _spatial(module: BAM) -> SpatialGate:
    assert module.spatial is not None
    return module.spatial


class FixedPadding(BAM):
    """The popular version whose dilated convolutions keep a padding of one: the map shrinks to one value."""

    def __init__(
        self, channels: int, reduction: int = 16, dilation: int = 4, depth: int = 2, fusion: str = "product"
    ) -> None:
        super().__init__(channels, reduction, dilation, depth, fusion)
        for layer in _spatial(self).dilated.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.padding = (1, 1)

    def forward(self, x: Tensor) -> Tensor:
        assert self.channel is not None
        small = _spatial(self)(F.pad(x, (6, 6, 6, 6)))
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
    with pytest.raises(ValueError, match="fusion: expected product, sum or max, got 'mean'"):
        BAM(16, fusion="mean")
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 16"):
        BAM(8)
    with pytest.raises(ValueError, match="channel, spatial: expected at least one to be true, got neither"):
        BAM(16, channel=False, spatial=False)


def test_the_papers_branches_are_normalised_once() -> None:
    module = BAM(32, fusion="sum", normalize_last=True).double().eval()
    norms = [layer for layer in module.modules() if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d))]
    assert [norm.num_features for norm in norms] == [32, 1]
    for norm in norms:
        nn.init.normal_(norm.running_mean)  # pyright: ignore[reportArgumentType]
    channel, spatial = module.channel, module.spatial
    assert channel is not None
    assert spatial is not None
    x = torch.randn(2, 32, 5, 6, dtype=torch.float64)
    down, up = (layer for layer in channel.layers if isinstance(layer, nn.Linear))
    of_channels = norms[0](up(down(x.mean((2, 3))).relu()))
    y = x
    for conv in (layer for layer in spatial.modules() if isinstance(layer, nn.Conv2d)):
        y = conv(y)
    gate = (of_channels[:, :, None, None] + norms[1](y)).sigmoid()
    torch.testing.assert_close(module(x), x + x * gate)

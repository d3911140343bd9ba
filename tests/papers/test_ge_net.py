"""Gather-Excite: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.ge_net import GatherExcite, GEResNet
from templates.papers.se_net import SE
from tests.papers.mutants import rejected


@pytest.mark.parametrize("extent", [2, 4, 8])
def test_averages_against_a_loop(extent: int) -> None:
    module = GatherExcite(2, extent)
    x = torch.randn(1, 2, 11, 18, dtype=torch.float64, requires_grad=True)
    _, _, height, width = x.shape
    rows, columns = -(-height // extent), -(-width // extent)
    reach = extent - 1
    expected = torch.empty_like(x)
    for i in range(height):
        for j in range(width):
            # The cell that position (i, j) belongs to, and the window around the cell's first position.
            top, left = i * rows // height * extent, j * columns // width * extent
            window = x[:, :, max(0, top - reach) : top + reach + 1, max(0, left - reach) : left + reach + 1]
            expected[:, :, i, j] = x[:, :, i, j] * window.mean((2, 3)).sigmoid()
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_learned_excite_alone_is_squeeze_and_excitation() -> None:
    module, se = GatherExcite(32, learned_excite=True), SE(32, bias=True)
    assert module.excite is not None
    state = {key: value.reshape(value.shape[:2]) for key, value in module.excite.state_dict().items()}
    names = {"1.weight": "down.weight", "1.bias": "down.bias", "3.weight": "up.weight", "3.bias": "up.bias"}
    se.load_state_dict({names[key]: value.reshape(-1) if "bias" in key else value for key, value in state.items()})
    x = torch.randn(2, 32, 5, 7)
    torch.testing.assert_close(module(x), se(x))


def test_learned_global_gather_is_a_convolution() -> None:
    module = GatherExcite(4, learned_gather=True, height=6, width=5).eval()
    assert module.gather is not None
    conv = module.gather.get_submodule("conv")
    assert isinstance(conv, nn.Conv2d)
    x = torch.randn(3, 4, 6, 5)
    torch.testing.assert_close(module(x), x * (conv(x) / (1 + 1e-5) ** 0.5).sigmoid())
    with pytest.raises(ValueError, match=r"x: expected maps of \(6, 5\), got \(6, 6\)"):
        module(torch.randn(3, 4, 6, 6))


def test_without_parameters_there_are_none() -> None:
    assert not GatherExcite(8).state_dict()
    assert not GatherExcite(8, extent=8).state_dict()


class _WindowsOfE(GatherExcite):
    """Windows that do not overlap."""

    def _average(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.extent, ceil_mode=True)


class _ZerosCounted(GatherExcite):
    def _average(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2 * self.extent - 1, self.extent, self.extent - 1)


class _Bilinear(GatherExcite):
    def forward(self, x: Tensor) -> Tensor:
        return x * F.interpolate(self._average(x), (x.shape[2], x.shape[3]), mode="bilinear").sigmoid()


@pytest.mark.parametrize("mutant", [_WindowsOfE, _ZerosCounted, _Bilinear])
def test_wrong_averages_are_rejected(mutant: type[GatherExcite]) -> None:
    assert rejected("ge_net", mutant, "theta-minus-e8")


class _Padded(GatherExcite):
    """A learned global gather that is padded: a gate per position."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.gather is not None
        conv, norm = self.gather.get_submodule("conv"), self.gather.get_submodule("norm")
        assert isinstance(conv, nn.Conv2d)
        height, width = conv.kernel_size
        s = F.conv2d(F.pad(x, (width // 2, width // 2, height // 2, height // 2)), conv.weight, groups=x.shape[1])
        return x * F.interpolate(norm(s), (x.shape[2], x.shape[3])).sigmoid()


class _LastRectified(GatherExcite):
    def forward(self, x: Tensor) -> Tensor:
        assert self.gather is not None
        return x * F.interpolate(self.gather(x).relu(), (x.shape[2], x.shape[3])).sigmoid()


class _NotRectified(GatherExcite):
    """No ReLU between a learned gather and a learned excite operator."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.gather is not None
        assert isinstance(self.excite, nn.Sequential)
        return x * F.interpolate(self.excite[1:](self.gather(x)), (x.shape[2], x.shape[3])).sigmoid()


@pytest.mark.parametrize(
    ("mutant", "case"), [(_Padded, "theta"), (_LastRectified, "theta-e8"), (_NotRectified, "theta-plus-e2")]
)
def test_wrong_gathers_are_rejected(mutant: type[GatherExcite], case: str) -> None:
    assert rejected("ge_net", mutant, case)


def test_network_has_the_stride_in_the_first_convolution() -> None:
    network = GEResNet((1, 1, 1, 1), input_size=64, num_classes=3)
    assert network.layer2[0].conv1.stride == (2, 2)
    assert network.layer2[0].conv2.stride == (1, 1)
    assert network.eval()(torch.randn(1, 3, 64, 64)).shape == (1, 3)


@pytest.mark.parametrize("extent", [1, 3, -2, 12])
def test_extents_are_powers_of_two(extent: int) -> None:
    with pytest.raises(ValueError, match=rf"extent: expected 0 or a power of two from 2 on, got {extent}"):
        GatherExcite(8, extent)


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"height, width: expected the size of the map \(global extent\), got 7 and 0"):
        GatherExcite(8, learned_gather=True, height=7)
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        GatherExcite(8, learned_excite=True)
    with pytest.raises(ValueError, match=r"input_size: expected a multiple of 32, got 100"):
        GEResNet(input_size=100)


def test_a_map_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x: expected \(B, 8, H, W\), got \(2, 16, 4, 4\)"):
        GatherExcite(8)(torch.randn(2, 16, 4, 4))


def test_the_papers_operators_follow_each_other_directly() -> None:
    released = GatherExcite(32, 2, True, True).double().eval()
    paper = GatherExcite(32, 2, True, True, rectify=False).double().eval()
    paper.load_state_dict(released.state_dict())
    x = torch.randn(2, 32, 5, 7, dtype=torch.float64)
    assert paper.gather is not None
    assert isinstance(paper.excite, nn.Sequential)
    s = paper.excite[1:](paper.gather(x)).sigmoid()
    torch.testing.assert_close(paper(x), x * F.interpolate(s, (5, 7)))
    assert not torch.allclose(paper(x), released(x))

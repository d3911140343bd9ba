"""FcaNet: what the shared suite cannot say of it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from templates.papers.fcanet import FcaNet, MultiSpectralAttention
from tests.papers.mutants import rejected


def _naive_component(plane: Tensor, u: int, v: int) -> Tensor:
    """The (u, v) coefficient of the orthonormal two-dimensional DCT-II of one map, term by term."""
    height, width = plane.shape
    total = torch.zeros((), dtype=plane.dtype)
    for i in range(height):
        for j in range(width):
            total = total + plane[i, j] * (
                math.cos(math.pi * u * (i + 0.5) / height) * math.cos(math.pi * v * (j + 0.5) / width)
            )
    return total * math.sqrt((2 if u else 1) / height * (2 if v else 1) / width)


@pytest.mark.parametrize(("height", "width"), [(7, 7), (14, 21)])
def test_gate_is_computed_from_cosine_components(height: int, width: int) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        module = MultiSpectralAttention(8, height, width, reduction=2, frequencies="low4")
    finally:
        torch.set_default_dtype(torch.float32)
    x = torch.randn(2, 8, height, width, dtype=torch.float64, requires_grad=True)
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    z = torch.stack(
        [
            torch.stack(
                [_naive_component(x[b, c], *(f * n // 7 for f, n in zip(pairs[c // 2], (height, width), strict=True)))
                 for c in range(8)]
            )
            for b in range(2)
        ]
    )  # fmt: skip
    s = torch.sigmoid(torch.relu(z @ module.down.weight.T) @ module.up.weight.T)
    expected = x * s[:, :, None, None]
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_basis_is_orthonormal() -> None:
    basis = MultiSpectralAttention(64, 14, 7, frequencies="top32").basis.flatten(1).double()
    torch.testing.assert_close(basis @ basis.T, torch.eye(32, dtype=torch.float64), atol=1e-6, rtol=0)


def test_first_frequency_alone_is_squeeze_and_excitation() -> None:
    module, x = MultiSpectralAttention(32, 7, 14, frequencies="top1"), torch.randn(2, 32, 7, 14)
    z = x.mean((2, 3)) * math.sqrt(7 * 14)
    s = torch.sigmoid(torch.relu(z @ module.down.weight.T) @ module.up.weight.T)
    torch.testing.assert_close(module(x), x * s[:, :, None, None])


def test_without_gradients_the_components_are_the_same() -> None:
    module, x = MultiSpectralAttention(64, 9, 14, frequencies="low8"), torch.randn(2, 64, 9, 14)
    with torch.no_grad():
        found = module.components(x)
    torch.testing.assert_close(found, module.components(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_components_beyond_half_precision(dtype: torch.dtype, autocast: bool) -> None:
    """The lowest one is the mean times the root of the basis' size: here 10 000 * 56."""
    torch.manual_seed(0)
    module = MultiSpectralAttention(64, 56, 56)
    x = (10000 + torch.randn(2, 64, 56, 56)).to(dtype).requires_grad_()
    wide = module(x.float())
    with torch.autocast("cpu", dtype, enabled=autocast):
        out = (module if autocast else module.to(dtype))(x)
    torch.testing.assert_close(out.float(), wide, rtol=0.05, atol=50)
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_basis_is_no_part_of_the_state() -> None:
    assert set(MultiSpectralAttention(64).state_dict()) == {"down.weight", "up.weight"}


def test_a_batch_of_one_trains() -> None:
    module = MultiSpectralAttention(64).train()
    module(torch.randn(1, 64, 5, 9)).sum().backward()


class _AcrossForDown(MultiSpectralAttention):
    """u and v swapped."""

    def __init__(self, channels: int, height: int = 7, width: int = 7, reduction: int = 16, frequencies: str = "top16"):
        super().__init__(channels, height, width, reduction, frequencies)
        self.basis = MultiSpectralAttention(channels, width, height, reduction, frequencies).basis.mT.to(self.basis)


class _Interleaved(MultiSpectralAttention):
    """Channel c takes frequency c modulo G, not the groups one after the other."""

    def forward(self, x: Tensor) -> Tensor:
        groups = len(self.basis)
        order = torch.arange(x.shape[1]).view(-1, groups).T.flatten()
        z = (x[:, order].unflatten(1, (groups, -1)) * self.basis[:, None]).sum((3, 4)).flatten(1)
        z = torch.empty_like(z).index_copy(1, order, z)
        return x * self.up(self.relu(self.down(z))).sigmoid()[:, :, None, None]


class _SameFrequency(MultiSpectralAttention):
    """The frequencies of the 7x7 grid on a larger basis as they are."""

    def __init__(self, channels: int, height: int = 7, width: int = 7, reduction: int = 16, frequencies: str = "top16"):
        super().__init__(channels, height, width, reduction, frequencies)
        small = MultiSpectralAttention(channels, 7, 7, reduction, frequencies).basis
        self.basis = torch.nn.functional.interpolate(small[None], (height, width))[0].to(self.basis)


class _Mean(MultiSpectralAttention):
    """A mean over the map in place of the sum."""

    def __init__(self, channels: int, height: int = 7, width: int = 7, reduction: int = 16, frequencies: str = "top16"):
        super().__init__(channels, height, width, reduction, frequencies)
        self.basis = self.basis / (height * width)


@pytest.mark.parametrize("mutant", [_AcrossForDown, _Interleaved, _SameFrequency, _Mean])
def test_wrong_versions_are_rejected(mutant: type[MultiSpectralAttention]) -> None:
    assert rejected("fcanet", mutant, "low16-tall")


@pytest.mark.parametrize("frequencies", ["top3", "best16", "16", "top016", ""])
def test_unknown_frequencies(frequencies: str) -> None:
    with pytest.raises(ValueError, match=r"frequencies: expected top, bot, low followed by one of 1, 2, 4, 8, 16, 32"):
        MultiSpectralAttention(64, frequencies=frequencies)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"height, width: expected at least 7, got 6 and 7"):
        MultiSpectralAttention(64, 6, 7)
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        MultiSpectralAttention(8)
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 16 \(top16\), got 40"):
        MultiSpectralAttention(40)


def test_stages_have_the_map_sizes_of_a_standard_image() -> None:
    network = FcaNet((1, 1, 1, 1), num_classes=2)
    bases = [module.basis.shape for module in network.modules() if isinstance(module, MultiSpectralAttention)]
    assert bases == [(16, side, side) for side in (56, 28, 14, 7)]

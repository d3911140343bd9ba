"""SPANet: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.spanet import SpatialPyramidAttention
from tests.papers.mutants import rejected


@pytest.mark.parametrize(("height", "width"), [(7, 5), (8, 4), (6, 9), (1, 2)])
def test_gate_is_computed_from_the_cells_of_three_grids(height: int, width: int) -> None:
    module = SpatialPyramidAttention(4, reduction=2).double()
    x = torch.randn(2, 4, height, width, dtype=torch.float64, requires_grad=True)
    values: list[Tensor] = []
    for size in (1, 2, 4):
        for c in range(4):
            for i in range(size):
                for j in range(size):
                    rows = slice(i * height // size, -(-(i + 1) * height // size))
                    columns = slice(j * width // size, -(-(j + 1) * width // size))
                    values.append(x[:, c, rows, columns].mean((1, 2)))
    z = torch.stack(values, 1)
    s = torch.sigmoid(torch.relu(z @ module.down.weight.T) @ module.up.weight.T)
    expected = x * s[:, :, None, None]
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_form_b_widens_in_the_last_layer_and_form_c_before_the_pyramid() -> None:
    x, source = torch.randn(2, 16, 4, 3), torch.randn(2, 8, 8, 6)
    b = SpatialPyramidAttention(16, 4, source_channels=8, project=False)
    c = SpatialPyramidAttention(16, 4, source_channels=8)
    assert (b.down.weight.shape, b.up.weight.shape) == ((2, 168), (16, 2))
    assert (c.down.weight.shape, c.up.weight.shape) == ((4, 336), (16, 4))
    assert isinstance(b.project, nn.Identity)
    for module in (b, c):
        assert module(x, source).shape == x.shape


def test_a_batch_of_one_trains() -> None:
    SpatialPyramidAttention(16).train()(torch.randn(1, 16, 5, 9)).sum().backward()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    x = (1000 * torch.randn(2, 16, 32, 32)).to(dtype)
    assert SpatialPyramidAttention(16).to(dtype)(x).isfinite().all()


class _Plain(SpatialPyramidAttention):
    """The module in plain steps, with a place for slips."""

    def squeeze(self, x: Tensor) -> Tensor:
        """The 21 numbers of each channel."""
        return torch.cat([F.adaptive_avg_pool2d(x, size).flatten(1) for size in (1, 2, 4)], 1)

    def forward(self, x: Tensor, source: Tensor | None = None) -> Tensor:
        z = self.squeeze(self.project(x if source is None else source))
        return x * self.up(self.relu(self.down(z))).sigmoid()[:, :, None, None]


class _ChannelsLast(_Plain):
    """Cell by cell in place of channel by channel."""

    def squeeze(self, x: Tensor) -> Tensor:
        return torch.cat([F.adaptive_avg_pool2d(x, size).flatten(2).mT.flatten(1) for size in (1, 2, 4)], 1)


class _ChannelByChannel(_Plain):
    """All 21 numbers of a channel together."""

    def squeeze(self, x: Tensor) -> Tensor:
        return torch.cat([F.adaptive_avg_pool2d(x, size).flatten(2) for size in (1, 2, 4)], 2).flatten(1)


class _Maximum(_Plain):
    def squeeze(self, x: Tensor) -> Tensor:
        return torch.cat([F.adaptive_max_pool2d(x, size).flatten(1) for size in (1, 2, 4)], 1)


class _MeansOfMeans(_Plain):
    """Coarse grids made of the fine one also where cells overlap."""

    def squeeze(self, x: Tensor) -> Tensor:
        return super().squeeze(F.adaptive_avg_pool2d(x, 4))


def test_the_plain_form_is_the_module() -> None:
    assert not rejected("spanet", _Plain, "default")


@pytest.mark.parametrize("mutant", [_ChannelsLast, _ChannelByChannel, _Maximum, _MeansOfMeans])
def test_wrong_versions_are_rejected(mutant: type[SpatialPyramidAttention]) -> None:
    assert rejected("spanet", mutant, "default")


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        SpatialPyramidAttention(8)
    with pytest.raises(ValueError, match=r"source: expected 8 channels, got 16"):
        SpatialPyramidAttention(16, source_channels=8)(torch.randn(1, 16, 4, 4))
    with pytest.raises(ValueError, match=r"x: expected 2 items of 16 channels, got \(2, 1, 4, 4\)"):
        SpatialPyramidAttention(16, source_channels=8)(torch.randn(2, 1, 4, 4), torch.randn(2, 8, 4, 4))

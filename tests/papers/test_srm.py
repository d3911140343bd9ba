"""SRM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.srm import SRM
from tests.papers.mutants import rejected


@pytest.mark.parametrize("unbiased", [True, False])
def test_both_variances_against_the_equations(unbiased: bool) -> None:
    module = SRM(3, unbiased).double().eval()
    nn.init.normal_(module.cfc)
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    maps = []
    for b in range(2):
        for c in range(3):
            values = x[b, c].flatten()
            mean = values.sum() / 20
            deviation = (((values - mean) ** 2).sum() / (19 if unbiased else 20) + module.eps).sqrt()
            z = module.cfc[c, 0] * mean + module.cfc[c, 1] * deviation
            maps.append(x[b, c] * torch.sigmoid(z / (1 + module.bn.eps) ** 0.5))
    expected = torch.stack(maps).view_as(x)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    (given,) = torch.autograd.grad(module(x), x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_a_new_module_halves_its_input() -> None:
    x = torch.randn(2, 4, 3, 5)
    torch.testing.assert_close(SRM(4).eval()(x), x / 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    module = SRM(4).to(dtype).train()
    nn.init.ones_(module.cfc)
    x = (1000 * torch.randn(2, 4, 32, 32)).to(dtype).requires_grad_()
    out = module(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_autocast_keeps_the_dtype_of_the_input() -> None:
    x = torch.randn(2, 4, 3, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert SRM(4)(x).dtype == torch.bfloat16


def test_a_single_position_has_no_unbiased_variance() -> None:
    with pytest.raises(
        ValueError, match=r"x: expected maps of two positions or more for an unbiased variance, got 1x1"
    ):
        SRM(4)(torch.randn(2, 4, 1, 1))
    assert SRM(4, unbiased=False)(torch.randn(2, 4, 1, 1)).isfinite().all()


class _Biased(SRM):
    def __init__(self, channels: int) -> None:
        super().__init__(channels, unbiased=False)


class _VarianceForDeviation(SRM):
    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (2, 3))
        z = mean * self.cfc[:, 0] + variance * self.cfc[:, 1]
        return x * self.bn(z).sigmoid()[:, :, None, None]


class _Swapped(SRM):
    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (2, 3))
        z = (variance + self.eps).sqrt() * self.cfc[:, 0] + mean * self.cfc[:, 1]
        return x * self.bn(z).sigmoid()[:, :, None, None]


class _OverTheBatch(SRM):
    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (0, 2, 3))
        z = mean * self.cfc[:, 0] + (variance + self.eps).sqrt() * self.cfc[:, 1]
        return x * self.bn(z[None]).sigmoid()[:, :, None, None]


class _EpsOutsideTheRoot(SRM):
    def forward(self, x: Tensor) -> Tensor:
        deviation, mean = torch.std_mean(x, (2, 3))
        z = mean * self.cfc[:, 0] + (deviation + self.eps) * self.cfc[:, 1]
        return x * self.bn(z).sigmoid()[:, :, None, None]


@pytest.mark.parametrize("mutant", [_Biased, _VarianceForDeviation, _Swapped, _OverTheBatch, _EpsOutsideTheRoot])
def test_wrong_versions_are_rejected(mutant: type[SRM]) -> None:
    assert rejected("srm", mutant, "wide")


def test_a_map_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x: expected 4 channels, got 1"):
        SRM(4)(torch.randn(2, 1, 3, 3))

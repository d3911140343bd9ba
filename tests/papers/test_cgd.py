"""CGD: what the shared suite cannot say of it."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn

from templates.papers.cgd import CGD
from tests.papers.mutants import rejected


def test_against_a_loop_over_channels() -> None:
    channels = 3
    module = CGD(channels).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    w0, w1, w2 = (w.flatten() for w in (module.weight_mean, module.weight_max, module.weight))
    b0, b1, b2 = (b.flatten() for b in (module.bias_mean, module.bias_max, module.bias))
    x = torch.randn(2, channels, 3, 4, dtype=torch.float64, requires_grad=True)
    maps: list[Tensor] = []
    for b in range(2):
        a = [x[b, c].sum() / 12 for c in range(channels)]
        m = [x[b, c].max() for c in range(channels)]
        total = torch.stack([torch.exp(value) for value in a]).sum()
        share = [torch.exp(value) / total for value in a]
        y0 = torch.stack([a[c] * w0[c] for c in range(channels)]).sum()
        y1 = torch.stack([m[c] * w1[c] for c in range(channels)]).sum()
        psi = [torch.tanh(y0 * share[c] + b0[c]) for c in range(channels)]
        phi = [torch.tanh(y1 * share[c] + b1[c]) for c in range(channels)]
        y2 = torch.stack([phi[c] * w2[c] for c in range(channels)]).sum()
        maps += [x[b, c] * (1 + torch.tanh(y2 * psi[c] + b2[c])) for c in range(channels)]
    expected = torch.stack(maps).view_as(x)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_without_and_with_gradient_the_output_is_the_same() -> None:
    module, x = CGD(5), torch.randn(2, 5, 4, 3)
    with torch.no_grad():
        expected = module(x)
    assert torch.equal(module(x), expected)


def test_weights_start_in_the_range_of_xavier() -> None:
    weight = CGD(5).weight
    assert float(weight.detach().abs().max()) <= math.sqrt(6 / (5 + 1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    module = CGD(64).to(dtype)
    nn.init.constant_(module.weight_mean, 2)
    nn.init.constant_(module.weight_max, 2)
    # The inner products are beyond 65504.
    x = (1000 + 100 * torch.randn(2, 64, 8, 8)).to(dtype).requires_grad_()
    out = module(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_autocast_keeps_the_dtype_of_the_input() -> None:
    x = torch.randn(1, 8, 3, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert CGD(8)(x).dtype == torch.bfloat16


class _Plain(CGD):
    """The module in plain steps, with places for slips."""

    def shares(self, mean: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
        """The shares that belong to the means and to the maxima."""
        share = mean.softmax(1)
        return share, share

    def one_plus(self, gate: Tensor) -> Tensor:
        """What the input is multiplied with."""
        return 1 + gate

    def forward(self, x: Tensor) -> Tensor:
        mean, largest = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        share0, share1 = self.shares(mean, largest)
        w0, w1, w2 = (w[..., None, None].transpose(0, 1) for w in (self.weight_mean, self.weight_max, self.weight))
        psi = torch.tanh((mean * w0).sum(1, keepdim=True) * share0 + self.bias_mean)
        phi = torch.tanh((largest * w1).sum(1, keepdim=True) * share1 + self.bias_max)
        return x * self.one_plus(torch.tanh((phi * w2).sum(1, keepdim=True) * psi + self.bias))


class _SoftmaxOfTheMaxima(_Plain):
    def shares(self, mean: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
        return mean.softmax(1), largest.softmax(1)


class _SoftmaxOverTheBatch(_Plain):
    def shares(self, mean: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
        return mean.softmax(0), mean.softmax(0)


class _NoSoftmax(_Plain):
    def shares(self, mean: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
        return mean, mean


class _NoOne(_Plain):
    def one_plus(self, gate: Tensor) -> Tensor:
        return gate


class _Sigmoid(_Plain):
    def one_plus(self, gate: Tensor) -> Tensor:
        return gate.sigmoid()


def test_the_plain_form_is_the_module() -> None:
    assert not rejected("cgd", _Plain, "default")


@pytest.mark.parametrize("mutant", [_SoftmaxOfTheMaxima, _SoftmaxOverTheBatch, _NoSoftmax, _NoOne, _Sigmoid])
def test_wrong_versions_are_rejected(mutant: type[CGD]) -> None:
    assert rejected("cgd", mutant, "default")


def test_channels_must_be_positive() -> None:
    with pytest.raises(ValueError, match=r"channels: expected at least 1, got 0"):
        CGD(0)


def test_a_map_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x: expected 12 channels, got 1"):
        CGD(12)(torch.randn(2, 1, 4, 5))


def test_large_means_in_half_precision() -> None:
    torch.manual_seed(0)
    module, x = CGD(32), (3000 + 200 * torch.randn(2, 32, 28, 24)).half()
    torch.testing.assert_close(copy.deepcopy(module).half()(x).float(), module(x.float()), rtol=0.02, atol=1)

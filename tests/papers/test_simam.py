"""SimAM beside its equations and beside slips that would look alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers import simam
from templates.papers.simam import SimAM, SimAMBottleneck, SimAMMobileNetV2, SimAMResNet

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "simam.json")


def _naive(x: Tensor, e_lambda: float) -> Tensor:
    """Equations 5 and 6, activation by activation."""
    out = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for c in range(x.shape[1]):
            values = x[b, c].flatten()
            mean = values.sum() / len(values)
            variance = ((values - mean) ** 2).sum() / (len(values) - 1)
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    t = x[b, c, i, j]
                    energy = 4 * (variance + e_lambda) / ((t - mean) ** 2 + 2 * variance + 2 * e_lambda)
                    out[b, c, i, j] = t / (1 + torch.exp(-1 / energy))
    return out


@pytest.mark.parametrize("e_lambda", [1e-4, 0.5])
def test_equations(e_lambda: float) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 3, 4, dtype=torch.float64, requires_grad=True)
    ours, naive = SimAM(e_lambda)(x), _naive(x, e_lambda)
    torch.testing.assert_close(ours, naive)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(naive, x, weights))


def _slip(x: Tensor, e_lambda: float, dims: tuple[int, ...] = (2, 3), correction: int = 1) -> Tensor:
    variance, mean = torch.var_mean(x, dims, correction=correction, keepdim=True)
    return (x - mean).square() / (4 * (variance + e_lambda))


class _BiasedVariance(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * (_slip(x, self.e_lambda, correction=0) + 0.5).sigmoid()


class _WithoutOffset(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * _slip(x, self.e_lambda).sigmoid()


class _WithoutLambda(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * (_slip(x, 0) + 0.5).sigmoid()


class _OverChannels(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * (_slip(x, self.e_lambda, dims=(1, 2, 3)) + 0.5).sigmoid()


class _OverTheBatch(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * (_slip(x, self.e_lambda, dims=(0, 2, 3)) + 0.5).sigmoid()


class _Energy(SimAM):
    def forward(self, x: Tensor) -> Tensor:
        return x * (1 / (_slip(x, self.e_lambda) + 0.5)).sigmoid()


SLIPS = [_BiasedVariance, _WithoutOffset, _WithoutLambda, _OverChannels, _OverTheBatch, _Energy]


@pytest.mark.parametrize("slip", SLIPS)
def test_record_rejects(slip: type[SimAM]) -> None:
    case = next(case for case in RECORD.cases if case.name == "large-lambda")
    assert compare(RECORD, case, build(RECORD, case, simam)).within(RECORD.tolerance)
    assert not compare(RECORD, case, slip(**case.arguments).double()).within(RECORD.tolerance)


class _AfterTheNorm(SimAMBottleneck):
    def residual(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(self.relu(self.simam(self.bn2(self.conv2(x))))))


class _AtTheEnd(SimAMBottleneck):
    def residual(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return self.simam(self.bn3(self.conv3(x)))


@pytest.mark.parametrize("slip", [_AfterTheNorm, _AtTheEnd])
def test_record_knows_the_place_in_the_block(slip: type[SimAMBottleneck]) -> None:
    case = next(case for case in RECORD.cases if case.name == "resnext")
    network = build(RECORD, case, simam)
    for module in network.modules():
        if type(module) is SimAMBottleneck:
            module.__class__ = slip
    assert not compare(RECORD, case, network).within(RECORD.tolerance)


def test_one_module_in_every_block() -> None:
    network = SimAMMobileNetV2(e_lambda=0.2)
    assert [module.e_lambda for module in network.modules() if isinstance(module, SimAM)] == [0.2] * 17
    for depth in (True, False):
        blocks = SimAMResNet((1, 2, 1, 1), bottleneck=depth).modules()
        assert sum(isinstance(module, SimAM) for module in blocks) == 5


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="e_lambda: expected a positive number, got 0"):
        SimAM(0)
    with pytest.raises(ValueError, match="expected 4"):
        SimAM()(torch.rand(2, 3, 4, 5, 6))
    with pytest.raises(ValueError, match="basic blocks: expected groups=1 and base_width=64, got 32 and 4"):
        SimAMResNet(bottleneck=False, groups=32, base_width=4)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2)])
def test_any_size_and_one_image(size: tuple[int, int]) -> None:
    x = torch.randn(1, 5, *size)
    out = SimAM()(x)
    assert out.isfinite().all()
    # The inverse energy is at least one half, so every weight is at least sigmoid(1/2).
    assert (out / x >= torch.tensor(0.5).sigmoid() - 1e-6).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x = (torch.randn(1, 4, 32, 32) * 1e4 + 1e3).clamp(-6e4, 6e4).to(dtype)
    torch.testing.assert_close(SimAM()(x).float(), SimAM()(x.float()), rtol=2e-2, atol=1.0)


def test_a_large_mean_loses_no_variance_in_either_layout() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 8, 14, 9) + 200.0
    expected = SimAM()(x.double()).float()
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.testing.assert_close(SimAM()(x.contiguous(memory_format=layout)), expected, rtol=1e-5, atol=1e-3)

"""Efficient channel attention beside its equations and beside slips that would look alike."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers import eca_net
from templates.papers.eca_net import ECA, ECAMobileNetV2, ECAResNet

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "eca_net.json")


def _naive(weight: Tensor, x: Tensor) -> Tensor:
    """One channel at a time: its own mean and those of its neighbours, nothing beyond both ends."""
    kernel_size, channels = len(weight), x.shape[1]
    means = [x[:, c].flatten(1).mean(1) for c in range(channels)]
    out = torch.zeros_like(x)
    for c in range(channels):
        near = [(j, c + j - kernel_size // 2) for j in range(kernel_size)]
        gate = torch.stack([weight[j] * means[at] for j, at in near if 0 <= at < channels]).sum(0).sigmoid()
        out[:, c] = x[:, c] * gate[:, None, None]
    return out


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 9])
def test_equations(kernel_size: int) -> None:
    torch.manual_seed(0)
    module = ECA(7, kernel_size).double()
    x = torch.randn(2, 7, 3, 4, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module.conv.weight[0, 0], x)
    torch.testing.assert_close(ours, naive)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(naive, x, weights))


@pytest.mark.parametrize(
    ("channels", "kernel_size"), [(1, 1), (8, 3), (32, 3), (64, 3), (128, 5), (256, 5), (512, 5), (1024, 5), (2048, 7)]
)
def test_kernel_size_from_channels(channels: int, kernel_size: int) -> None:
    assert ECA(channels, kernel_size=0).conv.kernel_size == (kernel_size,)


class _Circular(ECA):
    def forward(self, x: Tensor) -> Tensor:
        y, half = x.mean((2, 3))[:, None], self.conv.kernel_size[0] // 2
        y = torch.nn.functional.pad(y, (half, half), mode="circular")
        return x * torch.nn.functional.conv1d(y, self.conv.weight).sigmoid()[:, 0, :, None, None]


class _AlongTheBatch(ECA):
    def forward(self, x: Tensor) -> Tensor:
        y = x.mean((2, 3)).t()[:, None]
        return x * self.conv(y).sigmoid()[:, 0].t()[:, :, None, None]


class _MaxPooling(ECA):
    def forward(self, x: Tensor) -> Tensor:
        return x * self.conv(x.amax((2, 3))[:, None]).sigmoid()[:, 0, :, None, None]


class _WithResidual(ECA):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class _Flipped(ECA):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flip(1)).flip(1)


@pytest.mark.parametrize("slip", [_Circular, _AlongTheBatch, _MaxPooling, _WithResidual, _Flipped])
def test_record_rejects(slip: type[ECA]) -> None:
    for case in (case for case in RECORD.cases if case.cls == "ECA"):
        right = build(RECORD, case, eca_net)
        wrong = slip(**case.arguments).double()
        wrong.load_state_dict(right.state_dict())
        assert compare(RECORD, case, right).within(RECORD.tolerance)
        assert not compare(RECORD, case, wrong).within(RECORD.tolerance)


def test_kernel_sizes_go_to_their_stages() -> None:
    network = ECAResNet((1, 1, 1, 1), (1, 3, 5, 7), bottleneck=False, num_classes=2)
    found = [module.conv.kernel_size[0] for module in network.modules() if isinstance(module, ECA)]
    assert found == [1, 3, 5, 7]
    small = [module.conv.kernel_size[0] for module in ECAMobileNetV2().modules() if isinstance(module, ECA)]
    assert small == [1] * 10 + [3] * 7


def test_networks_can_be_saved_whole() -> None:
    network = ECAResNet((1, 1, 1, 1), (1, 3, 5, 7), num_classes=2).eval()
    again = pickle.loads(pickle.dumps(network))  # noqa: S301  its own bytes
    x = torch.randn(1, 3, 32, 40)
    torch.testing.assert_close(again(x), network(x))


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number or 0, got 4"):
        ECA(16, 4)
    with pytest.raises(ValueError, match="channels: expected at least 1, got 0"):
        ECA(0)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2)])
def test_any_size_and_one_image(size: tuple[int, int]) -> None:
    x = torch.randn(1, 5, *size)
    assert ECA(5, 7).train()(x).shape == x.shape


def test_large_values_in_half_precision() -> None:
    assert ECA(16).half()(torch.full((1, 16, 64, 64), 1e3, dtype=torch.float16)).isfinite().all()

"""Atrous spatial pyramid pooling: the sum tap by tap, the slips of common copies, and the limits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import templates.papers.deeplab_v2_aspp as paper
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.deeplab_v2_aspp import ASPP, ASPPv3

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "deeplab_v2_aspp.json")


def test_the_sum_tap_by_tap() -> None:
    torch.manual_seed(0)
    module = ASPP(3, 2, rates=(1, 2, 5)).double()
    for name, parameter in module.named_parameters():
        nn.init.normal_(parameter, std=0.5 if name.endswith("weight") else 1.0)
    x = torch.rand(1, 3, 6, 5, dtype=torch.float64)
    expected = torch.zeros(1, 2, 6, 5, dtype=torch.float64)
    for rate, branch in zip((1, 2, 5), module.branches, strict=True):
        weight, bias = branch.get_parameter("weight"), branch.get_parameter("bias")
        for i in range(6):
            for j in range(5):
                expected[0, :, i, j] += bias
                for a in range(3):
                    for b in range(3):
                        row, column = i + rate * (a - 1), j + rate * (b - 1)
                        if 0 <= row < 6 and 0 <= column < 5:
                            expected[0, :, i, j] += weight[:, :, a, b] @ x[0, :, row, column]
    torch.testing.assert_close(module(x), expected, rtol=1e-12, atol=1e-12)


class Mean(ASPP):
    """The average of the branches."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / len(self.branches)


class Rectified(ASPP):
    """A ReLU in every branch, as the later form has."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([branch(x).relu() for branch in self.branches]).sum(0)


class SameRate(ASPP):
    """Every branch with the first rate."""

    def forward(self, x: Tensor) -> Tensor:
        parameters = [(branch.get_parameter("weight"), branch.get_parameter("bias")) for branch in self.branches]
        return torch.stack([F.conv2d(x, weight, bias, 1, 6, 6) for weight, bias in parameters]).sum(0)


class WithoutMean(ASPPv3):
    """No image-level branch."""

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.cat([branch(x) for branch in self.branches], 1)
        return self.act(F.conv2d(maps, self.project.weight[:, : maps.shape[1]]))


class MeanFirst(ASPPv3):
    """The image-level branch joined before the others."""

    def forward(self, x: Tensor) -> Tensor:
        mean = self.pool(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.act(self.project(torch.cat([mean, *(branch(x) for branch in self.branches)], 1)))


class Joined(ASPPv3):
    """All branches joined at full size: the definition."""

    def forward(self, x: Tensor) -> Tensor:
        mean = F.interpolate(self.pool(x.mean((2, 3), keepdim=True)), x.shape[2:], mode="bilinear")
        return self.act(self.project(torch.cat([*(branch(x) for branch in self.branches), mean], 1)))


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        (Mean, "default"),
        (Rectified, "default"),
        (SameRate, "default"),
        (WithoutMean, "v3"),
        (MeanFirst, "v3"),
        (Joined, "v3"),
    ],
)
def test_a_slip_is_seen(mutant: type[nn.Module], name: str) -> None:
    recorded = next(case for case in RECORD.cases if case.name == name)
    right = build(RECORD, recorded, paper)
    twin = mutant(**recorded.arguments).double().eval()
    twin.load_state_dict(right.state_dict())
    result = compare(RECORD, recorded, twin)
    assert result.within(RECORD.tolerance) if mutant is Joined else result.error > 1e-3


def test_a_map_smaller_than_the_rates_is_read_by_the_middle_taps() -> None:
    torch.manual_seed(0)
    module = ASPP(3, 2)
    x = torch.rand(1, 3, 5, 6)
    middle = torch.stack([branch.get_parameter("weight")[:, :, 1:2, 1:2] for branch in module.branches]).sum(0)
    torch.testing.assert_close(module(x), F.conv2d(x, middle))


@pytest.mark.parametrize("cls", [ASPP, ASPPv3])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (13, 4)])
def test_any_size(cls: type[ASPP | ASPPv3], size: tuple[int, int]) -> None:
    assert cls(3, 4).eval()(torch.rand(1, 3, *size)).shape == (1, 4, *size)


@pytest.mark.parametrize("rates", [(), (0, 6)])
@pytest.mark.parametrize("cls", [ASPP, ASPPv3])
def test_wrong_rates(cls: type[ASPP | ASPPv3], rates: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rates: expected one or more positive numbers, got"):
        cls(3, 4, rates)

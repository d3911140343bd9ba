"""LightNL: the sum over positions, common slips, both orders of the product, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from templates.papers.autonl import LightNL
from tests.papers.mutants import rejected


def naive(module: LightNL, x: Tensor) -> Tensor:
    """Each position as a sum over the keys, one pair at a time."""
    height, width = x.shape[2:]
    few = module.width
    y = torch.zeros_like(x)
    for i in range(height):
        for j in range(width):
            for m in range(0, height, module.stride):
                for n in range(0, width, module.stride):
                    weight = (x[:, :few, i, j] * x[:, :few, m, n]).sum(1, keepdim=True) / (height * width)
                    y[:, :, i, j] = y[:, :, i, j] + weight * x[:, :, m, n]
    return x + module.bn(module.conv(y))


@pytest.mark.parametrize(
    ("channels", "ratio", "stride", "size"),
    [(8, 0.25, 2, (5, 4)), (16, 0.5, 1, (2, 3)), (8, 1.0, 3, (1, 7)), (4, 0.3, 1, (1, 1))],
)
def test_the_sum_over_positions(channels: int, ratio: float, stride: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module = LightNL(channels, ratio, stride).double().eval()
    torch.nn.init.uniform_(module.bn.weight, 0.5, 1.5)
    x = (torch.rand(2, channels, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-9, atol=1e-9)


class WidthMultiplied(LightNL):
    """The slip of the co-author's port: divided by the height, then multiplied by the width (6 in the record)."""

    def attend(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        return super().attend(theta, phi, g) * 6 * 6


class DividedByKeys(LightNL):
    """The mean over the keys instead of the sum over them divided by all positions."""

    def attend(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        return super().attend(theta, phi, g) * theta.shape[2] / phi.shape[2]


class Softmaxed(LightNL):
    """The usual non-local weights."""

    def attend(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        return g @ (phi.mT @ theta).softmax(1)


class WithoutResidual(LightNL):
    """The map is replaced."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize("mutant", [WidthMultiplied, DividedByKeys, Softmaxed, WithoutResidual])
def test_a_slip_is_seen(mutant: type[LightNL]) -> None:
    assert not rejected("autonl", LightNL, "default")
    assert rejected("autonl", mutant, "default")


def test_half_precision_scales_before_it_rounds() -> None:
    module = LightNL(8, 0.5, 1).half()
    theta = torch.full((1, 4, 400), 20.0, dtype=torch.float16)
    g = torch.full((1, 8, 400), 1.0, dtype=torch.float16)
    assert torch.allclose(module.attend(theta, theta, g), torch.full_like(g, 1600.0), rtol=1e-2)


def test_a_new_module_changes_nothing() -> None:
    x = torch.rand(2, 16, 4, 5)
    assert torch.equal(LightNL(16)(x), x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 16, "ratio": 0.0}, "ratio: expected more than 0, at most 1, got 0.0"),
        ({"channels": 3}, "channels: expected at least 1/ratio with ratio=0.25, got 3"),
        ({"channels": 16, "stride": 0}, "stride: expected at least 1, got 0"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LightNL(**arguments)


def test_sums_over_the_keys_can_be_means() -> None:
    x = torch.randn(2, 8, 5, 6, dtype=torch.float64)
    module = LightNL(8, 0.5, 2, divide_by_keys=True).double()
    theta, phi, g = x[:, :4].flatten(2), x[:, :4, ::2, ::2].flatten(2), x[:, :, ::2, ::2].flatten(2)
    expected = (g @ (phi.mT @ theta)) / 9
    torch.testing.assert_close(module.attend(theta, phi, g), expected)
    torch.testing.assert_close(LightNL(8, 0.5, 2).attend(theta, phi, g), expected * 9 / 30)

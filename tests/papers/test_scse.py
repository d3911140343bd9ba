"""scSE: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.scse import SCSE, ChannelSE, SpatialSE
from tests.papers.mutants import rejected


@pytest.mark.parametrize("fusion", ["max", "sum"])
def test_both_fusions_against_the_equations(fusion: str) -> None:
    module = SCSE(4, fusion=fusion).double()
    x = torch.randn(2, 4, 3, 5, dtype=torch.float64, requires_grad=True)
    rows = []
    for b in range(2):
        means = torch.stack([x[b, c].mean() for c in range(4)])
        hidden = (module.channel.down.weight @ means + module.channel.down.bias).clamp_min(0)
        z = torch.sigmoid(module.channel.up.weight @ hidden + module.channel.up.bias)
        q = torch.sigmoid(
            sum(module.spatial.project.weight[0, c] * x[b, c] for c in range(4)) + module.spatial.project.bias
        )
        by_channel, by_position = x[b] * z[:, None, None], x[b] * q
        rows.append(by_channel + by_position if fusion == "sum" else torch.max(by_channel, by_position))
    expected = torch.stack(rows)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class _NoBias(SpatialSE):
    def forward(self, x: Tensor) -> Tensor:
        return (self.project.weight @ x.flatten(2)).sigmoid().unflatten(2, x.shape[2:])


class _NoReLU(ChannelSE):
    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.down(x.flatten(2).mean(2))).sigmoid()


class WithoutBias(SCSE):
    """The popular version whose spatial gate has no bias."""

    def __init__(self, channels: int, reduction: int = 2, fusion: str = "max") -> None:
        super().__init__(channels, reduction, fusion)
        self.spatial = _NoBias(channels)


class WithoutReLU(SCSE):
    """The popular version whose two layers are one linear map."""

    def __init__(self, channels: int, reduction: int = 2, fusion: str = "max") -> None:
        super().__init__(channels, reduction, fusion)
        self.channel = _NoReLU(channels, reduction)


class Added(SCSE):
    """The sum where the released code takes the maximum."""

    def __init__(self, channels: int, reduction: int = 2, fusion: str = "max") -> None:
        super().__init__(channels, reduction, "sum")


@pytest.mark.parametrize("mutant", [WithoutBias, WithoutReLU, Added])
def test_popular_wrong_version_is_rejected(mutant: type[SCSE]) -> None:
    assert rejected("scse", mutant, "default")


def test_right_version_is_not_rejected() -> None:
    assert not rejected("scse", SCSE, "default")


def test_maximum_without_and_with_a_graph() -> None:
    module, x = SCSE(4), torch.randn(2, 4, 3, 5)
    expected = torch.maximum(x * module.channel(x)[:, :, None, None], x * module.spatial(x))
    torch.testing.assert_close(module(x), expected)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected)


def test_volumes_and_single_items() -> None:
    assert SCSE(4)(torch.rand(1, 4, 3, 5, 2)).shape == (1, 4, 3, 5, 2)
    assert SCSE(4).train()(torch.rand(1, 4, 1, 1)).shape == (1, 4, 1, 1)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="fusion: expected max or sum, got 'mean'"):
        SCSE(4, fusion="mean")
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=4, got 8"):
        SCSE(4, reduction=8)

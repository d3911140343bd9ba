"""EPSANet: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.epsanet import PSA, EPSANet
from tests.papers.mutants import rejected


def _scores(module: PSA, maps: list[Tensor]) -> Tensor:
    """(B, S, O/S), before the softmax."""
    return torch.stack([module.up(module.down(u.mean((2, 3))).relu()).sigmoid() for u in maps], 1)


def test_against_the_definition() -> None:
    module = PSA(8, 32, kernel_groups=(1, 2, 4, 8), reduction=2, reverse=False).double()
    x = torch.randn(2, 8, 6, 9, dtype=torch.float64)
    maps = [branch(x) for branch in module.branches]
    exponentials = _scores(module, maps).exp()
    expected = torch.zeros(2, 32, 6, 9, dtype=torch.float64)
    for s in range(4):
        for c in range(8):
            weight = exponentials[:, s, c] / exponentials[:, :, c].sum(1)
            expected[:, 8 * s + c] = maps[s][:, c] * weight[:, None, None]
    torch.testing.assert_close(module(x), expected)


def test_the_orders_differ_by_a_permutation() -> None:
    paper, released = PSA(64, 64, reverse=False), PSA(64, 64)
    released.load_state_dict(paper.state_dict())
    x = torch.randn(2, 64, 5, 8)
    torch.testing.assert_close(released(x), paper(x).unflatten(1, (4, 16)).flip(1).flatten(1, 2))


def test_every_branch_keeps_the_size() -> None:
    assert PSA(64, 128, stride=2)(torch.randn(1, 64, 9, 6)).shape == (1, 128, 5, 3)


def test_convolutions_are_registered() -> None:
    assert sum(name.startswith("branches") for name, _ in PSA(64, 64).named_parameters()) == 4


class _PaperOrder(PSA):
    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options, reverse=False)  # pyright: ignore[reportArgumentType]  # any


class _OverChannels(PSA):
    """A softmax over the channels of a branch instead of the branches."""

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        weights = _scores(self, maps).softmax(2)
        return torch.cat([maps[s] * weights[:, s, :, None, None] for s in (3, 2, 1, 0)], 1)


class _WithoutSigmoid(PSA):
    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        weights = _scores(self, maps).logit().softmax(1)
        return torch.cat([maps[s] * weights[:, s, :, None, None] for s in (3, 2, 1, 0)], 1)


class _WithoutSoftmax(PSA):
    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        weights = _scores(self, maps)
        return torch.cat([maps[s] * weights[:, s, :, None, None] for s in (3, 2, 1, 0)], 1)


@pytest.mark.parametrize("mutant", [_PaperOrder, _OverChannels, _WithoutSigmoid, _WithoutSoftmax])
def test_wrong_versions_are_rejected(mutant: type[PSA]) -> None:
    assert rejected("epsanet", mutant, "default")


def test_wide_network() -> None:
    network = EPSANet((1, 1, 1, 1), kernel_groups=(32, 32, 32, 32), width=2, num_classes=3)
    assert network.eval()(torch.randn(1, 3, 32, 64)).shape == (1, 3)


def test_what_the_published_counts_of_the_large_networks_say() -> None:
    """Squares of the kernel sizes that add up to 108 give both; the kernels that the paper names add up to 164."""
    for layers, published in (((3, 4, 6, 3), "27.90"), ((3, 4, 23, 3), "49.59")):
        with torch.device("meta"):
            network = EPSANet(layers, (3, 5, 5, 7), (32, 32, 32, 32), width=2)
        assert f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.2f}" == published


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"kernel_sizes: expected odd numbers, got \(2, 4, 6, 8\)"):
        PSA(64, 64, kernel_sizes=(2, 4, 6, 8))
    with pytest.raises(ValueError, match=r"kernel_groups: expected 4, one per kernel size, got 3"):
        PSA(64, 64, kernel_groups=(1, 4, 8))
    with pytest.raises(ValueError, match=r"out_channels: expected a multiple of 4, at least 64 .*, got 32"):
        PSA(64, 32)

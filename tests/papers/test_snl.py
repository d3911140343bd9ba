"""Spectral non-local block: the graph with all its pairs, in both orders of products, and the slips."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generator.evidence.fill import state_tensor
from templates.papers.snl import SNL
from tests.papers.mutants import rejected


class Plain(SNL):
    """The normalized affinity of all pairs of positions, entry by entry."""

    def forward(self, x: Tensor) -> Tensor:
        affinity = self.normalized(self.affinity(self.theta(x).flatten(2), self.phi(x).flatten(2)))
        for layer in self.filters:
            g = layer.get_submodule("g")(x)
            mixed = (affinity @ g.flatten(2).mT).mT.reshape(g.shape)
            out = layer.get_submodule("own")(g) + layer.get_submodule("propagated")(mixed)
            x = x + layer.get_submodule("norm")(out).relu()
        return x

    def affinity(self, t: Tensor, p: Tensor) -> Tensor:
        products = t.relu().mT @ p.relu()
        return (products + products.mT) / 2

    def normalized(self, affinity: Tensor) -> Tensor:
        degree = affinity.sum(2)
        root = torch.stack([d**-0.5 if d > 0 else d for d in degree.flatten()]).view_as(degree)
        return root[:, :, None] * affinity * root[:, None, :]


class NotSymmetric(Plain):
    """The affinity of one direction only."""

    def affinity(self, t: Tensor, p: Tensor) -> Tensor:
        return t.relu().mT @ p.relu()


class NotRectified(Plain):
    """The embeddings as they are; their products rectified, so that sums stay positive."""

    def affinity(self, t: Tensor, p: Tensor) -> Tensor:
        products = (t.mT @ p).relu()
        return (products + products.mT) / 2


class RowsSumToOne(Plain):
    """Each row divided by its sum."""

    def normalized(self, affinity: Tensor) -> Tensor:
        return affinity / affinity.sum(2, keepdim=True).clamp(min=1e-9)


class Softmax(Plain):
    """A softmax for the normalization."""

    def normalized(self, affinity: Tensor) -> Tensor:
        return affinity.softmax(2)


@pytest.mark.parametrize("mutant", [NotSymmetric, NotRectified, RowsSumToOne, Softmax])
@pytest.mark.parametrize("case", ["default", "few-positions"])
def test_a_slip_is_seen(mutant: type[nn.Module], case: str) -> None:
    assert rejected("snl", mutant, case)


@pytest.mark.parametrize("size", [(2, 3), (5, 4), (1, 9)])
def test_both_orders_of_products(size: tuple[int, int]) -> None:
    """Up to twice as many positions as embeddings the pairs are formed, beyond not."""
    module = SNL(10, 2, 2).double().eval()
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    naive = Plain(10, 2, 2).double().eval()
    naive.load_state_dict(module.state_dict())
    count = 2 * 10 * size[0] * size[1]
    x = torch.linspace(-3, 4, count, dtype=torch.float64).sin().mul(2).view(2, 10, *size).requires_grad_()
    out, expected = module(x), naive(x)
    torch.testing.assert_close(out, expected, rtol=1e-11, atol=1e-11)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("size", [(3, 2), (7, 8)])
def test_positions_without_neighbours(size: tuple[int, int]) -> None:
    """Where all embeddings are zero nothing is propagated and every gradient is finite."""
    module = SNL(8).train()
    nn.init.zeros_(module.theta.weight)
    x = torch.rand(2, 8, *size, requires_grad=True)
    out = module(x)
    out.square().sum().backward()
    assert out.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())


@pytest.mark.parametrize("size", [(3, 2), (12, 10)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(size: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    assert SNL(16).to(dtype)((torch.rand(2, 16, *size) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reduction": 9}, "reduction: expected 1 to channels=8, got 9"),
        ({"stages": 0}, "stages: expected at least 1, got 0"),
    ],
)
def test_wrong_arguments(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SNL(8, **arguments)

"""Efficient attention: the equations position by position, its equality with dot-product attention, and the slips."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import templates.papers.efficient_attention as paper
from generator.evidence.fill import state_tensor
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.efficient_attention import EfficientAttention

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "efficient_attention.json")


def filled(**arguments: object) -> EfficientAttention:
    module = EfficientAttention(**arguments).double()  # pyright: ignore[reportArgumentType]
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    return module


def same(module: EfficientAttention, naive: EfficientAttention) -> None:
    """Outputs and input gradients of two modules with the same state agree."""
    naive.load_state_dict(module.state_dict())
    x = torch.linspace(-3, 4, 2 * 6 * 5 * 4, dtype=torch.float64).sin().mul(2).view(2, 6, 5, 4).requires_grad_()
    out, expected = module(x), naive(x)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-12, atol=1e-12)


class DotProduct(EfficientAttention):
    """Dot-product attention with every pair of positions, its products divided by their number."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (layer(x).flatten(2).mT for layer in (self.queries, self.keys, self.values))
        weights = q @ k.mT / q.shape[1]
        return x + self.reprojection((weights @ v).mT.reshape(x.shape[0], -1, *x.shape[2:]))


class PerHead(EfficientAttention):
    """Keys times values first, one head and one image after the other, a value and an output at every position."""

    def forward(self, x: Tensor) -> Tensor:
        images = []
        for image in x.split(1):
            q, k, v = (layer(image).flatten(2)[0].chunk(self.num_heads) for layer in self.layers())
            heads = [self.head(*parts) for parts in zip(q, k, v, strict=True)]
            images.append(self.reprojection(torch.cat(heads).view(1, -1, *x.shape[2:])))
        return x + torch.cat(images)

    def layers(self) -> tuple[torch.nn.Module, ...]:
        return self.queries, self.keys, self.values

    def head(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (k.softmax(1) @ v.mT).mT @ q.softmax(0)


def test_scaling_equals_dot_product_attention() -> None:
    arguments = {"channels": 6, "key_channels": 4, "value_channels": 5, "normalization": "scaling"}
    same(filled(**arguments), DotProduct(**arguments).double())


@pytest.mark.parametrize("heads", [1, 2])
def test_the_equations(heads: int) -> None:
    arguments = {"channels": 6, "key_channels": 4, "value_channels": 8, "num_heads": heads}
    same(filled(**arguments), PerHead(**arguments).double())  # pyright: ignore[reportArgumentType]


class QueriesOverPositions(PerHead):
    """Both softmaxes over the positions."""

    def head(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (k.softmax(1) @ v.mT).mT @ q.softmax(1)


class KeysOverChannels(PerHead):
    """Both softmaxes over the channels."""

    def head(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (k.softmax(0) @ v.mT).mT @ q.softmax(0)


class QueriesOverAllHeads(EfficientAttention):
    """One softmax over the channels of all heads together."""

    def forward(self, x: Tensor) -> Tensor:
        q = self.queries(x).flatten(2).softmax(1).unflatten(1, (self.num_heads, -1))
        k = self.keys(x).flatten(2).softmax(2).unflatten(1, (self.num_heads, -1))
        v = self.values(x).flatten(2).unflatten(1, (self.num_heads, -1))
        return x + self.reprojection((v @ k.mT @ q).reshape(x.shape[0], -1, *x.shape[2:]))


class KeysForQueries(PerHead):
    """The two projections exchanged."""

    def layers(self) -> tuple[torch.nn.Module, ...]:
        return self.keys, self.queries, self.values


class WithoutShortcut(PerHead):
    """The input is not added."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize(
    "mutant", [QueriesOverPositions, KeysOverChannels, QueriesOverAllHeads, KeysForQueries, WithoutShortcut]
)
def test_a_slip_is_seen(mutant: type[EfficientAttention]) -> None:
    case = next(c for c in RECORD.cases if c.name == "four-heads")
    right = build(RECORD, case, paper)
    wrong = mutant(**case.arguments).double()
    wrong.load_state_dict(right.state_dict())
    assert compare(RECORD, case, right).within(RECORD.tolerance)
    assert compare(RECORD, case, wrong).error > 1e-3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = EfficientAttention(16, 8, 8).to(dtype)
    assert module((torch.rand(1, 16, 40, 30) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key_channels": 10, "num_heads": 4}, "key_channels: expected a multiple of num_heads=4, got 10"),
        ({"value_channels": 9, "num_heads": 2}, "value_channels: expected a multiple of num_heads=2, got 9"),
        ({"normalization": "none"}, "normalization: expected softmax or scaling, got 'none'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EfficientAttention(8, **arguments)  # pyright: ignore[reportArgumentType]

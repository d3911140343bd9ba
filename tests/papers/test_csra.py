"""Residual attention: class by class and place by place, the temperatures of the heads, and the slips."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generator.evidence.fill import state_tensor
from templates.papers.csra import CSRA, ResidualAttention
from tests.papers.mutants import rejected


@pytest.mark.parametrize("temperature", [1, 2.5, None])
def test_class_by_class(temperature: float | None) -> None:
    module = ResidualAttention(6, 4, temperature, 0.3).double()
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    x = torch.linspace(-3, 4, 2 * 6 * 3 * 5, dtype=torch.float64).sin().mul(3).view(2, 6, 3, 5).requires_grad_()
    rows = []
    for image in x.flatten(2):
        for m in module.classify.weight.flatten(1):
            scores = [m @ place / (m @ m) ** 0.5 for place in image.mT]
            weights = [torch.exp(s * (temperature or 1)) for s in scores]
            total = torch.stack(weights).sum()
            attended = torch.stack([w / total * s for w, s in zip(weights, scores, strict=True)]).sum()
            if temperature is None:
                attended = torch.stack(scores).max()
            rows.append(torch.stack(scores).sum() / len(scores) + 0.3 * attended)
    out, expected = module(x), torch.stack(rows).view(2, 4)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("heads", "temperatures"),
    [
        (1, [1]),
        (2, [1, None]),
        (4, [1, 2, 4, None]),
        (6, [1, 2, 3, 4, 5, None]),
        (8, [1, 2, 3, 4, 5, 6, 7, None]),
    ],
)
def test_temperatures_of_the_heads(heads: int, temperatures: list[float | None]) -> None:
    assert [getattr(head, "temperature", 0) for head in CSRA(4, 3, heads).heads] == temperatures


class Plain(ResidualAttention):
    """The steps apart."""

    def forward(self, x: Tensor) -> Tensor:
        score = self.scores(x)
        weights = (score * (self.temperature or 99)).softmax(self.axis())
        return self.base(score) + self.lam * (score * weights).sum(2)

    def scores(self, x: Tensor) -> Tensor:
        return self.classify(x).flatten(2) / self.classify.weight.norm(dim=1).flatten(1)

    def axis(self) -> int:
        return 2

    def base(self, score: Tensor) -> Tensor:
        return score.mean(2)


class LengthsKept(Plain):
    """Classifiers of any length."""

    def scores(self, x: Tensor) -> Tensor:
        return self.classify(x).flatten(2)


class LengthOverClasses(Plain):
    """The length taken over the classes."""

    def scores(self, x: Tensor) -> Tensor:
        return self.classify(x / self.classify.weight.norm(dim=0).view(1, -1, 1, 1)).flatten(2)


class OverClasses(Plain):
    """The softmax over the classes."""

    def axis(self) -> int:
        return 1


class WithoutBase(Plain):
    """The attended score alone."""

    def base(self, score: Tensor) -> Tensor:
        return torch.zeros_like(score[:, :, 0])


class NotSharpened(Plain):
    """The temperature on the weighted scores and not on the softmax."""

    def forward(self, x: Tensor) -> Tensor:
        score = self.scores(x)
        return score.mean(2) + self.lam * (self.temperature or 99) * (score * score.softmax(2)).sum(2)


@pytest.mark.parametrize("mutant", [LengthsKept, LengthOverClasses, OverClasses, WithoutBase, NotSharpened])
def test_a_slip_is_seen(mutant: type[nn.Module]) -> None:
    assert rejected("csra", mutant, "temperature")


def test_a_softmax_for_the_largest_score_is_seen() -> None:
    assert rejected("csra", Plain, "largest")
    assert not rejected("csra", Plain, "temperature")


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(heads: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    assert CSRA(64, 5, heads).to(dtype)((torch.rand(2, 64, 12, 10) * 1e3).to(dtype)).isfinite().all()
    assert CSRA(8, 5, heads).to(dtype)(torch.full((1, 8, 3, 4), 5e3, dtype=dtype)).isfinite().all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="num_heads: expected one of 1, 2, 4, 6, 8, got 3"):
        CSRA(8, 3, 3)
    with pytest.raises(ValueError, match="temperature: expected a positive number or None, got 0"):
        ResidualAttention(8, 3, 0)


def test_heads_together_and_one_by_one() -> None:
    torch.manual_seed(0)
    module, x = CSRA(6, 5, 4, 0.3).double(), torch.randn(2, 6, 3, 4, dtype=torch.float64)
    expected = sum(head(x) for head in module.heads)
    torch.testing.assert_close(module(x), expected)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected)

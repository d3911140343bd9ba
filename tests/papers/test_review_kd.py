"""Knowledge review: the definitions in the open, the slips of common copies, and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import templates.papers.review_kd as paper
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.review_kd import ABF, HCL, ReviewKD

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "review_kd.json")


class Fusion(ABF):
    """The fusion as the paper draws it, joined at full size, with a place for each slip."""

    def gates(self, joined: Tensor) -> tuple[Tensor, Tensor]:
        """The weights of the map and of the residual."""
        a, b = self.gate(joined).sigmoid().chunk(2, 1)  # pyright: ignore[reportOptionalCall]
        return a, b

    def forward(
        self, x: Tensor, residual: Tensor | None = None, size: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        x = self.reduce(x)
        if residual is not None:
            residual = F.interpolate(residual, x.shape[2:])
            a, b = self.gates(torch.cat((x, residual), 1))
            x = x * a + residual * b
        return self.transform(x), x


class GatesExchanged(Fusion):
    """The gate of the residual weighs the map."""

    def gates(self, joined: Tensor) -> tuple[Tensor, Tensor]:
        a, b = super().gates(joined)
        return b, a


class GatesCompete(Fusion):
    """A softmax over the two gates."""

    def gates(self, joined: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.gate(joined).softmax(1).chunk(2, 1)  # pyright: ignore[reportOptionalCall]
        return a, b


class GatesWithoutSigmoid(Fusion):
    """Raw logits as weights."""

    def gates(self, joined: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.gate(joined).chunk(2, 1)  # pyright: ignore[reportOptionalCall]
        return a, b


class OutputHandedOn(Fusion):
    """The transformed map, not the fused one, goes to the next level."""

    def forward(
        self, x: Tensor, residual: Tensor | None = None, size: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        out, _ = super().forward(x, residual, size)
        return out, out


@pytest.mark.parametrize("name", ["fusion", "fusion-uneven"])
@pytest.mark.parametrize("mutant", [Fusion, GatesExchanged, GatesCompete, GatesWithoutSigmoid, OutputHandedOn])
def test_fusion(mutant: type[Fusion], name: str) -> None:
    recorded = next(case for case in RECORD.cases if case.name == name)
    right = build(RECORD, recorded, paper)
    twin = mutant(**recorded.arguments).double().train(recorded.train)
    twin.load_state_dict(right.state_dict())
    result = compare(RECORD, recorded, twin)
    assert result.within(RECORD.tolerance) if mutant is Fusion else result.error > 1e-3


class Loss(HCL):
    """The loss in the open: weights of the full map and of the grids that are coarser than it, and the divisor."""

    weights = (1.0, 0.5, 0.25, 0.125)
    divided = True

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        losses = []
        for s, t in zip(student, teacher, strict=True):
            grids = [cells for cells in (4, 2, 1) if cells < s.shape[2]]
            pairs = [(s, t), *((F.adaptive_avg_pool2d(s, n), F.adaptive_avg_pool2d(t, n)) for n in grids)]
            weights = self.weights[: len(pairs)]
            terms = [weight * (a - b).square().mean() for weight, (a, b) in zip(weights, pairs, strict=True)]
            losses.append(torch.stack(terms).sum() / (sum(weights) if self.divided else 1.0))
        return torch.stack(losses).sum()


class LossOfFullMaps(Loss):
    """No grids."""

    weights = (1.0, 0.0, 0.0, 0.0)


class LossOfFixedWeights(Loss):
    """A grid keeps its weight where finer ones are left out."""

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        losses = []
        for s, t in zip(student, teacher, strict=True):
            loss, total = (s - t).square().mean(), 1.0
            for weight, n in ((0.5, 4), (0.25, 2), (0.125, 1)):
                if n < s.shape[2]:
                    total += weight
                    loss = loss + weight * F.adaptive_avg_pool2d(s - t, n).square().mean()
            losses.append(loss / total)
        return torch.stack(losses).sum()


class LossOfEqualLevels(Loss):
    """Every grid counts as much as the map."""

    weights = (1.0, 1.0, 1.0, 1.0)


class LossNotDivided(Loss):
    """Without the sum of the weights."""

    divided = False


@pytest.mark.parametrize("mutant", [Loss, LossOfFullMaps, LossOfFixedWeights, LossOfEqualLevels, LossNotDivided])
def test_loss(mutant: type[Loss]) -> None:
    recorded = next(case for case in RECORD.cases if case.name == "loss")
    result = compare(RECORD, recorded, mutant())
    assert result.within(RECORD.tolerance) if mutant is Loss else result.error > 1e-3


def test_deep_levels_reach_shallow_ones_and_not_the_other_way() -> None:
    torch.manual_seed(0)
    review = ReviewKD((3, 4, 5), (6, 7, 8)).eval()
    maps = [torch.rand(1, c, size, size + 1, requires_grad=True) for c, size in ((3, 8), (4, 4), (5, 2))]
    shallow, _, deep = review(maps)
    assert all(g is not None for g in torch.autograd.grad(shallow.sum(), maps, retain_graph=True))
    assert [g is None for g in torch.autograd.grad(deep.sum(), maps, allow_unused=True)] == [True, True, False]


def test_maps_take_the_sizes_of_the_teacher() -> None:
    review = ReviewKD((3, 4), (5, 6))
    teacher = [torch.rand(2, 5, 9, 7), torch.rand(2, 6, 3, 4)]
    out = review([torch.rand(2, 3, 8, 6), torch.rand(2, 4, 4, 3)], teacher)
    assert [o.shape for o in out] == [t.shape for t in teacher]
    assert HCL()(out, teacher).shape == ()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_loss_of_large_values_in_half_precision(dtype: torch.dtype) -> None:
    student, teacher = [torch.full((2, 3, 8, 8), 1e3, dtype=dtype)], [torch.zeros(2, 3, 8, 8, dtype=dtype)]
    assert HCL()(student, teacher).item() == pytest.approx(1e6, rel=1e-2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ReviewKD((3, 4), (5,)), "out_channels: expected one number for each of in_channels, got 1 for 2"),
        (lambda: ReviewKD((3, 4), (5, 6))([torch.rand(1, 3, 4, 4)]), "features: expected 2 maps, got 1 and 1"),
        (lambda: ABF(3, 4, 5)(torch.rand(1, 3, 4, 4)), "residual: expected the map of the deeper level, got None"),
        (lambda: HCL()([torch.rand(1, 3, 4, 4)], []), "teacher: expected 1 maps, got 0"),
        (
            lambda: HCL()([torch.rand(1, 3, 4, 4)], [torch.rand(1, 3, 4, 5)]),
            r"teacher: expected a map of shape \(1, 3, 4, 4\), got \(1, 3, 4, 5\)",
        ),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

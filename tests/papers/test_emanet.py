"""EM attention: the steps position by position, the moving average, gradients or none, and the slips."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from generator.evidence.fill import state_tensor
from templates.papers.emanet import EMAU
from tests.papers.mutants import rejected


class Plain(EMAU):
    """The steps as the paper writes them, on positions that are embedded first."""

    def _fit(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embed(x.unsqueeze(3)).squeeze(3)
        mu = self.mu.clone().expand(len(x), -1, -1)
        z = self.responsibilities(x, mu)
        for step in range(self.iterations):
            z = self.responsibilities(x, mu) if step else z
            mu = self.normalized(self.bases(x, z))
        return mu, z

    def responsibilities(self, x: Tensor, mu: Tensor) -> Tensor:
        return (x.mT @ mu).softmax(2)

    def bases(self, x: Tensor, z: Tensor) -> Tensor:
        return x @ (z / (z.sum(1, keepdim=True) + 1e-6))

    def normalized(self, mu: Tensor) -> Tensor:
        return mu / (mu.norm(dim=1, keepdim=True) + 1e-6)


class OverPositions(Plain):
    """The responsibilities as a softmax over the positions."""

    def responsibilities(self, x: Tensor, mu: Tensor) -> Tensor:
        return (x.mT @ mu).softmax(1)


class NotNormalized(Plain):
    """Bases of any length."""

    def normalized(self, mu: Tensor) -> Tensor:
        return mu


class NormalizedOverBases(Plain):
    """Unit length over the bases for each channel."""

    def normalized(self, mu: Tensor) -> Tensor:
        return mu / (mu.norm(dim=2, keepdim=True) + 1e-6)


class OneStepMore(Plain):
    """The responsibilities once more, from the last bases."""

    def _fit(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, _ = super()._fit(x)
        return mu, self.responsibilities(self.embed(x.unsqueeze(3)).squeeze(3), mu)


class Differentiated(Plain):
    """Gradients through the steps."""

    def __init__(self, channels: int, num_bases: int, iterations: int, differentiate: bool) -> None:
        super().__init__(channels, num_bases, iterations, differentiate=not differentiate)


@pytest.mark.parametrize(
    ("mutant", "case"),
    [
        (OverPositions, "two-steps"),
        (NotNormalized, "two-steps"),
        (NormalizedOverBases, "two-steps"),
        (OneStepMore, "two-steps"),
        (Differentiated, "two-steps"),
        (Differentiated, "differentiated"),
        (OverPositions, "differentiated-training"),
    ],
)
def test_a_slip_is_seen(mutant: type[EMAU], case: str) -> None:
    assert rejected("emanet", mutant, case)


@pytest.mark.parametrize("case", ["two-steps", "differentiated", "training"])
def test_the_plain_form_is_not_rejected(case: str) -> None:
    assert not rejected("emanet", Plain, case)


def filled(**arguments: object) -> EMAU:
    module = EMAU(**arguments).double()  # pyright: ignore[reportArgumentType]
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    return module


def test_training_moves_the_bases_and_evaluation_does_not() -> None:
    module = filled(channels=6, num_bases=4, momentum=0.9)
    before = module.mu.clone()
    x = torch.linspace(-3, 4, 3 * 6 * 20, dtype=torch.float64).sin().view(3, 6, 5, 4)
    module.eval()(x)
    assert torch.equal(module.mu, before)
    fitted = torch.stack([module._fit(item.flatten(1)[None])[0][0] for item in x])  # pyright: ignore[reportPrivateUsage]
    module.train()(x)
    torch.testing.assert_close(module.mu, 0.9 * before + 0.1 * fitted.mean(0, keepdim=True))


def test_the_first_convolution_learns_only_where_the_steps_are_differentiated() -> None:
    x = torch.linspace(-3, 4, 2 * 6 * 20, dtype=torch.float64).sin().view(2, 6, 5, 4)
    for differentiate in (False, True):
        module = filled(channels=6, num_bases=4, differentiate=differentiate).train()
        module(x).sum().backward()
        gradient = module.embed.weight.grad
        assert (gradient is not None and bool(gradient.any())) == differentiate
        assert module.project.weight.grad is not None


def test_the_readme_increments_of_emanet_512() -> None:
    with torch.device("meta"):
        head = nn.Sequential(nn.Conv2d(2048, 512, 3, 1, 1, bias=False), nn.BatchNorm2d(512), EMAU(512)).eval()
        x = torch.empty(1, 2048, 65, 65)
    assert f"{sum(p.numel() for p in head.parameters()) / 1e6:.1f}" == "10.0"
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        head(x)
    folded = 512 * 512 * 65 * 65 - 2 * 3 * 512 * 512 * 64 - 3 * 512 * 64  # the embedding at every position, less ours
    assert f"{(counter.get_total_flops() / 2 + folded) / 1e9:.1f}" == "43.1"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = EMAU(16, 8).to(dtype).train()
    assert module((torch.rand(2, 16, 12, 10) * 1e3).to(dtype)).isfinite().all()
    assert module.mu.isfinite().all()
    assert module.mu.dtype == dtype


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"iterations": 0}, "iterations: expected at least 1, got 0"),
        ({"momentum": 1.5}, "momentum: expected a number from 0 to 1, got 1.5"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EMAU(8, **arguments)  # pyright: ignore[reportArgumentType]


def test_parameters_may_be_plain_tensors() -> None:
    module, x = EMAU(8, 4).double().eval(), torch.randn(2, 8, 3, 5, dtype=torch.float64)
    state = {name: value.detach() * 1 for name, value in module.named_parameters()}
    torch.testing.assert_close(torch.func.functional_call(module, state, x), module(x))

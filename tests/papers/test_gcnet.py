"""Global context: the definition position by position, the slips of common copies, and the options."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import templates.papers.gcnet as paper
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.gcnet import GlobalContext

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "gcnet.json")


def filled(**arguments: object) -> GlobalContext:
    torch.manual_seed(0)
    module = GlobalContext(8, 2, **arguments).double()  # pyright: ignore[reportArgumentType]
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


@pytest.mark.parametrize("fusion", ["add", "mul", "both"])
@pytest.mark.parametrize("pooling", ["attention", "mean"])
def test_the_equation(pooling: str, fusion: str) -> None:
    module = filled(pooling=pooling, fusion=fusion)
    x = torch.rand(2, 8, 3, 4, dtype=torch.float64)
    for image, given in zip(x, module(x), strict=True):
        pixels = [image[:, i, j] for i in range(3) for j in range(4)]
        shares = torch.ones(12, dtype=torch.float64)
        if module.mask is not None:
            shares = torch.stack([module.mask(pixel)[0].exp() for pixel in pixels])
        shares = shares / shares.sum()
        context = torch.stack([share * pixel for share, pixel in zip(shares, pixels, strict=True)]).sum(0)
        expected = image
        if module.mul is not None:
            expected = expected * module.mul(context).sigmoid()[:, None, None]
        if module.add is not None:
            expected = expected + module.add(context)[:, None, None]
        torch.testing.assert_close(given, expected, rtol=1e-10, atol=1e-10)


class WithoutSoftmax(GlobalContext):
    """The weights are what the mask layer gives."""

    def _pool(self, x: Tensor) -> Tensor:
        pixels = x.flatten(2)
        return (pixels @ self.mask(pixels.mT)).squeeze(2)  # pyright: ignore[reportOptionalCall]


class SoftmaxOverOneChannel(GlobalContext):
    """A softmax over the mask's only channel: every position weighs 1."""

    def _pool(self, x: Tensor) -> Tensor:
        pixels = x.flatten(2)
        return (pixels @ self.mask(pixels.mT).softmax(2)).squeeze(2)  # pyright: ignore[reportOptionalCall]


class WithoutNorm(GlobalContext):
    """A bottleneck without layer normalisation."""

    def forward(self, x: Tensor) -> Tensor:
        first, _, act, last = self.add  # pyright: ignore[reportGeneralTypeIssues]
        return x + last(act(first(self._pool(x))))[:, :, None, None]


class WithoutShortcut(GlobalContext):
    """The vector alone."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize("mutant", [WithoutSoftmax, SoftmaxOverOneChannel, WithoutNorm, WithoutShortcut])
def test_a_slip_is_seen(mutant: type[GlobalContext]) -> None:
    recorded = next(case for case in RECORD.cases if case.name == "default")
    right = build(RECORD, recorded, paper)
    twin = mutant(**recorded.arguments).double().eval()
    twin.load_state_dict(right.state_dict())
    assert compare(RECORD, recorded, twin).error > 1e-3


def test_a_new_block_changes_nothing() -> None:
    x = torch.rand(2, 32, 4, 5)
    assert torch.equal(GlobalContext(32)(x), x)
    assert torch.equal(GlobalContext(32, fusion="mul")(x), x / 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2)])
def test_any_size_and_one_image_in_training(size: tuple[int, int]) -> None:
    assert GlobalContext(32).train()(torch.rand(1, 32, *size)).shape == (1, 32, *size)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = GlobalContext(32).to(dtype)
    assert module((torch.rand(2, 32, 8, 6) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reduction": 17}, "reduction: expected 1 to channels/2=16, got 17"),
        ({"reduction": 0}, "reduction: expected 1 to channels/2=16, got 0"),
        ({"pooling": "max"}, "pooling: expected attention or mean, got 'max'"),
        ({"fusion": "cat"}, "fusion: expected add, mul or both, got 'cat'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GlobalContext(32, **arguments)  # pyright: ignore[reportArgumentType]

"""Double attention: the equations position by position, clips, and the slips of common copies."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from generator.evidence.fill import state_tensor
from templates.papers.a2_nets import DoubleAttention
from tests.papers.mutants import rejected


class Plain(DoubleAttention):
    """The equations with every feature and every output at every position."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        a, maps, shares = self.features(flat), self.maps(self.attend(flat)), self.shares(self.share(flat))
        return x + self.project(a @ maps.mT @ shares).view_as(x)

    def maps(self, logits: Tensor) -> Tensor:
        return logits.softmax(2)

    def shares(self, logits: Tensor) -> Tensor:
        return logits.softmax(1)


class SharesOverBatch(Plain):
    """The second softmax over the items of the batch."""

    def shares(self, logits: Tensor) -> Tensor:
        return logits.softmax(0)


class BothOverBatch(SharesOverBatch):
    """Both softmaxes over the items of the batch."""

    def maps(self, logits: Tensor) -> Tensor:
        return logits.softmax(0)


class SharesOverPositions(Plain):
    """The second softmax over the positions."""

    def shares(self, logits: Tensor) -> Tensor:
        return logits.softmax(2)


class MapsOverVectors(Plain):
    """The first softmax over the vectors."""

    def maps(self, logits: Tensor) -> Tensor:
        return logits.softmax(1)


class WithoutShortcut(Plain):
    """The input is not added."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize(
    "mutant", [SharesOverBatch, BothOverBatch, SharesOverPositions, MapsOverVectors, WithoutShortcut]
)
def test_a_slip_is_seen(mutant: type[DoubleAttention]) -> None:
    assert rejected("a2_nets", mutant, "few-vectors")


def test_the_plain_form_is_not_rejected() -> None:
    assert not rejected("a2_nets", Plain, "few-vectors")


def test_one_position_after_the_other() -> None:
    module = DoubleAttention(6, 2, 3).double()
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    x = torch.linspace(-3, 4, 2 * 6 * 2 * 3 * 2, dtype=torch.float64).sin().view(2, 6, 2, 3, 2).requires_grad_()
    images = []
    for image in x.flatten(2):
        a, b, v = (layer(image) for layer in (module.features, module.attend, module.share))
        weights = b.exp() / b.exp().sum(1, keepdim=True)
        gathered = [sum(weights[j, i] * a[:, i] for i in range(12)) for j in range(2)]
        shares = v.exp() / v.exp().sum(0)
        z = [sum(shares[j, i] * gathered[j] for j in range(2)) for i in range(12)]
        images.append(image + module.project(torch.stack(z, 1)))  # pyright: ignore[reportArgumentType]
    out, expected = module(x), torch.stack(images).view_as(x)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    assert DoubleAttention(16).to(dtype)((torch.rand(1, 16, 40, 30) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize("name", ["feature_reduction", "vector_reduction"])
def test_wrong_arguments(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected 1 to channels=8, got 9"):
        DoubleAttention(8, **{name: 9})

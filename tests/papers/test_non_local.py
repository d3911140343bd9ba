"""Non-local block: the equations position by position, the slips of common copies, and the options."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import templates.papers.non_local as paper
from generator.evidence.fill import state_tensor
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.non_local import NonLocal

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "non_local.json")
PAIRWISE = ("embedded_gaussian", "gaussian", "dot_product", "concatenation")


def filled(**arguments: object) -> NonLocal:
    module = NonLocal(6, **arguments).double().eval()  # pyright: ignore[reportArgumentType]
    state = {name: state_tensor(name, value) for name, value in module.state_dict().items()}
    module.load_state_dict(state)
    return module


def conv(x: Tensor, layer: torch.nn.Module) -> Tensor:
    """A 1x1 convolution as one matrix product: ``(C, P)`` -> ``(d, P)``."""
    if isinstance(layer, torch.nn.Identity):
        return x
    state = layer.state_dict()
    return state["weight"].flatten(1) @ x + state["bias"][:, None]


def naive(module: NonLocal, x: Tensor, sub_sample: str, scale: bool) -> Tensor:
    """Equations 1 to 6 for one image ``(C, H, W)``, one pair of positions at a time."""
    height, width = x.shape[1:]
    seen = F.max_pool2d(x, 2) if sub_sample == "input" else x
    layers = [layer[0] if isinstance(layer, torch.nn.Sequential) else layer for layer in (module.phi, module.g)]
    theta = conv(x.flatten(1), module.theta)
    phi, g = (conv(seen.flatten(1), layer).unflatten(1, seen.shape[1:]) for layer in layers)
    if sub_sample == "embedding":
        phi, g = F.max_pool2d(phi, 2), F.max_pool2d(g, 2)
    phi, g = phi.flatten(1), g.flatten(1)
    root = theta.shape[0] ** 0.5 if scale else 1.0
    count, rows = phi.shape[1], []
    for i in range(height * width):
        if "gaussian" in module.pairwise:
            f = torch.stack([(theta[:, i] @ phi[:, j] / root).exp() for j in range(count)])
            weights = f / f.sum()
        elif module.pairwise == "dot_product":
            weights = torch.stack([theta[:, i] @ phi[:, j] for j in range(count)]) / count
        else:
            pairs = [torch.cat((theta[:, i], phi[:, j])) for j in range(count)]
            weights = torch.stack([(module.w_f.weight[0] @ pair).relu() for pair in pairs]) / count
        rows.append(torch.stack([weights[j] * g[:, j] for j in range(count)]).sum(0))
    y = torch.stack(rows, 1).view(1, -1, height, width)
    return x + module.out(y)[0]


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("sub_sample", ["input", "embedding", "none"])
@pytest.mark.parametrize("pairwise", PAIRWISE)
def test_the_equations(pairwise: str, sub_sample: str, scale: bool) -> None:
    module = filled(pairwise=pairwise, sub_sample=sub_sample, scale=scale)
    ours = torch.linspace(-1.5, 2, 6 * 5 * 4, dtype=torch.float64).sin().mul(2).view(1, 6, 5, 4).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    out, expected = module(ours), naive(module, theirs[0], sub_sample, scale)[None]
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    (given,) = torch.autograd.grad(out, ours, cotangent)
    (wanted,) = torch.autograd.grad(expected, theirs, cotangent)
    torch.testing.assert_close(given, wanted, rtol=1e-10, atol=1e-10)


class SoftmaxOverQueries(NonLocal):
    """The weights of one key sum to one, not those of one query."""

    def _aggregate(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        return g @ (theta.mT @ phi).softmax(1).mT


class NotDivided(NonLocal):
    """Without the number of positions."""

    def _aggregate(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        return super()._aggregate(theta, phi, g * phi.shape[2])


class NotRectified(NonLocal):
    """A concatenation without its ReLU."""

    def _aggregate(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        w_theta, w_phi = self.w_f.weight.chunk(2, 1)
        return g @ ((w_theta @ theta).mT + w_phi @ phi).mT / phi.shape[2]


class Exchanged(NonLocal):
    """Weights of the concatenation in the order phi, theta."""

    def _aggregate(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        w_phi, w_theta = self.w_f.weight.chunk(2, 1)
        return g @ ((w_theta @ theta).mT + w_phi @ phi).relu().mT / phi.shape[2]


class WithoutShortcut(NonLocal):
    """Without the input."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize(
    ("mutant", "case"),
    [
        (SoftmaxOverQueries, "embedded-gaussian"),
        (SoftmaxOverQueries, "gaussian"),
        (NotDivided, "dot-product"),
        (NotDivided, "concatenation"),
        (NotRectified, "concatenation"),
        (Exchanged, "concatenation"),
        (WithoutShortcut, "embedded-gaussian"),
    ],
)
def test_a_slip_is_seen(mutant: type[NonLocal], case: str) -> None:
    recorded = next(c for c in RECORD.cases if c.name == case)
    right = build(RECORD, recorded, paper)
    wrong = mutant(**recorded.arguments).double().eval()
    wrong.load_state_dict(right.state_dict())
    assert compare(RECORD, recorded, right).within(RECORD.tolerance)
    assert compare(RECORD, recorded, wrong).error > 1e-3


@pytest.mark.parametrize(
    ("case", "option"),
    [
        ("embedded-gaussian", "scale"),
        ("embedded-gaussian", "sub_sample"),
        ("scaled", "scale"),
        ("scaled", "sub_sample"),
    ],
)
def test_the_forms_of_paper_and_released_code_differ(case: str, option: str) -> None:
    recorded = next(c for c in RECORD.cases if c.name == case)
    right = build(RECORD, recorded, paper)
    state = [*right.state_dict().values()]
    arguments = {"scale": True, "sub_sample": "input", **recorded.arguments}
    arguments[option] = not arguments["scale"] if option == "scale" else "none"
    wrong = NonLocal(**arguments).double().eval()
    wrong.load_state_dict(dict(zip(wrong.state_dict(), state, strict=True)))
    assert compare(RECORD, recorded, wrong).error > 1e-3


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("pairwise", PAIRWISE)
def test_a_new_block_changes_nothing(pairwise: str, norm: bool) -> None:
    x = torch.rand(2, 8, 6, 5)
    assert torch.equal(NonLocal(8, pairwise=pairwise, norm=norm)(x), x)


@pytest.mark.parametrize("pairwise", PAIRWISE)
@pytest.mark.parametrize(
    ("dimensions", "size"),
    [(1, (9,)), (2, (2, 9)), (3, (1, 3, 2)), (1, (2,)), (2, (1, 7)), (2, (5, 1)), (3, (2, 1, 1))],
)
def test_any_size_in_one_to_three_dimensions(pairwise: str, dimensions: int, size: tuple[int, ...]) -> None:
    module = NonLocal(4, dimensions=dimensions, pairwise=pairwise).train()
    assert module(torch.rand(1, 4, *size)).shape == (1, 4, *size)


def test_an_axis_of_one_entry_is_not_pooled() -> None:
    torch.manual_seed(0)
    pooled, whole = (NonLocal(8, sub_sample=form).eval() for form in ("input", "none"))
    pooled.load_state_dict(whole.state_dict())
    torch.nn.init.ones_(whole.out[1].weight)  # pyright: ignore[reportArgumentType]
    torch.nn.init.ones_(pooled.out[1].weight)  # pyright: ignore[reportArgumentType]
    x = torch.rand(2, 8, 1, 1)
    torch.testing.assert_close(pooled(x), whole(x))
    x = torch.rand(2, 8, 1, 6)
    keys = x.unflatten(3, (3, 2)).amax(4)
    theta, phi, g = (conv(t)[:, :, 0] for conv, t in ((whole.theta, x), (whole.phi, keys), (whole.g, keys)))
    y = g @ (phi.mT @ theta / 2).softmax(1)
    torch.testing.assert_close(pooled(x), x + whole.out(y[:, :, None]))


@pytest.mark.parametrize("pairwise", ["embedded_gaussian", "gaussian"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(pairwise: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = NonLocal(16, pairwise=pairwise).to(dtype).eval()
    torch.nn.init.ones_(module.out[1].weight)  # pyright: ignore[reportArgumentType]
    assert module((torch.rand(2, 16, 8, 6) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pairwise": "softmax"}, "pairwise: expected one of embedded_gaussian, gaussian, dot_product, concatenation"),
        ({"sub_sample": "output"}, "sub_sample: expected input, embedding or none, got 'output'"),
        ({"dimensions": 4}, "dimensions: expected 1, 2 or 3, got 4"),
        ({"reduction": 0}, "reduction: expected 1 to channels=8, got 0"),
        ({"reduction": 9}, "reduction: expected 1 to channels=8, got 9"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NonLocal(8, **arguments)  # pyright: ignore[reportArgumentType]

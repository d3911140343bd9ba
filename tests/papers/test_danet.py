"""Dual attention: both branches written out pair by pair, the two forms of the channel softmax, and the slips."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generator.evidence.fill import state_tensor
from templates.papers.danet import CAM, PAM, DANetHead, DualAttention
from tests.papers.mutants import rejected


def filled(module: nn.Module) -> nn.Module:
    module = module.double().eval()
    module.load_state_dict({name: state_tensor(name, value) for name, value in module.state_dict().items()})
    return module


def weighted(products: list[Tensor], values: list[Tensor]) -> Tensor:
    weights = [product.exp() for product in products]
    total = sum(weights, torch.zeros((), dtype=torch.float64))
    return sum((w / total * v for w, v in zip(weights, values, strict=True)), torch.zeros_like(values[0]))


def naive_position(module: PAM, a: Tensor) -> Tensor:
    """Equations 1 and 2 for one image ``(C, H, W)``."""
    b, c, d = (layer(a[None])[0].flatten(1) for layer in (module.query, module.key, module.value))
    places = range(d.shape[1])
    rows = [weighted([b[:, j] @ c[:, i] for i in places], [d[:, i] for i in places]) for j in places]
    return module.gamma * torch.stack(rows, 1).view_as(a) + a


def naive_channel(module: CAM, a: Tensor) -> Tensor:
    """Equations 3 and 4 for one image ``(C, H, W)``."""
    flat = a.flatten(1)
    rows = []
    for one in flat:
        products = torch.stack([one @ other for other in flat])
        chosen = products.max() - products if module.contrast else products
        rows.append(weighted(list(chosen), list(flat)))
    return module.gamma * torch.stack(rows).view_as(a) + a


def waves(channels: int) -> Tensor:
    x = torch.linspace(-3, 4, 2 * channels * 12, dtype=torch.float64).sin().mul(0.4).view(2, channels, 4, 3)
    return x.requires_grad_()


def agree(out: Tensor, expected: Tensor, x: Tensor) -> None:
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.cos(torch.arange(out.numel(), dtype=torch.float64)).view_as(out)
    given, wanted = (torch.autograd.grad(y, x, cotangent)[0] for y in (out, expected))
    torch.testing.assert_close(given, wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("contrast", [True, False])
def test_the_equations(contrast: bool) -> None:
    module = filled(DualAttention(8, contrast=contrast))
    assert isinstance(module, DualAttention)
    x = waves(8)
    images = [naive_position(module.position, a) + naive_channel(module.channel, a) - a for a in x.unbind()]
    agree(module(x), torch.stack(images), x)


def test_the_equations_where_values_are_wide() -> None:
    module = filled(PAM(136))
    assert isinstance(module, PAM)
    x = waves(136)
    agree(module(x), torch.stack([naive_position(module, a) for a in x.unbind()]), x)


class SoftmaxOfProducts(CAM):
    """The paper's equation, and that of many copies, for the released form."""

    def __init__(self) -> None:
        super().__init__(contrast=False)


class Transposed(CAM):
    """The weights of the wrong channel sum to one."""

    def forward(self, x: Tensor) -> Tensor:
        a = x.flatten(2)
        return (self.gamma * (-(a @ a.mT)).softmax(1) @ a).view_as(x) + x


class Scaled(PAM):
    """The products divided by the root of their width."""

    def forward(self, x: Tensor) -> Tensor:
        return self._mixed(x, self.query.out_channels**-0.5, 2)

    def _mixed(self, x: Tensor, scale: float, axis: int) -> Tensor:
        q, k, v = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        return (self.gamma * (v @ (q.mT @ k * scale).softmax(axis).mT)).reshape(x.shape) + x


class OverQueries(Scaled):
    """The softmax over the queries."""

    def forward(self, x: Tensor) -> Tensor:
        return self._mixed(x, 1.0, 1)


class OneAfterTheOther(DualAttention):
    """The channel branch sees the result of the position branch."""

    def forward(self, x: Tensor) -> Tensor:
        return self.channel(self.position(x))


@pytest.mark.parametrize(
    ("mutant", "case"),
    [
        (SoftmaxOfProducts, "channel"),
        (Transposed, "channel"),
        (Scaled, "position"),
        (OverQueries, "position"),
        (OneAfterTheOther, "both"),
    ],
)
def test_a_slip_is_seen(mutant: type[nn.Module], case: str) -> None:
    assert rejected("danet", mutant, case)


def test_a_new_module_changes_nothing() -> None:
    x = torch.rand(2, 16, 6, 5)
    assert torch.equal(DualAttention(16)(x), x)


@pytest.mark.parametrize("channels", [16, 136])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(channels: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = DualAttention(channels).to(dtype)
    nn.init.ones_(module.position.gamma)
    nn.init.ones_(module.channel.gamma)
    assert module((torch.rand(1, channels, 12, 10) * 1e3).to(dtype)).isfinite().all()


def test_the_head_classifies_the_sum_first() -> None:
    head = DANetHead(64, 7).eval()
    sizes = [tuple(out.shape) for out in head(torch.rand(1, 64, 5, 6))]
    assert sizes == [(1, 7, 5, 6)] * 3


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=4, got 8"):
        DualAttention(4)

"""Competitive squeeze-and-excitation, whose code exists for MXNet only: against loops over its definition."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from templates.papers.cmpe_se import CMPESE

Mode = Literal["double_fc", "1x1", "2x1", "folded"]
MODES: list[Mode] = ["double_fc", "1x1", "2x1", "folded"]
C, FOLD = 12, 4


def _module(mode: Mode, factory: type[CMPESE] = CMPESE) -> CMPESE:
    torch.manual_seed(0)
    module = factory(C, reduction=3, mode=mode, filter_reduction=4, fold=FOLD).double().eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for value in (layer.weight, layer.bias, layer.running_mean):
                nn.init.uniform_(value if value is not None else torch.zeros(1), -1, 1)
            nn.init.uniform_(layer.running_var if layer.running_var is not None else torch.zeros(1), 0.5, 1.5)
    return module


def _image(mode: str, u: list[Tensor], v: list[Tensor]) -> list[list[Tensor]]:
    """Rows of the image: pairs of means, or runs of ``FOLD`` means of one branch, then of the other."""
    if mode != "folded":
        return [[a, b] for a, b in zip(u, v, strict=True)]
    rows = []
    for start in range(0, C, FOLD):
        rows += [u[start : start + FOLD], v[start : start + FOLD]]
    return rows


def _scan(image: list[list[Tensor]], conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    """What the filters see, position by position; normalised, then averaged over the filters."""
    height, width = conv.weight.shape[2:]
    assert norm.running_mean is not None
    assert norm.running_var is not None
    seen = []
    for i in range(len(image) - height + 1):
        for j in range(len(image[0]) - width + 1):
            values = []
            for m, kernel in enumerate(conv.weight[:, 0]):
                total = sum(
                    (kernel[p, q] * image[i + p][j + q] for p in range(height) for q in range(width)), torch.zeros(())
                )
                scaled = (total - norm.running_mean[m]) / (norm.running_var[m] + norm.eps).sqrt()
                values.append(scaled * norm.weight[m] + norm.bias[m])
            seen.append(torch.stack(values).mean())
    return torch.stack(seen)


def _naive(module: CMPESE, residual: Tensor, identity: Tensor) -> Tensor:
    items = []
    for r, x in zip(residual, identity, strict=True):
        u, v = ([channel.sum() / channel.numel() for channel in branch] for branch in (r, x))
        if module.mode == "double_fc":
            a = (module.down_residual.weight @ torch.stack(u)).relu()
            b = (module.down_identity.weight @ torch.stack(v)).relu()
            hidden = torch.cat((a, b))
        else:
            conv, norm = module.scan
            assert isinstance(conv, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            hidden = (module.down.weight @ _scan(_image(module.mode, u, v), conv, norm)).relu()
        gate = (module.up.weight @ hidden).sigmoid()
        items.append(torch.stack([r[c] * gate[c] for c in range(C)]))
    return torch.stack(items)


def _error(module: CMPESE) -> float:
    inputs = [torch.randn(2, C, 3, 5, dtype=torch.float64).requires_grad_() for _ in range(2)]
    expected, out = _naive(module, *inputs), module(*inputs)
    cotangent = torch.linspace(-1, 1, expected.numel(), dtype=torch.float64).view_as(expected)
    given = torch.autograd.grad(out, inputs, cotangent)
    wanted = torch.autograd.grad(expected, inputs, cotangent)
    off = [float((a - b).detach().abs().max()) for a, b in zip((out, *given), (expected, *wanted), strict=True)]
    return max(off)


@pytest.mark.parametrize("mode", MODES)
def test_against_the_definition(mode: Mode) -> None:
    assert _error(_module(mode)) < 1e-12


class _ResidualOnly(CMPESE):
    """Common squeeze-and-excitation, which does not see the identity."""

    def forward(self, residual: Tensor, identity: Tensor) -> Tensor:
        return super().forward(residual, identity * 0)


class _Exchanged(CMPESE):
    """The image's columns, or the two squeezes, are exchanged."""

    def forward(self, residual: Tensor, identity: Tensor) -> Tensor:
        gated = super().forward(identity, residual)
        return residual * (gated.sum((2, 3), keepdim=True) / identity.sum((2, 3), keepdim=True))


class _BothGated(CMPESE):
    """The gate scales the sum of the branches."""

    def forward(self, residual: Tensor, identity: Tensor) -> Tensor:
        gate = super().forward(residual, identity) / residual
        return (residual + identity) * gate


@pytest.mark.parametrize("mutant", [_ResidualOnly, _Exchanged, _BothGated])
@pytest.mark.parametrize("mode", MODES)
def test_wrong_versions_are_rejected(mutant: type[CMPESE], mode: Mode) -> None:
    assert _error(_module(mode, mutant)) > 1e-6


def test_a_folded_image_that_does_not_alternate_is_rejected() -> None:
    class Stacked(CMPESE):
        def _image(self, u: Tensor, v: Tensor) -> Tensor:
            return torch.cat((u, v), 1).unflatten(1, (-1, self.fold)).unsqueeze(1)

    assert _error(_module("folded", Stacked)) > 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_of_one_trains(mode: Mode) -> None:
    module = CMPESE(32, reduction=4, mode=mode, fold=8).train()
    module(torch.randn(1, 32, 6, 4), torch.randn(1, 32, 6, 4)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize("mode", MODES)
def test_half_precision_with_large_values(mode: Mode) -> None:
    x = torch.full((2, 32, 40, 40), 1000.0, dtype=torch.half)
    assert CMPESE(32, mode=mode, fold=8).half()(x, x).isfinite().all()


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"mode: expected 'double_fc', '1x1', '2x1' or 'folded', got '3x3'"):
        CMPESE(32, mode="3x3")  # pyright: ignore[reportArgumentType]  what is tested
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        CMPESE(8)
    with pytest.raises(ValueError, match=r"channels, fold: expected a multiple, .* got 32 and 5"):
        CMPESE(32, mode="folded", fold=5)
    with pytest.raises(ValueError, match=r"identity: expected shape \(1, 16, 4, 4\), got \(1, 16, 4, 5\)"):
        CMPESE(16)(torch.randn(1, 16, 4, 4), torch.randn(1, 16, 4, 5))

"""Criss-cross attention: the equations pixel by pixel, the slips of common copies, and the limits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import templates.papers.ccnet as paper
from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers.ccnet import RCCA, CrissCrossAttention

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "ccnet.json")


def naive(module: CrissCrossAttention, x: Tensor) -> Tensor:
    """Equations 1 and 2, one pixel at a time."""
    q, k, v = (layer(x.permute(0, 2, 3, 1)) for layer in (module.query, module.key, module.value))
    out = torch.empty_like(x)
    height, width = x.shape[2:]
    for b in range(len(x)):
        for i in range(height):
            for j in range(width):
                cross = [(i, column) for column in range(width)] + [(row, j) for row in range(height) if row != i]
                weights = torch.stack([q[b, i, j] @ k[b, m, n] for m, n in cross]).softmax(0)
                values = torch.stack([v[b, m, n] for m, n in cross])
                out[b, :, i, j] = x[b, :, i, j] + module.gamma * (weights @ values)
    return out


def filled(channels: int) -> CrissCrossAttention:
    torch.manual_seed(0)
    module = CrissCrossAttention(channels).double()
    torch.nn.init.constant_(module.gamma, 0.7)
    return module


@pytest.mark.parametrize("size", [(4, 3), (1, 5), (5, 1), (1, 1)])
def test_the_equations(size: tuple[int, int]) -> None:
    module = filled(8)
    x = (torch.rand(2, 8, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-9, atol=1e-9)


def test_two_passes_reach_every_pixel() -> None:
    module = filled(8)
    x = torch.rand(1, 8, 5, 6, dtype=torch.float64, requires_grad=True)
    (once,) = torch.autograd.grad(module(x)[0, :, 0, 0].sum(), x)
    (twice,) = torch.autograd.grad(module(module(x))[0, :, 0, 0].sum(), x)
    seen = once.abs().sum((0, 1)) > 0
    assert seen[0].all()
    assert seen[:, 0].all()
    assert not seen[1:, 1:].any()
    assert (twice.abs().sum((0, 1)) > 0).all()


class CrissCross(CrissCrossAttention):
    """The module in the open, with a place for each slip."""

    def weights(self, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        """Attention over columns ``(B, W, H, H)`` and rows ``(B, H, W, W)``."""
        column = column.masked_fill(torch.eye(column.shape[2], dtype=torch.bool), float("-inf"))
        a = torch.cat((column.transpose(1, 2), row), 3).softmax(3)
        return a[..., : column.shape[2]].transpose(1, 2), a[..., column.shape[2] :]

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (layer(x.permute(0, 2, 3, 1)) for layer in (self.query, self.key, self.value))
        q_c, k_c, v_c = (t.transpose(1, 2) for t in (q, k, v))
        column, row = self.weights(q_c @ k_c.mT, q @ k.mT)
        return x + self.gamma * ((column @ v_c).transpose(1, 2) + row @ v).permute(0, 3, 1, 2)


class OwnPixelTwice(CrissCross):
    """Nothing is masked."""

    def weights(self, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        a = torch.cat((column.transpose(1, 2), row), 3).softmax(3)
        return a[..., : column.shape[2]].transpose(1, 2), a[..., column.shape[2] :]


class TwoSoftmaxes(CrissCross):
    """Rows and columns are normalised apart."""

    def weights(self, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        mask = torch.eye(column.shape[2], dtype=torch.bool)
        return column.masked_fill(mask, float("-inf")).softmax(3), row.softmax(3)


class TransposedWeights(CrissCross):
    """The weights of a pixel are those that others give to it."""

    def weights(self, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        a_column, a_row = super().weights(column, row)
        return a_column.mT, a_row.mT


class OwnPixelNever(CrissCross):
    """Both parts are masked."""

    def weights(self, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        return super().weights(column, row.masked_fill(torch.eye(row.shape[2], dtype=torch.bool), float("-inf")))


@pytest.mark.parametrize("mutant", [OwnPixelTwice, TwoSoftmaxes, TransposedWeights, OwnPixelNever])
def test_a_slip_is_seen(mutant: type[CrissCross]) -> None:
    recorded = next(case for case in RECORD.cases if case.name == "default")
    right = build(RECORD, recorded, paper)
    for cls in (CrissCross, mutant):
        twin = cls(**recorded.arguments).double().eval()
        twin.load_state_dict(right.state_dict())
        result = compare(RECORD, recorded, twin)
        assert result.within(RECORD.tolerance) if cls is CrissCross else result.error > 1e-3


def test_weights_are_shared_between_the_passes() -> None:
    one, three = (RCCA(32, 5, out_channels=8, recurrence=count) for count in (1, 3))
    assert [p.shape for p in one.parameters()] == [p.shape for p in three.parameters()]
    assert three(torch.rand(2, 32, 3, 4)).shape == (2, 5, 3, 4)


def test_products_beyond_half_precision() -> None:
    torch.manual_seed(0)
    module = CrissCrossAttention(16).eval()
    torch.nn.init.ones_(module.gamma)
    x = torch.rand(2, 16, 6, 5) * 4e3
    assert module.half()(x.half()).isfinite().all()
    module = module.float()
    with torch.autocast("cpu", torch.float16):
        assert module(x).isfinite().all()


def test_a_new_module_changes_nothing() -> None:
    x = torch.rand(1, 16, 4, 5)
    assert torch.equal(CrissCrossAttention(16)(x), x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CrissCrossAttention(4), "reduction: expected 1 to channels=4, got 8"),
        (lambda: CrissCrossAttention(4, 0), "reduction: expected 1 to channels=4, got 0"),
        (lambda: RCCA(32, 5, recurrence=0), "recurrence: expected at least 1, got 0"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

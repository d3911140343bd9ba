"""Stand-alone self-attention: the equation pixel by pixel, the slips of common copies, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from templates.papers.sasa import LocalAttention, LocalAttentionBottleneck


def naive(module: LocalAttention, x: Tensor) -> Tensor:
    """Equation 3, one position and one head at a time."""
    heads, reach = module.num_heads, module.kernel_size // 2
    w_q, w_k, w_v = module.qkv.weight[:, :, 0, 0].chunk(3)
    width = len(w_q) // heads
    height, breadth = x.shape[2:]
    rows = []
    for h in range(heads):
        mine = slice(h * width, (h + 1) * width)
        for i in range(height):
            for j in range(breadth):
                q = x[:, :, i, j] @ w_q[mine].T
                logits, values = [], []
                for a in range(i - reach, i + reach + 1):
                    for b in range(j - reach, j + reach + 1):
                        inside = 0 <= a < height and 0 <= b < breadth
                        pixel = x[:, :, a, b] if inside else torch.zeros_like(x[:, :, 0, 0])
                        key = pixel @ w_k[mine].T
                        if module.rows is not None and module.columns is not None:
                            key = key + torch.cat((module.rows[h, a - i + reach], module.columns[h, b - j + reach]))
                        logits.append((q * key).sum(1))
                        values.append(pixel @ w_v[mine].T)
                weights = torch.stack(logits, 1).softmax(1)
                rows.append((weights.unsqueeze(2) * torch.stack(values, 1)).sum(1))
    out = torch.stack(rows, 2).unflatten(2, (heads, height, breadth)).transpose(1, 2).flatten(1, 2)
    return out if module.stride == 1 else F.avg_pool2d(out, 2, ceil_mode=True)


def made(cls: type[LocalAttention] = LocalAttention, **arguments: Any) -> LocalAttention:
    torch.manual_seed(0)
    return cls(6, 8, num_heads=2, **arguments).double()


@pytest.mark.parametrize("size", [(4, 3), (1, 5), (1, 1)])
@pytest.mark.parametrize(
    "arguments",
    [{"kernel_size": 5}, {"kernel_size": 3}, {"kernel_size": 3, "stride": 2}, {"kernel_size": 5, "relative": False}],
)
def test_the_equation(size: tuple[int, int], arguments: dict[str, Any]) -> None:
    module = made(**arguments)
    x = (torch.rand(2, 6, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-9, atol=1e-9)


class RowsForColumns(LocalAttention):
    """The two halves of an offset's vector change places."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q, columns, rows)


class Turned(LocalAttention):
    """The offset counts from the key to the query."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q, rows.flip(1), columns.flip(1))


class SameVectorsForAllHeads(LocalAttention):
    """All heads use the first one's vectors."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q, rows[:1].expand_as(rows), columns[:1].expand_as(columns))


@pytest.mark.parametrize("mutant", [RowsForColumns, Turned, SameVectorsForAllHeads])
def test_a_slip_is_seen(mutant: type[LocalAttention]) -> None:
    x = torch.rand(2, 6, 4, 5, dtype=torch.float64) * 4 - 2
    module = made(mutant, kernel_size=3)
    assert (module(x) - naive(module, x)).abs().max() > 1e-3


def test_the_stride_comes_after_the_attention() -> None:
    x = torch.rand(2, 6, 5, 4, dtype=torch.float64)
    every, halved = made(), made(stride=2)
    torch.testing.assert_close(halved(x), F.avg_pool2d(every(x), 2, ceil_mode=True))
    assert LocalAttentionBottleneck(16, 16, 2, torch.nn.Conv2d(16, 64, 1, 2))(torch.rand(2, 16, 5, 4)).shape[2:] == (
        3,
        2,
    )


def test_nothing_beyond_the_window_is_seen() -> None:
    x = torch.rand(1, 6, 7, 6, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(made(kernel_size=3)(x)[0, :, 3, 2].sum(), x)
    seen = gradient.abs().sum((0, 1)) > 0
    assert seen[2:5, 1:4].all()
    assert seen.sum() == 9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LocalAttention(16, 16, 4), "kernel_size: expected an odd number, got 4"),
        (lambda: LocalAttention(16, 24), "out_channels: expected a multiple of 16, got 24"),
        (lambda: LocalAttention(16, 16, stride=3), "stride: expected 1 or 2, got 3"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

"""Softmax attention of the blocks: every way it is computed gives the same."""

from __future__ import annotations

import pytest
import torch

from generator.evidence.fill import uniform
from templates.blocks.attend import attend

# Widths of queries and values, numbers of queries and keys: padded and fused; explicit with few and with many keys;
# equal and wide, whose gradient is explicit with few keys.
SIZES = [(4, 10, 6, 7), (10, 4, 6, 7), (8, 8, 5, 9), (4, 130, 6, 7), (4, 130, 6, 140), (130, 130, 6, 7)]


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize(("d", "wide", "n", "m"), SIZES)
def test_attend(d: int, wide: int, n: int, m: int, grad: bool) -> None:
    shapes = {"q": (2, d, n), "k": (2, d, m), "v": (2, wide, m)}
    q, k, v = (uniform(name, shape, -2, 2).requires_grad_(grad) for name, shape in shapes.items())
    out, expected = attend(q, k, v, 0.3), v @ (0.3 * q.mT @ k).softmax(2).mT
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    if grad:
        cotangent = uniform("cotangent", tuple(out.shape), -1, 1)
        given, wanted = (torch.autograd.grad(y, (q, k, v), cotangent) for y in (out, expected))
        torch.testing.assert_close(given, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("wide", [8, 130])
def test_products_beyond_half_precision(wide: int) -> None:
    q, k = (uniform(name, (1, 8, 5), 500, 1000).half() for name in ("q", "k"))
    v = uniform("v", (1, wide, 5), -1, 1).half()
    out = attend(q, k, v, 1.0)
    assert out.dtype == torch.float16
    expected = v.double() @ (q.double().mT @ k.double()).softmax(2).mT
    torch.testing.assert_close(out.double(), expected, rtol=2e-3, atol=2e-3)


def test_products_beyond_half_precision_under_autocast() -> None:
    q, k = (uniform(name, (1, 8, 5), 500, 1000, torch.float32) for name in ("q", "k"))
    v = uniform("v", (1, 130, 5), -1, 1, torch.float32)
    with torch.autocast("cpu", torch.float16):
        out = attend(q.half(), k.half(), v.half(), 1.0)
    assert out.isfinite().all()

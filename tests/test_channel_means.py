"""The mean of each channel: that it is the mean, whatever the precision."""

from __future__ import annotations

import pytest
import torch

from templates.blocks.channel_means import channel_means


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_equals_mean(dtype: torch.dtype) -> None:
    x = torch.randn(3, 4, 40, 50, dtype=torch.float64).mul(1000).to(dtype).requires_grad_()
    cotangent = torch.randn(3, 4).to(dtype)
    given, wanted = channel_means(x), x.mean((2, 3))
    torch.testing.assert_close(given, wanted)
    (a,), (b,) = (torch.autograd.grad(out, x, cotangent) for out in (given, wanted))
    torch.testing.assert_close(a, b)


def test_half_precision_does_not_overflow() -> None:
    x = torch.full((1, 2, 50, 50), 1000.0, dtype=torch.float16)
    assert channel_means(x).tolist() == [[1000.0, 1000.0]]


def test_the_gradient_takes_no_memory_of_a_map() -> None:
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    (gradient,) = torch.autograd.grad(channel_means(x).sum(), x)
    assert gradient.untyped_storage().nbytes() < x.untyped_storage().nbytes()

"""The block that several papers take mean and variance from."""

from __future__ import annotations

import pytest
import torch

from templates.blocks.moments import moments


@pytest.mark.parametrize("correction", [0, 1])
@pytest.mark.parametrize("format", [torch.contiguous_format, torch.channels_last])
def test_moments_and_their_gradients(correction: int, format: torch.memory_format) -> None:
    x = torch.randn(2, 3, 5, 4, dtype=torch.float64).to(memory_format=format).requires_grad_()
    wanted = torch.var_mean(x, (2, 3), correction=correction)
    torch.testing.assert_close(moments(x, correction), (wanted[1], wanted[0]))
    assert torch.autograd.gradcheck(lambda x: moments(x, correction), x)
    assert torch.autograd.gradgradcheck(lambda x: moments(x, correction), x)


def test_large_mean_and_small_deviation() -> None:
    x = 1000 + 0.01 * torch.randn(2, 3, 40, 40, dtype=torch.float64)
    _, variance = moments(x.float())
    # What float32 leaves of the input itself is three digits of its deviation.
    torch.testing.assert_close(variance, x.float().double().var((2, 3), correction=0).float(), rtol=1e-2, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_neither_overflows_nor_saturates(dtype: torch.dtype) -> None:
    x = (torch.randn(2, 3, 64, 64) * 1000).to(dtype).requires_grad_()
    mean, variance = moments(x)
    assert mean.dtype == variance.dtype == torch.float32
    torch.testing.assert_close(variance, x.float().var((2, 3), correction=0), rtol=1e-4, atol=0)
    variance.sqrt().sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == dtype
    assert x.grad.isfinite().all()


def test_constant_maps_have_no_slope() -> None:
    x = torch.full((1, 2, 3, 3), 7.0, requires_grad=True)
    _, variance = moments(x)
    variance.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.zeros_like(x), atol=1e-6, rtol=0)
    assert not variance.any()

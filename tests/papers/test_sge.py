"""SGE: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.sge import SGE
from tests.papers.mutants import rejected


def test_equations() -> None:
    module = SGE(2).double()
    nn.init.normal_(module.weight)
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    rows = []
    for b in range(2):
        for group in range(2):
            vectors = x[b, 3 * group : 3 * group + 3].flatten(1)
            g = vectors.mean(1)
            c = torch.stack([(g * vectors[:, i]).sum() for i in range(12)])
            deviation = ((c - c.mean()).square().sum() / 11).sqrt()
            a = module.weight[group] * (c - c.mean()) / (deviation + module.eps) + module.bias[group]
            rows.append((vectors * a.sigmoid()).view(3, 3, 4))
    expected = torch.cat(rows).view_as(x)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class WithoutNormalisation(SGE):
    """Similarities as they are: groups of large activations drown the others."""

    def forward(self, x: Tensor) -> Tensor:
        grouped = x.reshape(len(x) * self.groups, -1, x.shape[2] * x.shape[3])
        c = (grouped.mean(2, keepdim=True).mT @ grouped).view(len(x), self.groups, *x.shape[2:])
        gate = (c * self.weight[:, None, None] + self.bias[:, None, None]).sigmoid()
        return (grouped * gate.view(len(grouped), 1, -1)).view(x.shape)


def test_wrong_version_is_rejected() -> None:
    assert rejected("sge", WithoutNormalisation, "default")
    assert not rejected("sge", SGE, "default")


def test_a_new_module_scales_everything_alike() -> None:
    x = torch.randn(2, 8, 5, 3)
    torch.testing.assert_close(SGE(4)(x), x * torch.sigmoid(torch.ones(())))


def test_a_map_of_equal_values_has_a_gradient() -> None:
    module = SGE(2).double()
    nn.init.ones_(module.weight)
    x = torch.ones(1, 4, 3, 5, dtype=torch.float64)
    x[:, :2] = 0
    x.requires_grad_()
    module(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.full_like(x, torch.sigmoid(torch.tensor(1.0)).item()))


def test_no_items() -> None:
    assert SGE(2)(torch.rand(0, 4, 3, 5)).shape == (0, 4, 3, 5)


@pytest.mark.parametrize("size", [30, 10_000])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype, size: int) -> None:
    module = SGE(2).to(dtype)
    nn.init.ones_(module.weight)
    x = (size * torch.randn(2, 8, 16, 16)).clamp(-6e4, 6e4)
    expected = module.float()(x)
    x = x.to(dtype).requires_grad_()
    out = module.to(dtype)(x)
    torch.testing.assert_close(out.float(), expected, rtol=0.05, atol=0.05 * size)
    out.float().mean().backward()
    assert out.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_wrong_inputs() -> None:
    with pytest.raises(ValueError, match="x: expected channels in multiples of groups=4, got 6"):
        SGE(4)(torch.rand(1, 6, 3, 3))
    with pytest.raises(ValueError, match="two positions or more"):
        SGE(2)(torch.rand(1, 4, 1, 1))
    with pytest.raises(ValueError, match="groups: expected at least 1, got 0"):
        SGE(0)


def test_the_papers_deviation_is_that_of_the_population() -> None:
    x = torch.randn(2, 8, 3, 5, dtype=torch.float64)
    released, paper = SGE(2).double(), SGE(2, unbiased=False).double()
    for module in (released, paper):
        nn.init.normal_(module.weight, generator=torch.Generator().manual_seed(0))
    grouped = x.view(4, 4, 15)
    c = (grouped * grouped.mean(2, keepdim=True)).sum(1)
    c = (c - c.mean(1, keepdim=True)) / (c.std(1, correction=0, keepdim=True) + 1e-5)
    gate = (c.view(2, 2, 15) * paper.weight[:, None] + paper.bias[:, None]).sigmoid().view(4, 1, 15)
    torch.testing.assert_close(paper(x), (grouped * gate).view(x.shape))
    assert not torch.allclose(released(x), paper(x))
    assert SGE(2, unbiased=False)(torch.randn(1, 4, 1, 1)).isfinite().all()

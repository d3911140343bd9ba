"""ULSAM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.ulsam import ULSAM, SubSpace
from tests.papers.mutants import rejected


def test_against_a_loop_over_positions() -> None:
    module = ULSAM(6, 2).double().eval()
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    items: list[Tensor] = []
    for b in range(2):
        for n, subspace in enumerate(module.subspaces):
            assert isinstance(subspace, SubSpace)
            part = x[b, 3 * n : 3 * n + 3]
            depthwise, pointwise = subspace.depthwise, subspace.pointwise
            assert depthwise.bias is not None
            assert pointwise.bias is not None
            scale = 1 / (1 + subspace.depthwise_norm.eps) ** 0.5
            f = torch.relu((part * depthwise.weight[:, 0] + depthwise.bias[:, None, None]) * scale)
            scores: list[Tensor] = []
            for i in range(3):
                for j in range(4):
                    window = f[:, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
                    largest = torch.stack([channel.max() for channel in window])
                    score = (largest * pointwise.weight[0, :, 0, 0]).sum() + pointwise.bias[0]
                    scores.append(torch.relu(score * scale))
            total = sum(torch.exp(score) for score in scores)
            attention = torch.stack([torch.exp(score) / total for score in scores]).view(3, 4)
            items.append(part + part * attention)
    expected = torch.cat(items).view_as(x)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_what_is_added_sums_to_one_over_the_positions() -> None:
    module, x = ULSAM(8, 4).eval(), torch.ones(2, 8, 5, 3)
    torch.testing.assert_close((module(x) - x).sum((2, 3)), torch.ones(2, 8))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    x = (1000 * torch.randn(2, 8, 16, 16)).to(dtype).requires_grad_()
    out = ULSAM(8, 2).to(dtype).train()(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


class _Plain(SubSpace):
    """One subspace in plain steps, with places for slips."""

    residual = True
    over_rows_only = False
    without_pool = False
    sigmoid = False

    def forward(self, x: Tensor) -> Tensor:
        f = F.relu(self.depthwise_norm(self.depthwise(x)))
        f = f if self.without_pool else self.pool(f)
        f = F.relu(self.pointwise_norm(self.pointwise(f)))
        a = f.softmax(3) if self.over_rows_only else f.flatten(2).softmax(2).view(f.shape)
        a = f.sigmoid() if self.sigmoid else a
        return x * a + x if self.residual else x * a


class _NoResidual(_Plain):
    residual = False


class _OverRowsOnly(_Plain):
    over_rows_only = True


class _NoPool(_Plain):
    without_pool = True


class _Sigmoid(_Plain):
    sigmoid = True


def _mutant(subspace: type[SubSpace]) -> type[ULSAM]:
    class Mutant(ULSAM):
        def __init__(self, channels: int, subspaces: int = 4) -> None:
            super().__init__(channels, subspaces)
            self.subspaces = nn.ModuleList(subspace(channels // subspaces) for _ in range(subspaces))

    return Mutant


class _SharedMap(ULSAM):
    """The first subspace's attention for all."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.subspaces[0](part) for part in x.chunk(len(self.subspaces), 1)], 1)


class _Interleaved(ULSAM):
    """Every g-th channel in a subspace, not neighbours."""

    def forward(self, x: Tensor) -> Tensor:
        count = len(self.subspaces)
        parts = [subspace(x[:, n::count]) for n, subspace in enumerate(self.subspaces)]
        return torch.stack(parts, 2).flatten(1, 2)


def test_the_plain_form_is_the_module() -> None:
    assert not rejected("ulsam", _mutant(_Plain), "default")


@pytest.mark.parametrize("subspace", [_NoResidual, _OverRowsOnly, _NoPool, _Sigmoid])
def test_wrong_subspaces_are_rejected(subspace: type[SubSpace]) -> None:
    assert rejected("ulsam", _mutant(subspace), "default")


@pytest.mark.parametrize("mutant", [_SharedMap, _Interleaved])
def test_wrong_versions_are_rejected(mutant: type[ULSAM]) -> None:
    assert rejected("ulsam", mutant, "default")


def test_channels_must_fit_the_subspaces() -> None:
    with pytest.raises(ValueError, match=r"channels: expected a multiple of subspaces=4, got 6"):
        ULSAM(6)
    with pytest.raises(ValueError, match=r"channels: expected a multiple of subspaces=0, got 6"):
        ULSAM(6, 0)

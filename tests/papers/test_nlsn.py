"""Non-local sparse attention: chunks pixel by pixel, common slips, repeatability, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from templates.papers.nlsn import NonLocalSparseAttention
from tests.papers.mutants import rejected


def test_one_chunk_is_attention_to_all_pixels() -> None:
    torch.manual_seed(0)
    module = NonLocalSparseAttention(8, chunk_size=99).double()
    x = torch.rand(2, 8, 5, 4, dtype=torch.float64)
    q, v = module.match(x).flatten(2).mT, module.assembly(x).flatten(2).mT
    weights = (q @ (q / q.norm(dim=2, keepdim=True)).mT).softmax(2)
    torch.testing.assert_close(module(x), x + (weights @ v).mT.view(x.shape))


def test_evaluation_can_be_repeated_and_training_is_random() -> None:
    module = NonLocalSparseAttention(8, n_hashes=1, chunk_size=4)
    x = torch.rand(1, 8, 6, 6)
    assert not torch.equal(module(x), module(x))
    assert torch.equal(module.eval()(x), module(x))
    assert torch.equal(module.rotations, NonLocalSparseAttention(8, n_hashes=1, chunk_size=4).rotations)
    assert "rotations" not in module.state_dict()


def test_large_inputs_stay_finite_in_half_precision() -> None:
    module = NonLocalSparseAttention(8, chunk_size=8).half().eval()
    assert module(torch.full((1, 8, 6, 6), 1e3, dtype=torch.float16)).isfinite().all()


class EachRoundTheSame(NonLocalSparseAttention):
    """The mean over the rounds instead of a mean weighted by their softmax mass."""

    def _attend(self, q: Tensor, v: Tensor, order: Tensor) -> Tensor:
        rounds, self.n_hashes = self.n_hashes, 1
        return (
            sum((super(EachRoundTheSame, self)._attend(q, v, one) for one in order.split(1, 1)), q.new_zeros(1))
            / rounds
        )


class WithoutOpposites(NonLocalSparseAttention):
    """Only the directions themselves are buckets."""

    def _order(self, q: Tensor, rotations: Tensor) -> Tensor:
        half = max(2, min(q.shape[1] // self.chunk_size, 128)) // 2
        turned = torch.einsum("bnc,chk->bhnk", q, rotations[:, :, :half])
        return turned.argmax(3).sort(stable=True, dim=2).indices


class WithoutScale(NonLocalSparseAttention):
    """What is added is not scaled."""

    def forward(self, x: Tensor, rotations: Tensor | None = None) -> Tensor:
        self.res_scale = 1.0
        return super().forward(x, rotations)


@pytest.mark.parametrize("mutant", [EachRoundTheSame, WithoutOpposites, WithoutScale])
def test_a_slip_is_seen(mutant: type[NonLocalSparseAttention]) -> None:
    assert not rejected("nlsn", NonLocalSparseAttention, "uneven")
    assert rejected("nlsn", mutant, "uneven")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 3}, "reduction: expected 1 to channels=3, got 4"),
        ({"channels": 8, "n_hashes": 0}, "n_hashes, chunk_size: expected at least 1, got 0, 144"),
        ({"channels": 8, "kernel_size": 2}, "kernel_size: expected an odd number, got 2"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NonLocalSparseAttention(**arguments)

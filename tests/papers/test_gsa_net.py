"""Global self-attention: both attentions written out position by position, common slips, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from templates.papers.gsa_net import GSA
from tests.papers.mutants import rejected


def naive(module: GSA, x: Tensor) -> Tensor:
    """Content first, then for each position its column, then its row; without normalisation."""
    height, width = x.shape[2:]
    heads = module.num_heads
    q, k, v = (t.unflatten(1, (heads, -1)) for t in module.qkv(x).chunk(3, 1))  # (B, h, d, H, W)
    shares = k.flatten(3).softmax(3)
    y = torch.einsum("bhdn,bhen,bhdxy->bhexy", shares, v.flatten(3), q)
    columns, rows = module.along_columns, module.along_rows
    assert columns is not None
    assert rows is not None
    reach = (len(columns) + 1) // 2
    column, row = torch.zeros_like(v), torch.zeros_like(v)
    for i in range(height):
        for m in range(max(0, i - reach + 1), min(height, i + reach)):
            weight = torch.einsum("bhdy,d->bhy", q[..., i, :], columns[m - i + reach - 1])
            column[..., i, :] = column[..., i, :] + weight[:, :, None] * v[..., m, :]
    for j in range(width):
        for n in range(max(0, j - reach + 1), min(width, j + reach)):
            weight = torch.einsum("bhdx,d->bhx", q[..., j], rows[n - j + reach - 1])
            row[..., j] = row[..., j] + weight[:, :, None] * column[..., n]
    return module.proj((y + row).flatten(1, 2))


@pytest.mark.parametrize(("reach", "size"), [(6, (5, 4)), (2, (4, 6)), (1, (1, 3)), (3, (1, 1))])
def test_both_attentions(reach: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module = GSA(6, 4, reach, num_heads=2, dim_key=3, norm_columns=False).double()
    x = (torch.rand(2, 6, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-9, atol=1e-9)


class OffsetsBackwards(GSA):
    """The vectors are in the opposite order."""

    def forward(self, x: Tensor) -> Tensor:
        for vectors in (self.along_columns, self.along_rows):
            assert vectors is not None
            vectors.data = vectors.data.flip(0)
        return super().forward(x)


class AxesSwapped(GSA):
    """Rows come first."""

    def forward(self, x: Tensor) -> Tensor:
        self.along_columns, self.along_rows = self.along_rows, self.along_columns
        return super().forward(x.mT).mT


class HeadsNormedByBatch(GSA):
    """The columns are normalised by the batch although the module is in evaluation."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.norm is not None
        self.norm.train()
        return super().forward(x)


class KeysNormedByChannel(GSA):
    """The softmax of the keys is over channels instead of positions."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (t.flatten(2).unflatten(1, (self.num_heads, -1)) for t in self.qkv(x).chunk(3, 1))
        return self.proj((v @ k.softmax(2).mT @ q).flatten(1, 2).unflatten(2, tuple(x.shape[2:])))


@pytest.mark.parametrize("mutant", [OffsetsBackwards, AxesSwapped, HeadsNormedByBatch])
def test_a_slip_is_seen(mutant: type[GSA]) -> None:
    assert not rejected("gsa_net", GSA, "small-heads")
    assert rejected("gsa_net", mutant, "small-heads")


def test_a_softmax_over_channels_is_seen() -> None:
    assert rejected("gsa_net", KeysNormedByChannel, "content-only")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rel_pos_length": -1}, "rel_pos_length: expected at least 0, got -1"),
        ({"rel_pos_length": 4, "num_heads": 0}, "num_heads, dim_key: expected at least 1, got 0, 64"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GSA(8, 8, **arguments)

"""Asymmetric non-local blocks: the plain form with everything at every position, and the slips."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from templates.papers.asymmetric_non_local import AFNB, APNB
from tests.papers.mutants import rejected


class Plain(APNB):
    """Every value, every context and the joined map at every position."""

    def forward(self, x: Tensor) -> Tensor:
        q = self.key(x).flatten(2).mT
        context = self.weights(q @ self.keys(x), q.shape[2]) @ self.pooled(self.value(x)).mT
        context = self.out(context.mT.reshape(x.shape[0], -1, *x.shape[2:]))
        weight = torch.cat((self.join_context.weight, self.join_map.weight), 1)
        joined = F.conv2d(torch.cat(self.order(context, x), 1), weight, self.join_map.bias)
        return F.relu(self.norm(joined))

    def keys(self, x: Tensor) -> Tensor:
        return self.pooled(self.key(x))

    def weights(self, products: Tensor, width: int) -> Tensor:
        return (products / width**0.5).softmax(2)

    def pooled(self, x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        regions = []
        for size in self.pool_sizes:
            for i in range(size):
                for j in range(size):
                    top, bottom = i * h // size, -(-(i + 1) * h // size)
                    left, right = j * w // size, -(-(j + 1) * w // size)
                    regions.append(self.summary(x[:, :, top:bottom, left:right]))
        return torch.stack(regions, 2)

    def summary(self, region: Tensor) -> Tensor:
        return region.mean((2, 3))

    def order(self, context: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return context, x


class KeysOfAverages(Plain):
    """The embedding after the averages, with its ReLU."""

    def keys(self, x: Tensor) -> Tensor:
        return self.key(self.pooled(x).unsqueeze(3)).squeeze(3)


class Unscaled(Plain):
    """The products as they are."""

    def weights(self, products: Tensor, width: int) -> Tensor:
        return products.softmax(2)


class OverQueries(Plain):
    """The softmax over the positions that ask."""

    def weights(self, products: Tensor, width: int) -> Tensor:
        return (products / width**0.5).softmax(1)


class Largest(Plain):
    """Largest values of the regions."""

    def summary(self, region: Tensor) -> Tensor:
        return region.amax((2, 3))


class Exchanged(Plain):
    """The map before the context."""

    def order(self, context: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, context


@pytest.mark.parametrize("mutant", [KeysOfAverages, Unscaled, OverQueries, Largest, Exchanged])
def test_a_slip_is_seen(mutant: type[APNB]) -> None:
    assert rejected("asymmetric_non_local", mutant, "pyramid")


def test_the_plain_form_is_not_rejected() -> None:
    assert not rejected("asymmetric_non_local", Plain, "pyramid")


@pytest.mark.parametrize("size", [(1, 1), (2, 17), (9, 8)])
def test_any_size_even_below_the_grid(size: tuple[int, int]) -> None:
    assert APNB(8, 4, 4).train()(torch.rand(2, 8, *size)).shape == (2, 8, *size)
    assert AFNB(6, 8, 4, 4).eval()(torch.rand(1, 6, 7, 3), torch.rand(1, 8, *size)).shape == (1, 8, *size)
    wide = AFNB(6, 8, 4, 4, out_channels=10).eval()
    assert wide(torch.rand(1, 6, 7, 3), torch.rand(1, 8, *size)).shape == (1, 10, *size)


@pytest.mark.parametrize("channels", [16, 136])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(channels: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = APNB(channels, 8, 8).to(dtype)
    torch.nn.init.ones_(module.out.weight)
    assert module((torch.rand(2, channels, 12, 10) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize("sizes", [(), (0, 3)])
def test_wrong_arguments(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pool_sizes: expected one or more positive numbers, got"):
        APNB(8, pool_sizes=sizes)

"""Spatial attention in four terms: the sum pair by pixel pair, common slips, the range and the limits."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from templates.papers.empirical_spatial_attention import GeneralizedAttention
from tests.papers.mutants import rejected


def naive(module: GeneralizedAttention, x: Tensor) -> Tensor:
    """All four terms, one pair of a query and a key at a time, with a key at every second row and column."""
    channels, height, width = x.shape[1:]
    heads = module.num_heads
    assert module.query is not None
    assert module.key is not None
    assert module.offset_x is not None
    assert module.offset_y is not None
    assert module.key_bias is not None
    assert module.position_bias is not None
    q, k, v = (layer(x).unflatten(1, (heads, -1)) for layer in (module.query, module.key, module.value))
    u, w = (bias.unflatten(0, (heads, -1)) for bias in (module.key_bias, module.position_bias))
    keys = [(i, j) for i in range(0, height, 2) for j in range(0, width, 2)]

    def embed(offset: int) -> Tensor:
        angles = [offset / 1000 ** (4 * i / channels) for i in range(channels // 4)]
        return torch.tensor([f(a) for f in (math.sin, math.cos) for a in angles], dtype=x.dtype)

    out = torch.empty_like(x)
    for b in range(len(x)):
        for i in range(height):
            for j in range(width):
                means = []
                for h in range(heads):
                    logits = []
                    for m, n in keys:
                        r = module.offset_x(embed(j - n)) + module.offset_y(embed(i - m))
                        r = r.unflatten(0, (heads, -1))[h] / math.sqrt(2)
                        logits.append((q[b, h, :, i, j] + u[h]) @ k[b, h, :, m, n] + (q[b, h, :, i, j] + w[h]) @ r)
                    weights = torch.stack(logits).softmax(0)
                    means.append(weights @ torch.stack([v[b, h, :, m, n] for m, n in keys]))
                y = module.proj.weight.flatten(1) @ torch.cat(means) + module.bias
                out[b, :, i, j] = x[b, :, i, j] + module.gamma * y
    return out


@pytest.mark.parametrize("size", [(3, 4), (1, 5), (1, 1)])
def test_the_four_terms(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module = GeneralizedAttention(8, num_heads=2).double()
    torch.nn.init.constant_(module.gamma, 0.7)
    x = (torch.rand(2, 8, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    out, expected = module(x), naive(module, x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-9, atol=1e-9)


class Scaled(GeneralizedAttention):
    """The logits of content are divided by the root of the width."""

    def _content(self, q: Tensor | None, k: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        return [(asking, key * key.shape[3] ** -0.5) for asking, key in super()._content(q, k)]


class OffsetsBackwards(GeneralizedAttention):
    """Offsets are counted from the query to the key."""

    def _embed(self, offsets: Tensor, channels: int) -> Tensor:
        return super()._embed(-offsets, channels)


class ShortWaves(GeneralizedAttention):
    """The wave lengths of a language model's positions."""

    def _embed(self, offsets: Tensor, channels: int) -> Tensor:
        waves = 10000 ** (torch.arange(channels // 4, dtype=torch.float64) * (4 / channels))
        return torch.cat(((offsets[..., None] / waves).sin(), (offsets[..., None] / waves).cos()), -1)


class PositionsNotHalved(GeneralizedAttention):
    """The two axes are added without the root of one half."""

    def _relative(self, q: Tensor | None, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        return [(logits * 2**0.5, places) for logits, places in super()._relative(q, x)]


@pytest.mark.parametrize("mutant", [Scaled, OffsetsBackwards, ShortWaves, PositionsNotHalved])
def test_a_slip_is_seen(mutant: type[GeneralizedAttention]) -> None:
    assert not rejected("empirical_spatial_attention", GeneralizedAttention, "default")
    assert rejected("empirical_spatial_attention", mutant, "default")


class Exposed(GeneralizedAttention):
    """Shows which pairs of pixels are in the range."""

    def allowed(self, x: Tensor) -> Tensor | None:
        return self._mask(x)


@pytest.mark.parametrize(("stride", "terms"), [(1, True), (2, True), (1, False)])
def test_a_range_is_in_pixels(stride: int, terms: bool) -> None:
    module = Exposed(8, 2, terms, terms, position=terms, query_stride=stride, key_stride=1, spatial_range=1).double()
    torch.nn.init.ones_(module.gamma)
    x = torch.rand(1, 8, 9, 8, dtype=torch.float64, requires_grad=True)
    mask = module.allowed(x)
    assert mask is not None
    allowed = mask.unflatten(1, (9, 8)).unflatten(0, (-1, len(range(0, 8, stride))))
    query = allowed[4 // stride, 4 // stride].nonzero()
    assert query.min(0).values.tolist() == [3, 3]
    assert query.max(0).values.tolist() == [6, 6]  # one more than the range, as in the reference
    out = module(x)
    assert out.shape == x.shape
    if stride == 1:
        (gradient,) = torch.autograd.grad(out[0, :, 4, 4].sum(), x)
        assert (gradient[0].abs().sum(0) > 0).nonzero().tolist() == query.tolist()


def test_key_content_alone_gives_all_pixels_the_same() -> None:
    module = GeneralizedAttention(8, 2, query_key=False, query_position=False, position=False)
    torch.nn.init.ones_(module.gamma)
    x = torch.rand(2, 8, 5, 4)
    added = module(x) - x
    torch.testing.assert_close(added, added[..., :1, :1].expand_as(added))
    assert module.query is None


def test_a_new_module_changes_nothing() -> None:
    x = torch.rand(1, 20, 4, 5)
    assert torch.equal(GeneralizedAttention(20)(x), x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 8}, "num_heads: expected 1 to channels=8, got 9"),
        ({"channels": 18}, "channels: expected a multiple of 4 for terms of position, got 18"),
        ({"channels": 16, "query_stride": 0}, "query_stride, key_stride: expected at least 1, got 0, 2"),
        ({"channels": 16, "spatial_range": -1}, "spatial_range: expected at least 0, got -1"),
        (
            {"channels": 16, "query_key": False, "query_position": False, "key": False, "position": False},
            "query_key, query_position, key, position: expected at least one True, got none",
        ),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeneralizedAttention(**arguments)

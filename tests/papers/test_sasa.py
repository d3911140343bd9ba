"""Stand-alone self-attention: the equation pixel by pixel, the slips of common copies, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from templates.papers.sasa import AttentionStem, LocalAttention, LocalAttentionBottleneck, LocalAttentionResNet


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module, x = LocalAttention(16, 16, 3, 2), torch.rand(1, 16, 5, 6) * 2e3 - 1e3
    with torch.autocast("cpu", dtype):
        assert module(x).isfinite().all()
    assert module.to(dtype)(x.to(dtype)).isfinite().all()


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


def naive_stem(module: AttentionStem, x: Tensor) -> Tensor:
    """The stem, one block, one pixel and one head at a time."""
    size, heads = module.kernel_size, module.num_heads
    w_q, w_k = module.qk.weight.chunk(2)
    width = len(w_q) // heads
    places = [(a, b) for a in range(size) for b in range(size)]
    matrices = {}
    for a, b in places:
        fits = torch.stack([(module.rows[a] + module.columns[b]) @ mixture for mixture in module.mixtures])
        shares = fits.exp() / fits.exp().sum()
        matrices[a, b] = sum((p * w for p, w in zip(shares, module.values, strict=True)), torch.zeros(()))
    height, breadth = x.shape[2] // size, x.shape[3] // size
    attended = x.new_zeros(len(x), len(w_q), height * size, breadth * size)
    for i in range(height * size):
        for j in range(breadth * size):
            near = [(i // size * size + a, j // size * size + b) for a, b in places]
            q = x[:, :, i, j] @ w_q.T
            keys = [x[:, :, m, n] @ w_k.T for m, n in near]
            values = [x[:, :, m, n] @ matrices[m % size, n % size].T for m, n in near]
            for h in range(heads):
                mine = slice(h * width, (h + 1) * width)
                logits = torch.stack([(q[:, mine] * key[:, mine]).sum(1) for key in keys], 1)
                weights = logits.softmax(1).unsqueeze(2)
                attended[:, mine, i, j] = (weights * torch.stack([v[:, mine] for v in values], 1)).sum(1)
    norm = module.norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    normed = F.batch_norm(
        attended, norm.running_mean.clone(), norm.running_var.clone(), norm.weight, norm.bias, norm.training
    )
    return F.max_pool2d(normed, size)


def made_stem(cls: type[AttentionStem] = AttentionStem, **arguments: Any) -> AttentionStem:
    torch.manual_seed(0)
    module = cls(3, 8, num_heads=2, **arguments).double()
    torch.nn.init.uniform_(module.norm.weight, -1.5, 1.5)
    return module


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("arguments", "size"),
    [({}, (8, 4)), ({}, (5, 10)), ({"kernel_size": 2, "mixtures": 3}, (4, 6)), ({"kernel_size": 1}, (2, 3))],
)
def test_the_stem(arguments: dict[str, Any], size: tuple[int, int], training: bool) -> None:
    module = made_stem(**arguments).train(training)
    x = (torch.rand(2, 3, *size, dtype=torch.float64) * 4 - 2).requires_grad_()
    expected, out = naive_stem(module, x), module(x)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-10)
    cotangent = torch.rand_like(out)
    wanted = [x, *module.parameters()]
    for given, right in zip(
        torch.autograd.grad(out, wanted, cotangent), torch.autograd.grad(expected, wanted, cotangent), strict=True
    ):
        torch.testing.assert_close(given, right, rtol=1e-8, atol=1e-9)


class SharesOverPlaces(AttentionStem):
    """The softmax goes over the places, not over the mixtures."""

    def _matrices(self) -> Tensor:
        places = (self.rows[:, None] + self.columns).flatten(0, 1)
        return torch.einsum("sm,moc->soc", (places @ self.mixtures.T).softmax(0), self.values)


class OneMatrix(AttentionStem):
    """All places share one matrix, as in a plain layer."""

    def _matrices(self) -> Tensor:
        return super()._matrices().mean(0, keepdim=True).expand(self.kernel_size**2, -1, -1)


@pytest.mark.parametrize("mutant", [SharesOverPlaces, OneMatrix])
def test_a_slip_of_the_stem_is_seen(mutant: type[AttentionStem]) -> None:
    x = torch.rand(2, 3, 8, 4, dtype=torch.float64) * 4 - 2
    module = made_stem(mutant).eval()
    assert (module(x) - naive_stem(module, x)).abs().max() > 1e-3


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_stem_in_half_precision(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    out = AttentionStem().to(dtype)((torch.rand(2, 3, 16, 12) * 1e3).to(dtype))
    assert out.dtype == dtype
    assert out.isfinite().all()


def test_the_stem_compiles_and_takes_any_memory_format() -> None:
    module = made_stem().eval()
    x = torch.rand(2, 3, 9, 8, dtype=torch.float64)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
    torch.testing.assert_close(module(x.contiguous(memory_format=torch.channels_last)), module(x))


def test_a_network_with_the_attention_stem() -> None:
    torch.manual_seed(0)
    network = LocalAttentionResNet((1, 1, 1, 1), 3, num_classes=5, attention_stem=True)
    assert not any(isinstance(m, torch.nn.Conv2d) and m.kernel_size != (1, 1) for m in network.modules())
    out = network(torch.rand(2, 3, 66, 40))
    assert out.shape == (2, 5)
    out.sum().backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LocalAttention(16, 16, 4), "kernel_size: expected an odd number, got 4"),
        (lambda: LocalAttention(16, 24), "out_channels: expected a multiple of 16, got 24"),
        (lambda: LocalAttention(16, 16, stride=3), "stride: expected 1 or 2, got 3"),
        (lambda: AttentionStem(3, 20), "out_channels: expected a multiple of num_heads=8, got 20"),
        (lambda: AttentionStem(mixtures=0), "kernel_size, mixtures: expected at least 1, got 4, 0"),
        (lambda: AttentionStem()(torch.rand(1, 3, 8, 3)), "x: expected at least 4 x 4 pixels, got"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

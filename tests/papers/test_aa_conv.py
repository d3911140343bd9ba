"""Attention-augmented convolution: the logits pair by pair, the slips of common copies, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from templates.papers.aa_conv import AABottleneck, AAConv, AAResNet


def naive(module: AAConv, x: Tensor) -> Tensor:
    """One query and one head at a time."""
    convolved = module.conv(x)
    if module.downsample:
        x = averages(x)
    q, k, v = module.qkv(x).split(module.widths, 1)
    height, width = q.shape[2:]
    d, e = (t.shape[1] // module.num_heads for t in (q, v))
    out = torch.zeros_like(v)
    for h in range(module.num_heads):
        mine, values = slice(h * d, (h + 1) * d), v[:, h * e : (h + 1) * e].flatten(2)
        for i in range(height):
            for j in range(width):
                logits = []
                for a in range(height):
                    for b in range(width):
                        key = k[:, mine, a, b]
                        if module.rows is not None and module.columns is not None:
                            key = (
                                key + module.rows[a - i + module.height - 1] + module.columns[b - j + module.width - 1]
                            )
                        logits.append((q[:, mine, i, j] * key).sum(1) / d**0.5)
                weights = torch.stack(logits, 1).softmax(1)
                out[:, h * e : (h + 1) * e, i, j] = (values * weights.unsqueeze(1)).sum(2)
    attended = module.project(out)
    if module.downsample:
        attended = F.interpolate(attended, convolved.shape[2:], mode="bilinear", align_corners=False)
    return torch.cat((convolved, attended), 1)


def averages(x: Tensor) -> Tensor:
    """Means of 3 x 3 positions, two apart, of those that lie in the map."""
    height, width = x.shape[2:]
    rows = [
        [x[:, :, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].mean((2, 3)) for j in range(0, width, 2)]
        for i in range(0, height, 2)
    ]
    return torch.stack([torch.stack(row, 2) for row in rows], 2)


def made(cls: type[AAConv] = AAConv, **arguments: Any) -> AAConv:
    torch.manual_seed(0)
    return cls(6, 10, 8, 4, num_heads=2, height=4, width=5, **arguments).double()


@pytest.mark.parametrize("size", [(4, 5), (3, 2), (1, 1)])
@pytest.mark.parametrize("arguments", [{}, {"relative": False, "bias": True}, {"stride": 2}, {"downsample": True}])
def test_the_equations(size: tuple[int, int], arguments: dict[str, Any]) -> None:
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


class RowsForColumns(AAConv):
    """Every offset counts from the key to the query."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q, rows.flip(0), columns.flip(0))


class PositionsUnscaled(AAConv):
    """Only the products with the keys are divided by the root of the width."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q * q.shape[3] ** 0.5, rows, columns)


class ColumnsOnly(AAConv):
    """The rows' vectors are left out."""

    def _offsets(self, q: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        return super()._offsets(q, rows * 0, columns)


class AttentionFirst(AAConv):
    """The attention's channels stand before the convolution's."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).roll(self.widths[2], 1)


class Queued(AAConv):
    """The heads are joined by a plain reshape that mixes channels and positions, as in a widespread copy."""

    def _attend(self, qkv: Tensor) -> Tensor:
        size = qkv.shape[2:]
        q, k, v = (t.flatten(2).unflatten(1, (self.num_heads, -1)).mT for t in qkv.split(self.widths, 1))
        logits = q @ k.mT * q.shape[3] ** -0.5
        return self.project((logits.softmax(3) @ v).reshape(len(q), -1, *size))


@pytest.mark.parametrize("mutant", [RowsForColumns, PositionsUnscaled, ColumnsOnly, AttentionFirst, Queued])
def test_a_slip_is_seen(mutant: type[AAConv]) -> None:
    x = torch.rand(2, 6, 3, 5, dtype=torch.float64) * 4 - 2
    module = made(mutant, relative=mutant is not Queued)
    assert (module(x) - naive(module, x)).abs().max() > 1e-3


def test_the_attention_takes_its_stride_first() -> None:
    assert made(stride=2)(torch.rand(2, 6, 7, 10, dtype=torch.float64)).shape == (2, 10, 4, 5)
    block = AABottleneck(16, 32, 2, torch.nn.Conv2d(16, 128, 1, 2))
    assert block(torch.rand(2, 16, 9, 6)).shape == (2, 128, 5, 3)


def test_the_network_augments_its_last_three_stages() -> None:
    network = AAResNet((1, 1, 1, 1), image_size=(64, 32), num_classes=3)
    convolutions = [module for module in network.modules() if isinstance(module, AAConv)]
    assert [(c.height, c.width, c.downsample) for c in convolutions] == [(4, 2, True), (4, 2, False), (2, 1, False)]
    assert network.eval()(torch.rand(1, 3, 64, 32)).shape == (1, 3)
    assert AAResNet((1, 1, 1, 1), (0.25, 0.25), bottleneck=False)(torch.rand(2, 3, 65, 90)).shape == (2, 1000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AAConv(8, 16, 8, 8, 2), "kernel_size: expected an odd number, got 2"),
        (lambda: AAConv(8, 16, 12, 8), "expected multiples of num_heads=8, got 12 and 8"),
        (lambda: AAConv(8, 16, 8, 16), "value_channels: expected 1 to 15, got 16"),
        (
            lambda: made()(torch.rand(1, 6, 4, 6, dtype=torch.float64)),
            "at most 4 x 5, got a side of 6",
        ),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

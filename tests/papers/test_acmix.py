"""ACmix: the attention position by position, the slips of copies, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from templates.blocks.windows import merge_windows, partition_windows
from templates.papers.acmix import ACmix, ACmixSwin, WindowACmix
from tests.papers.mutants import rejected


def made(**arguments: Any) -> ACmix:
    torch.manual_seed(0)
    module = ACmix(6, 8, num_heads=2, **arguments).double()
    torch.nn.init.normal_(module.shift)
    return module


def test_the_convolution_is_two_linear_maps() -> None:
    module = made(attention_size=3)
    torch.nn.init.zeros_(module.attention_rate)
    torch.nn.init.ones_(module.convolution_rate)
    x = torch.rand(2, 6, 4, 5, dtype=torch.float64)
    heads = module.qkv(x).unflatten(1, (6, 4))  # q, k and v by head
    mixed = torch.einsum("sj,bjdhw->bdshw", module.mix, heads).flatten(1, 2)
    expected = F.conv2d(mixed, module.shift, padding=1, groups=4)
    torch.testing.assert_close(module(x), expected, rtol=1e-10, atol=1e-10)


def test_a_new_module_shifts() -> None:
    module = ACmix(6, 8, num_heads=2)
    x = torch.zeros(1, 24, 5, 5)
    x[:, :, 2, 2] = 1
    out = module._convolve(x)  # pyright: ignore[reportPrivateUsage]
    sums = module.mix.sum(1).view(3, 3).flip(0, 1)
    torch.testing.assert_close(out[0, 3, 1:4, 1:4], sums)


def test_the_attention_position_by_position() -> None:
    module = made(attention_size=3)
    torch.nn.init.ones_(module.attention_rate)
    torch.nn.init.zeros_(module.convolution_rate)
    x = torch.rand(1, 6, 3, 4, dtype=torch.float64)
    q, k, v = module.qkv(x)[0].unflatten(0, (3, 2, 4))
    rows, columns = torch.linspace(-1, 1, 3, dtype=x.dtype), torch.linspace(-1, 1, 4, dtype=x.dtype)
    assert module.position is not None
    weight = module.position.weight[:, :, 0, 0]
    expected = torch.zeros(2, 4, 3, 4, dtype=torch.float64)
    for i in range(3):
        for j in range(4):
            near = [
                (2 - abs(2 - abs(a)), 3 - abs(3 - abs(b))) for a in range(i - 1, i + 2) for b in range(j - 1, j + 2)
            ]
            steps = [weight @ torch.stack((columns[j] - columns[b], rows[i] - rows[a])) for a, b in near]
            keys = torch.stack([k[:, :, a, b] + step for (a, b), step in zip(near, steps, strict=True)], 2)
            attention = ((q[:, :, i, j, None] * keys).sum(1) / 2).softmax(1)
            values = torch.stack([v[:, :, a, b] for a, b in near], 2)
            expected[:, :, i, j] = (values * attention[:, None]).sum(2)
    torch.testing.assert_close(module(x)[0], expected.flatten(0, 1), rtol=1e-10, atol=1e-10)


class Unscaled(ACmix):
    """The logits are not divided by the root of the head's width."""

    def __init__(self, in_channels: int, out_channels: int, attention_size: int, num_heads: int, **rest: Any) -> None:
        super().__init__(in_channels, out_channels, attention_size, num_heads, **rest)
        self.attend_width = self.head_dim

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return super()._attend(q * self.attend_width**0.5, k, v)


class NoPlaces(ACmix):
    """Positions are left out."""

    def _places(self, like: Tensor) -> Tensor:
        return super()._places(like) * 0


class RowsFirst(ACmix):
    """The coordinates change places."""

    def _places(self, like: Tensor) -> Tensor:
        return super()._places(like.mT).mT


class ZerosOutside(ACmix):
    """The map is not mirrored at its border."""

    def _pad(self, x: Tensor) -> Tensor:
        return F.pad(x, (self.attention_size // 2,) * 4)


class HeadsInARow(ACmix):
    """The convolution takes the channels as they come from the 1x1 convolutions."""

    def _convolve(self, qkv: Tensor) -> Tensor:
        return super()._convolve(qkv.unflatten(1, (self.head_dim, -1)).transpose(1, 2).flatten(1, 2))


@pytest.mark.parametrize("mutant", [Unscaled, NoPlaces, RowsFirst, ZerosOutside, HeadsInARow])
def test_a_slip_is_seen(mutant: type[ACmix]) -> None:
    assert not rejected("acmix", ACmix, "default")
    assert rejected("acmix", mutant, "default")


class WindowsByThemselves(WindowACmix):
    """The convolution does not see beyond a window."""

    def _convolve(self, qkv: Tensor) -> Tensor:
        size = self.window_size
        windows = partition_windows(qkv, size, size)
        parts = super()._convolve(windows.flatten(0, 2))
        return merge_windows(parts.unflatten(0, windows.shape[:3]))


class ChannelsInARow(WindowACmix):
    """The convolution takes a head's channels for heads."""

    def _convolve(self, qkv: Tensor) -> Tensor:
        return super()._convolve(qkv.unflatten(3, (3 * self.num_heads, -1)).transpose(3, 4).flatten(3))


class MapAsItWas(WindowACmix):
    """The convolution sees the map before it is rolled."""

    def _convolve(self, qkv: Tensor) -> Tensor:
        s = self.window_shift
        return super()._convolve(qkv.roll((s, s), (1, 2))).roll((-s, -s), (1, 2))


@pytest.mark.parametrize("mutant", [WindowsByThemselves, ChannelsInARow, MapAsItWas])
def test_a_slip_with_windows_is_seen(mutant: type[WindowACmix]) -> None:
    assert not rejected("acmix", WindowACmix, "windows-shifted")
    assert rejected("acmix", mutant, "windows-shifted")


def test_windows_take_any_size() -> None:
    module = WindowACmix(8, 2, 4, 2).eval()
    for size in ((7, 9), (3, 2), (1, 1)):
        assert module(torch.rand(1, *size, 8)).shape == (1, *size, 8)
    network = ACmixSwin(8, (1, 2), (1, 2), window_size=3, num_classes=4).eval()
    assert network(torch.rand(1, 3, 33, 50)).shape == (1, 4)


@pytest.mark.parametrize(("size", "expected"), [((5, 4), (3, 2)), ((2, 7), (1, 4))])
def test_odd_sizes_round_up(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert ACmix(8, 8, 3, stride=2)(torch.rand(1, 8, *size)).shape == (1, 8, *expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(dtype: torch.dtype) -> None:
    x = (1e4 * (torch.rand(1, 8, 6, 5) - 0.5)).to(dtype)
    assert ACmix(8, 8, 3, 2).to(dtype)(x).isfinite().all()
    assert WindowACmix(8, 2, 3, 1).to(dtype)(x.permute(0, 2, 3, 1)).isfinite().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ACmix(16, 18), "num_heads: expected a divisor of out_channels=18, got 4"),
        (lambda: ACmix(16, 16, 6), "attention_size: expected an odd number, got 6"),
        (lambda: ACmix(16, 16, kernel_size=2), "kernel_size: expected an odd number, got 2"),
        (lambda: ACmix(8, 8)(torch.rand(1, 8, 9, 3)), "x: expected at least 4 x 4 positions, got 9 x 3"),
        (lambda: WindowACmix(10, 4), "num_heads: expected a divisor of dim=10, got 4"),
        (lambda: WindowACmix(8, 2, 4, 4), "shift: expected 0 <= shift < window_size=4, got 4"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]


def test_without_positions_attention_sees_the_content_alone() -> None:
    module = ACmix(8, 8, attention_size=3, num_heads=2, positions=False).double()
    assert not any(name.startswith("position") for name in module.state_dict())
    nn.init.zeros_(module.convolution_rate)
    nn.init.ones_(module.attention_rate)
    x = torch.randn(1, 8, 4, 5, dtype=torch.float64)
    q, k, v = module.qkv(x).chunk(3, 1)
    k, v = (F.pad(t, (1, 1, 1, 1), "reflect") for t in (k, v))
    expected = torch.empty_like(q)
    for head in (slice(0, 4), slice(4, 8)):
        for i in range(4):
            for j in range(5):
                near_k, near_v = (t[0, head, i : i + 3, j : j + 3].flatten(1) for t in (k, v))
                weights = (q[0, head, i, j] @ near_k / 2).softmax(0)
                expected[0, head, i, j] = near_v @ weights
    torch.testing.assert_close(module(x), expected)

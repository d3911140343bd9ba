"""Window attention beside its definition written out, and beside slips that would look alike."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from templates.blocks.drop_path import DropPath
from templates.blocks.relative_position_bias import RelativePositionBias
from templates.blocks.swin import PatchMerging
from templates.blocks.windows import merge_windows, pad_to_multiple, partition_windows
from templates.papers.swin_transformer import SwinBlock, SwinTransformer, WindowAttention
from tests.papers.mutants import rejected


def _offsets(module: WindowAttention) -> RelativePositionBias:
    assert module.position_bias is not None
    return module.position_bias


def _region(position: int, size: int, window: int, shift: int) -> tuple[int, bool]:
    """The window of a position along one axis after rolling, and whether it came from the other end."""
    rolled = (position - shift) % size
    return rolled // window, rolled >= size - shift


def _naive(module: WindowAttention, x: Tensor) -> Tensor:
    """For each position and head: softmax over the positions of its window that lie in its part of the map."""
    batch, height, width, dim = x.shape
    window, shift, heads = module.window_size, module.shift, module.num_heads
    q, k, v = module.qkv(x).unflatten(3, (3, heads, -1)).unbind(3)
    table = _offsets(module).table.view(2 * window - 1, 2 * window - 1, heads)
    cells = [(i, j) for i in range(height) for j in range(width)]
    part = {(i, j): (_region(i, height, window, shift), _region(j, width, window, shift)) for i, j in cells}
    out = torch.zeros_like(x)
    for b in range(batch):
        for i, j in cells:
            seen = [cell for cell in cells if part[cell] == part[i, j]]
            for h in range(heads):
                logits = []
                for m, n in seen:
                    # Offsets are those in the rolled map.
                    down = (i - shift) % height - (m - shift) % height
                    right = (j - shift) % width - (n - shift) % width
                    bias = table[down + window - 1, right + window - 1, h]
                    logits.append(q[b, i, j, h] @ k[b, m, n, h] / math.sqrt(dim // heads) + bias)
                weights = torch.stack(logits).softmax(0)
                out[b, i, j, h * dim // heads : (h + 1) * dim // heads] = sum(
                    weight * v[b, m, n, h] for weight, (m, n) in zip(weights, seen, strict=True)
                )
    return module.proj(out)


@pytest.mark.parametrize(("window", "shift", "size"), [(2, 0, (4, 6)), (3, 1, (6, 9)), (4, 2, (8, 12)), (3, 2, (9, 6))])
def test_each_window_by_itself(window: int, shift: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    module = WindowAttention(4, 2, window, shift).double()
    nn.init.normal_(_offsets(module).table)
    x = torch.randn(1, *size, 4, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module, x)
    torch.testing.assert_close(ours, naive)
    cotangent = torch.randn_like(ours)
    inputs = [x, *module.parameters()]
    pairs = [torch.autograd.grad(output, inputs, cotangent) for output in (ours, naive)]
    for a, b in zip(*pairs, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("grad", [True, False])
def test_the_fused_kernel_and_what_trains_on_the_cpu_agree(shift: int, grad: bool) -> None:
    torch.manual_seed(0)
    module = WindowAttention(4, 2, 4, shift).double()
    nn.init.normal_(_offsets(module).table)
    x = torch.randn(3, 8, 12, 4, dtype=torch.float64)
    expected = torch.cat([_naive(module, item[None]) for item in x])
    with torch.set_grad_enabled(grad):
        torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("shift", [0, 2])
def test_height_and_width_are_told_apart(shift: int) -> None:
    torch.manual_seed(0)
    module = WindowAttention(4, 2, 4, shift).double()
    nn.init.normal_(_offsets(module).table)
    x = torch.randn(1, 8, 12, 4, dtype=torch.float64)
    assert not torch.allclose(module(x.transpose(1, 2)).transpose(1, 2), module(x))


def test_padding_is_seen_as_zeros() -> None:
    """As in the authors' detection code: padded positions are keys like any other."""
    torch.manual_seed(0)
    module = WindowAttention(4, 2, 4, 2).double()
    x = torch.randn(2, 7, 9, 4, dtype=torch.float64)
    torch.testing.assert_close(module(x), module(pad_to_multiple(x, 4, 4))[:, :7, :9])


def test_a_map_of_one_window_is_not_shifted() -> None:
    torch.manual_seed(0)
    shifted, plain = WindowAttention(4, 2, 4, 2), WindowAttention(4, 2, 4)
    plain.load_state_dict(shifted.state_dict())
    for size in ((4, 4), (4, 12), (3, 9)):
        x = torch.randn(2, *size, 4)
        torch.testing.assert_close(shifted(x), plain(x))


def test_windows_are_put_back_where_they_were() -> None:
    x = torch.arange(2 * 6 * 8 * 3).view(2, 6, 8, 3)
    windows = partition_windows(x, 3, 2)
    assert windows.shape == (2, 2, 4, 3, 2, 3)
    assert torch.equal(windows[1, 1, 2], x[1, 3:6, 4:6])
    assert torch.equal(merge_windows(windows), x)


class _WithoutMask(WindowAttention):
    """Parts of the map that are not neighbours see each other."""

    def _attend(self, windows: Tensor, shifted: bool) -> Tensor:
        return super()._attend(windows, False)


class _RolledBackTwice(WindowAttention):
    """Rolls in the wrong direction."""

    def forward(self, x: Tensor) -> Tensor:
        s = self.shift
        return super().forward(x.roll((2 * s, 2 * s), (1, 2))).roll((-2 * s, -2 * s), (1, 2))


class _OffsetsReversed(WindowAttention):
    """Takes the offset from query to key for that from key to query."""

    def __init__(self, *args: Any, **arguments: Any) -> None:
        super().__init__(*args, **arguments)
        _offsets(self).index = _offsets(self).index.flip(0)


class _MaskedAtEveryEdge(WindowAttention):
    """Splits the first windows instead of the last."""

    def _attend(self, windows: Tensor, shifted: bool) -> Tensor:
        return super()._attend(windows.flip(1, 2), shifted).flip(1, 2)


@pytest.mark.parametrize("mutant", [_WithoutMask, _RolledBackTwice, _OffsetsReversed, _MaskedAtEveryEdge])
def test_the_record_rejects(mutant: type[nn.Module]) -> None:
    assert rejected("swin_transformer", mutant, "shifted")


class _RowByRow(PatchMerging):
    """Takes the four neighbours in reading order."""

    def forward(self, x: Tensor) -> Tensor:
        return self.reduction(self.norm(partition_windows(x, 2, 2).flatten(3)))


def test_the_record_rejects_neighbours_in_reading_order() -> None:
    assert rejected("swin_transformer", _RowByRow, "merging")


class _NormalisedAfter(SwinBlock):
    """Post-norm, as in the second version of the network."""

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.norm1(self.attn(x))
        return x + self.norm2(self.mlp(x))


def test_the_record_rejects_normalisation_after() -> None:
    assert rejected("swin_transformer", _NormalisedAfter, "block")


def test_stochastic_depth_grows_towards_the_last_block() -> None:
    network = SwinTransformer(8, (2, 2, 2), (1, 2, 2), window_size=2, drop_path=0.5)
    rates = [module.rate for module in network.modules() if isinstance(module, DropPath)]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    torch.manual_seed(0)
    x = torch.randn(4, 3, 16, 16)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


def test_drop_path_leaves_out_whole_items_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    y = DropPath(0.25)(torch.ones(4000, 2, 3))
    values = y.flatten(1)
    assert torch.equal(values.amin(1), values.amax(1))
    assert sorted(set(values[:, 0].tolist())) == pytest.approx([0, 4 / 3])
    assert float(y.mean()) == pytest.approx(1, abs=0.05)
    with pytest.raises(ValueError, match="rate: expected 0 <= rate < 1, got 1"):
        DropPath(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dim": 6, "num_heads": 4}, "num_heads: expected a divisor of dim=6, got 4"),
        ({"dim": 6, "num_heads": 2, "shift": 7}, "shift: expected 0 <= shift < window_size=7, got 7"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WindowAttention(**arguments)


def test_the_network_takes_any_size() -> None:
    network = SwinTransformer(8, (1, 2), (1, 2), window_size=3, num_classes=4).eval()
    for size in ((33, 57), (7, 90), (5, 5)):
        assert network(torch.randn(2, 3, *size)).shape == (2, 4)
        assert network.features(torch.randn(2, 3, *size)).shape[3] == 16
    with pytest.raises(ValueError, match="expected as many of each, got 3 and 4"):
        SwinTransformer(depths=(1, 1, 1))


@pytest.mark.parametrize("shift", [0, 2])
def test_without_a_bias_for_offsets(shift: int) -> None:
    torch.manual_seed(0)
    plain, biased = (WindowAttention(12, 3, 4, shift, relative=relative).double() for relative in (False, True))
    assert biased.position_bias is not None
    biased.load_state_dict(plain.state_dict(), strict=False)
    nn.init.zeros_(biased.position_bias.table)
    x = torch.randn(2, 9, 8, 12, dtype=torch.float64, requires_grad=True)
    weights = torch.randn_like(x)
    torch.testing.assert_close(plain(x), biased(x))
    torch.testing.assert_close(*(torch.autograd.grad(module(x), x, weights) for module in (plain, biased)))
    assert SwinBlock(12, 3, 4, shift, relative=False).attn.position_bias is None


def test_windows_may_stay_where_they_are() -> None:
    network = SwinTransformer(8, (2, 2), (1, 2), window_size=4, shifted=False, relative=False)
    blocks = [module for module in network.modules() if isinstance(module, WindowAttention)]
    assert [(block.shift, block.position_bias) for block in blocks] == [(0, None)] * 4


def test_absolute_positions_are_resized() -> None:
    torch.manual_seed(0)
    network = SwinTransformer(8, (1, 1), (1, 2), window_size=4, num_classes=3, absolute=(32, 48)).eval()
    assert network.positions is not None
    assert network.positions.shape == (1, 8 * 12, 8)
    for size in ((32, 48), (30, 45), (64, 40)):
        assert network(torch.randn(2, 3, *size)).shape == (2, 3)
    with torch.no_grad():  # the same everywhere stays the same at any size
        network.positions.fill_(0.5)
        plain = SwinTransformer(8, (1, 1), (1, 2), window_size=4, num_classes=3).eval()
        plain.load_state_dict(network.state_dict(), strict=False)
        plain.patch_norm.bias.add_(0.5)
        x = torch.randn(1, 3, 64, 40)
        torch.testing.assert_close(network(x), plain(x))


def test_large_values_in_half_precision_stay_finite() -> None:
    torch.manual_seed(0)
    module = WindowAttention(8, 2, 4, 2).half()
    assert module(torch.randn(1, 8, 12, 8).mul(1e3).half()).isfinite().all()

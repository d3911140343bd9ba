"""Octave convolution beside its definition written out, and beside slips that would look alike."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from attention_atlas import hosts
from attention_atlas.insertion import insert
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from templates.papers.octconv import OctConv, OctResNet
from tests.papers.mutants import rejected


def _halve(x: Tensor) -> Tensor:
    """Means of 2x2 pixels; at an odd edge, of those that are there."""
    height, width = (size + 1 >> 1 for size in x.shape[2:])
    rows = [
        torch.stack([x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean((2, 3)) for j in range(width)], -1)
        for i in range(height)
    ]
    return torch.stack(rows, -2)


def _double(x: Tensor, like: Tensor) -> Tensor:
    """Each pixel 2x2 times, cut to the size of ``like``."""
    height, width = like.shape[2:]
    return torch.stack([torch.stack([x[:, :, i // 2, j // 2] for j in range(width)], -1) for i in range(height)], -2)


def _naive(layer: OctConv, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
    """The four paths, one after the other."""
    assert layer.high_to_low is not None
    assert layer.low_to_high is not None
    assert layer.low_to_low is not None
    up = layer.low_to_high(low)
    if layer.stride == 2:
        high, low = _halve(high), _halve(low)
    else:
        up = _double(up, high)
    return layer.high_to_high(high) + up, layer.high_to_low(_halve(high)) + layer.low_to_low(low)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 6), (7, 9), (5, 4)])
@pytest.mark.parametrize("arguments", [{"alpha_in": 0.25, "bias": True}, {"groups": 2, "kernel_size": 5}])
def test_the_four_paths(stride: int, size: tuple[int, int], arguments: dict[str, Any]) -> None:
    torch.manual_seed(0)
    layer = OctConv(8, 12, stride=stride, **arguments).double()
    low_channels = int(arguments.get("alpha_in", 0.5) * 8)
    high = torch.randn(2, 8 - low_channels, *size, dtype=torch.float64, requires_grad=True)
    low = torch.randn(2, low_channels, *((s + 1) // 2 for s in size), dtype=torch.float64, requires_grad=True)
    ours, naive = layer((high, low)), _naive(layer, high, low)
    assert isinstance(ours, tuple)
    cotangents = [torch.randn_like(map_) for map_ in naive]
    inputs = [high, low, *layer.parameters()]
    for a, b in zip(ours, naive, strict=True):
        torch.testing.assert_close(a, b)
    pairs = [torch.autograd.grad(outputs, inputs, cotangents) for outputs in (ours, naive)]
    for a, b in zip(*pairs, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 6), (7, 9), (1, 1)])
@pytest.mark.parametrize(("alpha_in", "alpha_out"), [(0.5, 0.5), (0.25, 0.75), (0, 0.5), (0.5, 0), (0, 0)])
def test_alone_it_splits_and_joins_its_map(
    stride: int, size: tuple[int, int], alpha_in: float, alpha_out: float
) -> None:
    torch.manual_seed(0)
    layer = OctConv(8, 12, alpha_in=alpha_in, alpha_out=alpha_out, stride=stride, bias=True, single=True).double()
    pairs = OctConv(8, 12, alpha_in=alpha_in, alpha_out=alpha_out, stride=stride, bias=True).double()
    pairs.load_state_dict(layer.state_dict())
    x = torch.randn(2, 8, *size, dtype=torch.float64, requires_grad=True)
    low_channels = int(8 * alpha_in)
    high, low = x[:, : 8 - low_channels], x[:, 8 - low_channels :]
    y = pairs((high, _halve(low)) if low_channels else high)
    expected = y if isinstance(y, Tensor) else torch.cat((y[0], _double(y[1], y[0])), 1)
    ours = layer(x)
    assert isinstance(ours, Tensor)
    assert ours.shape == (2, 12, *((side + stride - 1) // stride for side in size))
    torch.testing.assert_close(ours, expected)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(expected, x, weights))


def _multiply_accumulates(network: nn.Module, x: Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(x)
    return counter.get_total_flops() // 2


def test_in_the_place_of_convolutions_it_costs_less_and_weighs_the_same() -> None:
    """At a share of one half, 7/16 of the products of each 3x3 convolution are left."""
    host, x = hosts.resnet50(num_classes=5), torch.rand(1, 3, 64, 64)
    weights, before = sum(p.numel() for p in host.parameters()), _multiply_accumulates(host, x)
    network = insert(host, "octconv", "replace:layer2.*.conv2")
    assert network is host
    assert sum(p.numel() for p in host.parameters()) == weights
    assert type(host.get_submodule("layer2.1.conv2")).__name__ == "OctConv"
    # Four convolutions of 128 channels whose result is a map of 8x8. From low to high the first, which has the stride,
    # convolves at that size, too.
    saved = 128 * 128 * 9 * 64 * (3 * 9 + 6) // 16
    assert before - _multiply_accumulates(host, x) == saved
    host.train()(torch.rand(2, 3, 64, 64)).sum().backward()


def test_every_convolution_of_a_network_can_be_replaced() -> None:
    host = insert(hosts.resnet18(num_classes=5), "octconv", "replace:layer*.conv?", alpha_in=0.25, alpha_out=0.25)
    insert(host, "octconv", "replace:layer*.downsample.0")
    assert sum(type(module).__name__ == "OctConv" for module in host.modules()) == 19
    assert host(torch.rand(2, 3, 67, 93)).shape == (2, 5)
    small = insert(hosts.mobilenet_v2(num_classes=5), "octconv", "replace:features.*.conv.1.0")
    assert small(torch.rand(2, 3, 64, 50)).shape == (2, 5)


def test_a_convolution_that_shrinks_the_map_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="padding: expected 1, which keeps the size of both maps, got 0"):
        insert(nn.Sequential(nn.Conv2d(8, 8, 3)), "octconv", "replace:0")


def test_without_low_frequencies_it_is_a_convolution() -> None:
    layer, x = OctConv(4, 6, alpha_in=0, alpha_out=0, bias=True), torch.randn(2, 4, 5, 7)
    assert [name for name, _ in layer.named_parameters()] == ["high_to_high.weight", "high_to_high.bias"]
    torch.testing.assert_close(layer(x), layer.high_to_high(x))
    pooled = OctConv(4, 6, alpha_in=0, alpha_out=0, stride=2)
    torch.testing.assert_close(pooled(x), pooled.high_to_high(_halve(x)))


def test_the_share_changes_no_parameter_count() -> None:
    counts = {
        sum(p.numel() for p in OctConv(16, 32, alpha_in=a, alpha_out=b).parameters())
        for a in (0, 0.25, 0.5)
        for b in (0, 0.125, 0.75)
    }
    assert counts == {16 * 32 * 9}


def test_each_output_has_one_bias() -> None:
    names = {name for name, _ in OctConv(8, 8, bias=True).named_parameters() if name.endswith("bias")}
    assert names == {"high_to_high.bias", "high_to_low.bias"}
    names = {name for name, _ in OctConv(8, 8, groups=8, bias=True).named_parameters() if name.endswith("bias")}
    assert names == {"high_to_high.bias", "low_to_low.bias"}


def test_depthwise_passes_nothing_across() -> None:
    layer = OctConv(8, 8, groups=8)
    assert layer.high_to_low is None
    assert layer.low_to_high is None
    high, low = torch.randn(1, 4, 6, 6), torch.randn(1, 4, 3, 3)
    torch.testing.assert_close(layer((high, low))[0], layer((high, torch.zeros_like(low)))[0])


class _Mutant(OctConv):
    """The two outputs by paths that a subclass changes."""

    def enlarge(self, x: Tensor, size: torch.Size) -> Tensor:
        return F.interpolate(x, size)

    def shrink(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2)

    def down(self, high: Tensor) -> Tensor:
        assert self.high_to_low is not None
        return self.high_to_low(self.shrink(high))

    def forward(self, x: Any) -> Any:
        high, low = x
        assert self.low_to_high is not None
        assert self.low_to_low is not None
        up = self.low_to_high(low)
        if self.stride == 2:
            high, low = self.shrink(high), self.shrink(low)
        else:
            up = self.enlarge(up, high.shape[2:])
        return self.high_to_high(high) + up, self.down(high) + self.low_to_low(low)


class _Bilinear(_Mutant):
    def enlarge(self, x: Tensor, size: torch.Size) -> Tensor:
        return F.interpolate(x, size, mode="bilinear")


class _MaxPooling(_Mutant):
    def shrink(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 2)


class _PoolAfterConvolution(_Mutant):
    def down(self, high: Tensor) -> Tensor:
        assert self.high_to_low is not None
        return self.shrink(self.high_to_low(high))


class _StridedConvolution(_Mutant):
    def down(self, high: Tensor) -> Tensor:
        assert self.high_to_low is not None
        return F.conv2d(high, self.high_to_low.weight, stride=2, padding=1)


def test_the_mutants_are_right_without_their_slip() -> None:
    assert not rejected("octconv", _Mutant, "default")
    assert not rejected("octconv", _Mutant, "stride")


@pytest.mark.parametrize("mutant", [_Bilinear, _MaxPooling, _PoolAfterConvolution, _StridedConvolution])
def test_the_record_rejects(mutant: type[nn.Module]) -> None:
    assert rejected("octconv", mutant, "default")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha_in": 1.0}, "alpha_in, alpha_out: expected shares from 0 to less than 1, got 1.0, 0.5"),
        ({"stride": 3}, "stride: expected 1 or 2, got 3"),
        ({"groups": 8, "alpha_in": 0.25}, "groups: a depthwise octave convolution must keep"),
        ({"padding": 0}, "padding: expected 1, which keeps the size of both maps, got 0"),
        ({"kernel_size": 2, "alpha_in": 0}, "padding: expected 0.5, which keeps the size of both maps, got 0"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OctConv(8, 8, **arguments)


def test_one_map_or_two() -> None:
    with pytest.raises(ValueError, match="x: expected a tuple of two maps, as alpha_in says, got Tensor"):
        OctConv(8, 8)(torch.randn(1, 8, 4, 4))
    with pytest.raises(ValueError, match="x: expected one map, as alpha_in says, got tuple"):
        OctConv(8, 8, alpha_in=0)((torch.randn(1, 8, 4, 4), torch.randn(1, 8, 2, 2)))
    with pytest.raises(ValueError, match="x: expected one map, as single=True says, got tuple"):
        OctConv(8, 8, single=True)((torch.randn(1, 4, 4, 4), torch.randn(1, 4, 2, 2)))
    with pytest.raises(ValueError, match=r"x: expected a low map of size \(3, 2\), got \(2, 2\)"):
        OctConv(8, 8)((torch.randn(1, 4, 5, 4), torch.randn(1, 4, 2, 2)))


def test_the_network_takes_odd_sizes() -> None:
    torch.manual_seed(0)
    network = OctResNet((1, 1, 1, 1), alpha=0.25, num_classes=3)
    assert network(torch.randn(2, 3, 67, 93)).shape == (2, 3)

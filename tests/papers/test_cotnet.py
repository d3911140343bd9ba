"""Contextual transformer: the aggregation neighbour by neighbour, the slips of common copies, and the limits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from templates.blocks.neighbourhood import aggregate, correlate
from templates.papers.cotnet import CoT, CoTBottleneck, SEConv, SECoTBottleneck, SECoTNetD
from tests.papers.mutants import rejected


@pytest.mark.parametrize(("shared", "stride", "dilation"), [((2, 1), 1, 1), ((1, 3), 2, 1), ((2, 3), 1, 2)])
def test_aggregate_and_correlate_pixel_by_pixel(shared: tuple[int, int], stride: int, dilation: int) -> None:
    torch.manual_seed(0)
    height, width, kernel = 3, 2, 3
    reach = dilation * (kernel - 1)
    x = torch.rand(2, 2, 3, (height - 1) * stride + 1 + reach, (width - 1) * stride + 1 + reach, dtype=torch.float64)
    w = torch.rand(2, *shared, kernel**2, height, width, dtype=torch.float64)
    q = torch.rand(2, 2, 3, height, width, dtype=torch.float64)
    out = aggregate(x, w, kernel, stride, dilation)
    products = correlate(q, x, kernel, stride, dilation)
    for i in range(height):
        for j in range(width):
            patch = x[..., i * stride :, j * stride :][..., : reach + 1 : dilation, : reach + 1 : dilation].flatten(3)
            torch.testing.assert_close(out[..., i, j], (patch * w[..., i, j]).sum(3))
            torch.testing.assert_close(products[:, :, 0, :, i, j], (patch * q[..., i, j, None]).sum(2))
    inputs = (x.requires_grad_(), w.requires_grad_())
    assert torch.autograd.gradcheck(lambda x, w: aggregate(x, w, kernel, stride, dilation), inputs)
    inputs = (q.requires_grad_(), x)
    assert torch.autograd.gradcheck(lambda q, x: correlate(q, x, kernel, stride, dilation), inputs)


class MeanOfWeights(CoT):
    """One softmax over all positions in place of the local aggregation, as a widespread copy has it."""

    def _gather(self, value: Tensor, weights: Tensor) -> Tensor:
        logits = weights.unflatten(1, (-1, self.kernel_size**2)).mean(2).repeat(1, 8, 1, 1).flatten(2)
        return (logits.softmax(2) * value.flatten(2)).view_as(value)


class NeighbouringChannelsShare(CoT):
    """Eight channels in a row have the same weights, not every (C / 8)-th channel."""

    def _gather(self, value: Tensor, weights: Tensor) -> Tensor:
        mixed = value.unflatten(1, (-1, 8)).transpose(1, 2).flatten(1, 2)
        return super()._gather(mixed, weights).unflatten(1, (8, -1)).transpose(1, 2).flatten(1, 2)


class SoftmaxOverNeighbours(CoT):
    """The weights are made to sum to one."""

    def _gather(self, value: Tensor, weights: Tensor) -> Tensor:
        return super()._gather(value, weights.unflatten(1, (-1, self.kernel_size**2)).softmax(2).flatten(1, 2))


class KeyBeforeQuery(CoT):
    """The static context comes first, as the paper's formula has it."""

    def _join(self, x: Tensor, static: Tensor) -> Tensor:
        return super()._join(static, x)


class PlainSum(CoT):
    """The two contexts are added, without a gate."""

    def forward(self, x: Tensor) -> Tensor:
        static = self.key(x)
        weights = self.weigh(self._join(x, static))
        return static + F.silu(self.norm(self._gather(self.value(x), weights)))


@pytest.mark.parametrize(
    "mutant", [MeanOfWeights, NeighbouringChannelsShare, SoftmaxOverNeighbours, KeyBeforeQuery, PlainSum]
)
def test_a_slip_is_seen(mutant: type[CoT]) -> None:
    assert not rejected("cotnet", CoT, "default")
    assert rejected("cotnet", mutant, "default")


class InARow(CoT):
    """In groups, all of x comes before all of the static context."""

    def _join(self, x: Tensor, static: Tensor) -> Tensor:
        return self.embed(torch.cat((x, static), 1))


def test_channels_take_turns_in_groups() -> None:
    assert not rejected("cotnet", InARow, "default")
    assert rejected("cotnet", InARow, "grouped")


def test_the_bottleneck_pools_before_it_attends() -> None:
    block = CoTBottleneck(8, 8, 2, torch.nn.Sequential(torch.nn.Conv2d(8, 32, 1, 2)))
    assert block(torch.rand(2, 8, 7, 5)).shape == (2, 32, 4, 3)


class BlurredFirst(SECoTBottleneck):
    """The smoothing filter takes the stride before the middle, as average pooling does in the smaller networks."""

    def residual(self, x: Tensor) -> Tensor:
        x = self.after(self.relu(self.bn1(self.conv1(x))))
        return self.bn3(self.conv3(self.conv2(x)))


def test_the_filter_comes_after_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not rejected("cotnet", SECoTNetD, "network-se-d-blur")
    monkeypatch.setattr("templates.papers.cotnet.SECoTBottleneck", BlurredFirst)
    assert rejected("cotnet", SECoTNetD, "network-se-d-blur")


def test_cot_stands_where_maps_are_small() -> None:
    network = SECoTNetD((1, 2, 3, 1), num_classes=3)
    kinds = [type(module).__name__ for module in network.modules() if isinstance(module, (CoT, SEConv))]
    assert kinds == ["SEConv", "SEConv", "SEConv", "CoT", "SEConv", "CoT", "CoT"]
    assert network.eval()(torch.rand(1, 3, 50, 34)).shape == (1, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (2, 3)])
def test_any_size(size: tuple[int, int]) -> None:
    x = torch.rand(1, 16, *size)
    assert CoT(16).eval()(x).shape == x.shape


def test_large_values_in_half_precision() -> None:
    module = CoT(16).eval().half()
    assert module(torch.full((1, 16, 3, 4), 1e3, dtype=torch.float16)).isfinite().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CoT(16, 4), "kernel_size: expected an odd number, got 4"),
        (lambda: CoT(24, groups=2), "channels: expected a multiple of 16, got 24"),
        (lambda: SECoTBottleneck(16, 16, 3), "stride: expected 1 or 2, got 3"),
    ],
)
def test_wrong_arguments(call: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()  # pyright: ignore[reportCallIssue]

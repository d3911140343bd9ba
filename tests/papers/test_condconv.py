"""CondConv against a loop over images and experts, and against the ways it is usually got wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from templates.papers.condconv import CondConv2d, CondMBConv, EfficientNetCondConv, Routing
from tests.papers.mutants import rejected


def naive(layer: CondConv2d, x: Tensor) -> Tensor:
    """For each image: route, run every expert, add up what they give."""
    routing = layer.routing
    assert routing is not None
    results = []
    for image in x:
        alpha = torch.sigmoid(routing.fc(image.mean((1, 2))))
        total = torch.zeros(())
        for expert, weight in enumerate(alpha):
            kernel = layer.weight[expert].view(layer.kernel_shape)
            bias = None if layer.bias is None else layer.bias[expert]
            padding = layer.kernel_shape[2] // 2
            total = total + weight * F.conv2d(image, kernel, bias, layer.stride, padding, 1, layer.groups)
        results.append(total)
    return torch.stack(results)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ({"bias": True}, (5, 7)),
        ({"groups": 2, "stride": 2}, (5, 7)),
        ({"kernel_size": 1, "bias": True}, (3, 4)),
        ({"kernel_size": 1, "stride": 2}, (3, 5)),
    ],
)
def test_mixing_kernels_equals_mixing_the_outputs_of_the_experts(
    arguments: dict[str, Any], size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    layer = CondConv2d(4, 6, num_experts=3, **arguments).double()
    x = torch.randn(3, 4, *size, dtype=torch.float64, requires_grad=True)
    ours, theirs = layer(x), naive(layer, x)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    inputs = [x, *layer.parameters()]
    cotangent = torch.randn_like(ours)
    for a, b in zip(
        torch.autograd.grad(ours, inputs, cotangent), torch.autograd.grad(theirs, inputs, cotangent), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


class _OwnRouting(CondConv2d):
    """The layer with another routing."""

    def weights(self, routing: Routing, x: Tensor) -> Tensor:
        """What stands in for the routing."""
        raise NotImplementedError

    def forward(self, x: Tensor, routing: Tensor | None = None) -> Tensor:
        assert self.routing is not None
        assert routing is None
        kernel = self.weights(self.routing, x) @ self.weight
        return self._convolve(x, kernel, None)


class _Softmax(_OwnRouting):
    """The experts compete, as in Dynamic Convolution."""

    def weights(self, routing: Routing, x: Tensor) -> Tensor:
        return routing.fc(x.mean((2, 3))).softmax(1)


class _OneForTheBatch(_OwnRouting):
    """One kernel for all images."""

    def weights(self, routing: Routing, x: Tensor) -> Tensor:
        return routing(x).mean(0, keepdim=True).expand(len(x), -1)


class _MaxPooling(_OwnRouting):
    """Routing by the largest value of each channel."""

    def weights(self, routing: Routing, x: Tensor) -> Tensor:
        return routing.fc(x.amax((2, 3))).sigmoid()


@pytest.mark.parametrize("mutant", [_Softmax, _OneForTheBatch, _MaxPooling])
def test_the_record_rejects_another_routing(mutant: type[CondConv2d]) -> None:
    assert rejected("condconv", mutant, "default")


class _RoutingPerLayer(CondMBConv):
    """Routes again for the later convolutions of the block."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.routing is not None
        assert self.expand is not None
        assert self.bn1 is not None
        shortcut, first = x, self.routing(x)
        x = self.act(self.bn1(self.expand(x, first)))
        second = self.routing(x[:, : shortcut.shape[1]])
        x = self.act(self.bn2(self.depthwise(x, second)))
        gate = self.excite(self.act(self.squeeze(x.mean((2, 3))))).sigmoid()
        return shortcut + self.bn3(self.project(x * gate[:, :, None, None], second))


def test_the_record_rejects_a_routing_per_convolution_of_a_block() -> None:
    assert rejected("condconv", _RoutingPerLayer, "block")


def test_each_expert_starts_as_an_ordinary_convolution_does() -> None:
    """Initialising the stack of experts as one tensor takes the output channels for inputs: far too small values."""
    torch.manual_seed(0)
    experts, ordinary = CondConv2d(32, 64, num_experts=4).weight, nn.Conv2d(32, 64, 3).weight
    assert float(experts.detach().std()) == pytest.approx(float(ordinary.detach().std()), rel=0.05)


def test_images_do_not_share_kernels() -> None:
    torch.manual_seed(0)
    layer = CondConv2d(4, 4, num_experts=2)
    x = torch.randn(3, 4, 5, 6)
    torch.testing.assert_close(layer(x)[1:2], layer(x[1:2]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("size", "kernel_size", "stride"), [((7, 10), 3, 2), ((8, 5), 5, 2), ((9, 4), 2, 1)])
def test_padding_same_gives_the_size_over_the_stride_rounded_up(
    size: tuple[int, int], kernel_size: int, stride: int
) -> None:
    layer = CondConv2d(3, 5, kernel_size, stride, num_experts=2)
    assert layer(torch.randn(2, 3, *size)).shape[2:] == tuple(math.ceil(side / stride) for side in size)


def test_padding_same_pads_below_and_to_the_right_first() -> None:
    layer = CondConv2d(1, 1, 3, 2, num_experts=1)
    nn.init.ones_(layer.weight)
    with torch.no_grad():
        y = layer(F.pad(torch.ones(1, 1, 1, 1), (3, 0, 3, 0)))
        assert y[0, 0, 0, 0] == 0
        assert y[0, 0, 1, 1] > 0


def test_routing_comes_from_one_place() -> None:
    x, weights = torch.randn(2, 4, 3, 3), torch.rand(2, 2)
    with pytest.raises(ValueError, match="expected none, since own_routing=True"):
        CondConv2d(4, 4, num_experts=2)(x, weights)
    with pytest.raises(ValueError, match="expected the weights of the experts, since own_routing=False"):
        CondConv2d(4, 4, num_experts=2, own_routing=False)(x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": 3}, "groups: expected a divisor of 4 and 6, got 3"),
        ({"groups": 0}, "groups: expected a divisor of 4 and 6, got 0"),
        ({"num_experts": 0}, "num_experts: expected at least 1, got 0"),
        ({"stride": 0}, "stride: expected at least 1, got 0"),
        ({"padding": "valid"}, "padding: expected a number or 'same', got 'valid'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CondConv2d(4, 6, **arguments)


def test_large_values_in_half_precision_stay_finite() -> None:
    layer = CondConv2d(4, 4, num_experts=2).half()
    assert layer(torch.full((1, 4, 6, 5), 1e3, dtype=torch.float16)).isfinite().all()


def test_the_network_takes_other_sizes_and_depths() -> None:
    with pytest.raises(ValueError, match="expected seven of each, got 2 and 7"):
        EfficientNetCondConv(channels=(8, 8))
    network = EfficientNetCondConv(2, channels=(8,) * 7, layers=(1,) * 7, num_classes=5).train()
    assert network(torch.randn(2, 3, 65, 40)).shape == (2, 5)

"""Triplet attention: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from templates.papers.triplet_attention import AttentionGate, TripletAttention
from tests.papers.mutants import rejected


def _rotated(gate: AttentionGate, x: Tensor) -> Tensor:
    """The branch as the paper draws it: the input is rotated, pooled along its second axis, gated."""
    pooled = torch.stack((x.amax(1), x.sum(1) / x.shape[1]), 1)
    norm = gate.norm
    logits = F.conv2d(pooled, gate.conv.weight, padding=gate.conv.padding)
    scaled = F.batch_norm(logits, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
    return x * scaled.sigmoid()


@pytest.mark.parametrize("spatial", [True, False])
def test_equals_rotating_the_input(spatial: bool) -> None:
    module = TripletAttention(3, spatial).double().eval()
    x = torch.randn(2, 5, 4, 6, dtype=torch.float64, requires_grad=True)
    branches = [
        _rotated(module.channel_width, x.permute(0, 2, 1, 3)).permute(0, 2, 1, 3),
        _rotated(module.height_channel, x.permute(0, 3, 2, 1)).permute(0, 3, 2, 1),
    ]
    if module.height_width is not None:
        branches.append(_rotated(module.height_width, x))
    expected = torch.stack(branches).mean(0)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class SwappedPools(TripletAttention):
    """Mean before maximum: the two channels of every convolution change places."""

    def forward(self, x: Tensor) -> Tensor:
        for gate in (self.channel_width, self.height_channel, self.height_width):
            assert gate is not None
            gate.conv.weight.data = gate.conv.weight.data.flip(1)
        return super().forward(x)


class Summed(TripletAttention):
    """The sum of the branches where the method takes their mean."""

    def forward(self, x: Tensor) -> Tensor:
        return 3 * super().forward(x)


@pytest.mark.parametrize("mutant", [SwappedPools, Summed])
def test_wrong_version_is_rejected(mutant: type[TripletAttention]) -> None:
    assert rejected("triplet_attention", mutant, "default")


def test_right_version_is_not_rejected() -> None:
    assert not rejected("triplet_attention", TripletAttention, "default")


def test_even_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number, got 4"):
        TripletAttention(4)
    with pytest.raises(ValueError, match="kernel_size: expected an odd number, got -1"):
        TripletAttention(-1)


def test_single_positions_and_items() -> None:
    assert TripletAttention().eval()(torch.rand(1, 3, 1, 1)).shape == (1, 3, 1, 1)
    assert TripletAttention().train()(torch.rand(1, 3, 2, 1)).shape == (1, 3, 2, 1)

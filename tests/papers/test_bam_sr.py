"""BAM for super-resolution: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.bam_sr import ACAM, BAM, MSAM
from tests.papers.mutants import rejected


def _naive_conv(plane: Tensor, kernel: Tensor) -> Tensor:
    """Correlation of one map with one kernel; what is outside the map counts as zero."""
    size, (height, width) = kernel.shape[0] // 2, plane.shape
    rows: list[Tensor] = []
    for i in range(height):
        for j in range(width):
            total = plane.new_zeros(())
            for di in range(-size, size + 1):
                for dj in range(-size, size + 1):
                    if 0 <= i + di < height and 0 <= j + dj < width:
                        total = total + plane[i + di, j + dj] * kernel[di + size, dj + size]
            rows.append(total)
    return torch.stack(rows).view(height, width)


@pytest.mark.parametrize("both_pools", [False, True])
def test_against_a_loop_over_positions(both_pools: bool) -> None:
    module = BAM(4, reduction=2, kernel_size=3, both_pools=both_pools).double()
    x = torch.randn(2, 4, 3, 4, dtype=torch.float64, requires_grad=True)
    down, slope, up = (p for p in module.channel_gate.parameters())
    kernel = module.spatial_gate.conv.weight[0]
    items: list[Tensor] = []
    for item in x:
        pooled = [item.mean((1, 2))] + ([item.amax((1, 2))] if both_pools else [])
        hidden = [down @ z for z in pooled]
        z = sum(up @ torch.where(h > 0, h, slope * h) for h in hidden)
        channel = torch.sigmoid(torch.as_tensor(z))
        position = _naive_conv(item.amax(0), kernel[-1])
        if both_pools:
            position = position + _naive_conv(item.mean(0), kernel[0])
        items.append(item * channel[:, None, None] * torch.sigmoid(position))
    expected = torch.stack(items)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (64, 3)])
def test_maps_smaller_than_the_kernel(height: int, width: int) -> None:
    assert BAM(16)(torch.randn(1, 16, height, width)).shape == (1, 16, height, width)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    x = (1000 * torch.randn(2, 16, 32, 32)).to(dtype).requires_grad_()
    out = BAM(16).to(dtype)(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


class _InSequence(BAM):
    """The position gate computed from what the channel gate made, as in CBAM."""

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.channel_gate(x)
        return x * self.spatial_gate(x)


class _Added(BAM):
    """The sum of both branches, as a name in the released code suggests."""

    def forward(self, x: Tensor) -> Tensor:
        return x * self.channel_gate(x) + x * self.spatial_gate(x)


class _Bottleneck(BAM):
    """One plus the gates, as in the bottleneck attention module."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + self.channel_gate(x) * self.spatial_gate(x))


class _MeanOfChannels(BAM):
    def forward(self, x: Tensor) -> Tensor:
        gate = self.spatial_gate.conv(x.mean(1, keepdim=True)).sigmoid()
        return x * self.channel_gate(x) * gate


class _MaximumOfMaps(BAM):
    def forward(self, x: Tensor) -> Tensor:
        gate = self.channel_gate(x.amax((2, 3), keepdim=True))
        return x * gate * self.spatial_gate(x)


class _ReLU(BAM):
    def forward(self, x: Tensor) -> Tensor:
        gate = self.channel_gate
        channel = gate.up(gate.down(x.mean((2, 3))).relu()).sigmoid()[:, :, None, None]
        return x * channel * self.spatial_gate(x)


@pytest.mark.parametrize("mutant", [_InSequence, _Added, _Bottleneck, _MeanOfChannels, _MaximumOfMaps, _ReLU])
def test_wrong_versions_are_rejected(mutant: type[BAM]) -> None:
    assert rejected("bam_sr", mutant, "reduction-4")


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        ACAM(8)
    with pytest.raises(ValueError, match=r"kernel_size: expected an odd number, got 4"):
        MSAM(4)

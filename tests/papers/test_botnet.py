"""MHSA with offset vectors beside its definition written out, and beside slips that would look alike."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from templates.papers.botnet import MHSA, BoTBlock, BoTNet
from tests.papers.mutants import rejected


def _naive(module: MHSA, x: Tensor) -> Tensor:
    """For each head and position: q k + q r for all positions, softmax, mean of the values."""
    batch, _, height, width = x.shape
    d = module.head_dim
    out = torch.zeros(batch, module.num_heads * d, height, width, dtype=x.dtype)
    cells = [(i, j) for i in range(height) for j in range(width)]
    for b in range(batch):
        q, k, v = module.qkv(x[b].permute(1, 2, 0)).unflatten(2, (3, module.num_heads, d)).unbind(2)
        for h in range(module.num_heads):
            for i, j in cells:
                logits = []
                for m, n in cells:
                    if module.relative:
                        r = module.vertical[m - i + module.height - 1] + module.horizontal[n - j + module.width - 1]
                    else:
                        r = module.vertical[m] + module.horizontal[n]
                    logits.append(q[i, j, h] @ (k[m, n, h] + r) / math.sqrt(d))
                weights = torch.stack(logits).softmax(0)
                values = torch.stack([v[m, n, h] for m, n in cells])
                out[b, h * d : (h + 1) * d, i, j] = weights @ values
    return out if module.stride == 1 else F.avg_pool2d(out, 2, ceil_mode=True)


@pytest.mark.parametrize("size", [(3, 5), (4, 3), (2, 2)])
@pytest.mark.parametrize("arguments", [{"num_heads": 2}, {"num_heads": 1, "stride": 2}, {"relative": False}])
def test_every_query_meets_every_offset(size: tuple[int, int], arguments: dict[str, Any]) -> None:
    """Also on maps smaller than those for which there are vectors, fused and as it trains on the CPU."""
    torch.manual_seed(0)
    module = MHSA(6, 8, height=4, width=6, **arguments).double()
    x = torch.randn(2, 6, *size, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module, x)
    torch.testing.assert_close(ours, naive)
    with torch.no_grad():
        torch.testing.assert_close(module(x), naive)
    cotangent = torch.randn_like(ours)
    inputs = [x, *module.parameters()]
    pairs = [torch.autograd.grad(output, inputs, cotangent) for output in (ours, naive)]
    for a, b in zip(*pairs, strict=True):
        torch.testing.assert_close(a, b)


def test_height_and_width_are_told_apart() -> None:
    torch.manual_seed(0)
    module, x = MHSA(4, 4), torch.randn(1, 4, 5, 7)
    assert not torch.allclose(module(x.mT).mT, module(x))


def test_only_offsets_matter() -> None:
    """A map that repeats itself along its rows gives equal rows only if the vectors depend on offsets alone."""
    torch.manual_seed(0)
    module = MHSA(4, 4).double()
    with torch.no_grad():
        module.vertical.zero_()
        row = torch.randn(1, 4, 1, 5, dtype=torch.float64)
        y = module(row.expand(-1, -1, 4, -1))
    torch.testing.assert_close(y, y[:, :, :1].expand_as(y))


class _PositionsUnscaled(MHSA):
    """Scales q k, not q r."""

    def _append(self, q: Tensor, k: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        wide, keys = super()._append(q, k, height, width)
        rest = wide[..., self.head_dim :] * self.head_dim**0.5
        return torch.cat((wide[..., : self.head_dim], rest), 3), keys


class _OffsetsReversed(MHSA):
    """Takes the offset from key to query for that from query to key."""

    def _append(self, q: Tensor, k: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        vertical, horizontal = self.vertical.data, self.horizontal.data
        self.vertical.data, self.horizontal.data = vertical.flip(0), horizontal.flip(0)
        result = super()._append(q, k, height, width)
        self.vertical.data, self.horizontal.data = vertical, horizontal
        return result


class _WithoutPositions(MHSA):
    """Content alone."""

    def _append(self, q: Tensor, k: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        return q, k


class _PlacesForOffsets(MHSA):
    """The widespread port: one vector for each place, as in the absolute form, though it is called relative."""

    def _append(self, q: Tensor, k: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        return q, k + (self.vertical[:height, None] + self.horizontal[:width]).flatten(0, 1)


@pytest.mark.parametrize("mutant", [_PositionsUnscaled, _OffsetsReversed, _WithoutPositions, _PlacesForOffsets])
def test_the_record_rejects(mutant: type[nn.Module]) -> None:
    assert rejected("botnet", mutant, "uneven")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_heads": 3}, "num_heads: expected a divisor of out_channels=8, got 3"),
        ({"stride": 3}, "stride: expected 1 or 2, got 3"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MHSA(8, 8, **arguments)


def test_a_map_larger_than_its_vectors_is_refused() -> None:
    with pytest.raises(ValueError, match="x: expected at most 4 x 6 positions, got 5 x 6"):
        MHSA(4, 4, height=4, width=6)(torch.randn(1, 4, 5, 6))


def test_only_the_last_stage_attends() -> None:
    with torch.device("meta"):
        network = BoTNet()
    blocks = [(name, module) for name, module in network.named_modules() if isinstance(module, BoTBlock)]
    assert [name for name, _ in blocks] == ["layer4.0", "layer4.1", "layer4.2"]
    assert [block.conv2.height for _, block in blocks] == [14, 7, 7]
    # ResNet-50, less its three 3x3 convolutions, plus three times queries, keys and values and the position vectors.
    expected = 25_557_032 - 3 * 9 * 512**2 + 3 * 3 * 512**2 + (54 + 2 * 26) * 128
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


@pytest.mark.parametrize(("stride", "image_size"), [(2, (96, 64)), (1, (96, 64)), (2, (70, 52))])
def test_the_network_takes_images_up_to_its_size(stride: int, image_size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = BoTNet((1, 1, 1, 2), stride, image_size=image_size, num_classes=3).eval()
    for height, width in (image_size, (image_size[0] - 5, image_size[1] - 17)):
        assert network(torch.randn(1, 3, height, width)).shape == (1, 3)
    with pytest.raises(ValueError, match="positions, got"):
        network(torch.randn(1, 3, image_size[0] + 32, image_size[1]))
    with pytest.raises(ValueError, match="stride: expected 1 or 2, got 4"):
        BoTNet(stride=4)


def test_large_values_in_half_precision_stay_finite() -> None:
    torch.manual_seed(0)
    module = MHSA(8, 8).half()
    assert module(torch.randn(1, 8, 6, 5).mul(1e3).half()).isfinite().all()


def test_the_next_layer_may_work_in_place() -> None:
    for relative in (True, False):
        module = nn.Sequential(MHSA(8, 8, relative=relative), nn.ReLU(inplace=True))
        module(torch.randn(2, 8, 5, 6, requires_grad=True)).sum().backward()

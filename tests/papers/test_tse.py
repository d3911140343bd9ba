"""Tiled squeeze-and-excitation, for which no code was released: against loops over its tiles."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from templates.papers.se_net import SE
from templates.papers.tse import TiledSE

SIZES = [(7, 0), (3, 4), (0, 5), (1, 1), (0, 0), (50, 2)]


def _naive(module: TiledSE, x: Tensor) -> Tensor:
    """Tile by tile, each averaged over the positions that it has."""
    _, _, height, width = x.shape
    th, tw = module.tile_height or height, module.tile_width or width
    rows = []
    for top in range(0, height, th):
        tiles = []
        for left in range(0, width, tw):
            tile = x[:, :, top : top + th, left : left + tw]
            mean = tile.flatten(2).sum(2) / (tile.shape[2] * tile.shape[3])
            gate = torch.sigmoid(module.up(torch.relu(module.down(mean))))
            tiles.append(tile * gate[:, :, None, None])
        rows.append(torch.cat(tiles, 3))
    return torch.cat(rows, 2)


def _error(module: TiledSE, x: Tensor) -> float:
    expected = _naive(module, x)
    cotangent = torch.linspace(-1, 1, expected.numel(), dtype=x.dtype).view_as(expected)
    out = module(x)
    if out.shape != expected.shape:
        return float("inf")
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    return max(float((out - expected).detach().abs().max()), float((given - wanted).abs().max()))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 8, 10, 13, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_against_a_loop_over_tiles(height: int, width: int, x: Tensor) -> None:
    assert _error(TiledSE(8, height, width, reduction=2).double(), x) < 1e-12


def test_one_tile_is_squeeze_and_excitation(x: Tensor) -> None:
    whole, se = TiledSE(8, 0, 0, reduction=2).double(), SE(8, reduction=2, bias=True).double()
    whole.load_state_dict(se.state_dict())
    torch.testing.assert_close(whole(x), se(x))


def test_a_batch_of_one_trains() -> None:
    TiledSE(16).train()(torch.randn(1, 16, 9, 5)).sum().backward()


class _Bilinear(TiledSE):
    def forward(self, x: Tensor) -> Tensor:
        z = F.avg_pool2d(x, (self.tile_height, self.tile_width), ceil_mode=True)
        s = self.up(self.relu(self.down(z.movedim(1, 3)))).sigmoid().movedim(3, 1)
        return x * F.interpolate(s, (x.shape[2], x.shape[3]), mode="bilinear")


class _Stretched(TiledSE):
    """Nearest neighbours at the size of the map: not the tiles where these do not divide it."""

    def forward(self, x: Tensor) -> Tensor:
        z = F.avg_pool2d(x, (self.tile_height, self.tile_width), ceil_mode=True)
        s = self.up(self.relu(self.down(z.movedim(1, 3)))).sigmoid().movedim(3, 1)
        return x * F.interpolate(s, (x.shape[2], x.shape[3]))


class _Padded(TiledSE):
    """Tiles at the border averaged as if the map went on with zeros."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        padded = F.pad(x, (0, -width % self.tile_width, 0, -height % self.tile_height))
        z = F.avg_pool2d(padded, (self.tile_height, self.tile_width))
        s = self.up(self.relu(self.down(z.movedim(1, 3)))).sigmoid().movedim(3, 1)
        s = s.repeat_interleave(self.tile_height, 2).repeat_interleave(self.tile_width, 3)
        return x * s[:, :, :height, :width]


class _Sliding(TiledSE):
    """A window around each position in place of tiles."""

    def forward(self, x: Tensor) -> Tensor:
        z = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return x * self.up(self.relu(self.down(z.movedim(1, 3)))).sigmoid().movedim(3, 1)


@pytest.mark.parametrize("mutant", [_Bilinear, _Stretched, _Padded, _Sliding])
def test_wrong_versions_are_seen(mutant: type[TiledSE], x: Tensor) -> None:
    assert _error(mutant(8, 3, 4, reduction=2).double(), x) > 1e-3


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"tile_height, tile_width: expected 0 or more, got -1 and 0"):
        TiledSE(64, -1)
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        TiledSE(8)

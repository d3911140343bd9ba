"""Selective kernels: what the shared suite cannot say of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.sk_net import SKBottleneck, SKConv, SKNet
from tests.papers.mutants import rejected


@pytest.mark.parametrize("branches", [2, 3])
def test_against_the_equations(branches: int) -> None:
    torch.manual_seed(0)
    module = SKConv(6, 4, groups=2, branches=branches, reduction=2, min_dim=3).double().train()
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64, requires_grad=True)
    maps = [path(x) for path in module.paths]
    fused = maps[0]
    for u in maps[1:]:
        fused = fused + u
    s = torch.stack([torch.stack([item[c].sum() / 35 for c in range(4)]) for item in fused])
    z = torch.relu(module.norm(s @ module.reduce.weight.T))
    rows = module.select.weight.view(branches, 4, -1)
    expected = torch.zeros_like(maps[0])
    for b in range(3):
        for c in range(4):
            exponentials = [(rows[m, c] * z[b]).sum().exp() for m in range(branches)]
            for m in range(branches):
                expected[b, c] += maps[m][b, c] * exponentials[m] / torch.stack(exponentials).sum()
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent, retain_graph=True)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


@pytest.mark.parametrize("dilated", [True, False])
def test_windows_of_the_branches(dilated: bool) -> None:
    module = SKConv(1, 1, groups=1, branches=3, dilated=dilated)
    for path, reach in zip(module.paths, (1, 2, 3), strict=True):
        assert isinstance(path, nn.Sequential)
        x = torch.zeros(1, 1, 9, 11)
        x[0, 0, 4, 5] = 1
        seen = path[0](x)[0, 0].nonzero()
        assert seen.min(0).values.tolist() == [4 - reach, 5 - reach]
        assert seen.max(0).values.tolist() == [4 + reach, 5 + reach]
        assert len(seen) == (9 if dilated else (2 * reach + 1) ** 2)


def test_stride_halves_the_map() -> None:
    assert SKConv(32, 64, stride=2)(torch.randn(2, 32, 9, 6)).shape == (2, 64, 5, 3)


class _PerPosition(SKConv):
    """Weights from each position instead of the mean of the map."""

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack([path(x) for path in self.paths], 1)
        s = maps.sum(1).permute(0, 2, 3, 1)
        z = self.reduce(s).permute(0, 3, 1, 2)
        z = torch.stack([self.norm(column) for column in z.unbind(3)], 3).relu()
        weights = self.select(z.permute(0, 2, 3, 1)).unflatten(3, (len(self.paths), -1)).softmax(3)
        return (maps * weights.permute(0, 3, 4, 1, 2)).sum(1)


class _OverChannels(SKConv):
    """A softmax over the channels instead of the branches."""

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack([path(x) for path in self.paths], 1)
        z = self.relu(self.norm(self.reduce(maps.sum(1).mean((2, 3)))))
        weights = self.select(z).unflatten(1, (len(self.paths), -1)).softmax(2)
        return (maps * weights[..., None, None]).sum(1)


class _Sigmoid(SKConv):
    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack([path(x) for path in self.paths], 1)
        z = self.relu(self.norm(self.reduce(maps.sum(1).mean((2, 3)))))
        weights = self.select(z).unflatten(1, (len(self.paths), -1)).sigmoid()
        return (maps * weights[..., None, None]).sum(1)


class _ChannelMajor(SKConv):
    """The last layer's rows read as channels of branches instead of branches of channels."""

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack([path(x) for path in self.paths], 1)
        z = self.relu(self.norm(self.reduce(maps.sum(1).mean((2, 3)))))
        weights = self.select(z).unflatten(1, (-1, len(self.paths))).softmax(2).mT
        return (maps * weights[..., None, None]).sum(1)


class _Linear(SKConv):
    """No normalisation and ReLU between the two layers."""

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.stack([path(x) for path in self.paths], 1)
        weights = self.select(self.reduce(maps.sum(1).mean((2, 3)))).unflatten(1, (len(self.paths), -1)).softmax(1)
        return (maps * weights[..., None, None]).sum(1)


@pytest.mark.parametrize("mutant", [_PerPosition, _OverChannels, _Sigmoid, _ChannelMajor, _Linear])
def test_wrong_versions_are_rejected(mutant: type[SKConv]) -> None:
    assert rejected("sk_net", mutant, "three-branches")


def test_full_kernels_for_dilated_ones_are_rejected() -> None:
    class Undilated(SKConv):
        def forward(self, x: Tensor) -> Tensor:
            for conv in self.modules():
                if isinstance(conv, nn.Conv2d):
                    conv.dilation, conv.padding = (1, 1), (1, 1)
            return super().forward(x)

    assert rejected("sk_net", Undilated, "default")


def test_networks_take_the_settings_of_sk() -> None:
    network = SKNet((1, 1, 1, 1), branches=3, groups=16, reduction=8, num_classes=2)
    blocks = [module for module in network.modules() if isinstance(module, SKBottleneck)]
    convs = [block.conv2 for block in blocks]
    assert [conv.reduce.out_features for conv in convs if isinstance(conv, SKConv)] == [32, 32, 64, 128]
    assert all(isinstance(conv, SKConv) and len(conv.paths) == 3 for conv in convs)
    assert network.eval()(torch.randn(1, 3, 64, 32)).shape == (1, 2)


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"branches: expected at least 2, got 1"):
        SKConv(64, 64, branches=1)
    with pytest.raises(ValueError, match=r"channels: expected multiples of groups=32, got 64 and 40"):
        SKConv(64, 40)

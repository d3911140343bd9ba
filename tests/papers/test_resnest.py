"""Split attention: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.resnest import ResNeSt, SplAtBottleneck, SplAtConv2d
from tests.papers.mutants import rejected


@pytest.mark.parametrize("radix", [1, 3])
def test_against_the_equations(radix: int) -> None:
    torch.manual_seed(0)
    groups, out = 2, 4
    module = SplAtConv2d(12, out, groups=groups, radix=radix, reduction=6, min_dim=2).double().train()
    x = torch.randn(3, 12, 5, 7, dtype=torch.float64, requires_grad=True)
    u = module.norm(module.conv(x)).relu()
    splits = [u[:, i * out : (i + 1) * out] for i in range(radix)]
    total = splits[0]
    for split in splits[1:]:
        total = total + split
    s = total.sum((2, 3), keepdim=True) / 35
    logits = module.select(module.reduce_norm(module.reduce(s)).relu())[:, :, 0, 0]
    expected = torch.zeros_like(total)
    for c in range(out):
        group, inner = divmod(c, out // groups)
        rows = [logits[:, (group * radix + i) * (out // groups) + inner] for i in range(radix)]
        whole = torch.stack([row.exp() for row in rows]).sum(0) if radix > 1 else 1 + rows[0].exp()
        for split, row in zip(splits, rows, strict=True):
            expected[:, c] += (row.exp() / whole)[:, None, None] * split[:, c]
    value = module(x)
    torch.testing.assert_close(value, expected)
    cotangent = torch.randn_like(value)
    (given,) = torch.autograd.grad(value, x, cotangent, retain_graph=True)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


class _RadixMajor(SplAtConv2d):
    """The last layer's rows read as splits of groups instead of groups of splits."""

    def _weights(self, means: Tensor) -> Tensor:
        s = means.unflatten(1, (self.radix, -1)).sum(1)
        hidden = self.relu(self.reduce_norm(self.reduce(s)))
        return self.select(hidden).unflatten(1, (self.radix, -1)).softmax(1)


class _OverChannels(SplAtConv2d):
    """A softmax over the channels instead of the splits."""

    def _weights(self, means: Tensor) -> Tensor:
        s = means.unflatten(1, (self.radix, -1)).sum(1)
        logits = self.select(self.relu(self.reduce_norm(self.reduce(s))))
        return logits.unflatten(1, (self.groups, self.radix, -1)).softmax(3).transpose(1, 2).flatten(2, 3)


class _Sigmoid(SplAtConv2d):
    def _weights(self, means: Tensor) -> Tensor:
        s = means.unflatten(1, (self.radix, -1)).sum(1)
        logits = self.select(self.relu(self.reduce_norm(self.reduce(s))))
        return logits.unflatten(1, (self.groups, self.radix, -1)).sigmoid().transpose(1, 2).flatten(2, 3)


class _MeanOfSplits(SplAtConv2d):
    """The mean of the splits where the method takes their sum."""

    def _weights(self, means: Tensor) -> Tensor:
        return super()._weights(means / self.radix)


class _BeforeRelu(SplAtConv2d):
    """Splits that are not rectified."""

    def forward(self, x: Tensor) -> Tensor:
        u = self.norm(self.conv(x))
        splits = u.unflatten(1, (self.radix, -1))
        return (splits * self._weights(u.relu().mean((2, 3), keepdim=True))).sum(1)


@pytest.mark.parametrize("mutant", [_RadixMajor, _OverChannels, _Sigmoid, _MeanOfSplits, _BeforeRelu])
def test_wrong_versions_are_rejected(mutant: type[SplAtConv2d]) -> None:
    assert rejected("resnest", mutant, "cardinality")


def test_a_softmax_over_one_split_is_rejected() -> None:
    class Softmax(SplAtConv2d):
        def _weights(self, means: Tensor) -> Tensor:
            return torch.ones_like(super()._weights(means))

    assert rejected("resnest", Softmax, "single-split")


def test_pooling_on_the_wrong_side_is_rejected() -> None:
    class Swapped(ResNeSt):
        def forward(self, x: Tensor) -> Tensor:
            for block in self.modules():
                if isinstance(block, SplAtBottleneck):
                    block.before, block.after = block.after, block.before
            return super().forward(x)

    assert rejected("resnest", Swapped, "network")
    assert rejected("resnest", Swapped, "network-fast")


def test_networks_take_the_settings() -> None:
    network = ResNeSt((1, 1, 1, 1), radix=4, groups=2, base_width=8, stem=8, dropout=0.3, num_classes=2)
    convs = [module for module in network.modules() if isinstance(module, SplAtConv2d)]
    assert [conv.conv.weight.shape[0] // 4 for conv in convs] == [16, 32, 64, 128]
    assert all((conv.conv.groups, conv.select.groups) == (8, 2) for conv in convs)
    assert network.dropout.p == 0.3
    assert sum(isinstance(module, nn.AvgPool2d) and module.kernel_size == 3 for module in network.modules()) == 3
    assert network.eval()(torch.randn(1, 3, 64, 32)).shape == (1, 2)


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"radix: expected at least 1, got 0"):
        SplAtConv2d(64, 64, radix=0)
    with pytest.raises(ValueError, match=r"kernel_size: expected an odd number, got 4"):
        SplAtConv2d(64, 64, kernel_size=4)
    with pytest.raises(ValueError, match=r"in_channels: expected a multiple of groups\*radix=6, got 64"):
        SplAtConv2d(64, 64, groups=3)
    with pytest.raises(ValueError, match=r"out_channels: expected a multiple of groups=2, got 33"):
        SplAtConv2d(64, 33, groups=2)
    with pytest.raises(ValueError, match=r"expected a multiple of 3, got 64"):
        SplAtConv2d(66, 66, groups=3, min_dim=64)

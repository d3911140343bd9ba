"""Connected attention: what the shared suite cannot say of it."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from templates.papers.dcanet import (
    ConnectedCBAM,
    ConnectedGC,
    ConnectedGE,
    ConnectedSE,
    ConnectedSK,
    DCABottleneck,
    DCAResNet,
)
from tests.papers.mutants import rejected


def test_against_the_equations() -> None:
    torch.manual_seed(0)
    module = ConnectedSE(6, 6, reduction=2).double()
    with torch.no_grad():
        module.connect.norm.weight.uniform_(0.5, 1.5)
        module.connect.norm.bias.uniform_(-0.5, 0.5)
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64)
    previous = torch.randn(3, 6, dtype=torch.float64)
    alpha, beta = module.connect.merge.weight.flatten()
    y, found = module(x, previous)
    for b in range(3):
        g = torch.stack([x[b, c].sum() / 35 for c in range(6)])
        merged = alpha * g + beta * previous[b]  # the normalisation takes a bias away
        centred = merged - merged.sum() / 6
        merged = centred / (centred.square().sum() / 6 + module.connect.norm.eps).sqrt()
        merged = (merged * module.connect.norm.weight + module.connect.norm.bias).relu()
        gate = module.up(module.down(merged).relu()).sigmoid()
        torch.testing.assert_close(found[b], g * gate)
        for c in range(6):
            torch.testing.assert_close(y[b, c], x[b, c] * gate[c])


@pytest.mark.parametrize("factory", [ConnectedSE, ConnectedGE, ConnectedGC])
def test_the_first_attention_stands_alone(factory: type[ConnectedSE | ConnectedGE | ConnectedGC]) -> None:
    module = factory(32, 16).eval()
    x = torch.randn(2, 32, 5, 4)
    y, found = module(x)
    assert (y.shape, found.shape) == (x.shape, (2, 32))
    other, _ = module(x, torch.randn(2, 16))
    assert torch.equal(other, y) == (factory is ConnectedGC)  # its weight of the connection begins at zero


class _GateHandedOn(ConnectedSE):
    """The next block is given the gate, not the gated descriptor."""

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        y, found = super().forward(x, previous)
        return y, found / x.mean((2, 3))


class _Unconnected(ConnectedSE):
    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().forward(x)


class _Sum(ConnectedSE):
    """A plain sum in place of the learned one."""

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            self.connect.merge.weight.fill_(1)
        return super().forward(x, previous)


class _NoNorm(ConnectedSE):
    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.connect.norm.forward = torch.nn.Identity().forward
        return super().forward(x, previous)


@pytest.mark.parametrize("mutant", [_GateHandedOn, _Unconnected, _Sum, _NoNorm])
@pytest.mark.parametrize("case", ["default", "wider"])
def test_wrong_versions_are_rejected(mutant: type[ConnectedSE], case: str) -> None:
    assert rejected("dcanet", mutant, case)


def test_a_network_that_begins_anew_at_each_stage_is_rejected() -> None:
    class Anew(DCAResNet):
        def features(self, x: Tensor) -> Tensor:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
                found = None
                for block in stage:
                    x, found = block(x, found)
            return x

    for kind in ("se", "ge", "gc"):
        assert rejected("dcanet", Anew, f"network-{kind}")


def test_only_the_first_connection_is_unused() -> None:
    network = DCAResNet((2, 1, 1, 1), num_classes=3)
    network(torch.randn(2, 3, 32, 64)).sum().backward()
    unused = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert unused
    assert all(name.startswith("layer1.0.attention.connect.") for name in unused)


def test_half_precision_with_large_values() -> None:
    x = torch.full((2, 32, 40, 40), 1000.0, dtype=torch.half)
    for factory in (ConnectedSE, ConnectedGE, ConnectedGC):
        for out in factory(32, 32).half()(x, torch.full((2, 32), 1000.0, dtype=torch.half)):
            assert out.isfinite().all()


class _MaximaAlone(ConnectedCBAM):
    """Only the maxima are merged with those of the block before."""

    def _channel_gate(self, x: Tensor, previous: Tensor | None) -> Tensor:
        assert previous is not None
        before = self.resize(previous).flatten(2).amax(2)
        merged = self.merge(torch.stack((x.flatten(2).amax(2), before), 1)).squeeze(1)
        pooled = torch.stack((x.mean((2, 3)), self.norm(merged).relu()), 1)
        return self.up(self.down(pooled).relu()).sum(1).sigmoid()[:, :, None, None]


class _OtherMapForPositions(ConnectedCBAM):
    """The position gate is given the map of the channel gate before."""

    def _position_gate(self, x: Tensor, previous: Tensor | None) -> Tensor:
        assert previous is not None
        return super()._position_gate(x, previous.flip(0))


class _ConnectedAfterTheSum(ConnectedSK):
    """The two branches are added first, and one connection merges the sums."""

    def forward(self, x: Tensor, previous: Tensor | None = None) -> tuple[Tensor, Tensor]:
        assert previous is not None
        maps = [path(x) for path in self.paths]
        g = torch.stack([u.mean((2, 3)) for u in maps], 1)
        merged = self.connect[0](g.sum(1), previous.sum(1))
        weights = self.select(self.norm(self.reduce(merged)).relu()).unflatten(1, (2, -1)).softmax(1)
        scaled = torch.stack([u * w[:, :, None, None] for u, w in zip(maps, weights.unbind(1), strict=True)])
        return scaled.sum(0), g * weights


@pytest.mark.parametrize("mutant", [_MaximaAlone, _OtherMapForPositions])
def test_wrong_connections_of_cbam_are_rejected(mutant: type[ConnectedCBAM]) -> None:
    assert rejected("dcanet", mutant, "cbam-wider")


def test_a_wrong_connection_of_selective_kernels_is_rejected() -> None:
    assert rejected("dcanet", _ConnectedAfterTheSum, "selective-kernels-wider")


@pytest.mark.parametrize("attention", ["cbam", "sk"])
def test_networks_take_images_of_odd_size(attention: Literal["cbam", "sk"]) -> None:
    network = DCAResNet((1, 1, 1, 2), attention=attention, num_classes=3).train()
    network(torch.randn(2, 3, 75, 54)).sum().backward()


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=8, got 16"):
        ConnectedSE(8, 8)
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels/2=4, got 16"):
        ConnectedGC(8, 8)
    with pytest.raises(ValueError, match=r"attention: expected one of \['se', 'ge', 'gc', 'cbam', 'sk'\], got 'nl'"):
        DCABottleneck(16, 16, attention="nl")  # pyright: ignore[reportArgumentType]  what is tested
    with pytest.raises(ValueError, match=r"previous: expected a batch of 2, got 1"):
        ConnectedGC(16, 8, 4)(torch.randn(2, 16, 2, 2), torch.randn(1, 8))

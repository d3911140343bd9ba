"""RGA: what the shared suite cannot say of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from templates.papers.rga import RGA, RelationAttention
from tests.papers.mutants import rejected


def _normalised(x: Tensor, norm: nn.Module) -> Tensor:
    """One number per channel of a batch norm in eval mode, as it starts."""
    assert isinstance(norm, nn.BatchNorm1d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()


def test_against_a_loop_over_pairs_of_nodes() -> None:
    nodes, features = 6, 4
    module = RelationAttention(features, nodes, feature_ratio=2, node_ratio=2, down_ratio=2).double().eval()
    x = torch.randn(1, features, nodes, dtype=torch.float64, requires_grad=True)
    embed, first, last = (
        module.get_parameter(f"{name}.weight")[:, :, 0] for name in ("embed.0", "attend.0", "attend.3")
    )
    theta, phi, feature = (
        [torch.relu(_normalised(w @ x[0, :, i], nn.BatchNorm1d(1).double().eval())) for i in range(nodes)]
        for w in embed.chunk(3)
    )
    gates: list[Tensor] = []
    for i in range(nodes):
        relations = [theta[i] @ phi[j] for j in range(nodes)] + [theta[j] @ phi[i] for j in range(nodes)]
        reduced = torch.relu(_normalised(module.relate.weight @ torch.stack(relations), module.relate_norm))
        y = torch.cat((feature[i].mean()[None], reduced))
        hidden = torch.relu(_normalised(first @ y, module.attend[1]))
        gates.append(torch.sigmoid(_normalised(last @ hidden, module.attend[4])))
    expected = torch.cat(gates).view(1, 1, nodes)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_both_gates_follow_each_other() -> None:
    both = RGA(16, 4, 5, channel_ratio=4, spatial_ratio=4, down_ratio=2).eval()
    x = torch.randn(2, 16, 4, 5)
    assert both.spatial is not None
    assert both.channel is not None
    scaled = x * both.spatial(x.flatten(2)).view(2, 1, 4, 5)
    gate = both.channel(scaled.flatten(2).mT)
    torch.testing.assert_close(both(x), scaled * gate.view(2, 16, 1, 1))


def test_a_batch_of_one_trains() -> None:
    RGA(64, 8, 9).train()(torch.randn(1, 64, 8, 9)).sum().backward()


class _Relations(RelationAttention):
    """The relations as a matrix, with places for slips."""

    transposed = False
    one_direction = False
    softmax = False
    relations_first = False

    def forward(self, x: Tensor) -> Tensor:
        theta, phi, feature = self.embed(x).chunk(3, 1)
        r = theta.mT @ phi
        r = r.softmax(2) if self.softmax else r
        both = (r, r.mT) if self.transposed else (r.mT, r)
        joint = torch.cat((both[0], both[0]) if self.one_direction else both, 1)
        joint = self.relate_norm(self.relate.weight @ joint).relu()
        mean = feature.mean(1, keepdim=True)
        y = torch.cat((joint, mean) if self.relations_first else (mean, joint), 1)
        return self.attend(y).sigmoid()


class _Transposed(_Relations):
    transposed = True


class _OneDirection(_Relations):
    one_direction = True


class _Softmax(_Relations):
    softmax = True


class _RelationsFirst(_Relations):
    relations_first = True


def _mutant(attention: type[RelationAttention]) -> type[RGA]:
    class Mutant(RGA):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            for module in (self.spatial, self.channel):
                if module is not None:
                    module.__class__ = attention

    return Mutant


class _ChannelFirst(RGA):
    def forward(self, x: Tensor) -> Tensor:
        if self.channel is not None:
            x = x * self.channel(x.flatten(2).mT).view(-1, x.shape[1], 1, 1)
        return x if self.spatial is None else x * self.spatial(x.flatten(2)).view(-1, 1, *self.size)


class _Residual(RGA):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


@pytest.mark.parametrize("case", ["spatial-only", "channel-only", "training"])
def test_the_matrix_of_relations_gives_the_same(case: str) -> None:
    assert not rejected("rga", _mutant(_Relations), case)


@pytest.mark.parametrize("attention", [_Transposed, _OneDirection, _Softmax, _RelationsFirst])
@pytest.mark.parametrize("case", ["spatial-only", "channel-only"])
def test_wrong_relations_are_rejected(attention: type[RelationAttention], case: str) -> None:
    assert rejected("rga", _mutant(attention), case)


@pytest.mark.parametrize("mutant", [_ChannelFirst, _Residual])
def test_wrong_orders_are_rejected(mutant: type[RGA]) -> None:
    assert rejected("rga", mutant, "default")


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"channels: expected at least 8, got 4"):
        RGA(4, 8, 8, channel=False)
    with pytest.raises(ValueError, match=r"height, width: expected at least 56 positions, got 8 x 6"):
        RGA(64, 8, 6, channel=False)
    with pytest.raises(ValueError, match=r"spatial, channel: expected at least one to be true, got neither"):
        RGA(64, 8, 8, spatial=False, channel=False)
    with pytest.raises(ValueError, match=r"x: expected a map of 8x9, got 9x8"):
        RGA(64, 8, 9)(torch.randn(1, 64, 9, 8))

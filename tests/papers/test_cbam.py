"""CBAM beside its equations and beside the popular wrong versions of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers import cbam
from templates.papers.cbam import CBAM, ChannelGate, SpatialGate

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "cbam.json")


def _naive(module: CBAM, x: Tensor) -> Tensor:
    """Equations 1 to 3 in eval mode, position by position."""
    gate, half = module.spatial_gate, 1
    assert isinstance(gate, SpatialGate)
    batch, channels, height, width = x.shape
    mlp = module.channel_gate.mlp
    means = torch.stack([x[:, c].flatten(1).mean(1) for c in range(channels)], 1)
    maxima = torch.stack([x[:, c].flatten(1).max(1).values for c in range(channels)], 1)
    m_c = (mlp(means) + mlp(maxima)).sigmoid()
    refined = torch.stack([x[:, c] * m_c[:, c, None, None] for c in range(channels)], 1)
    out = torch.zeros_like(x)
    for b in range(batch):
        for i in range(height):
            for j in range(width):
                total = torch.zeros((), dtype=x.dtype)
                for u in range(-half, half + 1):
                    for v in range(-half, half + 1):
                        if 0 <= i + u < height and 0 <= j + v < width:
                            column = refined[b, :, i + u, j + v]
                            weight = gate.conv.weight[0, :, u + half, v + half]
                            total = total + weight[0] * column.max() + weight[1] * column.mean()
                norm = gate.norm
                assert norm.running_mean is not None
                assert norm.running_var is not None
                scaled = (total - norm.running_mean[0]) / (norm.running_var[0] + norm.eps).sqrt()
                out[b, :, i, j] = refined[b, :, i, j] * (scaled * norm.weight[0] + norm.bias[0]).sigmoid()
    return out


def test_equations() -> None:
    torch.manual_seed(0)
    module = CBAM(4, reduction=2, kernel_size=3).double().eval()
    assert isinstance(module.spatial_gate, SpatialGate)
    nn.init.constant_(module.spatial_gate.norm.weight, 0.7)
    nn.init.constant_(module.spatial_gate.norm.bias, -0.3)
    x = torch.randn(2, 4, 3, 5, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module, x)
    torch.testing.assert_close(ours, naive)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(naive, x, weights))


def test_inference_gives_what_training_gives() -> None:
    module, x = CBAM(16, 4, ("avg", "max", "lp", "lse")).eval(), torch.randn(2, 16, 5, 7)
    with torch.no_grad():
        inference = module(x)
    torch.testing.assert_close(inference, module(x).detach())


def test_orders_of_the_paper() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 16, 5, 7)
    modules = {order: CBAM(16, 4, order=order).eval() for order in ("channel-first", "spatial-first", "parallel")}
    state = modules["channel-first"].state_dict()
    for module in modules.values():
        module.load_state_dict(state)
    channel, spatial = modules["parallel"].channel_gate, modules["parallel"].spatial_gate
    torch.testing.assert_close(modules["channel-first"](x), spatial(channel(x)))
    torch.testing.assert_close(modules["spatial-first"](x), channel(spatial(x)))
    logits = (channel(x) / x).logit() + (spatial(x) / x).logit()
    torch.testing.assert_close(modules["parallel"](x), x * logits.sigmoid(), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="order: expected channel-first, spatial-first or parallel, got 'both'"):
        CBAM(16, order="both")  # pyright: ignore[reportArgumentType]  # that is the mistake


class _WithResidual(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class _SpatialGateFirst(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        return self.channel_gate(self.spatial_gate(x))


class _GatesInParallel(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        return self.channel_gate(x) + self.spatial_gate(x)


class _PoolsBeforeTheMLP(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        pooled = sum(self.channel_gate.pool(x, pool) for pool in self.channel_gate.pools)
        return self.spatial_gate(x * self.channel_gate.mlp(pooled).sigmoid()[:, :, None, None])


class _WithoutNorm(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.channel_gate(x), self.spatial_gate
        assert isinstance(gate, SpatialGate)
        pooled = torch.stack((x.amax(1), x.mean(1)), 1)
        return x * gate.conv(pooled).sigmoid()


class _MeanFirst(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.channel_gate(x), self.spatial_gate
        assert isinstance(gate, SpatialGate)
        pooled = torch.stack((x.mean(1), x.amax(1)), 1)
        return x * gate.norm(gate.conv(pooled)).sigmoid()


class _ReLUBeforeTheGate(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.channel_gate(x), self.spatial_gate
        assert isinstance(gate, SpatialGate)
        pooled = torch.stack((x.amax(1), x.mean(1)), 1)
        return x * gate.norm(gate.conv(pooled)).relu().sigmoid()


class _WithoutBiases(CBAM):
    def forward(self, x: Tensor) -> Tensor:
        for layer in self.channel_gate.mlp:
            if isinstance(layer, nn.Linear):
                nn.init.zeros_(layer.bias)
        return super().forward(x)


SLIPS = [
    _WithResidual,
    _SpatialGateFirst,
    _GatesInParallel,
    _PoolsBeforeTheMLP,
    _WithoutNorm,
    _MeanFirst,
    _ReLUBeforeTheGate,
    _WithoutBiases,
]


@pytest.mark.parametrize("slip", SLIPS)
def test_record_rejects(slip: type[CBAM]) -> None:
    for name in ("default", "training"):
        case = next(case for case in RECORD.cases if case.name == name)
        right = build(RECORD, case, cbam)
        wrong = slip(**case.arguments).double().train(case.train)
        wrong.load_state_dict(right.state_dict())
        assert compare(RECORD, case, right).within(RECORD.tolerance)
        assert not compare(RECORD, case, wrong).within(RECORD.tolerance)


def test_running_statistics_move_as_slowly_as_released() -> None:
    module = SpatialGate()
    assert module.norm.momentum == 0.01
    assert module.norm.eps == 1e-5


def test_poolings() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(ChannelGate.pool(x, "lp"), x.pow(2).sum((2, 3)).sqrt())
    torch.testing.assert_close(ChannelGate.pool(x, "lse"), x.exp().sum((2, 3)).log())


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 16"):
        CBAM(8)
    with pytest.raises(ValueError, match=r"pools: expected one or more of avg, max, lp, lse, got \['mean'\]"):
        CBAM(16, pools=["mean"])
    with pytest.raises(ValueError, match=r"pools: expected one or more of avg, max, lp, lse, got \[\]"):
        CBAM(16, pools=[])
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=16, got 0"):
        CBAM(16, reduction=0)
    with pytest.raises(ValueError, match="kernel_size: expected an odd number, got 4"):
        CBAM(16, kernel_size=4)


@pytest.mark.parametrize("size", [(1, 2), (1, 9), (7, 2)])
def test_any_size_and_one_image(size: tuple[int, int]) -> None:
    x = torch.randn(1, 16, *size)
    assert CBAM(16).train()(x).shape == x.shape


def test_large_values_in_half_precision() -> None:
    x = torch.full((1, 16, 16, 16), 1e3, dtype=torch.float16)
    for pools in (("avg", "max"), ("lp", "lse")):
        assert CBAM(16, pools=pools).half().eval()(x).isfinite().all()


def test_a_norm_beyond_half_precision() -> None:
    torch.manual_seed(0)
    module, x = CBAM(16, pools=("lp", "lse")).eval(), torch.randn(1, 16, 24, 12) * 1e4
    narrow = module(x.half().float())
    with torch.autocast("cpu", torch.float16):
        torch.testing.assert_close(module(x.half().float()), narrow, rtol=2e-2, atol=20.0)
    result = module.half()(x.half())
    assert result.dtype == torch.float16
    torch.testing.assert_close(result.float(), narrow, rtol=2e-2, atol=20.0)

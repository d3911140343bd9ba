"""Coordinate attention beside its equations and beside the popular wrong versions of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers import coord_attention
from templates.papers.coord_attention import CoordAttention, CoordInvertedResidual, CoordMobileNetV2

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "coord_attention.json")


def _linear(layer: nn.Conv2d, z: Tensor) -> Tensor:
    return F.linear(z, layer.weight[:, :, 0, 0], layer.bias)


def _strip(module: CoordAttention, z: Tensor) -> Tensor:
    """The hidden layer of one row or column, in eval mode: ``(B, C)`` -> ``(B, hidden)``."""
    norm = module.norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    f = _linear(module.reduce, z)
    f = (f - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias
    return f * (f + 3).clamp(0, 6) / 6


def _naive(module: CoordAttention, x: Tensor) -> Tensor:
    """Equations 4 to 9, one row and one column at a time."""
    out = x
    for i in range(x.shape[2]):
        gate = _linear(module.gate_h, _strip(module, x[:, :, i].mean(2))).sigmoid()
        out = torch.cat((out[:, :, :i], (out[:, :, i] * gate[..., None])[:, :, None], out[:, :, i + 1 :]), 2)
    for j in range(x.shape[3]):
        gate = _linear(module.gate_w, _strip(module, x[..., j].mean(2))).sigmoid()
        out = torch.cat((out[..., :j], (out[..., j] * gate[..., None])[..., None], out[..., j + 1 :]), 3)
    return out


def test_equations() -> None:
    torch.manual_seed(0)
    module = CoordAttention(6).double().eval()
    nn.init.uniform_(module.norm.weight, 1, 9)
    nn.init.uniform_(module.norm.bias, -3, 3)
    x = torch.randn(2, 6, 3, 5, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module, x)
    torch.testing.assert_close(ours, naive)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(naive, x, weights))


class _Slip(CoordAttention):
    """The pieces, put together wrongly by each of the classes below."""

    def strips(self, x: Tensor) -> Tensor:
        return torch.cat((x.mean(3), x.mean(2)), dim=2)[..., None]

    def gates(self, f: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        f_h, f_w = f.split(x.shape[2:], dim=2)
        return self.gate_h(f_h), self.gate_w(f_w).transpose(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(F.hardswish(self.norm(self.reduce(self.strips(x)))), x)
        return x * g_w.sigmoid() * g_h.sigmoid()


class _WithoutSigmoid(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(F.hardswish(self.norm(self.reduce(self.strips(x)))), x)
        return x * g_w * g_h


class _ReLU(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(self.norm(self.reduce(self.strips(x))).relu(), x)
        return x * g_w.sigmoid() * g_h.sigmoid()


class _HardSigmoidForHardSwish(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(F.hardsigmoid(self.norm(self.reduce(self.strips(x)))), x)
        return x * g_w.sigmoid() * g_h.sigmoid()


class _WithoutNorm(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(F.hardswish(self.reduce(self.strips(x))), x)
        return x * g_w.sigmoid() * g_h.sigmoid()


class _MaxPooling(_Slip):
    def strips(self, x: Tensor) -> Tensor:
        return torch.cat((x.amax(3), x.amax(2)), dim=2)[..., None]


class _GatesAdded(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        g_h, g_w = self.gates(F.hardswish(self.norm(self.reduce(self.strips(x)))), x)
        return x * (g_w.sigmoid() + g_h.sigmoid())


class _RowsAndColumnsSwapped(_Slip):
    def gates(self, f: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        f_h, f_w = f.split(x.shape[2:], dim=2)
        return self.gate_w(f_h), self.gate_h(f_w).transpose(2, 3)


class _WithResidual(_Slip):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


SLIPS = [
    _WithoutSigmoid,
    _ReLU,
    _HardSigmoidForHardSwish,
    _WithoutNorm,
    _MaxPooling,
    _GatesAdded,
    _RowsAndColumnsSwapped,
    _WithResidual,
]


@pytest.mark.parametrize("slip", [_Slip, *SLIPS])
def test_record_rejects(slip: type[CoordAttention]) -> None:
    for case in (case for case in RECORD.cases if case.cls == "CoordAttention"):
        module = slip(**case.arguments).double().train(case.train)
        module.load_state_dict(build(RECORD, case, coord_attention).state_dict())
        assert compare(RECORD, case, module).within(RECORD.tolerance) == (slip is _Slip)


def test_normalisation_is_shared_by_rows_and_columns() -> None:
    case = next(case for case in RECORD.cases if case.name == "training")

    class Apart(_Slip):
        def forward(self, x: Tensor) -> Tensor:
            f_h, f_w = self.strips(x).split(x.shape[2:], dim=2)
            f = torch.cat([F.hardswish(self.norm(self.reduce(strip))) for strip in (f_h, f_w)], 2)
            g_h, g_w = self.gates(f, x)
            return x * g_w.sigmoid() * g_h.sigmoid()

    module = Apart(**case.arguments).double().train()
    module.load_state_dict(build(RECORD, case, coord_attention).state_dict())
    assert not compare(RECORD, case, module).within(RECORD.tolerance)


def test_place_in_the_network() -> None:
    widths = [m.reduce.in_channels for m in CoordMobileNetV2().modules() if isinstance(m, CoordAttention)]
    assert len(widths) == 16
    assert widths[:3] == [96, 144, 144]
    block = CoordInvertedResidual(8, 8, reduction=4)
    kinds = [type(layer).__name__ for layer in block.conv]
    assert kinds == ["Sequential", "Sequential", "CoordAttention", "Conv2d", "BatchNorm2d"]


def test_hidden_layer_has_at_least_eight_channels() -> None:
    assert CoordAttention(64).reduce.out_channels == 8
    assert CoordAttention(512).reduce.out_channels == 16


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="channels, reduction: expected at least 1 each, got 16 and 0"):
        CoordAttention(16, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2)])
def test_any_size_and_one_image(size: tuple[int, int]) -> None:
    x = torch.randn(1, 5, *size)
    assert CoordAttention(5).train()(x).shape == x.shape


def test_large_values_in_half_precision() -> None:
    x = torch.full((1, 16, 64, 32), 1e3, dtype=torch.float16)
    assert CoordAttention(16).half()(x).isfinite().all()

"""Squeeze-and-Excitation beside its equations and beside slips that would look alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pytest
import torch
from torch import Tensor, nn

from generator.evidence.record import load_record
from generator.evidence.replay import build, compare
from templates.papers import se_net
from templates.papers.se_net import SE, Position, SEBottleneck, SENet, SEResNet

RECORD = load_record(Path(__file__).parents[1] / "evidence" / "se_net.json")


def _naive(module: SE, x: Tensor) -> Tensor:
    """Equations 2 to 4, one channel at a time."""
    batch, channels, height, width = x.shape
    out = torch.zeros_like(x)
    for b in range(batch):
        z = [
            sum(x[b, c, i, j] for i in range(height) for j in range(width)) / (height * width) for c in range(channels)
        ]
        hidden = []
        for row, offset in zip(module.down.weight, module.down.bias, strict=True):
            hidden.append((sum(w * value for w, value in zip(row, z, strict=True)) + offset).clamp(min=0))
        for c in range(channels):
            s = sum(w * value for w, value in zip(module.up.weight[c], hidden, strict=True)) + module.up.bias[c]
            out[b, c] = x[b, c] / (1 + torch.exp(-s))
    return out


def test_equations() -> None:
    torch.manual_seed(0)
    module = SE(6, reduction=2).double()
    x = torch.randn(2, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    ours, naive = module(x), _naive(module, x)
    torch.testing.assert_close(ours, naive)
    weights = torch.randn_like(ours)
    torch.testing.assert_close(torch.autograd.grad(ours, x, weights), torch.autograd.grad(naive, x, weights))


def test_max_pooling_sees_the_largest_value_only() -> None:
    torch.manual_seed(0)
    module = SE(8, reduction=2, pool="max").double()
    x = torch.randn(2, 8, 5, 3, dtype=torch.float64)
    gate = module(x) / x
    least = x.flatten(2).argmin(2)
    changed = x.flatten(2).scatter(2, least[..., None], -9.0).view_as(x)
    torch.testing.assert_close((module(changed) / changed)[:, :, 0, 0], gate[:, :, 0, 0])
    torch.testing.assert_close(
        gate[:, :, 0, 0], module.up(module.down(x.amax((2, 3))).relu()).sigmoid(), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("gate", ["sigmoid", "tanh", "relu"])
def test_gates_of_the_paper(gate: Literal["sigmoid", "tanh", "relu"]) -> None:
    torch.manual_seed(0)
    module, x = SE(8, reduction=2, gate=gate).double(), torch.randn(2, 8, 5, 3, dtype=torch.float64)
    logits = module.up(module.down(x.mean((2, 3))).relu())
    torch.testing.assert_close(module(x), x * getattr(torch, gate)(logits)[:, :, None, None])


def test_positions_in_the_block() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 16, 6, 5)
    for position in get_args(Position):
        shortcut = nn.Conv2d(16, 64, 1, 2)
        block = SEBottleneck(16, 16, 2, shortcut, reduction=4, position=position).eval()
        branch = x if position != "pre" else block.se(x)
        branch = block.bn1(block.conv1(branch)).relu()
        branch = block.bn3(block.conv3(block.bn2(block.conv2(branch)).relu()))
        beside = shortcut(x) if position != "identity" else block.se(shortcut(x))
        y = ((block.se(branch) if position == "standard" else branch) + beside).relu()
        torch.testing.assert_close(block(x), block.se(y) if position == "post" else y)
        assert SEResNet((1, 1, 1, 1), num_classes=3, position=position)(torch.randn(2, 3, 33, 40)).shape == (2, 3)


class _WithoutReLU(SE):
    def forward(self, x: Tensor) -> Tensor:
        return x * self.up(self.down(x.mean((2, 3)))).sigmoid()[:, :, None, None]


class _WithResidual(SE):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class _HardSigmoid(SE):
    def forward(self, x: Tensor) -> Tensor:
        return x * nn.functional.hardsigmoid(self.up(self.relu(self.down(x.mean((2, 3))))))[:, :, None, None]


class _Sum(SE):
    def forward(self, x: Tensor) -> Tensor:
        return x * self.up(self.relu(self.down(x.sum((2, 3))))).sigmoid()[:, :, None, None]


class _BatchMean(SE):
    def forward(self, x: Tensor) -> Tensor:
        return x * self.up(self.relu(self.down(x.mean((0, 2, 3))))).sigmoid()[None, :, None, None]


@pytest.mark.parametrize("slip", [_WithoutReLU, _WithResidual, _HardSigmoid, _Sum, _BatchMean])
def test_record_rejects(slip: type[SE]) -> None:
    for case in (case for case in RECORD.cases if case.cls == "SE"):
        right = build(RECORD, case, se_net)
        wrong = slip(**case.arguments).double()
        wrong.load_state_dict(right.state_dict())
        assert compare(RECORD, case, right).within(RECORD.tolerance)
        assert not compare(RECORD, case, wrong).within(RECORD.tolerance)


def test_record_knows_where_the_stride_is() -> None:
    case = next(case for case in RECORD.cases if case.name == "resnet")
    module = build(RECORD, case, se_net)
    for block in module.modules():
        if isinstance(block, SEBottleneck) and block.conv1.stride == (2, 2):
            block.conv1.stride = (1, 1)
            block.conv3.stride = (2, 2)
    assert not compare(RECORD, case, module).within(RECORD.tolerance)


def test_record_knows_how_the_first_pooling_rounds() -> None:
    case = next(case for case in RECORD.cases if case.name == "resnet")
    module = build(RECORD, case, se_net)
    assert isinstance(module, SEResNet)
    module.maxpool = nn.MaxPool2d(3, 2, 1)
    assert not compare(RECORD, case, module).within(RECORD.tolerance)


def test_dropout_of_senet_is_before_the_classifier() -> None:
    network = SENet((1, 1, 1, 1), dropout=1.0, num_classes=3)
    x = torch.randn(2, 3, 33, 40)
    torch.testing.assert_close(network(x), network.fc.bias.expand(2, 3))


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 16"):
        SE(8)
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 0"):
        SE(8, reduction=0)
    with pytest.raises(ValueError, match="gate: expected one of sigmoid, tanh, relu, got 'hard'"):
        SE(16, gate="hard")  # pyright: ignore[reportArgumentType]  # that is the mistake
    with pytest.raises(ValueError, match="position: expected standard, pre, post or identity, got 'end'"):
        SEBottleneck(64, 16, position="end")  # pyright: ignore[reportArgumentType]  # that is the mistake
    with pytest.raises(ValueError, match="pool: expected 'avg' or 'max', got 'sum'"):
        SE(16, pool="sum")  # pyright: ignore[reportArgumentType]  # that is the mistake


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2)])
def test_any_size_and_one_image(size: tuple[int, int]) -> None:
    x = torch.randn(1, 16, *size)
    assert SE(16).train()(x).shape == x.shape


def test_large_values_in_half_precision() -> None:
    assert SE(16).half()(torch.full((1, 16, 64, 64), 1e3, dtype=torch.float16)).isfinite().all()

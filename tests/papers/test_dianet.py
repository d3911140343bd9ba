"""The shared LSTM: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.dianet import DIALSTM, DIANet, DIAStage
from tests.papers.mutants import rejected


def test_against_the_equations() -> None:
    torch.manual_seed(0)
    module = DIALSTM(8).double()
    x = torch.randn(3, 8, 5, 7, dtype=torch.float64, requires_grad=True)
    h, c = (torch.randn(3, 1, 8, dtype=torch.float64) for _ in range(2))
    y, hidden, cell = module(x, h, c)
    for b in range(3):
        z = torch.stack([x[b, channel].sum() / 35 for channel in range(8)])
        gates = module.from_input[0](z) + module.from_hidden[0](h[b, 0])
        for channel in range(8):
            i, f, g, o = (gates[k * 8 + channel] for k in range(4))
            kept = f.sigmoid() * c[b, 0, channel] + i.sigmoid() * g.tanh()
            gate = o.sigmoid() * kept.sigmoid()
            torch.testing.assert_close(cell[b, 0, channel], kept)
            torch.testing.assert_close(hidden[b, 0, channel], gate)
            torch.testing.assert_close(y[b, channel], x[b, channel] * gate)


def test_without_a_state_it_begins_with_zeros() -> None:
    module, x = DIALSTM(8, num_layers=2).eval(), torch.randn(2, 8, 4, 3)
    zeros = torch.zeros(2, 2, 8)
    for given, wanted in zip(module(x), module(x, zeros, zeros), strict=True):
        torch.testing.assert_close(given, wanted)


def test_the_state_links_the_blocks() -> None:
    module, x = DIALSTM(8).eval(), torch.randn(2, 8, 4, 3, requires_grad=True)
    _, hidden, cell = module(x)
    later, _, _ = module(torch.ones_like(x), hidden, cell)
    (gradient,) = torch.autograd.grad(later.sum(), x)
    assert gradient.abs().min() > 0


class _Tanh(DIALSTM):
    """The output of a common LSTM."""

    def step(self, x: Tensor, hidden: Tensor | None, cell: Tensor | None) -> tuple[Tensor, Tensor]:
        hidden, cell = super().step(x, hidden, cell)
        return hidden / cell.sigmoid() * cell.tanh(), cell


class _NoMemory(DIALSTM):
    """Every block begins anew."""

    def step(self, x: Tensor, hidden: Tensor | None, cell: Tensor | None) -> tuple[Tensor, Tensor]:
        return super().step(x, None, None)


class _SwappedState(DIALSTM):
    def step(self, x: Tensor, hidden: Tensor | None, cell: Tensor | None) -> tuple[Tensor, Tensor]:
        return super().step(x, cell, hidden)


class _FirstLayer(DIALSTM):
    """The gate of the first cell instead of the last."""

    def forward(
        self, x: Tensor, hidden: Tensor | None = None, cell: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        hidden, cell = self.step(x, hidden, cell)
        return x * hidden[:, 0, :, None, None], hidden, cell


@pytest.mark.parametrize("mutant", [_Tanh, _NoMemory, _SwappedState, _FirstLayer])
def test_wrong_versions_are_rejected(mutant: type[DIALSTM]) -> None:
    assert rejected("dianet", mutant, "two-layers")


def test_a_stage_that_forgets_is_rejected() -> None:
    class Forgets(DIAStage):
        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x, _, _ = block(x, self.dia)
            return x

    assert rejected("dianet", Forgets, "stage")


def test_blocks_of_a_stage_share_one_lstm() -> None:
    few, many = DIAStage(16, 4, 2), DIAStage(16, 4, 5)
    sizes = [
        sum(p.numel() for m in stage.modules() if isinstance(m, DIALSTM) for p in m.parameters())
        for stage in (few, many)
    ]
    assert sizes[0] == sizes[1] == 2 * (16 * 4 + 4 + 4 * 64 + 64)


def test_any_size_and_a_single_item() -> None:
    network = DIANet(depth=11, num_classes=5).eval()
    assert network(torch.randn(1, 3, 20, 33)).shape == (1, 5)


def test_half_precision_with_large_values() -> None:
    module = DIALSTM(16).half()
    for out in module(torch.full((2, 16, 40, 40), 1000.0, dtype=torch.half)):
        assert out.isfinite().all()


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to channels=3, got 4"):
        DIALSTM(3)
    with pytest.raises(ValueError, match=r"num_layers: expected at least 1, got 0"):
        DIALSTM(8, num_layers=0)
    with pytest.raises(ValueError, match=r"depth: expected 9n \+ 2, got 50"):
        DIANet(depth=50)
    with pytest.raises(ValueError, match=r"hidden, cell: expected 2 layers, got 1 and 1"):
        DIALSTM(8, num_layers=2)(torch.randn(1, 8, 2, 2), torch.zeros(1, 1, 8), torch.zeros(1, 1, 8))
    with pytest.raises(ValueError, match=r"hidden, cell: expected a batch of 2, got 1 and 1"):
        DIALSTM(8)(torch.randn(2, 8, 2, 2), torch.zeros(1, 1, 8), torch.zeros(1, 1, 8))

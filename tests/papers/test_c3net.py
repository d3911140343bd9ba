"""Cross-channel communication: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.papers.c3net import C3
from tests.papers.mutants import rejected


@pytest.mark.parametrize("groups", [1, 2])
def test_against_the_equations(groups: int) -> None:
    torch.manual_seed(0)
    module = C3(6, 3, 5, reduction=3, group_channels=6 // groups).double()
    x = torch.randn(2, 6, 3, 5, dtype=torch.float64, requires_grad=True)
    rows = []
    for item in x:
        codes = [module.encode(item[c].flatten()) for c in range(6)]
        for c in range(6):
            mine = range(c // (6 // groups) * (6 // groups), (c // (6 // groups) + 1) * (6 // groups))
            weights = [(-((codes[c].mean() - codes[j].mean()) ** 2)).exp() for j in mine]
            message = torch.stack([w * codes[j] for w, j in zip(weights, mine, strict=True)]).sum(0)
            out = module.decode_out(module.decode_in(message / torch.stack(weights).sum()).relu())
            rows.append((item[c] + out.view(3, 5)).relu())
    expected = torch.stack(rows).view(2, 6, 3, 5)
    value = module(x)
    torch.testing.assert_close(value, expected)
    cotangent = torch.randn_like(value)
    (given,) = torch.autograd.grad(value, x, cotangent, retain_graph=True)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


class _Products(C3):
    """Weights from products of means instead of their distances."""

    def forward(self, x: Tensor) -> Tensor:
        codes = self.encode(x.flatten(2))
        m = codes.mean(2)
        weights = (m[:, :, None] * m[:, None]).softmax(2)
        return self._end(x, weights @ codes)

    def _end(self, x: Tensor, messages: Tensor) -> Tensor:
        return (x + self.decode_out(self.decode_in(messages).relu()).view_as(x)).relu()


class _Distance(_Products):
    """The distance that is not squared."""

    def forward(self, x: Tensor) -> Tensor:
        codes = self.encode(x.flatten(2))
        m = codes.mean(2)
        return self._end(x, (m[:, :, None] - m[:, None]).abs().neg().softmax(2) @ codes)


class _MeansOfInput(_Products):
    """Distances between means of the input instead of the codes."""

    def forward(self, x: Tensor) -> Tensor:
        codes = self.encode(x.flatten(2))
        m = x.mean((2, 3))
        return self._end(x, (m[:, :, None] - m[:, None]).square().neg().softmax(2) @ codes)


class _WrongAxis(_Products):
    """Each message is shared out, where each channel's weights should add up to one."""

    def forward(self, x: Tensor) -> Tensor:
        codes = self.encode(x.flatten(2))
        m = codes.mean(2)
        return self._end(x, (m[:, :, None] - m[:, None]).square().neg().softmax(1) @ codes)


class _Detached(_Products):
    """No gradient through the weights."""

    def forward(self, x: Tensor) -> Tensor:
        codes = self.encode(x.flatten(2))
        m = codes.mean(2).detach()
        return self._end(x, (m[:, :, None] - m[:, None]).square().neg().softmax(2) @ codes)


class _NoShortcut(C3):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) - x


@pytest.mark.parametrize("mutant", [_Products, _Distance, _MeansOfInput, _WrongAxis, _Detached, _NoShortcut])
def test_wrong_versions_are_rejected(mutant: type[C3]) -> None:
    assert rejected("c3net", mutant, "reduction")


def test_bilinear_resizing_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    resize = torch.nn.functional.interpolate
    monkeypatch.setattr("torch.nn.functional.interpolate", lambda x, size: resize(x, size, mode="bilinear"))
    assert rejected("c3net", C3, "reduced-maps")


def test_groups_do_not_mix() -> None:
    module = C3(8, 3, 4, reduction=2, group_channels=4)
    x = torch.randn(1, 8, 3, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(module(x)[:, :4].sum(), x)
    assert gradient[:, :4].any()
    assert not gradient[:, 4:].any()


def test_half_precision_with_large_values() -> None:
    out = C3(4, 6, 8).half()(torch.full((2, 4, 6, 8), 1000.0, dtype=torch.half))
    assert out.isfinite().all()


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"reduction: expected 1 to height\*width=6, got 8"):
        C3(4, 2, 3)
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 3 groups, got 10"):
        C3(10, 4, 4, group_channels=3)


def test_maps_of_another_size_are_resized() -> None:
    module, x = C3(2, 4, 5), torch.randn(1, 2, 4, 5)
    double = x.repeat_interleave(2, 2).repeat_interleave(3, 3)
    torch.testing.assert_close(module(double), module(x).repeat_interleave(2, 2).repeat_interleave(3, 3))


def test_a_map_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x: expected 4 channels, got 8"):
        C3(4, 4, 4)(torch.randn(2, 8, 4, 4))

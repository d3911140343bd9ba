"""IEBN: what the shared suite cannot say of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.papers.iebn import IEBN
from tests.papers.mutants import rejected


def test_equations_in_training() -> None:
    module = IEBN(3).double().train()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(4, 3, 2, 5, dtype=torch.float64, requires_grad=True)
    expected = torch.empty_like(x)
    for c in range(3):
        values = x[:, c]
        normed = (values - values.mean()) / (values.var(correction=0) + module.norm.eps).sqrt()
        for b in range(4):
            gate = torch.sigmoid(values[b].mean() * module.gate_weight[c] + module.gate_bias[c])
            expected[b, c] = normed[b] * module.weight[c] * gate + module.bias[c]
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class GateOfNormalised(IEBN):
    """The gate computed after normalisation, where the means no longer tell the items apart in the same way."""

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        gate = (self.gate_weight * normed.mean((2, 3)) + self.gate_bias).sigmoid()
        return normed * (self.weight * gate)[:, :, None, None] + self.bias[:, None, None]


def test_wrong_version_is_rejected() -> None:
    assert rejected("iebn", GateOfNormalised, "default")
    assert not rejected("iebn", IEBN, "default")


def test_a_new_module_is_a_scaled_batch_normalisation() -> None:
    x = torch.randn(3, 4, 5, 2)
    torch.testing.assert_close(IEBN(4).train()(x), nn.BatchNorm2d(4)(x) * torch.sigmoid(torch.tensor(-1.0)))

"""Attentive normalization: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.attentive_normalization import AttentiveNorm, AttentiveNormMobileNetV2
from tests.papers.mutants import rejected


@pytest.mark.parametrize("gate", ["hsigmoid", "sigmoid", "softmax"])
def test_group_form_against_the_equations(gate: str) -> None:
    module = AttentiveNorm(4, 3, groups=2, gate=gate).double()
    project, gate_norm = module.attention
    assert isinstance(project, nn.Linear)
    assert isinstance(gate_norm, nn.GroupNorm)
    nn.init.normal_(gate_norm.weight)
    x = torch.randn(2, 4, 3, 5, dtype=torch.float64, requires_grad=True)
    rows = []
    for item in x:
        z = torch.stack([m.mean() / (m.var() + 1e-3).sqrt() for m in item])
        logits = project.weight @ z
        logits = (logits - logits.mean()) / (logits.var(correction=0) + gate_norm.eps).sqrt()
        logits = logits * gate_norm.weight + gate_norm.bias
        mix = {
            "hsigmoid": ((logits + 3) / 6).clamp(0, 1),
            "sigmoid": logits.sigmoid(),
            "softmax": logits.exp() / logits.exp().sum(),
        }[gate]
        for c in range(4):
            group = item[2 * (c // 2) : 2 * (c // 2) + 2]
            normed = (item[c] - group.mean()) / (group.var(correction=0) + 1e-5).sqrt()
            scale = sum(mix[k] * module.weight[k, c] for k in range(3))
            rows.append(normed * scale + sum(mix[k] * module.bias[k, c] for k in range(3)))
    expected = torch.stack(rows).view_as(x)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


class MeanAlone(AttentiveNorm):
    """Attention that sees the means as they are."""

    def _mix(self, x: Tensor) -> Tensor:
        return nn.functional.hardsigmoid(self.attention(x.mean((2, 3))))


def test_wrong_version_is_rejected() -> None:
    assert rejected("attentive_normalization", MeanAlone, "default")
    assert not rejected("attentive_normalization", AttentiveNorm, "default")


def test_mobilenet_normalises_after_its_depthwise_convolutions() -> None:
    network = AttentiveNormMobileNetV2(num_classes=3)
    norms = {name: module for name, module in network.named_modules() if isinstance(module, AttentiveNorm)}
    assert list(norms)[:2] == ["features.1.conv.0.1", "features.2.conv.1.1"]
    assert [len(norm.weight) for norm in norms.values()] == [5] * 10 + [10] * 7
    assert network(torch.rand(2, 3, 64, 96)).shape == (2, 3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    x = (1000 * torch.randn(2, 4, 16, 16)).to(dtype)
    assert AttentiveNorm(4).to(dtype).train()(x).isfinite().all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="gate: expected hsigmoid, sigmoid or softmax, got 'relu'"):
        AttentiveNorm(4, gate="relu")
    with pytest.raises(ValueError, match="components: expected at least 1, got 0"):
        AttentiveNorm(4, 0)
    with pytest.raises(ValueError, match="groups: expected a divisor of channels=4, got 3"):
        AttentiveNorm(4, groups=3)
    with pytest.raises(ValueError, match="two positions or more"):
        AttentiveNorm(4)(torch.rand(2, 4, 1, 1))


def test_attention_can_see_the_mean_alone() -> None:
    module = AttentiveNorm(6, standardize=False).double().eval()
    x = torch.randn(3, 6, 4, 5, dtype=torch.float64)
    mix = (module.attention(x.mean((2, 3))) + 3).clamp(0, 6) / 6
    expected = (mix @ module.weight)[..., None, None] * module.norm(x) + (mix @ module.bias)[..., None, None]
    torch.testing.assert_close(module(x), expected)
    assert module(torch.randn(2, 6, 1, 1, dtype=torch.float64)).isfinite().all()

"""Polarized self-attention: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.polarized_self_attention import ChannelAttention, PolarizedSelfAttention, SpatialAttention
from tests.papers.mutants import rejected


def _channel_gate(branch: ChannelAttention, x: Tensor) -> Tensor:
    """Eq. 1 for one item ``(C, N)``, with every projection where the paper draws it."""
    query = torch.stack([(branch.query.weight[0] * x[:, n]).sum() for n in range(x.shape[1])]).softmax(0)
    value = torch.stack([branch.value.weight @ x[:, n] for n in range(x.shape[1])], 1)
    projection, norm = branch.up
    assert isinstance(norm, nn.LayerNorm)
    return norm(projection(value @ query)).sigmoid()


def _spatial_gate(branch: SpatialAttention, x: Tensor) -> Tensor:
    """Eq. 2 for one item ``(C, N)``."""
    positions = range(x.shape[1])
    query = torch.stack([branch.query.weight @ x[:, n] for n in positions]).mean(0).softmax(0)
    return torch.stack([(query * (branch.value.weight @ x[:, n])).sum() for n in positions]).sigmoid()


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
def test_paper_form_against_the_equations(layout: str) -> None:
    module = PolarizedSelfAttention(8, layout, "paper").double()
    x = torch.randn(2, 8, 3, 4, dtype=torch.float64, requires_grad=True)
    rows = []
    for item in x.flatten(2):
        by_channel = item * _channel_gate(module.channel, item)[:, None]
        if layout == "parallel":
            rows.append(by_channel + item * _spatial_gate(module.spatial, item))
        else:
            rows.append(by_channel * _spatial_gate(module.spatial, by_channel))
    expected = torch.stack(rows).view_as(x)
    torch.testing.assert_close(module(x), expected)
    cotangent = torch.randn_like(x)
    given, wanted = (torch.autograd.grad(out, x, cotangent)[0] for out in (module(x), expected))
    torch.testing.assert_close(given, wanted)


def test_forms_differ() -> None:
    torch.manual_seed(0)
    module = PolarizedSelfAttention(8).double()
    paper = PolarizedSelfAttention(8, form="paper").double()
    paper.load_state_dict(module.state_dict(), strict=False)
    x = torch.randn(1, 8, 3, 4, dtype=torch.float64)
    assert not torch.allclose(module(x), paper(x))


class SoftmaxOverChannels(PolarizedSelfAttention):
    """The paper's softmax in the released form."""

    def __init__(self, channels: int, layout: str = "parallel", form: str = "released") -> None:
        super().__init__(channels, layout, form)
        self.spatial.softmax = "query"


@pytest.mark.parametrize("case", ["parallel", "sequential"])
def test_wrong_version_is_rejected(case: str) -> None:
    assert rejected("polarized_self_attention", SoftmaxOverChannels, case)
    assert not rejected("polarized_self_attention", PolarizedSelfAttention, case)


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
@pytest.mark.parametrize("form", ["released", "paper"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype, form: str, layout: str) -> None:
    torch.manual_seed(0)
    x = (3000 * torch.randn(2, 32, 16, 16)).to(dtype).requires_grad_()
    out = PolarizedSelfAttention(32, layout, form).to(dtype)(x)
    out.float().mean().backward()
    assert out.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_new_projections_have_the_spread_of_the_released_code() -> None:
    torch.manual_seed(0)
    module = PolarizedSelfAttention(256)
    for layer in (module.channel.value, module.spatial.query, module.spatial.value):
        assert layer.weight.std().item() == pytest.approx((2 / 256) ** 0.5, rel=0.02)


def test_every_layer_is_registered() -> None:
    names = {name for name, _ in PolarizedSelfAttention(16, "sequential").named_parameters()}
    assert {"channel.up.0.weight", "channel.up.1.weight", "channel.up.3.bias", "spatial.value.weight"} <= names


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="layout: expected parallel or sequential, got 'p'"):
        PolarizedSelfAttention(8, "p")
    with pytest.raises(ValueError, match="form: expected released or paper, got 'code'"):
        PolarizedSelfAttention(8, form="code")
    with pytest.raises(ValueError, match="channels: expected at least 16, got 8"):
        PolarizedSelfAttention(8, "sequential")

"""DMSANet: no code was released; a loop over groups, channels and positions stands in for it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from templates.papers.dmsanet import DMSA

CHANNELS, GROUPS, WIDTH = 12, 2, 3


def _filled() -> DMSA:
    torch.manual_seed(0)
    module = DMSA(CHANNELS, GROUPS).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def _naive(module: DMSA, x: Tensor) -> Tensor:
    """The module on one image ``(C, H, W)``."""
    positions = x.shape[1] * x.shape[2]
    bias = module.project.bias
    assert bias is not None
    groups: list[Tensor] = []
    for g in range(GROUPS):
        first = x[2 * WIDTH * g : 2 * WIDTH * g + WIDTH].flatten(1)
        second = x[2 * WIDTH * g + WIDTH : 2 * WIDTH * (g + 1)].flatten(1)
        rows: list[Tensor] = []
        for j in range(WIDTH):
            e = torch.stack([(first[i] @ first[j]).exp() for i in range(WIDTH)])
            rows.append(module.beta[g] * sum(e[i] / e.sum() * first[i] for i in range(WIDTH)) + first[j])
        own = slice(3 * WIDTH * g, 3 * WIDTH * (g + 1))
        maps = module.project.weight[own, :, 0, 0] @ second + bias[own, None]
        b, c, d = maps.split(WIDTH)
        columns: list[Tensor] = []
        for j in range(positions):
            e = torch.stack([(b[:, i] @ c[:, j]).exp() for i in range(positions)])
            received = sum(e[i] / e.sum() * d[:, i] for i in range(positions))
            columns.append(module.alpha[g] * received + second[:, j])
        groups.append(torch.cat((torch.stack(rows), torch.stack(columns, 1))))
    z = [group.sum(1) / positions for group in groups]
    total = torch.stack([value.exp() for value in z]).sum(0)
    return torch.cat([group * (value.exp() / total)[:, None] for group, value in zip(groups, z, strict=True)]).view_as(
        x
    )


def _pair(cls: type[DMSA]) -> tuple[Tensor, Tensor]:
    module = _filled()
    x = torch.randn(2, CHANNELS, 3, 4, dtype=torch.float64) / 2
    expected = torch.stack([_naive(module, item) for item in x])
    module.__class__ = cls
    return module(x), expected


def test_against_a_loop_over_groups_channels_and_positions() -> None:
    module = _filled()
    x = (torch.randn(2, CHANNELS, 3, 4, dtype=torch.float64) / 2).requires_grad_()
    out, expected = module(x), torch.stack([_naive(module, item) for item in x])
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    parameters = list(module.parameters())
    given = torch.autograd.grad(out, [x, *parameters], cotangent)
    wanted = torch.autograd.grad(expected, [x, *parameters], cotangent)
    torch.testing.assert_close(given, wanted)


def test_a_new_module_only_weighs_the_groups() -> None:
    x = torch.randn(2, 16, 5, 3)
    groups = x.view(2, 4, 4, 5, 3)
    expected = groups * groups.mean((3, 4), keepdim=True).softmax(1)
    torch.testing.assert_close(DMSA(16)(x), expected.view_as(x))


def test_one_group_is_weighed_by_one() -> None:
    x = torch.randn(1, 16, 5, 3)
    torch.testing.assert_close(DMSA(16, 1)(x), x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    module = DMSA(16).to(dtype)
    nn.init.ones_(module.beta)
    x = (1000 * torch.randn(2, 16, 16, 16)).to(dtype).requires_grad_()
    out = module(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_autocast_keeps_the_dtype_of_the_input() -> None:
    x = torch.randn(1, 16, 3, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert DMSA(16)(x).dtype == torch.bfloat16


class _HalvesSwapped(DMSA):
    def forward(self, x: Tensor) -> Tensor:
        grouped = x.unflatten(1, (self.groups, 2, -1)).flip(2).flatten(1, 3)
        return super().forward(grouped).unflatten(1, (self.groups, 2, -1)).flip(2).flatten(1, 3)


class _ContrastOfChannels(DMSA):
    """The softmax of minus the products, as in the released dual attention."""

    def attend_to_channels(self, x: Tensor) -> Tensor:
        a = x.flatten(3)
        return x + self.beta[:, None, None, None] * ((-a @ a.mT).softmax(3) @ a).view_as(x)


class _ChannelsNormalisedTheOtherWay(DMSA):
    def attend_to_channels(self, x: Tensor) -> Tensor:
        a = x.flatten(3)
        return x + self.beta[:, None, None, None] * ((a @ a.mT).softmax(2) @ a).view_as(x)


class _PositionsNormalisedTheOtherWay(DMSA):
    def attend_to_positions(self, x: Tensor) -> Tensor:
        maps = self.project(x.flatten(1, 2)).view(len(x), self.groups, 3, x.shape[2], -1)
        b, c, d = maps.unbind(2)
        return x + self.alpha[:, None, None, None] * (d @ (b.mT @ c).softmax(3)).view_as(x)


class _SoftmaxWithinTheGroup(DMSA):
    def forward(self, x: Tensor) -> Tensor:
        grouped = x.unflatten(1, (self.groups, 2, -1))
        f = torch.cat((self.attend_to_channels(grouped[:, :, 0]), self.attend_to_positions(grouped[:, :, 1])), 2)
        return (f * f.mean((3, 4)).softmax(2)[..., None, None]).flatten(1, 2)


@pytest.mark.parametrize(
    "mutant",
    [
        _HalvesSwapped,
        _ContrastOfChannels,
        _ChannelsNormalisedTheOtherWay,
        _PositionsNormalisedTheOtherWay,
        _SoftmaxWithinTheGroup,
    ],
)
def test_the_loop_rejects_wrong_versions(mutant: type[DMSA]) -> None:
    given, expected = _pair(mutant)
    assert not torch.allclose(given, expected, rtol=1e-4)


def test_channels_must_fit_the_groups() -> None:
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 2 \* groups=8, got 12"):
        DMSA(12)
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 2 \* groups=0, got 12"):
        DMSA(12, 0)

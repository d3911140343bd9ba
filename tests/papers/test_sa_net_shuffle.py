"""SA-Net: what the shared suite cannot say of it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.sa_net_shuffle import SABottleneck, SAResNet, ShuffleAttention
from tests.papers.mutants import rejected


def _filled(channels: int, groups: int) -> ShuffleAttention:
    module = ShuffleAttention(channels, groups).double()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_against_a_loop_over_groups(groups: int) -> None:
    channels = 4 * groups
    module = _filled(channels, groups)
    x = torch.randn(2, channels, 3, 5, dtype=torch.float64, requires_grad=True)
    done: list[Tensor] = []
    for k in range(groups):
        for i in range(2):  # the channel half
            plane = x[:, 4 * k + i]
            z = plane.mean((1, 2), keepdim=True)
            done.append(plane * torch.sigmoid(module.channel_weight[0, i] * z + module.channel_bias[0, i]))
        for i in range(2):  # the spatial half
            plane = x[:, 4 * k + 2 + i]
            variance, mean = torch.var_mean(plane, (1, 2), correction=0, keepdim=True)
            z = (plane - mean) / (variance + module.norm.eps).sqrt() * module.norm.weight[i] + module.norm.bias[i]
            done.append(plane * torch.sigmoid(module.spatial_weight[0, i] * z + module.spatial_bias[0, i]))
    half = channels // 2
    expected = torch.stack([done[j // 2 + half * (j % 2)] for j in range(channels)], dim=1)
    out = module(x)
    torch.testing.assert_close(out, expected)
    cotangent = torch.randn_like(out)
    (given,) = torch.autograd.grad(out, x, cotangent)
    (wanted,) = torch.autograd.grad(expected, x, cotangent)
    torch.testing.assert_close(given, wanted)


def test_no_items() -> None:
    assert ShuffleAttention(8, 2)(torch.rand(0, 8, 3, 5)).shape == (0, 8, 3, 5)


def test_a_new_module_shuffles_and_scales_by_one_number() -> None:
    x = torch.randn(2, 8, 3, 5)
    order = torch.tensor([0, 4, 1, 5, 2, 6, 3, 7])
    torch.testing.assert_close(ShuffleAttention(8, 2)(x), x[:, order] * torch.sigmoid(torch.tensor(1.0)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_large_values_stays_finite(dtype: torch.dtype) -> None:
    module = ShuffleAttention(8, 2).to(dtype)
    nn.init.ones_(module.spatial_weight)
    x = (1000 * torch.randn(2, 8, 32, 32)).to(dtype).requires_grad_()
    out = module(x)
    assert out.isfinite().all()
    out.float().mean().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_autocast_keeps_the_dtype_of_the_input() -> None:
    x = torch.randn(1, 8, 3, 5, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert ShuffleAttention(8, 2).to(torch.bfloat16)(x).dtype == torch.bfloat16


class _Mutant(ShuffleAttention):
    """The module in its plain form, with places for slips."""

    channel_first = True
    normalised_together = False
    shuffle_groups = 2

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        halves = x.reshape(batch * self.groups, -1, height, width).chunk(2, 1)
        c, p = halves if self.channel_first else halves[::-1]
        c = c * (self.channel_weight * c.mean((2, 3), keepdim=True) + self.channel_bias).sigmoid()
        norm = self.norm
        z = F.group_norm(p, 1 if self.normalised_together else len(norm.weight), norm.weight, norm.bias, norm.eps)
        p = p * (self.spatial_weight * z + self.spatial_bias).sigmoid()
        out = torch.cat((c, p) if self.channel_first else (p, c), 1)
        return out.view(batch, self.shuffle_groups, -1, height, width).transpose(1, 2).reshape(x.shape)


class _HalvesSwapped(_Mutant):
    channel_first = False


class _NormalisedTogether(_Mutant):
    normalised_together = True


class _NoShuffle(_Mutant):
    shuffle_groups = 1


class _ShuffledByHalfTheChannels(_Mutant):
    """The shuffle's two axes swapped, as in ``channel_shuffle(x, channels // 2)``."""

    def forward(self, x: Tensor) -> Tensor:
        self.shuffle_groups = x.shape[1] // 2
        return super().forward(x)


def test_the_plain_form_is_the_module() -> None:
    assert not rejected("sa_net_shuffle", _Mutant, "groups-4")


@pytest.mark.parametrize("mutant", [_HalvesSwapped, _NormalisedTogether, _NoShuffle, _ShuffledByHalfTheChannels])
def test_wrong_versions_are_rejected(mutant: type[ShuffleAttention]) -> None:
    assert rejected("sa_net_shuffle", mutant, "groups-4")


def test_channels_must_fit_the_groups() -> None:
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 2 \* groups=128, got 64"):
        ShuffleAttention(64)
    with pytest.raises(ValueError, match=r"channels: expected a multiple of 2 \* groups=0, got 64"):
        ShuffleAttention(64, 0)


def test_attention_ends_the_residual_branch() -> None:
    network = SAResNet((1, 1, 1, 1), sa_groups=32, num_classes=3)
    blocks = [module for module in network.modules() if isinstance(module, SABottleneck)]
    assert [len(block.sa.channel_bias[0]) for block in blocks] == [4, 8, 16, 32]
    assert network(torch.randn(2, 3, 32, 64)).shape == (2, 3)

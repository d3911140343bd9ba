"""Region-based non-local block: the plain form, new blocks, and the slips."""

from __future__ import annotations

import attention_atlas as atlas
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from templates.papers.rnl import RNL, ChannelGate
from tests.papers.mutants import rejected


class Plain(RNL):
    """The matrix of all pairs; sources along its first axis, as in the released code."""

    def forward(self, x: Tensor) -> Tensor:
        theta = self.embed(x.flatten(2)).unflatten(2, x.shape[2:])
        region = self.region(theta)
        if self.normalize:
            region = F.normalize(region, dim=1)
        query, key, value = (t.flatten(2) for t in (region, self.keys(theta, region), self.values(theta, region)))
        return x + self.out(value @ self.weights(key.mT @ query)).view_as(x)

    def keys(self, theta: Tensor, region: Tensor) -> Tensor:
        return self.pool(region)

    def values(self, theta: Tensor, region: Tensor) -> Tensor:
        return self.pool(theta)

    def weights(self, products: Tensor) -> Tensor:
        return products.softmax(1) if self.activation == "softmax" else products.relu() / products.shape[1]


class OverQueries(Plain):
    """The softmax over the places that receive."""

    def weights(self, products: Tensor) -> Tensor:
        return products.softmax(2)


class Scaled(Plain):
    """The products divided by the root of their width."""

    def weights(self, products: Tensor) -> Tensor:
        return (products / self.embed.out_channels**0.5).softmax(1)


class RegionsForValues(Plain):
    """Summaries of regions where single places are summed."""

    def values(self, theta: Tensor, region: Tensor) -> Tensor:
        return self.pool(region)


class PlacesForKeys(Plain):
    """Regions compared with single places."""

    def keys(self, theta: Tensor, region: Tensor) -> Tensor:
        return self.pool(theta)


class NotDivided(Plain):
    """The sum for the mean."""

    def weights(self, products: Tensor) -> Tensor:
        return products.relu()


@pytest.mark.parametrize(
    ("mutant", "case"),
    [
        (OverQueries, "sub-sampled"),
        (Scaled, "default"),
        (RegionsForValues, "default"),
        (PlacesForKeys, "default"),
        (NotDivided, "rectified"),
    ],
)
def test_a_slip_is_seen(mutant: type[nn.Module], case: str) -> None:
    assert rejected("rnl", mutant, case)


@pytest.mark.parametrize("case", ["default", "sub-sampled", "rectified-sub-sampled", "unit-length"])
def test_the_plain_form_is_not_rejected(case: str) -> None:
    assert not rejected("rnl", Plain, case)


@pytest.mark.parametrize("norm", [True, False])
def test_a_new_block_changes_nothing(norm: bool) -> None:
    x = torch.rand(1, 8, 3, 5, 4)
    block = nn.Sequential(ChannelGate(8).eval(), RNL(8, norm=norm).train())
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("activation", ["softmax", "relu"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_large_values_in_half_precision(activation: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = RNL(8, kernel_size=3, activation=activation, normalize=activation == "relu").to(dtype)
    nn.init.ones_(module.out[1].weight)  # pyright: ignore[reportIndexIssue, reportArgumentType]
    assert module((torch.rand(2, 8, 3, 6, 5) * 1e3).to(dtype)).isfinite().all()


@pytest.mark.parametrize("activation", ["softmax", "relu"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_layers_of_different_precision_under_autocast(activation: str, dtype: torch.dtype) -> None:
    module = RNL(8, kernel_size=3, activation=activation, sub_sample=True)
    with torch.autocast("cpu", dtype):
        out = module(torch.rand(2, 8, 3, 6, 5))
    out.float().sum().backward()
    assert out.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reduction": 9}, "reduction: expected 1 to channels=8, got 9"),
        ({"kernel_size": 4}, "kernels: expected odd sizes, got 4 and 3"),
        ({"activation": "none"}, "activation: expected softmax or relu, got 'none'"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RNL(8, **arguments)  # pyright: ignore[reportArgumentType]


def test_wrong_arguments_of_the_gate() -> None:
    with pytest.raises(ValueError, match="reduction: expected 1 to channels=8, got 9"):
        ChannelGate(8, 9)


def test_of_released_kernels_what_acts_is_loaded() -> None:
    module = atlas.create("rnl", channels=128, kernel_size=3)
    state = {
        name: torch.rand(shape)
        for name, shape in {
            "theta.weight": (64, 128, 1, 1, 1), "theta.bias": (64,), "penta.weight": (64, 32, 3, 3, 3),
            "W.0.weight": (128, 64, 1, 1, 1), "W.0.bias": (128,), "W.1.weight": (128,), "W.1.bias": (128,),
            "W.1.running_mean": (128,), "W.1.running_var": (128,),
        }.items()
    }  # fmt: skip
    mask = torch.zeros(64, 32, 3, 3, 3)
    for row in range(64):
        mask[row, row % 32] = 1
    atlas.load_official(module, {**state, "penta.mask": mask})
    x = torch.rand(1, 64, 3, 4, 5)
    masked = F.conv3d(x, state["penta.weight"] * mask, padding=1, groups=2)
    torch.testing.assert_close(module.get_submodule("region")(x), masked)

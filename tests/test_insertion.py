"""Putting modules into networks that exist: every recipe of the catalogue, and every way to get it wrong."""

from __future__ import annotations

import copy
import pickle

import attention_atlas as atlas
import pytest
import torch
from attention_atlas import hosts
from attention_atlas.insertion import insert
from torch import nn

from tests.conftest import real_catalogue

RECIPES = [
    (paper.id, index) for paper in real_catalogue().papers if paper.module for index in range(len(paper.module.insert))
]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def _small() -> nn.Sequential:
    """A convolutional network with the layer kinds that inference of channels must tell apart."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()
    )


def _host(name: str) -> nn.Module:
    return hosts.edsr() if name == "edsr" else getattr(hosts, name)(num_classes=5)


@pytest.mark.parametrize(("id", "index"), RECIPES)
def test_recipe_of_the_catalogue_trains(id: str, index: int) -> None:
    recipe = atlas.info(id).recipes[index]
    host = _host(recipe.backbone)
    before = {name: tuple(value.shape) for name, value in host.state_dict().items()}
    example = None if recipe.input is None else torch.rand(1, 3, *recipe.input)
    network = insert(host, id, recipe.where, example=example, **recipe.arguments)
    assert network is host
    after = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    # Modules that take a convolution's place meet maps of a thirty-second of the image, padded by three.
    side = {"deit_s": 224, "edsr": 16}.get(recipe.backbone, 128 if recipe.where.startswith("replace:") else 64)
    network.train()(torch.rand(2, 3, *(recipe.input or (side, side)))).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name
    if not recipe.where.startswith("replace:"):
        assert {name: after[name] for name in before} == before
        new = sum(p.numel() for name, p in network.named_parameters() if "inserted_" in name)
        assert new == sum(p.numel() for p in network.parameters()) - sum(
            p.numel() for p in _host(recipe.backbone).parameters()
        )


def test_old_weights_load_as_they_are() -> None:
    plain = hosts.resnet18()
    network = insert(hosts.resnet18(), "se_net", "after:*.bn2")
    missing, unexpected = network.load_state_dict(plain.state_dict(), strict=False)
    assert unexpected == []
    assert all("inserted_se_net" in name for name in missing)
    assert len(missing) > 0


@pytest.mark.parametrize("place", ["after:1", "before:1", "1"])
def test_module_runs_where_it_was_put(place: str) -> None:
    plain, x = _small().eval(), torch.rand(2, 3, 9, 7)
    network = insert(copy.deepcopy(plain), "se_net", place, reduction=4)
    gate = network.get_submodule("1.inserted_se_net")
    conv, norm, rest = plain[0], plain[1], plain[2:]
    expected = norm(gate(conv(x))) if place.startswith("before") else gate(norm(conv(x)))
    torch.testing.assert_close(network(x), rest(expected))


def test_two_papers_at_one_layer_run_in_turn() -> None:
    plain, x = _small().eval(), torch.rand(2, 3, 9, 7)
    network = insert(copy.deepcopy(plain), "se_net", "after:1", reduction=4)
    insert(network, "simam", "after:1")
    first, second = network.get_submodule("1.inserted_se_net"), network.get_submodule("1.inserted_simam")
    torch.testing.assert_close(network(x), plain[2:](second(first(plain[:2](x)))))


def test_a_sequential_is_extended_at_its_end() -> None:
    stage = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32))
    network = nn.ModuleDict({"stage": stage})
    insert(network, "simam", "after:stage")
    assert list(dict(stage.named_children())) == ["0", "1"], "a child of the Sequential itself would run twice"
    assert "inserted_simam" in dict(stage[1].named_children())


def test_copies_pickles_compiles_and_exports() -> None:
    network = insert(_small().eval(), "se_net", "after:1", reduction=4)
    x = torch.rand(2, 3, 9, 7)
    expected = network(x)
    torch.testing.assert_close(copy.deepcopy(network)(x), expected)
    torch.testing.assert_close(pickle.loads(pickle.dumps(network))(x), expected)  # noqa: S301  our own bytes
    torch.compiler.reset()
    torch.testing.assert_close(torch.compile(network, fullgraph=True, backend="aot_eager")(x), expected)
    torch.testing.assert_close(torch.export.export(network, (x,)).module()(x), expected)


def test_a_copy_uses_its_own_module() -> None:
    network = insert(_small(), "se_net", "after:1", reduction=4)
    twin = copy.deepcopy(network)
    with torch.no_grad():
        for parameter in network.get_submodule("1.inserted_se_net").parameters():
            parameter.fill_(9.0)
    x = torch.rand(2, 3, 9, 7)
    assert not torch.allclose(network.eval()(x), twin.eval()(x))


def test_device_dtype_and_mode_follow_the_layer() -> None:
    network = insert(_small().double().eval(), "se_net", "after:1", reduction=4)
    gate = network.get_submodule("1.inserted_se_net")
    assert {parameter.dtype for parameter in gate.parameters()} == {torch.float64}
    assert not gate.training


def test_channels_come_from_an_example_where_a_layer_does_not_tell() -> None:
    with pytest.raises(ValueError, match=r"2: a ReLU does not tell its channels; give channels=… or example="):
        insert(_small(), "se_net", "after:2")
    network = insert(_small(), "se_net", "after:2", example=torch.rand(1, 3, 8, 8), reduction=4)
    assert network(torch.rand(2, 3, 9, 7)).shape == (2, 64, 9, 7)
    assert insert(_small(), "se_net", "after:2", channels=32)(torch.rand(1, 3, 8, 8)).shape == (1, 64, 8, 8)


def test_height_and_width_come_from_an_example_where_a_module_is_built_for_one_size() -> None:
    with pytest.raises(ValueError, match=r"rga at 4: missing a required argument: 'height'"):
        insert(_small(), "rga", "after:4", channels=64)
    network = insert(_small(), "rga", "after:4", example=torch.rand(1, 3, 16, 9))
    assert network(torch.rand(2, 3, 16, 9)).shape == (2, 64, 16, 9)
    with pytest.raises(ValueError, match="expected a map of 16x9, got 9x16"):
        network(torch.rand(2, 3, 9, 16))


def test_the_super_resolution_host_enlarges() -> None:
    assert hosts.edsr(4)(torch.rand(1, 3, 5, 7)).shape == (1, 3, 20, 28)
    with pytest.raises(ValueError, match="scale: expected a power of two, got 3"):
        hosts.edsr(3)


def test_nothing_matches_names_near_modules() -> None:
    with pytest.raises(ValueError, match=r"no module of ResNet matches '\*\.bn4'; near: .*bn"):
        insert(hosts.resnet18(), "se_net", "after:*.bn4")


def test_second_insertion_is_refused() -> None:
    network = insert(_small(), "se_net", "after:1", reduction=4)
    with pytest.raises(ValueError, match=r"se_net is already there: 1\.inserted_se_net"):
        insert(network, "se_net", "after:1", reduction=4)


def test_wrong_rank_is_refused() -> None:
    tokens = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8))
    with pytest.raises(ValueError, match=r"1: se_net expects 4 axes \(B C H W\), got 3"):
        insert(tokens, "se_net", "after:1")


def test_a_module_that_changes_the_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="only a module that keeps the shape"):
        insert(_small(), "deeplab_v2_aspp", "after:1")


def test_unknown_argument_is_refused_and_nothing_changes() -> None:
    network = _small()
    with pytest.raises(ValueError, match=r"se_net at 1: .*'ratio'"):
        insert(network, "se_net", "after:1", ratio=4)
    assert not any("inserted_" in name for name, _ in network.named_modules())


def test_a_stub_is_refused() -> None:
    stub = next(paper for paper in real_catalogue().papers if paper.module is None and paper.nothing_to_build is None)
    with pytest.raises(NotImplementedError, match="not implemented yet"):
        insert(_small(), stub.id, "after:1")


def test_wrong_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \[after:\|before:\|replace:\]GLOB, got 'beside:1'"):
        insert(_small(), "se_net", "beside:1")


def test_replace_hands_the_geometry_on() -> None:
    network = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False))
    insert(network, "condconv", "replace:0", num_experts=3)
    assert type(network[0]).__name__ == atlas.info("condconv").cls
    assert network(torch.rand(2, 8, 12, 10)).shape == (2, 16, 6, 5)
    with pytest.raises(ValueError, match="only convolutions and normalisations can be replaced, got ReLU"):
        insert(_small(), "condconv", "replace:2")
    with pytest.raises(ValueError, match="takes no channels alone: it cannot replace a normalisation"):
        insert(_small(), "condconv", "replace:1")
    with pytest.raises(
        ValueError, match="0: SE cannot replace a convolution from 3 to 32 channels: it keeps their number"
    ):
        insert(_small(), "se_net", "replace:0")


def test_tokens_take_modules_for_tokens_only() -> None:
    with pytest.raises(ValueError, match="expects 4 axes"):
        insert(hosts.deit_s(), "simam", "after:blocks.*.norm1")

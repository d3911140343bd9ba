"""Putting modules into networks that exist: every recipe of the catalogue, and every way to get it wrong."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from types import SimpleNamespace

import attention_atlas as atlas
import pytest
import torch
from attention_atlas import hosts
from attention_atlas.insertion import insert
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

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


@pytest.mark.parametrize(
    ("host", "params", "macs"),
    [
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet50", 25_557_032, 4_089_184_256),
        ("resnet101", 44_549_160, 7_801_405_440),
        ("mobilenet_v2", 3_504_872, 300_774_272),
        ("deit_s", 22_050_664, 4_598_882_304),
    ],
)
def test_hosts_have_the_size_that_is_published(host: str, params: int, macs: int) -> None:
    with torch.device("meta"):
        network = getattr(hosts, host)().eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, 224, 224, device="meta"))
    assert sum(parameter.numel() for parameter in network.parameters()) == params
    assert counter.get_total_flops() == 2 * macs


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
    signal = nn.Sequential(nn.Conv1d(8, 8, 3), nn.BatchNorm1d(8), nn.ReLU())
    for place in ("after:1", "before:0"):
        with pytest.raises(ValueError, match=r"[01]: simam expects 4 axes \(B C H W\), got 3"):
            insert(signal, "simam", place)
    with pytest.raises(ValueError, match=r"2: simam expects 4 axes \(B C H W\), got 3"):
        insert(signal, "simam", "after:2", example=torch.rand(1, 8, 9))
    with pytest.raises(ValueError, match=r"0: condconv expects 4 axes \(B C H W\), got 3"):
        insert(signal, "condconv", "replace:0")


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
    survey = next(paper for paper in real_catalogue().papers if paper.nothing_to_build)
    assert survey.nothing_to_build
    with pytest.raises(NotImplementedError, match=re.escape(survey.nothing_to_build.en)):
        insert(_small(), survey.id, "after:1")


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
    for where in ("after:blocks.*.norm1", "before:head"):
        with pytest.raises(ValueError, match=r"expects 4 axes \(B C H W\), but the channels of a .* come last$"):
            insert(hosts.deit_s(), "simam", where)
    with pytest.raises(ValueError, match=r"Linear come last; if those of blocks\.0 do not, give example=<an input>"):
        insert(hosts.deit_s(), "simam", "after:blocks.0")


class _TokenGate(nn.Module):
    """Stands for a paper's module that maps tokens to tokens."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(x).sigmoid()


@pytest.mark.parametrize("shape", ["B N D -> B N D", "B N C -> B N C"])
def test_token_networks_take_token_modules(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paper = dataclasses.replace(atlas.info("se_net"), id="token_gate", cls="_TokenGate", shape=shape, axes={})
    monkeypatch.setattr(atlas, "info", lambda id: paper)
    monkeypatch.setattr(atlas, "load", lambda id: SimpleNamespace(_TokenGate=_TokenGate))
    x = torch.rand(2, 3, 32, 32)
    for where in ("after:blocks.*.attn", "after:blocks.*.norm1", "before:blocks.?", "after:blocks.*.mlp.fc1"):
        for example in (None, x):
            host = hosts.DeiT(dim=48, depth=3, num_heads=3, patch_size=8, image_size=32, num_classes=5)
            network = insert(host, "token_gate", where, example=example)
            found = [m for m in network.modules() if isinstance(m, _TokenGate)]
            assert [gate.gate.in_features for gate in found] == [192 if "fc1" in where else 48] * 3
            network(x).sum().backward()
            assert all(gate.gate.weight.grad is not None for gate in found)
    with pytest.raises(ValueError, match=r"0: token_gate expects 3 axes .*, got 4"):
        insert(_small(), "token_gate", "after:0")
    signal = nn.Sequential(nn.Conv1d(8, 8, 3))
    with pytest.raises(ValueError, match=r"0: token_gate .*, but the channels of a Conv1d come second"):
        insert(signal, "token_gate", "after:0")


class _Permuted(nn.Module):
    """A block whose parts have their channels last; what it hands on has them second, or last."""

    def __init__(self, back: bool) -> None:
        super().__init__()
        self.back = back
        self.norm = nn.LayerNorm(32)
        self.linear = nn.Linear(32, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear(self.norm(x.permute(0, 2, 3, 1)))
        return x.permute(0, 3, 1, 2) if self.back else x


def test_maps_with_their_channels_last_are_refused() -> None:
    x = torch.rand(2, 3, 9, 7)
    network = nn.Sequential(nn.Conv2d(3, 32, 3), _Permuted(back=True))
    with pytest.raises(ValueError, match="give example="):
        insert(network, "se_net", "after:1")
    assert insert(network, "se_net", "after:1", example=x)(x).shape == (2, 32, 7, 5)
    network = nn.Sequential(nn.Conv2d(3, 32, 3), _Permuted(back=False))
    with pytest.raises(ValueError, match=r"1: se_net .*, but the channels of \(2, 7, 5, 32\) come last"):
        insert(network, "se_net", "after:1", example=x)


def test_a_layer_that_two_names_lead_to_is_extended_once() -> None:
    network = insert(hosts.resnet18(), "simam", "after:layer[34]*")
    for name, layer in network.named_modules():
        hooks = len(layer._forward_hooks)  # pyright: ignore[reportPrivateUsage]
        assert hooks == ("inserted_simam" in dict(layer.named_children())), name


class _Shared(nn.Module):
    """One convolution under two names, run twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 4, 3, padding=1)
        self.second = self.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


def test_a_shared_layer_is_found_by_each_name_and_stays_shared() -> None:
    network, x = _Shared().eval(), torch.rand(1, 4, 6, 5)
    conv = network.first
    expected_by = insert(copy.deepcopy(network), "simam", "after:second")
    gate = atlas.create("simam")
    torch.testing.assert_close(expected_by(x), gate(conv(gate(conv(x)))))
    insert(network, "condconv", "replace:second", num_experts=2)
    assert network.first is network.second
    assert type(network.first).__name__ == "CondConv2d"


def test_a_layer_that_runs_with_several_widths_is_refused() -> None:
    with pytest.raises(ValueError, match=r"layer1\.0\.relu runs several times, with 64 and 256 channels"):
        insert(hosts.resnet50(), "se_net", "after:layer1.*.relu", example=torch.rand(1, 3, 32, 32))
    network = insert(hosts.resnet18(), "se_net", "after:*.relu", example=torch.rand(1, 3, 64, 48))
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 1000)


def test_layers_that_do_not_run_or_hand_on_several_tensors_are_refused() -> None:
    attention = nn.ModuleDict({"attn": nn.MultiheadAttention(8, 2)})
    with pytest.raises(ValueError, match=r"attn\.out_proj is never called: nn\.MultiheadAttention reads its weights"):
        insert(attention, "simam", "after:attn.out_proj")
    with pytest.raises(ValueError, match="attn: a MultiheadAttention hands on several tensors"):
        insert(attention, "simam", "after:attn")

    class Pair(nn.Conv2d):
        def forward(self, input: torch.Tensor) -> tuple[torch.Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
            return super().forward(input), None

    network = nn.Sequential(Pair(3, 3, 3))
    with pytest.raises(ValueError, match="0: expected one tensor after it, got tuple"):
        insert(network, "simam", "after:0", example=torch.rand(1, 3, 5, 5))
    with pytest.raises(ValueError, match="expected one tensor from a Pair, got a tuple"):
        insert(network, "simam", "after:0")(torch.rand(1, 3, 5, 5))


class _Named(nn.Module):
    """Calls its layer with the input by name."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(input=x)


@pytest.mark.parametrize("example", [None, torch.rand(1, 3, 6, 6)], ids=["blind", "tried"])
def test_a_layer_called_with_its_input_by_name(example: torch.Tensor | None) -> None:
    network, x = _Named().eval(), torch.rand(2, 3, 6, 5)
    expected = network.conv(atlas.create("simam")(x))
    insert(network, "simam", "before:conv", example=example)
    torch.testing.assert_close(network(x), expected)
    torch.compiler.reset()
    torch.testing.assert_close(torch.compile(network, fullgraph=True, backend="aot_eager")(x), expected)
    torch.testing.assert_close(torch.export.export(network, (x,)).module()(x), expected)


def test_channels_that_contradict_the_layer_are_refused() -> None:
    with pytest.raises(ValueError, match="1 has 32 channels, but channels=33 was given"):
        insert(_small(), "se_net", "after:1", channels=33)
    network = _small()
    with pytest.raises(ValueError, match=r"2: se_net does not fit \(1, 32, 8, 8\)"):
        insert(network, "se_net", "after:2", channels=33, example=torch.rand(1, 3, 8, 8))
    assert not any("inserted_" in name for name, _ in network.named_modules())


def test_replace_refuses_what_would_be_lost() -> None:
    def replace(layer: nn.Module, id: str = "cotnet") -> None:
        insert(nn.Sequential(layer), id, "replace:0")

    with pytest.raises(ValueError, match=r"0: CoT pads so that only the stride changes .*padding=\(0, 0\)"):
        replace(nn.Conv2d(32, 32, 3))
    with pytest.raises(ValueError, match="0: CondConv2d pads with zeros, the layer has 'circular'"):
        replace(nn.Conv2d(8, 8, 3, padding=1, padding_mode="circular"), "condconv")
    with pytest.raises(ValueError, match="0: CoT takes no stride, the layer has 2"):
        replace(nn.Conv2d(32, 32, 3, stride=2, padding=1))
    with pytest.raises(ValueError, match="kernel_size=\\(3, 1\\) differs by axis"):
        replace(nn.Conv2d(8, 8, (3, 1)), "condconv")
    network = insert(nn.Sequential(nn.Conv2d(32, 32, 3, padding=1)), "simam", "after:0")
    with pytest.raises(ValueError, match="0 carries inserted_simam, which would go with it; replace first"):
        insert(network, "condconv", "replace:0")
    network = insert(nn.Sequential(nn.Conv2d(8, 8, 3)), "condconv", "replace:0")
    with pytest.raises(ValueError, match="condconv is already there: 0"):
        insert(network, "condconv", "replace:0")


def test_replace_hands_all_of_a_convolution_on() -> None:
    for layer in (
        nn.Conv2d(8, 16, 3, stride=2, padding=2, dilation=2, groups=4, bias=False),
        nn.Conv2d(8, 8, 5, padding="same"),
        nn.Conv2d(8, 4, 1),
    ):
        x = torch.rand(2, 8, 12, 10)
        network = insert(nn.Sequential(copy.deepcopy(layer)), "condconv", "replace:0", example=x, num_experts=2)
        assert network(x).shape == layer(x).shape
        assert (network[0].bias is None) == (layer.bias is None)
    with pytest.raises(ValueError, match=r"condconv does not keep the shape: expected \(1, 8, 4, 4\), got"):
        insert(nn.Sequential(nn.Conv2d(8, 8, 3)), "condconv", "replace:0", example=torch.rand(1, 8, 6, 6), padding=1)


def test_networks_without_storage_frozen_or_replicated() -> None:
    with torch.device("meta"):
        network = hosts.resnet18()
    insert(network, "cbam", "after:*.bn2")
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}
    network = insert(hosts.resnet18().requires_grad_(False).eval(), "se_net", "after:*.bn2")
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert trained == {name for name, _ in network.named_parameters() if "inserted_" in name}
    assert not any(module.training for module in network.modules())


def test_a_replica_runs_its_own_module() -> None:
    """What ``DataParallel`` does: a copy of each module's dictionary, whose parts are then set anew."""
    network = insert(nn.Sequential(nn.Identity()), "se_net", "after:0", channels=8, reduction=4)
    layer = network[0]
    replica = layer._replicate_for_data_parallel()  # pyright: ignore[reportPrivateUsage]
    replica.inserted_se_net = nn.Flatten()
    x = torch.rand(2, 8, 3, 5)
    assert replica(x).shape == (2, 120)
    assert layer(x).shape == x.shape


def test_the_changed_network_loads_its_own_state() -> None:
    networks = [insert(hosts.resnet18(), "se_net", "after:*.bn2").eval() for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    x = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(networks[1](x), networks[0](x))


@pytest.mark.parametrize("place", ["after", "before"])
def test_a_layer_exchanged_for_another_kind_runs_what_it_carries(place: str) -> None:
    network = insert(insert(_small(), "se_net", f"{place}:1", reduction=4), "simam", f"{place}:1").eval()
    x = torch.rand(2, 3, 9, 7)
    expected = network(x)
    for source in (network, pickle.loads(pickle.dumps(network))):  # noqa: S301  our own bytes
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(source)
        assert isinstance(converted.get_submodule("1"), nn.SyncBatchNorm)
        torch.testing.assert_close(converted(x), expected)
        # Once more changes nothing: each module runs once.
        torch.testing.assert_close(nn.SyncBatchNorm.convert_sync_batchnorm(converted)(x), expected)


def test_a_network_compiled_before_the_insertion_is_compiled_anew() -> None:
    network, x = _small().eval(), torch.rand(2, 3, 9, 7)
    compiled = torch.compile(network, backend="eager")
    before = compiled(x)
    insert(network, "se_net", "after:1", reduction=4)
    torch.testing.assert_close(compiled(x), network(x))
    assert not torch.allclose(compiled(x), before)


class _Steps(nn.Sequential):
    """A Sequential that runs its steps itself, as torchvision's ASPPPooling does."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        for step in self:
            input = step(input)
        return input


class _CalledDict(nn.ModuleDict):
    """A ModuleDict that can be called."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for step in self.values():
            x = step(x)
        return x


@pytest.mark.parametrize("body", [_Steps(nn.Conv2d(3, 16, 3)), _CalledDict({"conv": nn.Conv2d(3, 16, 3)})])
def test_a_container_that_runs_its_children_itself_is_refused(body: nn.Module) -> None:
    network = nn.Sequential(body)
    for place in ("after", "before"):
        with pytest.raises(ValueError, match=r"0 is a _\w+ with a forward of its own, which may take a new child"):
            insert(network, "simam", f"{place}:0")
    with pytest.raises(ValueError, match="0 is a ModuleList, which is never called"):
        insert(nn.Sequential(nn.ModuleList([nn.ReLU()])), "simam", "after:0")


@pytest.mark.parametrize(
    ("parts", "channels"),
    [
        ([nn.Conv2d(3, 32, 3), nn.ConvTranspose2d(32, 16, 2, 2)], 16),
        ([nn.ConvTranspose2d(3, 16, 2, 2), nn.ReLU()], 16),
        ([nn.Conv2d(3, 64, 3), nn.PixelShuffle(2)], None),
        ([nn.Conv2d(3, 16, 3), nn.Flatten(1)], None),
    ],
)
def test_channels_of_a_block_are_those_of_what_changes_them_last(parts: list[nn.Module], channels: int | None) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = parts

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.b(self.a(x))

    network = nn.Sequential(Block())
    if channels is None:
        with pytest.raises(ValueError, match="0: a Block does not tell its channels; give channels=… or example="):
            insert(network, "se_net", "after:0", reduction=4)
    else:
        insert(network, "se_net", "after:0", reduction=4)
        assert network(torch.rand(1, 3, 9, 7)).shape[1] == channels


def test_channels_before_a_rearrangement_are_not_guessed() -> None:
    class Down(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fold, self.conv = nn.PixelUnshuffle(2), nn.Conv2d(32, 16, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(self.fold(x))

    with pytest.raises(ValueError, match="0: a Down does not tell its channels"):
        insert(nn.Sequential(Down()), "se_net", "before:0", reduction=4)


def test_the_rank_is_that_of_the_kind_whatever_its_name() -> None:
    class Mine(nn.Conv1d):
        pass

    with pytest.raises(ValueError, match=r"0: se_net expects 4 axes \(B C H W\), got 3"):
        insert(nn.Sequential(Mine(3, 16, 3)), "se_net", "after:0")


def test_what_the_constructor_says_names_paper_and_layer() -> None:
    network = _small()
    with pytest.raises(ValueError, match=r"^se_net at 1: "):
        insert(network, "se_net", "after:1", reduction="x")
    assert not any("inserted_" in name for name, _ in network.named_modules())


@pytest.mark.parametrize("where", [None, ["after:1"]])
def test_a_place_that_is_no_text_is_refused(where: object) -> None:
    with pytest.raises(TypeError, match=r"where: expected a text such as 'after:\*\.bn2', got a (NoneType|list)"):
        insert(_small(), "se_net", where)  # pyright: ignore[reportArgumentType]

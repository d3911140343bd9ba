"""Every parity record replays, and fails on a module that is only nearly right."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from generator.catalogue.model import Paper
from generator.errors import EvidenceError
from generator.evidence.record import EvidenceRecord, RecordedCase, key_maps, load_record
from generator.evidence.replay import build, compare, leaves, make_inputs
from generator.verification import code_hash, read
from templates.blocks.key_map import matches
from tests.conftest import real_catalogue, real_project

RECORDS = sorted(real_project().evidence.glob("*.json"))
IDS = [path.stem for path in RECORDS]


@pytest.fixture(params=RECORDS, ids=IDS)
def record(request: pytest.FixtureRequest) -> EvidenceRecord:
    """One record after the other."""
    return load_record(request.param)


@pytest.fixture
def namespace(record: EvidenceRecord) -> ModuleType:
    """The generated module that the record is about."""
    return importlib.import_module(f"attention_atlas.papers.{record.id}")


def test_record_replays(record: EvidenceRecord, namespace: ModuleType) -> None:
    for case in record.cases:
        comparison = compare(record, case, build(record, case, namespace))
        assert comparison.within(record.tolerance), comparison


def test_record_has_two_configurations_and_uneven_sizes(record: EvidenceRecord) -> None:
    assert len(record.cases) >= 2
    assert len({str((case.cls, case.arguments)) for case in record.cases}) >= 2 or not record.cases[0].arguments
    shapes = [
        tuple(tensor.shape) for case in record.cases for tensor in leaves(make_inputs(case.inputs, torch.float64))
    ]
    maps = [shape for shape in shapes if len(shape) >= 4]
    assert not maps or any(shape[-1] != shape[-2] for shape in maps)


def _sensitive(record: EvidenceRecord, cls: str, module: nn.Module) -> list[str]:
    """Parameters whose change must show."""
    exempt = [*record.maps[cls].inert, *record.maps[cls].dead]
    return [name for name, _ in module.named_parameters() if not matches(name, exempt)]


Change = Callable[[nn.Module], Callable[[], object]]
"""Something done to a module; it returns how to undo it."""


def _differs(record: EvidenceRecord, case_modules: list[tuple[RecordedCase, nn.Module]], change: Change) -> bool:
    for case, module in case_modules:
        with torch.no_grad():
            undo = change(module)
        try:
            if not compare(record, case, module, gradients=False).within(record.tolerance):
                return True
            if not compare(record, case, module).within(record.tolerance):
                return True
        finally:
            with torch.no_grad():
                undo()
    return False


class _Off(nn.Module):
    """A module whose outputs are a hundredth too large."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: object) -> list[torch.Tensor]:
        return [output * 1.01 for output in leaves(self.module(*inputs))]


def test_outputs_off_by_a_hundredth_fail_in_every_case(record: EvidenceRecord, namespace: ModuleType) -> None:
    for case in record.cases:
        off = compare(record, case, _Off(build(record, case, namespace)), gradients=False)
        assert off.error > 1e-4, f"{case.name}: an error of a hundredth of the output counts as {off.error}"


def test_a_parameter_off_by_a_hundredth_fails(record: EvidenceRecord, namespace: ModuleType) -> None:
    for cls in record.maps:
        modules = [(case, build(record, case, namespace)) for case in record.cases if case.cls == cls]
        names = dict.fromkeys(name for _, module in modules for name in _sensitive(record, cls, module))
        for name in names:

            def scale(module: nn.Module, name: str = name) -> Callable[[], object]:
                parameter = module.get_parameter(name)
                before = parameter.clone()
                parameter.mul_(1.01)
                return lambda: parameter.copy_(before)

            having = [(case, module) for case, module in modules if name in dict(module.named_parameters())]
            assert _differs(record, having, scale), f"{cls}.{name} times 1.01 goes unnoticed"


def test_swapped_parameters_fail(record: EvidenceRecord, namespace: ModuleType) -> None:
    for cls in record.maps:
        having: dict[tuple[str, str], list[tuple[RecordedCase, nn.Module]]] = {}
        for case in (case for case in record.cases if case.cls == cls):
            module = build(record, case, namespace)
            by_shape: dict[tuple[int, ...], list[str]] = {}
            for name in _sensitive(record, cls, module):
                by_shape.setdefault(tuple(module.get_parameter(name).shape), []).append(name)
            for names in by_shape.values():
                for pair in pairwise(names):
                    having.setdefault(pair, []).append((case, module))
        for pair, modules in having.items():
            if any(matches(pair[0], [name]) and matches(pair[1], [name]) for name in record.maps[cls].alike):
                continue

            def swap(module: nn.Module, pair: tuple[str, str] = pair) -> Callable[[], object]:
                a, b = (module.get_parameter(name) for name in pair)
                kept = a.clone(), b.clone()
                a.copy_(kept[1])
                b.copy_(kept[0])
                return lambda: (a.copy_(kept[0]), b.copy_(kept[1]))

            assert _differs(record, modules, swap), f"{cls}: {' and '.join(pair)} can be swapped unnoticed"


def test_swapped_height_and_width_fail(record: EvidenceRecord, namespace: ModuleType) -> None:
    for case in record.cases:
        shapes = [spec.shape for spec in case.inputs if spec.shape and len(spec.shape) >= 4]
        if not any(shape[-1] != shape[-2] for shape in shapes):
            continue
        turned = case.model_copy(
            update={
                "inputs": [
                    spec.model_copy(update={"shape": [*spec.shape[:-2], spec.shape[-1], spec.shape[-2]]})
                    if spec.shape and len(spec.shape) >= 4
                    else spec
                    for spec in case.inputs
                ]
            }
        )
        try:
            within = compare(record, turned, build(record, case, namespace)).within(record.tolerance)
        except (ValueError, RuntimeError):
            within = False  # a module for maps of one size refuses the other
        assert not within


def test_dead_parameters_have_no_gradient(record: EvidenceRecord, namespace: ModuleType) -> None:
    for case in record.cases:
        dead = key_maps(record)[case.cls]["dead"]
        if not dead:
            continue
        module = build(record, case, namespace)
        inputs = make_inputs(case.inputs, getattr(torch, record.dtype))
        torch.stack([out.sum() for out in leaves(module(*inputs)) if out.requires_grad]).sum().backward()
        for name, parameter in module.named_parameters():
            if matches(name, dead):
                assert parameter.grad is None or not parameter.grad.any(), name


def test_inert_parameters_do_not_change_the_output(record: EvidenceRecord, namespace: ModuleType) -> None:
    for case in record.cases:
        inert = record.maps[case.cls].inert
        module = build(record, case, namespace)
        names = [name for name, _ in module.named_parameters() if matches(name, inert)]
        with torch.no_grad():
            for name in names:
                module.get_parameter(name).mul_(1.01)
        assert compare(record, case, module).within(record.tolerance), names


def _changed(path: Path, change: Callable[[dict[str, Any]], object], folder: Path) -> Path:
    """The record at ``path``, changed, in a folder of its own."""
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    copy = folder / path.name
    copy.write_text(json.dumps(data), encoding="utf-8")
    return copy


def _first_output(**fields: float) -> Callable[[dict[str, Any]], object]:
    return lambda data: data["cases"][0]["outputs"][0].update(fields)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_first_output(scale=math.inf), "cases.0.outputs.0.scale: Input should be a finite number"),
        (_first_output(norm=math.nan), "cases.0.outputs.0.norm: Input should be"),
        (_first_output(scale=-1.0), "cases.0.outputs.0.scale: Input should be greater than or equal to 0"),
        (lambda data: data["cases"].append(data["cases"][0]), "there are two cases [a-z-]+$"),
    ],
)
def test_a_record_that_could_not_fail_is_refused(
    change: Callable[[dict[str, Any]], object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(EvidenceError, match=says):
        load_record(_changed(RECORDS[0], change, tmp_path))


def test_what_is_no_json_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "cgd.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"^tests/evidence/cgd\.json: Invalid JSON"):
        load_record(path)


def test_a_scale_too_large_hides_no_error(record: EvidenceRecord, namespace: ModuleType) -> None:
    case = record.cases[0]
    module, sample = build(record, case, namespace), case.outputs[0]
    for factor in (1.01, 1e30):
        wide = sample.model_copy(update={"scale": sample.scale * factor})
        changed = case.model_copy(update={"outputs": [wide, *case.outputs[1:]]})
        assert compare(record, changed, module, gradients=False).error == math.inf


def test_expected_numbers_are_finite(record: EvidenceRecord) -> None:
    for case in record.cases:
        for sample in [*case.outputs, *case.input_gradients]:
            assert all(math.isfinite(value) for value in [sample.norm, sample.total, sample.scale, *sample.values])


@pytest.mark.parametrize("paper", [p for p in real_catalogue().papers if p.module], ids=lambda paper: paper.id)
def test_a_published_count_is_met_or_explained(paper: Paper) -> None:
    reports = read(real_project().reports / "verification.json")
    row = reports.current(paper.id, (real_project().package / "papers" / f"{paper.id}.py").read_text(encoding="utf-8"))
    missed = {figure.model for figure in row.figures if False in (figure.params_fit, figure.macs_fit)} if row else set()
    for figure in paper.reported:
        if (figure.params or figure.macs) and (figure.built is None or figure.model in missed):
            assert figure.note, f"{figure.model}: say by how much it is missed and why"


@pytest.mark.parametrize("paper", [p for p in real_catalogue().papers if p.module], ids=lambda paper: paper.id)
def test_report_is_about_the_code_that_ships(paper: Paper) -> None:
    text = (real_project().package / "papers" / f"{paper.id}.py").read_text(encoding="utf-8")
    row = read(real_project().reports / "verification.json").current(paper.id, text)
    assert row is not None, (
        f"{paper.id} is not verified (hash {code_hash(text)[:12]}…); run: python -m generator verify {paper.id}"
    )
    if (real_project().evidence / f"{paper.id}.json").exists():
        assert row.level == "parity"

"""The contract of every implementation, parametrised by the catalogue: ``pytest tests/test_modules.py -k cbam``."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from generator.catalogue.model import Paper
from generator.evidence.contract import CHECKS, subjects
from tests.conftest import real_catalogue, real_project

IMPLEMENTED = [paper for paper in real_catalogue().papers if paper.module is not None]
STUBS = [paper for paper in real_catalogue().papers if paper.module is None]
VARIANTS = [(paper, name) for paper in IMPLEMENTED if paper.module for name in paper.module.variants]


def _id(value: object) -> str:
    return value.id if isinstance(value, Paper) else str(value)


def _load(paper: Paper) -> ModuleType:
    return importlib.import_module(f"attention_atlas.papers.{paper.id}")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("paper", IMPLEMENTED, ids=_id)
def test_contract(paper: Paper, check: str) -> None:
    found = subjects(paper, _load(paper))
    tested = [subject for subject in found if not subject.exempt(check)]
    for subject in tested:
        CHECKS[check](subject)
    if not tested:
        pytest.skip(f"exempt: {next(e.reason.en for e in found[0].module.exempt if e.check == check)}")


@pytest.mark.parametrize(("paper", "name"), VARIANTS, ids=_id)
def test_variant_is_a_network_from_images_to_classes(paper: Paper, name: str) -> None:
    assert paper.module is not None
    variant = paper.module.variants[name]
    with torch.device("meta"):
        network = getattr(_load(paper), name)()
    assert type(network).__name__ == variant.cls
    classes = inspect.signature(getattr(_load(paper), name)).parameters["num_classes"].default
    with torch.no_grad():
        result = network.eval()(torch.empty(2, 3, variant.input, variant.input, device="meta"))
    assert result.shape == (2, classes)


@pytest.mark.parametrize("paper", STUBS, ids=_id)
def test_stub_raises_and_says_where_the_paper_is(paper: Paper) -> None:
    module = _load(paper)
    (name,) = module.__all__
    assert issubclass(getattr(module, name), nn.Module)
    with pytest.raises(NotImplementedError) as caught:
        getattr(module, name)()
    assert paper.paper_url in str(caught.value)
    assert paper.title in str(caught.value)


@pytest.mark.parametrize("paper", real_catalogue().papers, ids=_id)
def test_module_imports_nothing_but_torch_and_the_standard_library(paper: Paper) -> None:
    text = (real_project().package / "papers" / f"{paper.id}.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a copied file must work alone"
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            assert top == "torch" or top in sys.stdlib_module_names, name

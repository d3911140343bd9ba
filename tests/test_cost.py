"""The closed forms of the catalogue against the counters, at several shapes."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from generator.catalogue import cost
from generator.catalogue.model import Paper
from generator.evidence.contract import Subject, subjects
from generator.evidence.verify import count
from tests.conftest import real_catalogue

WITH_COST = [paper for paper in real_catalogue().papers if paper.module is not None and paper.module.cost is not None]


def _values(subject: Subject, sizes: dict[str, int]) -> dict[str, Any]:
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(subject.factory).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    return {**defaults, **subject.arguments, **sizes}


def _same_mode(subject: Subject, example: Subject) -> bool:
    """Whether a case differs from the example in numbers and flags alone: a form speaks of one named mode."""
    given = _values(subject, {})
    return all(
        isinstance(given[name], (int, float)) and isinstance(value, (int, float))
        for name, value in _values(example, {}).items()
        if given.get(name) != value
    )


@pytest.mark.parametrize("paper", WITH_COST, ids=lambda paper: paper.id)
def test_closed_forms_equal_the_counters(paper: Paper) -> None:
    assert paper.module is not None
    assert paper.module.cost is not None
    params, macs = cost.parse(paper.module.cost.params), cost.parse(paper.module.cost.macs)
    compared = 0
    cases = subjects(paper, importlib.import_module(f"templates.papers.{paper.id}"))
    for subject in cases:
        if not _same_mode(subject, cases[0]):
            continue
        for which in (0, 1, 2) if subject is cases[0] else (0,):
            sizes = subject.sizes(which)
            sizes |= {"B": 1} if "B" in sizes else {}
            values = _values(subject, sizes)
            counted = count(subject.factory, subject.arguments, lambda s=subject, z=sizes: s.inputs(z))
            at = f"{subject.case} at {sizes}"
            assert (at, params.evaluate(values)) == (at, counted[0])
            assert (at, macs.evaluate(values)) == (at, counted[1])
            compared += 1
    assert compared >= 3

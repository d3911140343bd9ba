"""Measuring what is claimed: the contract, the published figures, the parity records; one row per paper."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from generator.catalogue import quantity
from generator.catalogue.model import Catalogue, Figure, Insertion, Paper
from generator.errors import EvidenceError
from generator.evidence.contract import CHECKS, ContractError, Subject, subjects
from generator.evidence.record import load_record
from generator.evidence.replay import leaves, replay
from generator.project import Project
from generator.verification import CountedFigure, Layer, Level, Row, code_hash

_LARGEST_TRACE = 60


@dataclass(frozen=True)
class Outcome:
    """What verifying one paper gave: its row, and everything that failed."""

    id: str
    row: Row
    failures: tuple[str, ...]


def import_library(project: Project) -> ModuleType:
    """The generated package of ``project``; it is put on the path first."""
    if str(project.generated) not in sys.path:
        sys.path.insert(0, str(project.generated))
    return importlib.import_module("attention_atlas")


def verify(project: Project, catalogue: Catalogue, ids: Sequence[str], jobs: int) -> Iterator[Outcome]:
    """Verify the papers ``ids``, several at a time, each in the order given."""
    papers = [catalogue.paper(id) for id in ids]
    if jobs <= 1 or len(papers) == 1:
        yield from (verify_paper(project, paper) for paper in papers)
        return
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from pool.map(verify_paper, [project] * len(papers), papers)


def verify_paper(project: Project, paper: Paper) -> Outcome:
    """Run everything there is for one paper on its generated file; whatever a module raises is a failure of its own."""
    try:
        return _verify(project, paper)
    except Exception as error:
        return Outcome(paper.id, Row(level="stub"), (_reason(error),))


def _verify(project: Project, paper: Paper) -> Outcome:
    if paper.nothing_to_build is not None:
        return Outcome(paper.id, Row(level="nothing-to-build"), ())
    path = project.package / "papers" / f"{paper.id}.py"
    digest = code_hash(path.read_text(encoding="utf-8"))
    if paper.module is None:
        return Outcome(paper.id, Row(level="stub", hash=digest), ())
    library = import_library(project)
    namespace = library.load(paper.id)
    failures: list[str] = []
    cases = subjects(paper, namespace)
    for subject in cases:
        for name, check in CHECKS.items():
            if not subject.exempt(name) and (fault := _try(lambda c=check, s=subject: c(s))):
                failures.append(f"{subject.case}: {name}: {fault}")
    figures = [figure for row in paper.reported if row.built and (figure := count_figure(library, paper, row))]
    level: Level = "runs"
    if figures and all(figure.params_fit is not False and figure.macs_fit is not False for figure in figures):
        level = "figures"
    facts: dict[str, Any] = {}
    record_path = project.evidence / f"{paper.id}.json"
    if record_path.exists():
        facts, faults = _parity(record_path, namespace)
        failures += faults
        if not faults:
            level = "parity"
    params, macs = count(cases[0].factory, cases[0].arguments, lambda: cases[0].inputs())
    row = Row(
        level=level,
        hash=digest,
        params=params,
        macs=macs,
        sizes=cases[0].sizes(),
        layers=trace(cases[0]),
        figures=figures,
        **facts,
    )
    return Outcome(paper.id, row, tuple(failures))


def count(factory: Callable[..., nn.Module], arguments: Any, inputs: Callable[[], list[Any]]) -> tuple[int, int]:
    """Parameters and multiply-accumulates of one forward pass, counted on the meta device.

    Convolutions, linear layers and products of matrices (those of attention among them) count; element-wise work and
    pooling do not.
    """
    with torch.device("meta"):
        module = factory(**arguments).eval()
    given = _to_meta(inputs())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(*given)
    return sum(parameter.numel() for parameter in module.parameters()), counter.get_total_flops() // 2


def count_figure(library: ModuleType, paper: Paper, figure: Figure) -> CountedFigure:
    """Rebuild one published row and count it."""
    built = figure.built
    if built is None or paper.module is None:
        raise ValueError(f"{paper.id}: {figure.model} says nothing of how it is built")
    size: tuple[int, int] | None = None
    if built.variant is not None:
        variant = paper.module.variants[built.variant]
        side = figure.input or variant.input
        factory = getattr(library.load(paper.id), built.variant)
    else:
        side = figure.input or 224
        recipe: Insertion = built.recipe  # pyright: ignore[reportAssignmentType]  # the model has one of the two
        hosts = importlib.import_module("attention_atlas.hosts")
        size = recipe.input

        def factory() -> nn.Module:
            host = getattr(hosts, recipe.backbone)()
            example = torch.empty(1, 3, *size) if size else None
            return library.insert(host, paper.id, recipe.where, example=example, **recipe.arguments)

    params, macs = count(factory, {}, lambda: [torch.empty(1, 3, *(size or (side, side)))])
    return CountedFigure(
        model=figure.model,
        params=params,
        macs=macs,
        params_fit=None if figure.params is None else quantity.parse(figure.params).prints_as(params),
        macs_fit=None if figure.macs is None else quantity.parse(figure.macs).within(macs, 0.01),
    )


def trace(subject: Subject) -> list[Layer]:
    """What each part of the module is given and gives, in the order of running."""
    module, layers = subject.build().eval(), []

    def note(name: str, part: nn.Module, given: Any, result: Any) -> None:
        layers.append(
            Layer(
                name=name,
                type=type(part).__name__,
                inputs=[list(tensor.shape) for tensor in leaves(given)],
                outputs=[list(tensor.shape) for tensor in leaves(result)],
            )
        )

    for name, part in module.named_modules():
        if name and not isinstance(part, nn.Sequential):
            part.register_forward_hook(lambda p, given, result, n=name: note(n, p, given, result))
    with torch.no_grad():
        module(*subject.inputs())
    return layers[:_LARGEST_TRACE]


def _parity(path: Any, namespace: ModuleType) -> tuple[dict[str, Any], list[str]]:
    try:
        record = load_record(path)
        comparisons = replay(record, namespace)
    except EvidenceError as error:
        return {}, [str(error)]
    faults = [
        f"{c.case}: parity: relative error {c.error:.3g} at {c.worst}, allowed {record.tolerance:g}"
        for c in comparisons
        if not c.within(record.tolerance)
    ]
    worst = max(comparison.error for comparison in comparisons)
    upstream = {
        "repo": record.upstream.repo,
        "commit": record.upstream.commit,
        "file": record.upstream.file,
        "class": record.upstream.cls,
    }
    facts = {"source": record.source, "upstream": upstream, "error": _bound(worst), "cases": len(comparisons)}
    return facts, faults


def _bound(error: float) -> str:
    """A power of ten above ``error``, no finer than 1e-9: rounding below differs from CPU to CPU."""
    if not math.isfinite(error):
        return "unbounded"
    return f"≤ 1e{max(-9, math.ceil(math.log10(error)) if error > 0 else -9)}"


def _try(check: Callable[[], None]) -> str | None:
    """Why ``check`` failed, in one line."""
    try:
        check()
    except ContractError as error:
        return str(error)
    except Exception as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """The error's type and the first line of what it says."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _to_meta(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.to("meta")
    return type(value)(_to_meta(item) for item in value)

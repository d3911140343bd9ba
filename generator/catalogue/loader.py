"""``load``: from ``catalog.yaml`` to frozen records, or every mistake of the file in one report."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from generator.catalogue import describe, rules
from generator.catalogue.model import Catalogue, LinkRule, Paper
from generator.catalogue.source import Path_, Source, read, read_file, spell
from generator.errors import CatalogueError, Findings, GeneratorError, Location


class Loaded(NamedTuple):
    """A catalogue without mistakes, and where each part of it stands in the file."""

    catalogue: Catalogue
    source: Source

    @property
    def text(self) -> str:
        """The file as it was read."""
        return self.source.text

    @property
    def root(self) -> yaml.MappingNode:
        """The tree of YAML nodes."""
        return self.source.root

    def node(self, path: Path_) -> yaml.Node:
        """The node at ``path`` (a paper by index or id), for splicing."""
        return self.source.node(self._by_index(path))[1]

    def locate(self, path: Path_, *, key: bool = False) -> Location:
        """Where the value (or its key) at ``path`` begins; a paper goes by index or id: ``("papers", "cbam")``."""
        return self.source.locate(self._by_index(path), key=key)

    def _by_index(self, path: Path_) -> Path_:
        if len(path) > 1 and path[0] == "papers" and isinstance(path[1], str):
            index = next(i for i, paper in enumerate(self.catalogue.papers) if paper.id == path[1])
            return ("papers", index, *path[2:])
        return path


def load(path: Path, *, name: str = "catalog.yaml") -> Loaded:
    """Read and check the catalogue at ``path``; messages call the file ``name``.

    Raises:
        Findings: every mistake, in the order of the file.
        GeneratorError: the file cannot be read at all.
    """
    return parse(read_file(path, name), name=name)


def parse(text: str, *, name: str = "catalog.yaml") -> Loaded:
    """As :func:`load`, from text."""
    with _no_garbage_collection():
        source = read(text, name)
        catalogue, findings = _validate(source)
    if findings:
        raise Findings(findings)
    return Loaded(catalogue, source)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing built here is garbage, and looking for it takes longer than the work itself at 10,000 papers."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _validate(source: Source) -> tuple[Catalogue, list[GeneratorError]]:
    checker = _Checker(source)
    rows = source.data.get("papers")
    rows = rows if isinstance(rows, list) else []
    head = {**source.data, "papers": []} if isinstance(source.data.get("papers"), list) else source.data
    ignore_links: list[LinkRule | None]
    try:
        ignore_links = [*Catalogue.model_validate(head).ignore_links]
    except ValidationError as error:
        checker.report(error, head, ())
        found = head.get("ignore_links")
        ignore_links = [_sound(rule) for rule in found] if isinstance(found, list) else []
    entries: list[rules.Entry] = []
    for index, row in enumerate(rows):
        entry = checker.record(index, row)
        if entry:
            entries.append(entry)
        # The raw record has done its duty; only its id is asked for again.
        rows[index] = {"id": row.get("id")} if isinstance(row, dict) else row
    ids = [row["id"] if isinstance(row, dict) and isinstance(row["id"], str) else None for row in rows]
    checker.issues(rules.check(entries, ids, ignore_links, lambda path: _line(source, path)))
    catalogue = Catalogue.model_construct(
        ignore_links=tuple(filter(None, ignore_links)),
        papers=tuple(entry.paper for entry in entries if not entry.broken),
    )
    return catalogue, checker.findings


def _sound(rule: Any) -> LinkRule | None:
    try:
        return LinkRule.model_validate(rule)
    except ValidationError:
        return None


def _line(source: Source, path: Path_) -> str:
    where = source.locate(path)
    return f"{where.file}:{where.line}"


class _Checker:
    """Turns what pydantic and the rules find into findings with places; one finding per place and field."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[GeneratorError] = list(source.findings)
        self.places = {finding.where for finding in source.findings}

    def record(self, index: int, row: Any) -> rules.Entry | None:
        """The record as a model; a broken one with its broken fields replaced, so that the rules see the others."""
        try:
            return rules.Entry(index, Paper.model_validate(row))
        except ValidationError as error:
            self.report(error, row, ("papers", index))
            places = [detail["loc"] for detail in error.errors() if detail["loc"]]
            broken = frozenset(str(place[0]) for place in places)
        if not isinstance(row, dict) or not broken:
            return None
        sound = {key: value for key, value in row.items() if key not in broken}
        try:
            paper = Paper.model_validate({**rules.STAND_IN, **sound})
            return rules.Entry(index, paper, broken, tuple(_neighbours(row.get("related"), places)))
        except ValidationError:
            return None

    def report(self, error: ValidationError, data: Any, base: Path_) -> None:
        """Add what a model refused below ``base``."""
        found: dict[tuple[Path_, bool], ErrorDetails] = {}
        for detail in error.errors(include_url=False):
            found.setdefault(_walk(detail, data), detail)  # further ones are the other members of a union
        around = {path[:length] for path, _ in found for length in range(len(path))}
        for (path, on_key), detail in found.items():
            if path not in around:  # what is wrong inside a value is why the value itself is refused
                self._add((*base, *path), *describe.mistake(detail, (*base, *path)), key=on_key)

    def issues(self, issues: Iterable[rules.Issue]) -> None:
        """Add what the rules found."""
        for issue in issues:
            self._add(issue.path, issue.message, issue.hint, key=issue.key)

    def _add(self, path: Path_, message: str, hint: str | None, *, key: bool) -> None:
        where = self.source.locate(path, key=key)
        if where in {finding.where for finding in self.source.findings}:
            return  # what the YAML reader refused is said once
        text = spell(path, self.source.data)
        self.findings.append(CatalogueError(f"{text}: {message}" if text else message, where, hint))


def _neighbours(related: Any, broken: list[tuple[str | int, ...]]) -> Iterator[tuple[int, str]]:
    """The sound ids of a list of neighbours in which something else is wrong, each with its place."""
    for number, item in enumerate(related if isinstance(related, list) else ()):
        if isinstance(item, dict) and "id" in item and ("related", number, "id") not in broken:
            yield number, item["id"]


def _walk(detail: ErrorDetails, data: Any) -> tuple[Path_, bool]:
    """Pydantic's ``loc`` as a path in the data; union members and validators in it name nothing there."""
    path: list[str | int] = []
    here = data
    for part in detail["loc"]:
        if _has(here, part):
            here = here[part]
            path.append(part)
    on_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path), on_key


def _has(value: Any, part: str | int) -> bool:
    return part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))

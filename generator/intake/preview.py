"""What a change does to the catalogue, as Markdown for its reviewer: the entries it touches, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator import escape
from generator.catalogue.loader import Loaded
from generator.catalogue.model import Paper
from generator.catalogue.source import read
from generator.errors import Findings
from generator.outputs import Difference

_MOST = 40


def changed(now: Loaded, before: str | None) -> Iterator[str]:
    """Lines about the papers that differ from the catalogue text ``before`` (``None``: there was none)."""
    old = _rows(before) if before else {}
    new = _rows(now.text)
    touched = [paper for paper in now.catalogue.papers if old.get(paper.id) != new[paper.id]]
    gone = sorted(old.keys() - new.keys())
    count = len(touched) + len(gone)
    yield f"## {count} {'entry' if count == 1 else 'entries'} changed"
    for paper in touched[:_MOST]:
        yield ""
        yield from _entry(paper, _fields(old.get(paper.id), new[paper.id]))
    if len(touched) > _MOST:
        yield f"\n… and {len(touched) - _MOST} more."
    for id in gone:
        yield f"\n### {escape.md(id)}: removed"


def _rows(text: str) -> dict[str, dict[str, Any]]:
    try:
        data = read(text, "catalog.yaml").data
    except Findings:  # an earlier catalogue that cannot be read: everything counts as new
        return {}
    rows = data.get("papers")
    return {row["id"]: row for row in rows if isinstance(row, dict) and "id" in row} if isinstance(rows, list) else {}


def _fields(old: dict[str, Any] | None, new: dict[str, Any]) -> list[str] | None:
    """The fields that differ; ``None`` if the entry is new."""
    if old is None:
        return None
    return [name for name in {**new, **old} if old.get(name) != new.get(name)]


def _entry(paper: Paper, fields: list[str] | None) -> Iterator[str]:
    what = "new" if fields is None else f"changed: {', '.join(fields)}"
    yield f"### {escape.md(paper.id)}: {escape.md(what)}"
    yield ""
    yield f"{escape.md_link(paper.title, paper.paper_url)}  "
    yield escape.md(f"{', '.join(paper.authors)}. {paper.venue.name} {paper.venue.year}. {paper.kind}")
    if paper.code_url and paper.links.code:
        whose = "the authors' code" if paper.links.code.official else "code by others"
        yield f"\n{escape.md_link(paper.links.code.repo, paper.code_url)} ({whose})"
    yield ""
    yield "| | 中文 | English |"
    yield "|---|---|---|"
    yield f"| idea | {escape.md(paper.idea.zh)} | {escape.md(paper.idea.en)} |"
    yield f"| use | {escape.md(paper.use.zh)} | {escape.md(paper.use.en)} |"
    if paper.formula:
        yield ""
        yield escape.md_code(paper.formula.tex)
    if paper.module:
        yield ""
        yield f"{escape.md_code(paper.module.cls)} {escape.md_code(paper.module.shape)}"


def drift(differences: list[Difference]) -> Iterator[str]:
    """Lines about generated files that do not fit their sources, each with its cause."""
    yield "\n## generated files\n"
    if not differences:
        yield "Everything is up to date."
    for difference in differences[:_MOST]:
        yield f"- {escape.md_code(difference.path)}: {difference.cause} ({escape.md(difference.remedy)})"
    if len(differences) > _MOST:
        yield f"- … and {len(differences) - _MOST} more"

"""``generated/reports/verification.json``: what was verified of each paper, and on which text.

Written by ``verify``, read by whatever shows a level. A row counts only for the code it was measured on: if the hash of
the generated file no longer fits, the paper is *not verified*. Needs no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from generator.errors import GeneratorError, Location, faults

Level = Literal["nothing-to-build", "stub", "runs", "figures", "parity"]
EVIDENCE = "Evidence: "
"""How the line of a generated file begins that states its level; the hash leaves it out, since it follows from it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CountedFigure(_Row):
    """A row of a published table beside what was counted; ``*_fit`` is ``None`` where nothing was published."""

    model: str
    params: int
    macs: int
    params_fit: bool | None
    macs_fit: bool | None


class Layer(_Row):
    """What one part of the core module was given and gave, in the order of its running."""

    name: str
    type: str
    inputs: list[list[int]]
    outputs: list[list[int]]


class Row(_Row):
    """What is known of one paper. ``error`` is a bound, so that another CPU writes the same file."""

    level: Level
    source: Literal["official", "peer"] | None = None
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    upstream: dict[str, str] | None = None
    error: str | None = None
    cases: int | None = None
    params: int | None = None
    macs: int | None = None
    sizes: dict[str, int] = Field(default={})
    layers: list[Layer] = Field(default=[])
    figures: list[CountedFigure] = Field(default=[])


class _Report(_Row):
    papers: dict[str, Row]


class Verification(NamedTuple):
    """The rows of the report."""

    rows: Mapping[str, Row]

    def current(self, id: str, text: str) -> Row | None:
        """The row of ``id`` if it was measured on ``text``, else ``None``: not verified."""
        row = self.rows.get(id)
        return row if row is not None and row.hash == code_hash(text) else None


def code_hash(text: str) -> str:
    """SHA-256 of a generated file without the line that states its level."""
    lines = [line for line in text.split("\n") if not line.startswith(EVIDENCE)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read(path: Path) -> Verification:
    """The report; empty if there is none yet.

    Raises:
        GeneratorError: if the file is no report.
    """
    if not path.exists():
        return Verification({})
    try:
        return Verification(_Report.model_validate_json(path.read_bytes()).papers)
    except ValidationError as error:
        where = Location(f"generated/reports/{path.name}")
        raise GeneratorError(
            faults(error.errors()[:5]), where, "write it anew with: python -m generator verify"
        ) from None


def dump(rows: Mapping[str, Row]) -> str:
    """The report as text: sorted, one line for each row's part, made for diffs."""
    parts = []
    for id in sorted(rows):
        data: dict[str, Any] = rows[id].model_dump(exclude_defaults=True)
        data = {"level": rows[id].level, "source": rows[id].source, **data}
        fields = [f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in data.items()]
        parts.append(f"  {json.dumps(id)}: {{\n" + ",\n".join(fields) + "\n  }")
    return '{\n "papers": {\n' + ",\n".join(parts) + "\n }\n}\n"

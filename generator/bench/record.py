"""``generated/reports/benchmarks/<device>.json``: what was measured on one device, run after run. Needs no torch.

Runs are only ever added. A record is made on the device that it names, and comes by pull request from whoever has one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from generator.errors import GeneratorError, Location, faults

SCHEMA = 1
FOLDER = "generated/reports/benchmarks"
Seconds = Annotated[float, Field(gt=0, lt=1e6, allow_inf_nan=False)]
Ratio = Annotated[float, Field(gt=0, lt=1e9, allow_inf_nan=False)]
Quartiles = tuple[Ratio, Ratio]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Part):
    """One measurement, as :class:`attention_atlas.bench.Row` describes it."""

    id: str
    device: str
    dtype: Literal["float32", "tf32", "float16", "bfloat16"]
    shape: list[Any]
    mode: Literal["forward", "forward+backward"]
    median_s: Seconds
    q1_s: Seconds
    q3_s: Seconds
    peak_bytes: int = Field(ge=0)
    params: int = Field(ge=0)
    macs: int | None = Field(ge=0)
    ratio_conv3x3: Ratio | None
    torch: str
    case: str = "example"
    compiled: bool = False
    channels_last: bool = False
    samples: int = Field(ge=1)
    quartiles_conv3x3: Quartiles | None = None
    ratio_identity: Ratio | None = None
    ratio_attention: Ratio | None = None
    quartiles_attention: Quartiles | None = None
    ratio_self: tuple[Ratio, Ratio, Ratio] | None = None
    floor_fraction: Ratio | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What two rows have in common that measure the same."""
        flags = ("compiled",) * self.compiled + ("channels_last",) * self.channels_last
        return (self.id, self.case, self.mode, self.dtype, json.dumps(self.shape), *flags)


class Run(_Part):
    """What was measured in one go. ``commit`` is that of the code, ``changed`` whether it had been edited since."""

    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$|^unknown$")]
    changed: bool
    torch: str
    driver: str | None
    clocks: str | None
    threads: int = Field(ge=1)
    complete: bool
    rows: list[Row]


class Record(_Part):
    """All runs on one device, the oldest first."""

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    device: str
    runs: list[Run]


def slug(device: str) -> str:
    """The device's name as that of a file."""
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") or "device"


def read(path: Path) -> Record:
    """A record.

    Raises:
        GeneratorError: if there is none at ``path``, or what is there cannot be read or does not keep the schema.
    """
    where = Location(path.name)
    try:
        return Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise GeneratorError("there is no such record", where, "python -m generator bench writes one") from None
    except OSError as error:
        raise GeneratorError(f"cannot be read: {error.strerror}", where) from None
    except ValidationError as error:
        raise GeneratorError(
            faults(error.errors()[:5]), where, "records are written by python -m generator bench, not by hand"
        ) from None


def appended(path: Path, device: str, run: Run) -> str:
    """The text of the record at ``path`` with ``run`` after all others.

    Raises:
        GeneratorError: if what is there is no record, or one of another device.
    """
    record = read(path) if path.exists() else Record(schema=SCHEMA, device=device, runs=[])
    if record.device != device:
        raise GeneratorError(f"is a record of {record.device}, not of {device}", Location(path.name))
    return dump(record.model_copy(update={"runs": [*record.runs, run]}))


def dump(record: Record) -> str:
    """The record as text: one line for each row, made for diffs."""
    runs = []
    for run in record.runs:
        head = run.model_dump(mode="json", exclude={"rows"})
        fields = [f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
        rows = ",\n".join(f"    {json.dumps(_row(row))}" for row in run.rows)
        runs.append("  {\n" + ",\n".join([*fields, f'   "rows": [\n{rows}\n   ]']) + "\n  }")
    device = json.dumps(record.device, ensure_ascii=False)
    return f'{{\n "schema": {SCHEMA},\n "device": {device},\n "runs": [\n' + ",\n".join(runs) + "\n ]\n}\n"


def _row(row: Row) -> Any:
    return _short(row.model_dump(mode="json", exclude_defaults=True))


def _short(value: Any) -> Any:
    """Four digits: more would be noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value

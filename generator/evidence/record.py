"""The record of one paper's parity with existing code: ``tests/evidence/<id>.json``. Data only, no weights, no code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from generator.catalogue.model import Bilingual, Id, Identifier, Record, Text
from generator.errors import EvidenceError, Location, faults

Reasons = dict[str, Text]
"""Names (patterns) of tensors, each with the reason why it is an exception."""


class Upstream(Record):
    """The code that was run: repository, commit, file, class. ``licence`` is stated as a fact."""

    repo: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    file: Text
    cls: Text = Field(alias="class")
    licence: Text


class Step(Record):
    """Several tensors, or one in another layout; the steps are those of ``templates/blocks/key_map.py``."""

    origin: str | list[str] = Field(alias="from")
    steps: list[list[Any]] = Field(default=[])


class Map(Record):
    """How the tensors of one of our classes arise from theirs, and which have no partner."""

    entries: dict[str, str | Step]
    constant: Reasons = Field(default={})
    """Our buffers that the constructor makes and that no checkpoint holds."""
    dead: Reasons = Field(default={})
    """Our parameters without a partner: their gradient must be zero and the output must not depend on them."""
    upstream_only: Reasons = Field(default={})
    """Their tensors without a partner: they had no gradient, or they are constant."""
    inert: Reasons = Field(default={})
    """Tensors with a partner whose change cannot be seen, such as a key's bias under a softmax."""
    alike: Reasons = Field(default={})
    """Tensors that can change places unseen, such as biases of which only the sum matters."""


Finite = Annotated[float, Field(strict=False, allow_inf_nan=False)]
Size = Annotated[float, Field(strict=False, allow_inf_nan=False, ge=0)]


class Input(Record):
    """One argument of the call: a tensor drawn from its position, or a list of arguments."""

    shape: list[int] | None = None
    low: Finite = -1.0
    high: Finite = 1.0
    items: list[Input] | None = None


class Sample(Record):
    """A tensor in brief. ``scale`` is what an error is relative to."""

    shape: list[int]
    norm: Size
    total: Finite
    scale: Size
    positions: list[int]
    values: list[Finite] = Field(strict=False)


class RecordedCase(Record):
    """One configuration: how both modules were built and called, and what came out."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    cls: Identifier = Field(alias="class")
    arguments: dict[str, Any]
    upstream_arguments: dict[str, Any]
    train: bool = False
    inputs: list[Input]
    upstream_state: dict[str, list[int]]
    outputs: list[Sample]
    input_gradients: list[Sample]


class Speed(Record):
    """Ours against theirs, interleaved in one run: medians of the ratio of times, quartiles, the A/A spread, memory."""

    case: Text
    shape: list[Any]
    mode: Literal["forward", "forward+backward"]
    ratio: float = Field(strict=False)
    quartiles: tuple[float, float] = Field(strict=False)
    spread: tuple[float, float] = Field(strict=False)
    memory: float | None = Field(default=None, strict=False)


class EvidenceRecord(Record):
    """Everything that is known about the parity of one paper's module."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Id
    source: Literal["official", "peer"]
    upstream: Upstream
    patches: list[Text] = Field(default=[])
    notes: list[Bilingual] = Field(default=[])
    torch: Text
    dtype: Literal["float64", "float32"] = "float64"
    reason_for_float32: Text | None = None
    maps: dict[Identifier, Map]
    cases: list[RecordedCase] = Field(min_length=1)
    speed: list[Speed] = Field(default=[])

    @property
    def tolerance(self) -> float:
        """The largest error allowed, relative to each sample's scale."""
        return 1e-8 if self.dtype == "float64" else 1e-4


def load_record(path: Path) -> EvidenceRecord:
    """Read one record.

    Raises:
        EvidenceError: if it is no valid record; the message names every wrong field.
    """
    where = Location(f"tests/evidence/{path.name}")
    try:
        record = EvidenceRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise EvidenceError(faults(error.errors()), where) from None
    names = [case.name for case in record.cases]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise EvidenceError(f"there are two cases {', '.join(twice)}", where)
    if record.id != path.stem:
        raise EvidenceError(
            f"id is {record.id!r}, the file is named {path.stem!r}", Location(f"tests/evidence/{path.name}")
        )
    if record.dtype == "float32" and record.reason_for_float32 is None:
        raise EvidenceError("float32 needs reason_for_float32", where)
    return record


def key_maps(record: EvidenceRecord) -> dict[str, dict[str, Any]]:
    """The arguments of ``KeyMap`` for each class of the record, as plain data."""
    return {
        name: {
            "entries": {
                ours: theirs if isinstance(theirs, str) else theirs.model_dump(by_alias=True)
                for ours, theirs in map_.entries.items()
            },
            "constant": list(map_.constant),
            "dead": list(map_.dead),
            "upstream_only": list(map_.upstream_only),
        }
        for name, map_ in record.maps.items()
    }

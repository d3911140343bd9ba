"""What can be wrong with an input of the generator.

::

    GeneratorError              .where  .message  .hint      str() = "file:line:column: message (hint)"
    ├─ CatalogueError           a record of catalog.yaml breaks a rule
    ├─ TemplateError            a file below templates/ cannot be used
    ├─ EvidenceError            a record below tests/evidence/ cannot be used
    ├─ OutputError              two writers of one file, an unsafe path
    ├─ NetworkError             a network is needed and there is none
    └─ Findings                 several of the above, reported together

A difference (``build --check``) or a dead link is a result, not an error. Whatever is not a ``GeneratorError`` is a bug
and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Location(NamedTuple):
    """A place in a text file; ``line`` and ``column`` count from one, ``None`` stands for the whole file or line."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class GeneratorError(Exception):
    """An input cannot be used. ``where`` names it, ``message`` says what is wrong, ``hint`` what to do."""

    def __init__(self, message: str, where: Location | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{hint}"


class CatalogueError(GeneratorError):
    """A record of the catalogue breaks a rule."""


class TemplateError(GeneratorError):
    """A file below ``templates/`` cannot be used."""


class EvidenceError(GeneratorError):
    """A record below ``tests/evidence/`` cannot be used."""


class OutputError(GeneratorError):
    """Outputs contradict each other or would leave their folder."""


class NetworkError(GeneratorError):
    """A network is needed and there is none."""


class Findings(GeneratorError):
    """Every mistake that one run found, in the order of their places."""

    def __init__(self, errors: list[GeneratorError]) -> None:
        first = Location("")
        self.errors = sorted(errors, key=lambda error: _sort_key(error.where or first))
        super().__init__("\n".join(str(error) for error in self.errors))


def faults(details: Iterable[Mapping[str, Any]]) -> str:
    """What pydantic found in a file that the generator wrote, in one line; what concerns the whole file has no path."""
    return "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}".removeprefix(": ") for detail in details)


def _sort_key(where: Location) -> tuple[str, int, int]:
    return where.file, where.line or 0, where.column or 0

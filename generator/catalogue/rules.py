"""Rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from generator.catalogue.model import LinkRule, Paper
from generator.catalogue.source import Path_

STAND_IN: dict[str, object] = {}


@dataclass(frozen=True)
class Entry:
    """A record."""

    index: int
    paper: Paper
    broken: frozenset[str]


@dataclass(frozen=True)
class Issue:
    """A broken rule."""

    path: Path_
    message: str
    hint: str | None = None
    key: bool = False


def check(
    entries: Sequence[Entry],
    ids: Sequence[str | None],
    ignore_links: Sequence[LinkRule],
    place: Callable[[Path_], str],
) -> Iterator[Issue]:
    """Every broken rule."""
    return iter(())

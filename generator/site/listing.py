"""The part of a paper's code that is the core module: its class, what that needs, and the imports for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from generator.inline import Definition, Source, Unit, format_imports


class Listing(NamedTuple):
    """``core`` is the text to show; ``others`` are the exported names that only the whole file has."""

    core: str
    others: tuple[str, ...]


def core(unit: Unit, cls: str, exported: Iterable[str]) -> Listing:
    """Cut the class ``cls`` and everything that it uses out of ``unit``, verbatim and in the order of its parts.

    Args:
        unit: a paper with its blocks.
        cls: the name of a class that it defines.
        exported: what the generated file exports.
    """
    defined = {name: found for source in unit.sources for name, found in source.definitions.items()}
    needed = _needed(cls, defined)
    texts = [text for source in unit.sources for text in _texts(source, needed)]
    names = {name for found in needed for name in defined[found].uses}
    imports = format_imports(
        item for source in unit.sources for item in source.imports if item.bound in names or item.module == "__future__"
    )
    others = tuple(name for name in exported if name not in needed)
    return Listing("\n\n\n".join([imports, *texts] if imports else texts), others)


def _texts(source: Source, needed: set[str]) -> Iterator[str]:
    """What ``source`` defines of ``needed``; an assignment of several names once."""
    kept = dict.fromkeys(found for name, found in source.definitions.items() if name in needed)
    for part in source.parts if kept else ():
        lines = part.text.split("\n")
        for first, last, _ in kept:
            if part.line <= first < part.line + len(lines):
                yield "\n".join(lines[first - part.line : last - part.line + 1])


def _needed(cls: str, defined: Mapping[str, Definition]) -> set[str]:
    """The definitions that ``cls`` cannot do without."""
    needed: set[str] = set()
    pending = [cls]
    while pending:
        name = pending.pop()
        if name in defined and name not in needed:
            needed.add(name)
            pending.extend(defined[name].uses)
    return needed

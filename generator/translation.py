"""Which text was brought up to date in one language only, and which words the glossary does not want.

``site/translations.json`` remembers, for every pair of texts, what both sides were when they last said the same: eight
digits of a hash each. A side that changed alone leaves its partner stale until somebody confirms the pair; when both
changed, they changed together. The file is written by ``fmt`` and by nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import yaml

from generator.catalogue.loader import Loaded
from generator.catalogue.model import Catalogue, Record
from generator.catalogue.source import BLANK, Path_
from generator.errors import CatalogueError, GeneratorError, Location
from generator.project import Project

PATH = "site/translations.json"
GLOSSARY = "site/glossary.yaml"
Language = Literal["en", "zh"]
Lock = dict[str, dict[str, str]]
"""For each paper and each of its texts (``idea``, ``related.cbam.how``): the hashes of both sides."""


class Pair(NamedTuple):
    """A text in both languages and where it stands: below which paper, under which name, at which path of the file."""

    paper: str
    name: str
    path: Path_
    en: str
    zh: str

    @property
    def hashes(self) -> str:
        """What the lock keeps of it."""
        return f"{_digits(self.en)} {_digits(self.zh)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def pairs(catalogue: Catalogue | Mapping[str, Any]) -> list[Pair]:
    """Every pair of texts of a catalogue, or of its plain data; blanks are none."""
    rows: Any = catalogue.papers if isinstance(catalogue, Catalogue) else catalogue.get("papers")
    found: list[Pair] = []
    for index, row in enumerate(rows if isinstance(rows, (list, tuple)) else []):
        if isinstance(id := _id(row), str):
            _collect(row, id, "", ("papers", index), found)
    return found


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else getattr(value, "id", None)


def _collect(value: Any, paper: str, name: str, path: Path_, found: list[Pair]) -> None:
    """Add to ``found`` what stands below ``path``; into a list, since thousands of texts lie five levels deep."""
    if isinstance(value, (Record, dict)):
        parts = value if isinstance(value, dict) else value.__dict__
        if parts.keys() == _BOTH:
            if all(isinstance(text, str) and text != BLANK for text in parts.values()):
                found.append(Pair(paper, name[1:], path, parts["en"], parts["zh"]))
            return
        for key, part in parts.items():
            if isinstance(part, _NESTED):
                _collect(part, paper, f"{name}.{key}", (*path, key), found)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            if isinstance(part, _NESTED):
                # A neighbour keeps its name when another one is put before it.
                id = _id(part)
                _collect(part, paper, f"{name}.{id if isinstance(id, str) else index}", (*path, index), found)


_BOTH = {"en", "zh"}
_NESTED = (Record, dict, list, tuple)


def read_lock(project: Project) -> Lock:
    """What was confirmed; nothing if there is no lock yet.

    Raises:
        GeneratorError: if the file is not one that ``fmt`` wrote.
    """
    try:
        found: Any = json.loads((project.root / PATH).read_bytes())
        return {paper: {name: str(both) for name, both in texts.items()} for paper, texts in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError):
        hint = "restore it from git, or delete it and run python -m generator fmt"
        raise GeneratorError("is not what was written there", Location(PATH), hint) from None


def updated(lock: Lock, found: Collection[Pair], confirmed: Collection[str] = ()) -> Lock:
    """``lock`` for the pairs that there are now; those of the papers ``confirmed`` count as saying the same."""
    new: Lock = {}
    for pair in found:
        old = lock.get(pair.paper, {}).get(pair.name)
        keep = old is not None and pair.paper not in confirmed and _older(old, pair) is not None
        new.setdefault(pair.paper, {})[pair.name] = old if keep and old else pair.hashes
    return new


def dump(lock: Lock) -> str:
    """The file of ``lock``: one line a paper, so that a diff shows whose texts were confirmed."""
    rows = [f" {json.dumps(paper)}: {json.dumps(lock[paper], sort_keys=True)}" for paper in sorted(lock)]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def stale(project: Project, catalogue: Catalogue) -> dict[tuple[str, str], Language]:
    """The texts that their partner has left behind, by paper and name (``("cbam", "idea")``): which side is older."""
    return {(pair.paper, pair.name): language for pair, language in _debt(read_lock(project), pairs(catalogue))}


def _debt(lock: Lock, found: Iterable[Pair]) -> Iterator[tuple[Pair, Language]]:
    for pair in found:
        old = lock.get(pair.paper, {}).get(pair.name)
        if old and (language := _older(old, pair)):
            yield pair, language


def _older(old: str, pair: Pair) -> Language | None:
    """The side that stayed as it was while the other changed."""
    before, now = old.split(" "), pair.hashes.split(" ")
    if before == now or (before[0] != now[0] and before[-1] != now[1]):
        return None
    return "en" if before[0] == now[0] else "zh"


def debt(project: Project, loaded: Loaded) -> Iterator[str]:
    """A line for each text that its partner has left behind."""
    for pair, language in _debt(read_lock(project), pairs(loaded.catalogue)):
        other = "zh" if language == "en" else "en"
        where = loaded.locate((*pair.path, language))
        hint = f"bring it up to date, then python -m generator fmt --translated {pair.paper}"
        yield f"{where}: papers.{pair.paper}.{pair.name}.{language}: is older than its {other} ({hint})"


# ---- glossary --------------------------------------------------------------------------------------------------------


def unwanted(project: Project, loaded: Loaded) -> Iterator[GeneratorError]:
    """Each text that uses a word the glossary replaces by another.

    Raises:
        GeneratorError: if the glossary cannot be read.
    """
    words = _avoided(project)
    if not words:
        return
    patterns: dict[Language, re.Pattern[str]] = {
        language: re.compile("|".join(map(_pattern, chosen)), re.IGNORECASE)
        for language in ("en", "zh")
        if (chosen := [word for given, word in words if given == language])
    }
    for pair in pairs(loaded.catalogue):
        for language, pattern in patterns.items():
            if found := pattern.search(pair.en if language == "en" else pair.zh):
                where = loaded.locate((*pair.path, language))
                instead = words[(language, found[0].lower())]
                message = f"papers.{pair.paper}.{pair.name}.{language}: {found[0]!r} is not the glossary's word"
                yield CatalogueError(message, where, f"write {instead}")


def _pattern(word: str) -> str:
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


def _avoided(project: Project) -> dict[tuple[Language, str], str]:
    """The words to avoid, by language, and what stands for them."""
    try:
        data: Any = yaml.load((project.root / GLOSSARY).read_bytes(), Loader=yaml.CSafeLoader)
        return {
            (language, str(entry[language]).lower()): str(entry["use"])
            for entry in data.get("avoid", [])
            for language in ("en", "zh")
            if language in entry
        }
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        hint = "list words to avoid as {zh, use} or {en, use}"
        raise GeneratorError(f"is no glossary: {error}", Location(GLOSSARY), hint) from None

"""What must hold between the values of a record and between records.

A rule is a small generator of issues. Rules of one record name the top-level fields they read: where one of these is
broken already, the rule stays silent, and all others still run. Cross-record rules see every record.
"""

from __future__ import annotations

import datetime
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from generator.catalogue import addresses, cost, shapes
from generator.catalogue.describe import choice, nearest
from generator.catalogue.model import Bilingual, Formula, Insertion, LinkRule, Module, Paper, Section
from generator.catalogue.source import Path_, short

STAND_IN: dict[str, Any] = {
    "id": "stand_in",
    "title": "Stand-in",
    "authors": ["Nobody"],
    "venue": {"name": "None", "year": 2000},
    "sections": ["attention-mechanism"],
    "kind": "fusion",
    "facets": {
        "domain": "none",
        "cost": "none",
        "context": "none",
        "parameter_free": False,
        "plug": "none",
        "modality": ["image"],
        "tasks": ["none"],
    },
    "ids": {},
    "links": {},
    "idea": {"en": "nothing", "zh": "无"},
    "use": {"en": "nothing", "zh": "无"},
}
"""Sound values for the required fields of a record: they stand in for broken ones, and no rule reads them."""


@dataclass(frozen=True)
class Entry:
    """A record at its place in the list; ``broken`` names the fields that are not what the file says.

    ``neighbours`` are the ids of ``related`` that can be read although it is broken, each with its place there.
    """

    index: int
    paper: Paper
    broken: frozenset[str] = frozenset()
    neighbours: tuple[tuple[int, str], ...] = ()


class Issue(NamedTuple):
    """A broken rule: where (the key or the value there), what is wrong, what to do."""

    path: Path_
    message: str
    hint: str | None = None
    key: bool = False


Place = Callable[[Path_], str]
"""``catalog.yaml:LINE`` of a path, for mistakes that have two places."""

_RECORD_RULES: list[tuple[frozenset[str], Callable[[Paper], Iterable[Issue]]]] = []
# Sets of several ranges take milliseconds to compile: they are, where a text needs them.
_CHINESE = "[\u2e80-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]"
_FIRST_CHINESE = _CHINESE[1]
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_COMMON_HAN = re.compile("[\u4e00-\u9fff]")
# In prose; not in an address, a path or the name of a repository.
_MISSPELT = re.compile(r"(?<![A-Za-z0-9./_-])(?!GitHub)[Gg]it[Hh]ub(?![A-Za-z0-9/_-]|\.[a-z])")


def check(
    entries: Sequence[Entry], ids: Sequence[str | None], ignore_links: Sequence[LinkRule | None], place: Place
) -> Iterator[Issue]:
    """Every broken rule of the catalogue.

    Args:
        entries: the records that could be read, as far as they could be read.
        ids: the id of every record of the file, ``None`` where it has none.
        ignore_links: the rules of the link checker, ``None`` for one that could not be read.
        place: names the other place of a mistake that has two.
    """
    for entry in entries:
        for issue in _of_record(entry):
            yield Issue(("papers", entry.index, *issue.path), issue.message, issue.hint, issue.key)
    yield from _order(ids, place)
    yield from _unique_ids(ids, place)
    yield from _unique_titles(entries, place)
    yield from _unique_papers(entries, place)
    yield from _dangling(entries, ids)
    yield from _link_rules(ignore_links, place)


def _of_record(entry: Entry) -> Iterator[Issue]:
    for reads, rule in _RECORD_RULES:
        if not reads & entry.broken:
            yield from rule(entry.paper)
    for name in Paper.model_fields:
        if name not in entry.broken:
            yield from _texts(getattr(entry.paper, name), (name,))


def _reads(*names: str) -> Callable[[Callable[[Paper], Iterable[Issue]]], Callable[[Paper], Iterable[Issue]]]:
    def register(rule: Callable[[Paper], Iterable[Issue]]) -> Callable[[Paper], Iterable[Issue]]:
        _RECORD_RULES.append((frozenset(names), rule))
        return rule

    return register


# ---- between records -------------------------------------------------------------------------------------------------


def _order(ids: Sequence[str | None], place: Place) -> Iterator[Issue]:
    known = [(index, id) for index, id in enumerate(ids) if id is not None]
    for (before, earlier), (index, id) in itertools.pairwise(known):
        if id < earlier:
            message = f"stands after {earlier} ({place(('papers', before))}), but papers are sorted by id"
            yield Issue(("papers", index), message, "run 'python -m generator fmt'")


def _unique_ids(ids: Sequence[str | None], place: Place) -> Iterator[Issue]:
    first: dict[str, int] = {}
    for index, id in enumerate(ids):
        if id is not None and first.setdefault(id, index) != index:
            other = place(("papers", first[id], "id"))
            yield Issue(("papers", index, "id"), f"{id} is already the id of the record at {other}", "choose another")


def _unique_titles(entries: Sequence[Entry], place: Place) -> Iterator[Issue]:
    first: dict[str, int] = {}
    for entry in entries:
        title = unicodedata.normalize("NFKC", entry.paper.title).casefold()
        key = "".join(character for character in title if character.isalnum()) or title
        if "title" not in entry.broken and first.setdefault(key, entry.index) != entry.index:
            other = place(("papers", first[key], "title"))
            yield Issue(
                ("papers", entry.index, "title"), f"is the title of the record at {other} too", "keep one record"
            )


def _unique_papers(entries: Sequence[Entry], place: Place) -> Iterator[Issue]:
    first: dict[str, Path_] = {}
    for entry in entries:
        own: set[str] = set()
        for path, identity in _identities(entry):
            if identity in own:  # said by the rule on repeated identifiers
                continue
            own.add(identity)
            whole = ("papers", entry.index, *path)
            if first.setdefault(identity, whole) != whole:
                other = place(first[identity])
                message = f"leads to the same paper as the record at {other}"
                yield Issue(whole, message, "correct the wrong one, or keep one record")


def _identities(entry: Entry) -> Iterator[tuple[Path_, str]]:
    ids, links = entry.paper.ids, entry.paper.links
    if "ids" not in entry.broken:
        if ids.arxiv:
            yield ("ids", "arxiv"), f"arxiv:{ids.arxiv}"
        if ids.doi:
            yield ("ids", "doi"), addresses.doi(ids.doi)
        if ids.openreview:
            yield ("ids", "openreview"), f"openreview:{ids.openreview}"
    if "links" not in entry.broken and links.paper and not addresses.flaw(links.paper):
        yield ("links", "paper"), addresses.identity(links.paper)


def _dangling(entries: Sequence[Entry], ids: Sequence[str | None]) -> Iterator[Issue]:
    known = {id for id in ids if id is not None}
    for entry in entries:
        for number, id in entry.neighbours or ((at, other.id) for at, other in enumerate(entry.paper.related)):
            if id not in known:
                close = nearest(id, sorted(known))
                hint = f"did you mean {close!r}?" if close else "use the id of a record of this file"
                yield Issue(("papers", entry.index, "related", number, "id"), f"no paper has the id {id!r}", hint)


def _link_rules(ignore_links: Sequence[LinkRule | None], place: Place) -> Iterator[Issue]:
    first: dict[str, int] = {}
    for number, rule in enumerate(ignore_links):
        if rule is None:
            continue
        path = ("ignore_links", number)
        if first.setdefault(rule.url, number) != number:
            other = place(("ignore_links", first[rule.url], "url"))
            yield Issue((*path, "url"), f"is given at {other} already", "keep one of them")
        try:
            datetime.date.fromisoformat(rule.expires)
        except ValueError:
            yield Issue((*path, "expires"), f"{rule.expires!r} is not a day of the calendar", "for example 2027-06-30")


# ---- one record: identity, links, neighbours -------------------------------------------------------------------------


@_reads("title")
def _title(paper: Paper) -> Iterator[Issue]:
    if paper.title.endswith("."):
        yield Issue(("title",), "ends with a full stop", "remove it")


@_reads("ids", "links")
def _some_paper(paper: Paper) -> Iterator[Issue]:
    if not (paper.ids.arxiv or paper.ids.doi or paper.ids.openreview or paper.links.paper):
        yield Issue(("ids",), "no address of the paper can be derived", "give ids.arxiv, ids.doi or links.paper")


@_reads("ids")
def _identifiers(paper: Paper) -> Iterator[Issue]:
    if arxiv := paper.ids.arxiv:
        year_month, _, number = arxiv.partition(".")
        digits = 4 if year_month < "1501" else 5
        if not "01" <= year_month[2:] <= "12":
            yield Issue(("ids", "arxiv"), f"{arxiv!r} has no month {year_month[2:]}", "form: year, month, number")
        elif len(number) != digits or not number.strip("0"):
            yield Issue(("ids", "arxiv"), f"{arxiv!r} cannot exist", f"a {digits}-digit number follows the point")
    if paper.ids.doi and (same := addresses.doi(paper.ids.doi)).startswith("arxiv:"):
        yield Issue(("ids", "doi"), "is arXiv's own DOI", f'write ids.arxiv: "{same.removeprefix("arxiv:")}" instead')


@_reads("ids", "links")
def _derivable(paper: Paper) -> Iterator[Issue]:
    url = paper.links.paper
    if not url or addresses.flaw(url):
        return
    scheme, _, identifier = addresses.identity(url).partition(":")
    if scheme in ("arxiv", "doi", "openreview") and identifier:
        given = getattr(paper.ids, scheme)
        same = given is not None and given.lower() == identifier.lower()
        hint = "remove it" if same else f'write ids.{scheme}: "{identifier}" instead'
        yield Issue(("links", "paper"), f"an address that ids.{scheme} {'gives' if same else 'would give'}", hint)


@_reads("links")
def _addresses(paper: Paper) -> Iterator[Issue]:
    for name in ("paper", "blog"):
        url = getattr(paper.links, name)
        if url and (found := addresses.flaw(url)):
            yield Issue(("links", name), *found)
    code = paper.links.code
    if code and (found := addresses.repository_flaw(code.repo)):
        yield Issue(("links", "code", "repo"), *found)
    if code and code.path and (code.path.startswith("/") or not {"", ".", ".."}.isdisjoint(code.path.split("/"))):
        yield Issue(("links", "code", "path"), f"{code.path!r} is not a plain path", "write folder/file.py")


@_reads("id", "related")
def _neighbours(paper: Paper) -> Iterator[Issue]:
    seen: set[str] = set()
    for number, other in enumerate(paper.related):
        if other.id == paper.id:
            yield Issue(("related", number, "id"), "a paper cannot be related to itself", "remove it")
        elif other.id in seen:
            yield Issue(("related", number, "id"), f"{other.id} is listed twice", "remove one of them")
        seen.add(other.id)


# ---- one record: lists and texts -------------------------------------------------------------------------------------


@_reads("sections")
def _sections(paper: Paper) -> Iterator[Issue]:
    wanted = [section for section in get_args(Section) if section in paper.sections]
    if list(paper.sections) != wanted and len(set(paper.sections)) == len(paper.sections):
        yield Issue(("sections",), "stand in another order than in the list", f"write [{', '.join(wanted)}]")
    yield from _repeated(paper.sections, ("sections",))


@_reads("authors")
def _authors(paper: Paper) -> Iterator[Issue]:
    return _repeated(paper.authors, ("authors",))


@_reads("facets")
def _facets(paper: Paper) -> Iterator[Issue]:
    yield from _repeated(paper.facets.modality, ("facets", "modality"))
    yield from _repeated(paper.facets.tasks, ("facets", "tasks"))


def _repeated(values: Sequence[str], path: Path_) -> Iterator[Issue]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield Issue((*path, number), f"{value} is listed twice", "remove one of them")


def _texts(value: Any, path: Path_) -> Iterator[Issue]:
    """The rules for every text below ``path``, however deep."""
    if isinstance(value, str):
        yield from _spelling(value, path)
    elif isinstance(value, Bilingual):
        yield from _languages(value, path)
    elif isinstance(value, BaseModel):
        keys = _keys(type(value))
        for name, part in value.__dict__.items():
            if not isinstance(part, (int, float)) and part is not None:
                yield from _texts(part, (*path, keys[name]))
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from _texts(part, (*path, number))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*path, key))


@cache
def _keys(record: type[BaseModel]) -> dict[str, str]:
    """What the file calls each field of ``record``."""
    return {name: field.alias or name for name, field in record.model_fields.items()}


def _languages(text: Bilingual, path: Path_) -> Iterator[Issue]:
    if not text.en.isascii() and max(text.en) >= _FIRST_CHINESE and (found := re.search(_CHINESE, text.en)):
        yield Issue((*path, "en"), f"holds the Chinese character {found[0]}", "write English here")
    if not _COMMON_HAN.search(text.zh) and not re.search(_HAN, text.zh):
        yield Issue((*path, "zh"), f"{short(text.zh)} holds no Chinese character", "write Chinese here")
    yield from _spelling(text.en, (*path, "en"))
    yield from _spelling(text.zh, (*path, "zh"))


def _spelling(text: str, path: Path_) -> Iterator[Issue]:
    if ("ithub" in text or "itHub" in text) and (found := _MISSPELT.search(text)):
        yield Issue(path, f"{found[0]} is spelt GitHub", "correct it")


# ---- one record: formula, module, figures ----------------------------------------------------------------------------


@_reads("module", "nothing_to_build")
def _buildable(paper: Paper) -> Iterator[Issue]:
    if paper.module and paper.nothing_to_build:
        yield Issue(("nothing_to_build",), "there is a module too", "remove one of the two", key=True)


@_reads("kind", "nothing_to_build")
def _survey(paper: Paper) -> Iterator[Issue]:
    if paper.kind == "survey" and not paper.nothing_to_build:
        yield Issue(("kind",), "a survey has nothing to build", "say why in nothing_to_build")


@_reads("module", "formula")
def _formula_given(paper: Paper) -> Iterator[Issue]:
    if paper.module and not paper.formula:
        yield Issue(("module",), "there is a module but no formula", "add formula: the central equation", key=True)


@_reads("formula")
def _tex(paper: Paper) -> Iterator[Issue]:
    if isinstance(paper.formula, Formula):
        if refusal := _refused(paper.formula.tex):
            yield Issue(("formula", "tex"), refusal, "use what math-core knows")
        for symbol in paper.formula.symbols:
            if refusal := _refused(symbol):
                yield Issue(("formula", "symbols", symbol), refusal, "use what math-core knows", key=True)


def _refused(tex: str) -> str | None:
    from math_core import LatexError  # only a catalogue with formulas needs it

    try:
        _converter().convert_with_local_state(tex, displaystyle=True)
    except LatexError as error:
        position, _, reason = str(error).partition(": ")
        return f"the formula cannot be set, position {int(position) + 1}: {reason.rstrip('.')}"
    return None


@cache
def _converter() -> Any:
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False)


@_reads("module")
def _arguments(paper: Paper) -> Iterator[Issue]:
    if not (module := paper.module):
        return
    known = module.parameters
    yield from _known(module.example, known, ("module", "example"))
    for name, case in module.cases.items():
        yield from _known(case.arguments, known, ("module", "cases", name, "arguments"))
    for number, recipe in enumerate(module.insert):
        yield from _recipe(recipe, known, ("module", "insert", number))
        if recipe in module.insert[:number]:
            yield Issue(("module", "insert", number), "is given twice", "remove one of them")
    for name, variant in module.variants.items():
        if variant.cls == module.cls:  # another class has parameters that the catalogue does not list
            yield from _known(variant.arguments, known, ("module", "variants", name, "arguments"))


def _known(arguments: Iterable[str], known: Iterable[str], path: Path_) -> Iterator[Issue]:
    for name in arguments:
        if name not in known:
            yield Issue((*path, name), f"{name!r} is not among module.parameters", choice(name, known), key=True)


def _recipe(recipe: Insertion, known: Iterable[str], path: Path_) -> Iterator[Issue]:
    yield from _known(recipe.arguments, known, (*path, "arguments"))
    pattern = recipe.where.partition(":")[2]
    if re.search(r"\[[^\]]*(\[|$)|^[^\[]*\]|\]\]|\[!?\]|\.\.|^\.|\.$", pattern):
        yield Issue((*path, "where"), f"{pattern!r} is not a pattern of module names", "for example after:layer?.*.bn3")


@_reads("module")
def _letters(paper: Paper) -> Iterator[Issue]:
    if not (module := paper.module):
        return
    letters = shapes.parse(module.shape).letters()
    given = {("axes",): module.axes, ("multiple_of",): module.multiple_of}
    given |= {("cases", name, "sizes"): case.sizes for name, case in module.cases.items()}
    for path, table in given.items():
        for letter in table:
            if letter not in letters:
                hint = f"letters of module.shape: {' '.join(letters)}"
                yield Issue(("module", *path, letter), f"{letter!r} does not occur in module.shape", hint, key=True)


@_reads("module")
def _expressions(paper: Paper) -> Iterator[Issue]:
    if not (module := paper.module):
        return
    letters = shapes.parse(module.shape).letters()
    for letter, expression in module.axes.items():
        yield from _names(expression, module.parameters, ("module", "axes", letter))
    if module.cost:
        for name in ("params", "macs"):
            known = [*letters, *module.parameters]
            yield from _names(getattr(module.cost, name), known, ("module", "cost", name))


def _names(expression: str, known: Iterable[str], path: Path_) -> Iterator[Issue]:
    for name in cost.parse(expression).names():
        if name not in known:
            what = "neither a shape letter nor" if path[1] == "cost" else "not"
            yield Issue(path, f"{name!r} is {what} one of module.parameters", choice(name, known))


@_reads("module")
def _exemptions(paper: Paper) -> Iterator[Issue]:
    if paper.module:
        checks = [exemption.check for exemption in paper.module.exempt]
        for issue in _repeated(checks, ("module", "exempt")):
            yield Issue((*issue.path, "check"), issue.message, issue.hint)


@_reads("module", "facets")
def _parameter_free(paper: Paper) -> Iterator[Issue]:
    if paper.facets.parameter_free and paper.module and paper.module.cost and paper.module.cost.params != "0":
        message = f"is {paper.module.cost.params!r}, but facets.parameter_free is true"
        yield Issue(("module", "cost", "params"), message, "correct one of the two")


@_reads("reported", "module")
def _figures(paper: Paper) -> Iterator[Issue]:
    for number, figure in enumerate(paper.reported):
        path: Path_ = ("reported", number)
        if not (figure.params or figure.macs or figure.metric):
            yield Issue(path, "reports nothing", "give params, macs or metric")
        if figure.built:
            yield from _built(figure.built.variant, figure.built.recipe, paper.module, (*path, "built"))


def _built(variant: str | None, recipe: Insertion | None, module: Module | None, path: Path_) -> Iterator[Issue]:
    if not module:
        yield Issue(path, "nothing can be built without a module", "remove it", key=True)
    elif variant is not None and variant not in module.variants:
        hint = choice(variant, module.variants) if module.variants else "module.variants is empty"
        yield Issue((*path, "variant"), f"no variant is called {variant!r}", hint)
    elif recipe is not None:
        yield from _recipe(recipe, module.parameters, (*path, "recipe"))

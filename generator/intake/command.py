"""``python -m generator new``, ``import`` and ``preview``."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from generator.errors import CatalogueError, GeneratorError
from generator.project import Project

if TYPE_CHECKING:
    from generator.catalogue.source import Source
    from generator.intake.draft import Draft
    from generator.intake.identify import Identifier, Known
    from generator.intake.lists import Matcher, Row


def _words(name: str) -> tuple[str, ...]:
    """The words that the record format allows for ``Section`` or ``Kind``; the model is slow to import."""
    from generator.catalogue import model

    return get_args(getattr(model, name))


def _one_of(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def check(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        for word in (value,) if isinstance(value, str) else value or ():
            if word not in _words(name):
                raise click.BadParameter(f"{word!r} is not one of {', '.join(_words(name))}")
        return value

    return check


_ID = (r"[a-z][a-z0-9]*(_[a-z0-9]+)*", "a short name in snake_case, such as eca_net")
_CLASS = (r"[A-Z][A-Za-z0-9]*", "a name of a class, such as ECA")


def _like(pattern: str, what: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        return value if value is None else _fitting(value, pattern, what)

    return check


def _fitting(value: str, pattern: str, what: str) -> str:
    if not re.fullmatch(pattern, value) or keyword.iskeyword(value):
        raise click.BadParameter(f"{value!r} is not {what}")
    return value


@click.command()
@click.argument("paper", metavar="PAPER")
@click.option("--id", callback=_like(*_ID), help="Its id.")
@click.option("--class", "cls", callback=_like(*_CLASS), help="Class to implement.")
@click.option("--section", "sections", multiple=True, callback=_one_of("Section"), help="Section of the list.")
@click.option("--kind", callback=_one_of("Kind"), help="What kind of method it is.")
@click.option("--record-only", is_flag=True, help="Leave the implementation to somebody else.")
@click.option("--offline", is_flag=True, help="Look nothing up; what is not known becomes a blank.")
def new(
    paper: str,
    id: str | None,
    cls: str | None,
    sections: tuple[str, ...],
    kind: str | None,
    record_only: bool,
    offline: bool,
) -> None:
    """Begin a record for PAPER (an arXiv id, DOI, address or plain id) and its implementation.

    Title, authors and venue are looked up; the rest becomes blanks, which `check` lists.
    """
    from generator.catalogue.source import read, read_file
    from generator.intake.draft import Draft
    from generator.intake.identify import duplicate, identify, identity, known, plain_id, suggest_class, suggest_id

    project = Project.find()
    source = read(read_file(project.catalogue, "catalog.yaml"), "catalog.yaml")
    records = list(known(source))
    identifier = identify(paper)
    _refuse(source, duplicate(records, identity(identifier), None))
    draft = Draft(
        id=identifier.value if identifier.scheme == "id" else "",
        sections=sections,
        kind=kind,
        identifier=None if identifier.scheme == "id" else (identifier.scheme, identifier.value),
    )
    draft = _looked_up(draft, identifier, offline)
    _refuse(source, duplicate(records, None, draft.title))
    proposed = id or (suggest_id(draft.title) if draft.title else plain_id(identifier))
    named = id is not None or bool(draft.id)
    draft = replace(draft, id=proposed)
    asked = sys.stdin.isatty() and sys.stderr.isatty()
    if asked:
        draft = _asked(draft, None if named else {record.id for record in records})
    elif not named and not draft.title:
        click.echo(f"the id {proposed} is made of the identifier: --id gives a better one", err=True)
    _refuse(source, next((record for record in records if record.id == draft.id), None))
    if not record_only:
        suggested = suggest_class(draft.title or "", draft.id)
        draft = replace(draft, cls=cls or (_ask("class to implement", suggested, _CLASS) if asked else suggested))
    _write(project, source, draft)


def _refuse(source: Source, other: Known | None) -> None:
    if other is None:
        return
    where = source.locate(("papers", other.index))
    hint = "edit that record; if this is another paper, choose another id with --id"
    raise CatalogueError(f"is the record of this paper already: {other.id}, {other.title!r}", where, hint)


def _looked_up(draft: Draft, identifier: Identifier, offline: bool) -> Draft:
    """``draft`` with what arXiv or Crossref know; what they do not is said, and stays blank."""
    import asyncio

    from generator.intake.lookup import Metadata, NoMetadata, look_up
    from generator.links.guard import guarded_client

    async def ask() -> Metadata:
        async with guarded_client() as client:
            return await look_up(identifier, client)

    if offline or identifier.scheme == "id":
        click.echo("nothing was looked up: title, authors and venue are blanks", err=True)
        return draft
    try:
        found = asyncio.run(ask())
    except NoMetadata as error:
        click.echo(f"{error}: title, authors and venue are blanks", err=True)
        return draft
    if found.notice:
        click.echo(f"{found.venue} {found.year}: {found.notice}", err=True)
    return replace(draft, title=found.title, authors=found.authors, venue=found.venue, year=found.year)


def _asked(draft: Draft, taken: set[str] | None) -> Draft:
    """What a person at a terminal can say at once; elsewhere it stays blank. The id is asked for unless it is given."""
    if taken is not None:
        draft = replace(draft, id=_ask("id (file name, registry name, address of the page)", draft.id, _ID, taken))
    if not draft.sections:
        section = _choose("section", _words("Section"))
        draft = replace(draft, sections=(section,) if section else ())
    if not draft.kind:
        draft = replace(draft, kind=_choose("kind", _words("Kind")))
    return draft


def _ask(text: str, default: str, form: tuple[str, str], taken: Iterable[str] = ()) -> str:
    def check(answer: str) -> str:
        if answer in taken:
            raise click.BadParameter(f"{answer!r} is taken")
        return _fitting(answer, *form)

    return click.prompt(text, default=default, value_proc=check, err=True)


def _choose(name: str, words: tuple[str, ...]) -> str | None:
    """One of ``words``, or nothing for now."""
    from generator.catalogue.describe import choice

    def check(answer: str) -> str:
        if answer and answer not in words:
            raise click.BadParameter(f"{answer!r} is none of them; {choice(answer, words)}")
        return answer

    text = f"{name}: {', '.join(words)}\n{name} (Enter leaves a blank)"
    return click.prompt(text, default="", show_default=False, value_proc=check, err=True) or None


def _write(project: Project, source: Source, draft: Draft) -> None:
    from generator import outputs
    from generator.catalogue.layout import insert_record
    from generator.catalogue.source import BLANK
    from generator.intake.draft import record, skeleton

    text = record(draft)
    file = project.papers_templates / f"{draft.id}.py"
    shown = f"templates/papers/{draft.id}.py"
    if draft.cls and file.exists():
        raise GeneratorError(f"{shown} exists already, without a record", hint="choose another id with --id")
    catalogue = insert_record(source.text, text)
    if draft.cls:
        outputs.replace(project, file, skeleton(draft.cls).encode())
        click.echo(f"wrote {shown}")
    outputs.replace(project, project.catalogue, catalogue.encode())
    blanks = len(re.findall(rf"\b{BLANK}\b", text))
    line = next(number for number, row in enumerate(catalogue.splitlines(), 1) if row == f"- id: {draft.id}")
    click.echo(f"wrote the record of {draft.id} at catalog.yaml:{line}")
    click.echo("\nNext:")
    click.echo(f"1. Fill in its {blanks} blanks; python -m generator check lists them.")
    if draft.cls:
        click.echo(f"2. Write the class {draft.cls} in {shown}.")
        commands = ("generator build", f"generator verify {draft.id}", f"pytest -q -k {draft.id}")
        click.echo(f"3. {' && '.join(f'python -m {command}' for command in commands)}")
    else:
        click.echo("2. python -m generator fmt")
        click.echo("3. python -m generator build")


@click.command("import")
@click.argument("list_file", metavar="LIST.md", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the drafts there.")
def import_list(list_file: Path, output: Path | None) -> None:
    """Turn the Markdown list LIST.md into draft records of the papers that the catalogue does not have.

    Tables, bullet lists and lines of prose that name a paper are read; what could not be read is said.
    """
    from generator.catalogue.layout import format_text
    from generator.catalogue.source import decode, read, read_file
    from generator.intake.draft import record
    from generator.intake.identify import known
    from generator.intake.lists import Matcher, Unread
    from generator.intake.lists import read as read_list

    if output is not None and output.is_file():
        raise GeneratorError(f"{output}: is there already", hint="give another name with -o, or move it away")
    if output is not None and not output.parent.is_dir():
        raise GeneratorError(f"{output}: there is no folder {output.parent}", hint="make it, or give another with -o")
    project = Project.find()
    matcher = Matcher(list(known(read(read_file(project.catalogue, "catalog.yaml"), "catalog.yaml"))))
    drafts: dict[str, Draft] = {}
    rows, papers = 0, set[str]()
    # The list of somebody else may come from any editor.
    raw = list_file.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    for row in read_list(decode(raw, list_file.name)):
        if isinstance(row, Unread):
            click.echo(f"{list_file.name}:{row.line}: not read: {row.reason}", err=True)
            continue
        rows += 1
        papers.add(_take(row, matcher, drafts, list_file.name))
    for row, guess in matcher.guesses:
        click.echo(f"{list_file.name}:{row.line}: {row.title!r} is taken for {guess.id}, by its address", err=True)
    for row, twin in matcher.twins:
        click.echo(
            f"{list_file.name}:{row.line}: {row.title!r} is a draft beside {twin.id}, which has its address", err=True
        )
    text = "papers:\n" + "".join(record(draft) for draft in drafts.values())
    summary = f"{rows} rows, {len(papers)} papers, {len(drafts)} new"
    if drafts and output is None:
        click.echo(format_text(text), nl=False)
    elif drafts and output is not None:
        output.write_text(format_text(text), encoding="utf-8")
    # Drafts on stdout must stay what a reader of YAML can use.
    click.echo(summary, err=bool(drafts) and output is None)


def _take(row: Row, matcher: Matcher, drafts: dict[str, Draft], name: str) -> str:
    """The id of the paper that ``row`` means; a draft is begun if it is new."""
    found = matcher.find(row)
    section = _section(row.section)
    if found is None:
        draft = _drafted(row, section, {record.id for record in matcher.records})
        matcher.add(_as_known(draft, row))
    elif found.id in drafts:
        draft, more = drafts[found.id], _drafted(row, section, set())
        draft = replace(
            draft,
            sections=tuple(dict.fromkeys((*draft.sections, *more.sections))),
            identifier=draft.identifier or more.identifier,
            repo=draft.repo or more.repo,
            blog=draft.blog or more.blog,
        )
    else:
        if section and section not in found.sections:
            click.echo(f"{name}:{row.line}: {found.id} is not in the section {section} of the catalogue", err=True)
        return found.id
    drafts[draft.id] = draft
    for url in _lost(row, draft):
        click.echo(f"{name}:{row.line}: not read: {draft.id} has no place for the address {url}", err=True)
    return draft.id


def _lost(row: Row, draft: Draft) -> Iterator[str]:
    """The addresses of ``row`` that ``draft`` does not hold."""
    from generator.intake.lists import identifier, repository

    for url in filter(None, dict.fromkeys((row.paper, row.code, row.blog, *row.others))):
        found, repo = identifier(url), repository(url)
        same = found is not None and (found.scheme, found.value) == draft.identifier
        if not same and url != draft.blog and (repo is None or repo != draft.repo):
            yield url


def _drafted(row: Row, section: str | None, taken: set[str]) -> Draft:
    from generator.catalogue import addresses
    from generator.intake.draft import Draft
    from generator.intake.identify import suggest_id
    from generator.intake.lists import chinese, identifier, repository
    from generator.intake.lookup import clean

    id = base = suggest_id(row.title)
    number = 1
    while id in taken:
        number += 1
        id = f"{base[:56]}_{number}"
    found = identifier(row.paper)
    blog = row.blog if row.blog and re.match(r"https?://", row.blog) and not addresses.flaw(row.blog) else None
    idea = clean(row.idea) or None if row.idea else None
    return Draft(
        id=id,
        title=clean(row.title).rstrip("."),
        venue=clean(row.venue) if row.venue else None,
        year=row.year,
        sections=(section,) if section else (),
        identifier=(found.scheme, found.value) if found else None,
        repo=repository(row.code),
        blog=blog,
        idea_zh=idea if chinese(idea) else None,
        idea_en=None if chinese(idea) else idea,
    )


def _as_known(draft: Draft, row: Row) -> Known:
    from generator.intake.identify import Known
    from generator.intake.lists import row_identity

    own = row_identity(row)
    repo = draft.repo.lower() if draft.repo else None
    return Known(draft.id, draft.title or "", frozenset([own] if own else []), repo, draft.sections, -1)


def _section(heading: str) -> str | None:
    """The section that a heading (as an anchor) means."""
    import difflib

    for section in _words("Section"):
        if heading.startswith(section) or (heading and section.startswith(heading)):
            return section
    return next(iter(difflib.get_close_matches(heading, _words("Section"), n=1, cutoff=0.8)), None)


@click.command()
@click.option("--changed", "revision", metavar="REV", required=True, help="Compare with where REV and HEAD part.")
def preview(revision: str) -> None:
    """Print what changed in the catalogue since REV as Markdown: entries in both languages, drift by its cause."""
    from generator.catalogue.loader import load
    from generator.intake import preview as write
    from generator.links.changes import earlier
    from generator.outputs import Outputs
    from generator.render import Renderer

    project = Project.find()
    loaded = load(project.catalogue)
    for line in write.changed(loaded, earlier(project, revision)):
        click.echo(line)
    outputs = Outputs(project, Renderer(project, loaded).plan().texts, partial=False)
    for line in write.drift(outputs.differences()):
        click.echo(line)

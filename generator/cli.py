"""The command line. Results go to stdout, everything else to stderr.

Exit codes: 0 fine, 1 a difference or a finding, 2 an error in the input, 3 no network where one is needed. The commands
import what they need when they run, so that none pays for another.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.errors import Findings, GeneratorError, NetworkError
from generator.project import Project

if TYPE_CHECKING:
    from generator.outputs import Difference

_ELSEWHERE = {
    "bench": ("generator.bench.command", "bench"),
    "import": ("generator.intake.command", "import_list"),
    "links": ("generator.links.command", "links"),
    "new": ("generator.intake.command", "new"),
    "preview": ("generator.intake.command", "preview"),
    "site": ("generator.site.command", "site"),
    "verify": ("generator.evidence.command", "verify"),
}
_LISTED = 20


class Commands(click.Group):
    """The commands of this module and those of other modules, which are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, sorted."""
        elsewhere = [name for name, (module, _) in _ELSEWHERE.items() if _exists(module)]
        return sorted([*super().list_commands(ctx), *elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called ``cmd_name``."""
        module, attribute = _ELSEWHERE.get(cmd_name, ("", ""))
        if module and _exists(module):
            return getattr(importlib.import_module(module), attribute)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is wrong with its input becomes lines on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except GeneratorError as error:
            click.echo(str(error), err=True)
            ctx.exit(3 if isinstance(error, NetworkError) else 2)
        except OSError as error:
            # That a file is not there may well be a bug; that it cannot be used is a matter of the disk it lies on.
            if isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
                raise
            reason = (error.strerror or str(error)).lower()
            click.echo(f"{_short(error.filename)}: {reason} (see what it is and who may read and write it)", err=True)
            ctx.exit(2)


def _short(path: str) -> str:
    """``path`` from the root of the checkout, where it lies in it."""
    try:
        return Path(path).absolute().relative_to(Project.find().root).as_posix()
    except (GeneratorError, ValueError):
        return path


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Attention Atlas: from catalog.yaml and templates/ to the library, its exports and its pages."""


@cli.command()
@click.option("--check", is_flag=True, help="Write nothing; print how the committed outputs differ, exit 1 if they do.")
@click.argument("ids", nargs=-1)
def build(check: bool, ids: tuple[str, ...]) -> None:
    """Render everything that changed, or only what belongs to the papers IDS."""
    from generator.fresh import State
    from generator.outputs import Difference, Outputs

    project = Project.find()
    state = State(project)
    if not ids and state.unchanged():
        foreign = [Difference(path, "foreign") for path in state.foreign]
        if check:
            sys.exit(_print_differences(foreign))
        _report(foreign)
        click.echo("Everything is up to date.")
        return
    gc.disable()  # nothing that a build makes is garbage, and looking for it costs a fifth of the time
    from generator.catalogue.loader import load
    from generator.render import PAGE_FOLDERS, Renderer

    loaded = load(project.catalogue)
    _refuse_unknown(ids, [paper.id for paper in loaded.catalogue.papers])
    renderer = Renderer(project, loaded)
    plan = renderer.plan(ids)
    outputs = Outputs(project, plan.texts, partial=bool(ids))
    differences = outputs.differences()
    if check:
        sys.exit(_print_differences(differences))
    _report(differences)
    outputs.write(differences)
    changed = outputs.write_pages(renderer.pages(plan, ids), () if ids else PAGE_FOLDERS)
    _print_written([item for item in differences if item.cause != "foreign"], changed)
    if not ids:
        state.remember((item.path for item in differences if item.cause == "foreign"), outputs.hashes)


def _refuse_unknown(ids: Iterable[str], known: list[str]) -> None:
    for id in ids:
        if id not in known:
            import difflib

            near = difflib.get_close_matches(id, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "catalog.yaml names them all"
            raise GeneratorError(f"there is no paper {id!r}", hint=hint)


def _report(differences: Iterable[Difference]) -> None:
    for difference in differences:
        if difference.cause == "hand-edited":
            click.echo(f"{difference.path}: was edited by hand; overwritten", err=True)
        elif difference.cause == "foreign" and difference.new is None:
            click.echo(f"{difference.path}: was not generated; left alone ({difference.remedy})", err=True)


def _print_differences(differences: list[Difference]) -> int:
    for difference in differences:
        click.echo(f"{difference.path}: {difference.cause} ({difference.remedy})")
        click.echo(difference.diff(), nl=False)
    if differences:
        count = len(differences)
        click.echo(f"{count} {'output differs' if count == 1 else 'outputs differ'}.", err=True)
        return 1
    click.echo("Everything is up to date.")
    return 0


def _print_written(changes: list[Difference], pages: int) -> None:
    removed = sum(item.cause == "orphaned" for item in changes)
    if len(changes) <= _LISTED:
        for item in changes:
            click.echo(f"{'removed' if item.cause == 'orphaned' else 'wrote'} {item.path}")
    page_count = f"{pages} {'page' if pages == 1 else 'pages'}"
    click.echo(f"{len(changes) - removed} written, {removed} removed, {page_count} changed.")


@cli.command()
def check() -> None:
    """Validate catalog.yaml and the templates; write nothing."""
    gc.disable()
    from generator.catalogue.loader import load
    from generator.render import Renderer, check_templates
    from generator.translation import debt, unwanted

    project = Project.find()
    try:
        loaded = load(project.catalogue)
    except Findings as found:
        # The templates are read all the same: one run names every mistake.
        raise Findings([*found.errors, *check_templates(project)]) from None
    if found := list(unwanted(project, loaded)):
        raise Findings(found)
    Renderer(project, loaded).check()
    for line in debt(project, loaded):
        click.echo(line, err=True)
    built = sum(paper.implemented for paper in loaded.catalogue.papers)
    click.echo(f"{len(loaded.catalogue.papers)} papers, {built} of them implemented: no mistakes found.")


@cli.command()
@click.option("--check", is_flag=True, help="Write nothing; print the diff, exit 1 if there is one.")
@click.option("--translated", multiple=True, metavar="ID", help="Both languages of the paper ID say the same again.")
def fmt(check: bool, translated: tuple[str, ...]) -> None:
    """Bring catalog.yaml into its canonical order and layout; comments stay.

    Keeps site/translations.json beside it, which remembers the texts of both languages as they were last confirmed.
    """
    from generator import translation
    from generator.catalogue.layout import format_text
    from generator.catalogue.source import read, read_file
    from generator.outputs import Difference, replace

    if check and translated:
        raise click.UsageError("--check writes nothing, so it cannot confirm what --translated names")
    project = Project.find()
    old = read_file(project.catalogue, "catalog.yaml")
    new = format_text(old)
    pairs = translation.pairs(read(new, "catalog.yaml").data)
    _refuse_unknown(translated, sorted({pair.paper for pair in pairs}))
    lock = translation.read_lock(project)
    updated = translation.updated(lock, pairs, translated)
    if check:
        if old != new:
            click.echo(Difference("catalog.yaml", "stale", old.encode(), new).diff(), nl=False)
            click.echo("catalog.yaml is not in its canonical layout; run python -m generator fmt", err=True)
        if updated != lock:
            # A text that changes later would be compared with what was confirmed before this one.
            before, after = translation.dump(lock), translation.dump(updated)
            click.echo(Difference(translation.PATH, "stale", before.encode(), after).diff(), nl=False)
            click.echo(f"{translation.PATH} does not know all texts; run python -m generator fmt", err=True)
        if old != new or updated != lock:
            sys.exit(1)
    elif updated != lock:
        replace(project, project.root / translation.PATH, translation.dump(updated).encode())
        click.echo(f"wrote {translation.PATH}")
    if old == new:
        click.echo("catalog.yaml is in its canonical layout.")
    else:
        replace(project, project.catalogue, new.encode())
        click.echo("wrote catalog.yaml")


@cli.command()
@click.argument("id")
def explain(id: str) -> None:
    """Print as JSON what the outputs of the paper ID are made of, and what its templates are filled with."""
    import json

    from generator.catalogue.loader import load
    from generator.render import Renderer

    project = Project.find()
    loaded = load(project.catalogue)
    _refuse_unknown([id], [paper.id for paper in loaded.catalogue.papers])
    click.echo(json.dumps(Renderer(project, loaded).explain(id), ensure_ascii=False, indent=2))


def main() -> None:
    """Run the command line."""
    try:
        cli(prog_name="python -m generator")
    finally:
        gc.freeze()  # before it ends, Python looks for garbage in all that a build has made: a tenth of the time

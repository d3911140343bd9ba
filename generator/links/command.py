"""``python -m generator links``."""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.errors import GeneratorError, NetworkError
from generator.links.verdicts import Outcome, Verdict
from generator.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.catalogue.loader import Loaded
    from generator.errors import CatalogueError
    from generator.links.addresses import Address
    from generator.links.check import Settings
    from generator.links.report import Finding


@dataclass(frozen=True)
class Options:
    """What the command line asks for, beside how to connect."""

    fix: bool
    changed: str | None
    offline: bool
    json: str | None
    markdown: str | None
    sarif: str | None

    @property
    def pure(self) -> bool:
        """Whether standard output belongs to a report that a program reads."""
        return "-" in (self.json, self.markdown, self.sarif)


def _finite(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("must be a number")
    return value


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--fix", is_flag=True, help="Rewrite permanent redirects and renamed repositories in catalog.yaml.")
@click.option("--changed", metavar="REV", help="Check only addresses that the git revision REV has not.")
@click.option("--offline", is_flag=True, help="Check the form of the addresses only.")
@click.option("--json", "json", metavar="FILE", help="Write all results as JSON; - is standard output.")
@click.option("--markdown", metavar="FILE", help="Write a report as Markdown; - is standard output.")
@click.option("--sarif", metavar="FILE", help="Write the findings as SARIF; - is standard output.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    callback=_finite,
    default=20.0,
    show_default=True,
    help="Seconds for one attempt, counted from when it is its turn.",
)
@click.option(
    "--per-host", type=click.IntRange(1, 100), default=4, show_default=True, help="Requests to a host at once."
)
@click.option(
    "--interval",
    type=click.FloatRange(0),
    callback=_finite,
    default=0.2,
    show_default=True,
    help="Seconds between the starts of two requests to a host.",
)
@click.option("--head", is_flag=True, help="Ask with HEAD first; spares bodies, finds no error page that says 200.")
@click.option("--allow-private", is_flag=True, help="Connect to addresses that are not public, too.")
def links(
    urls: tuple[str, ...],
    fix: bool,
    changed: str | None,
    offline: bool,
    json: str | None,
    markdown: str | None,
    sarif: str | None,
    timeout: float,
    per_host: int,
    interval: float,
    head: bool,
    allow_private: bool,
) -> None:
    """Check every address of the catalogue and remember what was learnt; or check the URLs, remembering nothing.

    An address of the catalogue fails the run when it was gone 3 times on 2 different days at least; a URL given here
    when it is gone now. GITHUB_TOKEN lets GitHub be asked for many repositories at a time.
    """
    from generator.links.check import Settings
    from generator.links.schedule import Limits

    options = Options(fix, changed, offline, json, markdown, sarif)
    if sum(target == "-" for target in (json, markdown, sarif)) > 1:
        raise click.UsageError("only one report can go to standard output")
    if urls and (fix or changed):
        raise click.UsageError("--fix and --changed are for the catalogue, not for single URLs")
    if offline and fix:
        raise click.UsageError("--fix needs the network that --offline forbids")
    settings = Settings(
        limits=Limits(timeout=timeout, per_host=per_host, interval=interval, head=head),
        allow_private=allow_private,
        token=os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN"),
    )
    sys.exit(named(urls, settings, options) if urls else listed(Project.find(), settings, options))


def named(urls: Sequence[str], settings: Settings, options: Options) -> int:
    """Check the addresses that were named, outside the ledger; the exit code."""
    from generator.links import addresses, report
    from generator.links.check import check

    wanted = [addresses.Address(url) for url in dict.fromkeys(urls)]
    network = True
    if options.offline:
        outcomes = [addresses.form(address.url, allow_private=settings.allow_private) for address in wanted]
        notices: list[str] = []
    else:
        with _progress(len(wanted)) as seen:
            checked = asyncio.run(check(wanted, settings, seen=seen))
        outcomes, notices, network = checked.outcomes, checked.notices, checked.network
    found = report.findings(outcomes, wanted, None)
    if not network:
        _write_reports(found, [], [], options)
        raise NetworkError("there is no network: no host could be reached")
    _publish(found, [], notices, options)
    if any(addresses.fault(address.url) for address in wanted):
        return 2
    return int(any(finding.dead for finding in found))


def listed(project: Project, settings: Settings, options: Options) -> int:
    """Check the addresses of the catalogue; the exit code."""
    from generator.catalogue.loader import load
    from generator.links import addresses, changes

    loaded = load(project.catalogue)
    every = addresses.of_catalogue(loaded)
    wanted = changes.since(project, options.changed, every) if options.changed else every
    ended = addresses.expired(loaded, settings.today)
    if options.offline:
        return _forms(wanted, ended, settings, options)
    return _checked(project, loaded, wanted, ended, settings, options)


def _forms(wanted: Sequence[Address], ended: list[CatalogueError], settings: Settings, options: Options) -> int:
    from generator.links import addresses, report

    outcomes = [addresses.form(address.url, allow_private=settings.allow_private) for address in wanted]
    found = report.findings(outcomes, wanted, None)
    _publish(found, ended, [], options)
    return int(bool(ended) or any(finding.outcome.verdict is not Verdict.SKIPPED for finding in found))


def _checked(
    project: Project,
    loaded: Loaded,
    wanted: Sequence[Address],
    ended: list[CatalogueError],
    settings: Settings,
    options: Options,
) -> int:
    from generator.links import addresses, report
    from generator.links.check import check
    from generator.links.ledger import Ledger

    ledger = Ledger(project.reports / "links.json")
    rules = addresses.Rules(loaded.catalogue.ignore_links, settings.today)
    with _progress(len(wanted)) as seen:
        try:
            checked = asyncio.run(check(wanted, settings, ledger=ledger, rules=rules, seen=seen))
        except KeyboardInterrupt:
            click.echo("Interrupted; what was learnt so far is in the ledger.", err=True)
            return 130
    found = report.findings(checked.outcomes, wanted, ledger)
    if not checked.network:
        _write_reports(found, ended, [], options)
        raise NetworkError("there is no network: no host could be reached; the ledger is as it was")
    if not options.changed:
        ledger.complete((address.url for address in wanted), settings.today)
    _publish(found, ended, checked.notices, options)
    if options.fix:
        _fix(project, loaded, wanted, checked.outcomes)
    return int(bool(ended) or any(finding.dead for finding in found))


def _fix(project: Project, loaded: Loaded, wanted: Sequence[Address], outcomes: Sequence[Outcome]) -> None:
    from generator.links import fix

    fixed = fix.apply(loaded, wanted, outcomes)
    for change, reason in fixed.refused:
        click.echo(f"{change}: not done: {reason}", err=True)
    if not fixed.done:
        click.echo("Nothing to fix.", err=True)
        return
    if project.catalogue.read_bytes() != loaded.text.encode("utf-8"):
        raise GeneratorError("catalog.yaml was edited meanwhile; nothing was fixed", hint="run it again")
    new = project.catalogue.with_name(f".{project.catalogue.name}.new")
    new.write_bytes(fixed.text.encode("utf-8"))
    new.replace(project.catalogue)
    for change in fixed.done:
        click.echo(f"fixed {change}", err=True)


def _publish(
    found: Sequence[Finding], ended: Sequence[CatalogueError], notices: Sequence[str], options: Options
) -> None:
    """Write the reports that were asked for, then tell the user; to stderr where stdout belongs to a report."""
    from generator.links import report

    _write_reports(found, ended, notices, options)
    for notice in notices:
        click.echo(notice, err=True)
    for error in ended:
        click.echo(str(error), err=True)
    _tell(found, err=options.pure)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in report.workflow_commands(found, ended):
            click.echo(line, err=options.pure)


def _write_reports(
    found: Sequence[Finding], ended: Sequence[CatalogueError], notices: Sequence[str], options: Options
) -> None:
    from generator.links import report

    texts: tuple[tuple[str | None, Callable[[], str]], ...] = (
        (options.json, lambda: report.as_json(found)),
        (options.markdown, lambda: report.markdown(found, ended, notices)),
        (options.sarif, lambda: report.sarif(found, ended)),
    )
    for target, text in texts:
        if target == "-":
            click.echo(text(), nl=False)
        elif target:
            _write(Path(target), text())


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GeneratorError(f"{target} cannot be written: {error.strerror}") from error


def _tell(found: Sequence[Finding], *, err: bool) -> None:
    from generator.links import report

    urgent = report.sorted_by_need(found, "error", "warning")
    if (sys.stderr if err else sys.stdout).isatty():
        _table(urgent, err=err)
    else:
        click.echo("".join(f"{_line(finding)}\n" for finding in urgent), nl=False, err=err)
    click.echo(report.summary(found), err=err)


def _line(finding: Finding) -> str:
    outcome = finding.outcome
    places = "".join(f"{place}: " for place in finding.where)
    return f"{places}{finding.level}: {outcome.url}: {outcome.verdict.value}: {finding.message}"


def _table(urgent: Sequence[Finding], *, err: bool) -> None:
    if not urgent:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("verdict", "address", "found", "where", box=None, header_style="bold", pad_edge=False)
    for finding in urgent:
        style = "red" if finding.level == "error" else "yellow"
        # `Text`, not markup: a server chose some of these words.
        cells = (finding.outcome.url, finding.message, "\n".join(str(place) for place in finding.where))
        table.add_row(Text(finding.outcome.verdict.value, style), *(Text(cell, overflow="fold") for cell in cells))
    Console(stderr=err).print(table)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A bar on a terminal, nothing in a pipe; yields what to call with each outcome."""
    if not sys.stderr.isatty():
        yield lambda outcome: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking links", total=total)

        def seen(outcome: Outcome) -> None:
            if not outcome.verdict.alive and outcome.verdict is not Verdict.SKIPPED:
                bar.console.print(Text(f"{outcome.verdict.value:12} {outcome.url}"))
            bar.advance(task)

        yield seen

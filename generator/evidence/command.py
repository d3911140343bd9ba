"""``python -m generator verify``."""

from __future__ import annotations

import os

import click

from generator.errors import GeneratorError
from generator.project import Project


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--check", is_flag=True, help="Compare with the report instead of writing it.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default="cores")
def verify(ids: tuple[str, ...], check: bool, jobs: int) -> None:
    """Replay the evidence of every implementation, or of the papers given, and report what holds."""
    from generator import outputs
    from generator.catalogue.loader import load
    from generator.evidence.verify import verify as verify_papers
    from generator.verification import dump, read

    project = Project.find()
    catalogue = load(project.catalogue).catalogue
    known = {paper.id for paper in catalogue.papers}
    if unknown := sorted(set(ids) - known):
        raise GeneratorError(f"there is no paper {', '.join(unknown)}", hint="ids are those of catalog.yaml")
    report = project.reports / "verification.json"
    before = dict(read(report).rows)
    rows, failed = ({} if not ids else dict(before)), False
    for outcome in verify_papers(project, catalogue, ids or sorted(known), jobs):
        for failure in outcome.failures:
            failed = True
            click.echo(f"{outcome.id}: {failure}", err=True)
        if not outcome.failures:
            rows[outcome.id] = outcome.row
            if outcome.row.level not in ("stub", "nothing-to-build"):
                error = f", error {outcome.row.error}" if outcome.row.error else ""
                click.echo(f"{outcome.id}: {outcome.row.level}{error}")
    different = sorted(id for id in rows.keys() | before.keys() if rows.get(id) != before.get(id))
    if check:
        for id in different:
            click.echo(f"{id}: differs from the report; run: python -m generator verify {id}")
    elif different:
        outputs.replace(project, report, dump(rows).encode())
    if failed or (check and different):
        raise SystemExit(1)

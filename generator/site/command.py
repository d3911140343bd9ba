"""``python -m generator site``."""

from __future__ import annotations

import click

from generator.project import Project


@click.command()
@click.option("--serve", is_flag=True, help="Show the site and keep it in step with its sources.")
@click.option("--port", default=8000, show_default=True, help="Where --serve shows it.")
def site(serve: bool, port: int) -> None:
    """Build the documentation site of both languages into build/site."""
    project = Project.find()
    if serve:
        from generator.site.serve import serve as show

        show(project, port)
        return
    from generator.site.make import site as make

    built = make(project)
    counts = ", ".join(f"{count} {language}" for language, count in built.pages.items())
    click.echo(f"wrote {built.folder.relative_to(project.root)}: {counts} pages")

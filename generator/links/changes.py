"""The addresses that differ from those of an earlier revision."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from generator.catalogue.loader import parse
from generator.errors import Findings, GeneratorError
from generator.links.addresses import Address, of_catalogue, touched
from generator.project import Project


def since(project: Project, revision: str, addresses: Sequence[Address]) -> list[Address]:
    """Those of ``addresses`` that were not in the catalogue where ``revision`` and the present commit part.

    Raises:
        GeneratorError: there is no such revision.
    """
    text = earlier(project, revision)
    if text is None:
        return list(addresses)
    try:
        before = of_catalogue(parse(text, name=f"{project.catalogue.name} at {revision}"))
    except Findings:  # it does not follow the rules of today: an address is old if the file mentions what it is made of
        return [a for a in addresses if not all(place.value in text for place in a.places)]
    return touched(addresses, before)


def earlier(project: Project, revision: str) -> str | None:
    """The catalogue where ``revision`` and the present commit part; ``None`` if there was none.

    Raises:
        GeneratorError: there is no such revision.
    """
    commit = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = (commit or "").strip()
    if not commit:
        raise GeneratorError(f"git knows no revision {revision!r} here", hint="fetch it, or name another one")
    # What others changed on the target branch since then is not of this change.
    base = (_git(project, "merge-base", commit, "HEAD") or commit).strip()
    return _git(project, "show", f"{base}:./{project.catalogue.name}")


def _git(project: Project, *arguments: str) -> str | None:
    """What git prints, or ``None`` if it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=project.root, capture_output=True, check=False, encoding="utf-8", timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GeneratorError(f"git could not be run: {error}") from error
    return done.stdout if done.returncode == 0 else None

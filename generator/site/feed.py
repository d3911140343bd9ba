"""An Atom feed of the papers that came into the catalogue last, and when: as the history tells it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from xml.etree import ElementTree as Tree

from generator.catalogue.model import Catalogue, Paper
from generator.project import Project
from generator.site.words import Language

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = 40
_TITLES: dict[Language, str] = {"zh": "注意力图谱：新收录的论文", "en": "Attention Atlas: new papers"}


def added(project: Project) -> dict[str, str]:
    """When each paper's record was first committed, as RFC 3339; empty where there is no history to ask."""
    command = [
        "git",
        "log",
        "--reverse",
        "--format=@%cI",
        "-p",
        "-U0",
        "--no-color",
        "--no-ext-diff",
        "--",
        "catalog.yaml",
    ]
    try:
        done = subprocess.run(command, cwd=project.root, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    found: dict[str, str] = {}
    day = ""
    for line in done.stdout.decode("utf-8", errors="replace").splitlines():
        if line.startswith("@2"):
            day = datetime.fromisoformat(line[1:]).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif match := re.fullmatch(r"\+- id: ([a-z0-9_]+)", line):
            found.setdefault(match[1], day)
    return found


def atom(catalogue: Catalogue, days: Mapping[str, str], language: Language, address: str) -> bytes:
    """The feed.

    Args:
        catalogue: all papers.
        days: when they were added; a paper without a day counts from the year of its venue.
        language: of the texts.
        address: where this language's site stands, with a slash at its end.
    """
    Tree.register_namespace("", _ATOM)
    dated = {paper.id: days.get(paper.id) or f"{paper.venue.year}-01-01T00:00:00Z" for paper in catalogue.papers}
    newest = sorted(catalogue.papers, key=lambda paper: (dated[paper.id], paper.venue.year, paper.id), reverse=True)
    newest = newest[:_ENTRIES]
    feed = Tree.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _add(feed, "title", _TITLES[language])
    _add(feed, "id", address)
    _add(feed, "updated", dated[newest[0].id] if newest else "1970-01-01T00:00:00Z")
    Tree.SubElement(feed, f"{{{_ATOM}}}link", {"rel": "self", "href": f"{address}feed.xml"})
    Tree.SubElement(feed, f"{{{_ATOM}}}link", {"rel": "alternate", "href": address})
    _add(Tree.SubElement(feed, f"{{{_ATOM}}}author"), "name", "Attention Atlas")
    for paper in newest:
        _entry(feed, paper, dated[paper.id], language, address)
    return Tree.tostring(feed, encoding="utf-8", xml_declaration=True)


def _entry(feed: Tree.Element, paper: Paper, day: str, language: Language, address: str) -> None:
    entry = Tree.SubElement(feed, f"{{{_ATOM}}}entry")
    _add(entry, "title", f"{paper.title} ({paper.venue.name} {paper.venue.year})")
    _add(entry, "id", f"{address}papers/{paper.id}/")
    _add(entry, "updated", day)
    Tree.SubElement(entry, f"{{{_ATOM}}}link", {"rel": "alternate", "href": f"{address}papers/{paper.id}/"})
    _add(entry, "summary", getattr(paper.idea, language))


def _add(parent: Tree.Element, name: str, text: str) -> None:
    Tree.SubElement(parent, f"{{{_ATOM}}}{name}").text = text

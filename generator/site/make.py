"""The site from the catalogue, step by step: pages, dictionary, HTML, what is shared."""

from __future__ import annotations

import os
from pathlib import Path

from generator.catalogue.loader import load
from generator.outputs import Outputs, replace
from generator.project import Project
from generator.render import PACKAGE, PAGE_FOLDERS, Plan, Renderer
from generator.site import build, dictionary, feed, preview
from generator.site.words import Language

# Where the site will stand is said in one place, the environment; the configurations have the same words.
_ADDRESS = "https://example.org/attention-atlas/"


def pages(project: Project) -> tuple[Renderer, Plan]:
    """Render all pages and write those that changed."""
    renderer = Renderer(project, load(project.catalogue))
    plan = renderer.plan()
    Outputs(project, plan.texts).write_pages(renderer.pages(plan), PAGE_FOLDERS)
    (project.root / "build").mkdir(exist_ok=True)
    words = dictionary.text(project).encode()
    target = project.root / dictionary.PATH
    if not target.exists() or target.read_bytes() != words:
        replace(project, target, words)
    return renderer, plan


def site(project: Project) -> build.Built:
    """Everything: ``build/site``, ready for any server of static files."""
    renderer, plan = pages(project)
    return build.assemble(project, build.html(project), shared(renderer, plan))


def shared(renderer: Renderer, plan: Plan) -> dict[str, bytes]:
    """Files that both languages lead to: the modules as single files, the catalogue's other formats, the feeds."""
    address = os.environ.get("SITE_URL") or _ADDRESS
    files = {
        f"files/{Path(path).name}": text.encode()
        for path, text in plan.texts.items()
        if path.startswith(f"{PACKAGE}/papers/") and Path(path).stem in renderer.units
    }
    for name in ("catalog.json", "catalog.csv", "catalog.bib"):
        if text := plan.texts.get(f"generated/{name}"):
            files[name] = text.encode()
    for name in ("CONTRIBUTING.md", "CONTRIBUTING.zh.md"):
        files[f"files/{name}"] = (renderer.project.root / name).read_bytes()
    files["preview.png"] = preview.png()
    days = feed.added(renderer.project)
    files["feed.xml"] = feed.atom(renderer.catalogue, days, "zh", address)
    english: Language = "en"
    files["en/feed.xml"] = feed.atom(renderer.catalogue, days, english, f"{address}en/")
    return files

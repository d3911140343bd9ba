"""From pages on disk to one folder of HTML: both languages built at once, mended, and put together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as Tree

from generator.errors import GeneratorError, Location
from generator.project import Project
from generator.site.words import LANGUAGES, Language

CONFIGURATIONS: dict[Language, str] = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_TAGS: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}


@dataclass(frozen=True)
class Built:
    """What was built: the folder, and how many pages of each language it has."""

    folder: Path
    pages: dict[Language, int]


def html(project: Project, *, dirty: bool = False, folder: str = "build") -> dict[Language, Path]:
    """Build both languages side by side; strict, so that a broken link fails.

    Args:
        project: the checkout; its pages are written already.
        dirty: whether to build only the pages that changed since the last build.
        folder: where the languages' folders are made.

    Returns:
        The folder of each language.

    Raises:
        GeneratorError: if a build warns or fails, with what it said, or if pages are missing afterwards.
    """
    folders: dict[Language, Path] = {language: project.root / folder / language for language in LANGUAGES}
    running: list[tuple[Language, Job]] = [
        (language, _start(project, language, target, dirty)) for language, target in folders.items()
    ]
    faults = [fault for language, job in running if (fault := _finish(job, CONFIGURATIONS[language], dirty))]
    if faults:
        raise GeneratorError("\n".join(faults))
    for language, target in folders.items():
        _count(project, language, target)
    return folders


Job = tuple["subprocess.Popen[bytes]", IO[bytes]]


def _start(project: Project, language: Language, target: Path, dirty: bool) -> Job:
    # The engine's advertisement says nothing about this site; its warnings do, and are read below.
    environment = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
        "DISABLE_MKDOCS_2_WARNING": "true",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "mkdocs", "build", "-f", CONFIGURATIONS[language], "-d", str(target)]
    # A partial build does not know the pages that it leaves, and would complain of every link to them.
    command.append("--dirty" if dirty else "--strict")
    log = tempfile.NamedTemporaryFile(prefix=f"site-{language}-", suffix=".log")  # noqa: SIM115 - read when it has ended
    process = subprocess.Popen(command, cwd=project.root, env=environment, stdout=log, stderr=log)
    return process, log


def _finish(job: Job, configuration: str, dirty: bool) -> str | None:
    """What a build said if it failed or warned."""
    process, log = job
    code = process.wait()
    log.seek(0)
    said = log.read().decode("utf-8", errors="replace")
    log.close()
    complaints = [line.strip() for line in said.splitlines() if re.match(r"\s*(WARNING|ERROR|Error)", line)]
    if not code and (dirty or not complaints):
        return None
    return f"{configuration}: {'; '.join(complaints) or said.strip()[-2000:]}"


def _count(project: Project, language: Language, folder: Path) -> None:
    sources = [
        path for path in (project.site / language).rglob("*.md") if "_parts" not in path.relative_to(project.site).parts
    ]
    made = sum(1 for _ in folder.rglob("*.html"))
    expected = len(sources) + 1  # and the page for what is not there
    if made != expected:
        where = Location(CONFIGURATIONS[language])
        raise GeneratorError(f"{made} pages were built from {len(sources)} sources; expected {expected}", where)


def assemble(project: Project, folders: dict[Language, Path], extra: dict[str, bytes]) -> Built:
    """Put both languages into ``build/site`` with what they share.

    Args:
        project: the checkout.
        folders: what :func:`html` built; they are used up.
        extra: further files of the site by path.
    """
    counts: dict[Language, int] = {
        language: sum(1 for _ in folder.rglob("*.html")) for language, folder in folders.items()
    }
    for language, folder in folders.items():
        _tidy(folder)
        link_languages(folder, language)
    final = project.root / "build" / "site"
    shutil.rmtree(final, ignore_errors=True)
    folders["zh"].rename(final)
    folders["en"].rename(final / "en")
    for path, data in {".nojekyll": b"", **extra}.items():
        target = final / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return Built(final, counts)


def _tidy(folder: Path) -> None:
    """Without source maps, which only the theme's own makers need."""
    for path in folder.rglob("*.map"):
        path.unlink()
    for path in [*folder.rglob("*.min.js"), *folder.rglob("*.min.css")]:
        text = path.read_text(encoding="utf-8")
        if "sourceMappingURL" in text:
            path.write_text(re.sub(r"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?", "", text), encoding="utf-8")
    (folder / "sitemap.xml.gz").unlink(missing_ok=True)


def link_languages(folder: Path, language: Language) -> None:
    """Tell in the sitemap where each page stands in the other language; Chinese is what others are led to."""
    path = folder / "sitemap.xml"
    Tree.register_namespace("", _SITEMAP)
    Tree.register_namespace("xhtml", _XHTML)
    tree = Tree.parse(path)
    locations = [node for node in tree.iter(f"{{{_SITEMAP}}}loc") if node.text]
    if not locations:
        return
    here = min((node.text or "" for node in locations), key=len)
    root = here if language == "zh" else re.sub(r"en/$", "", here)
    for entry in tree.getroot():
        location = entry.findtext(f"{{{_SITEMAP}}}loc") or ""
        page = location.removeprefix(here)
        for tag, address in (
            (_TAGS["zh"], root + page),
            (_TAGS["en"], f"{root}en/{page}"),
            ("x-default", root + page),
        ):
            Tree.SubElement(entry, f"{{{_XHTML}}}link", {"rel": "alternate", "hreflang": tag, "href": address})
        # The day of a build says nothing about a page.
        for changed in entry.findall(f"{{{_SITEMAP}}}lastmod"):
            entry.remove(changed)
    tree.write(path, encoding="utf-8", xml_declaration=True)

"""How fast the site is made and how heavy it is: ``python -m benchmarks.site_speed``.

Measured are the rendering of all pages; both languages' HTML as ``generator site`` builds it, beside mkdocs-material
alone on the same Markdown (the same configurations, one process for each language, side by side); the size of papers'
pages; what a first visit loads. Each time is the least of several runs, taken in turns; the bounds are those that the
site was made for.
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from generator.catalogue.loader import load
from generator.project import Project
from generator.render import Renderer
from generator.site import build, make

ROUNDS = 3


def main() -> None:
    """Measure and print; the exit code says whether every bound holds."""
    project = Project.find()
    lines = [*_rendering(project), *_html(project)]
    width = max(len(what) for what, _, _, _ in lines)
    for what, value, bound, unit in lines:
        verdict = "ok" if value <= bound else "OVER"
        sys.stdout.write(f"{what:{width}}  {value:9.2f} {unit:4} ≤ {bound:g} {unit:4} {verdict}\n")
    sys.exit(any(value > bound for _, value, bound, _ in lines))


Line = tuple[str, float, float, str]


def _rendering(project: Project) -> list[Line]:
    renderer = Renderer(project, load(project.catalogue))
    plan = renderer.plan()
    times = [_timed(lambda: dict(renderer.pages(plan))) for _ in range(ROUNDS)]
    return [("render all pages", min(times), 1.0, "s")]


def _html(project: Project) -> list[Line]:
    """Ours and the engine alone, in turns; then sizes of what came out."""
    renderer, plan = make.pages(project)
    ours: list[float] = []
    alone: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for at in range(ROUNDS):
            jobs = [lambda: _ours(project, renderer, plan, ours), lambda: _alone(project, Path(folder), alone)]
            for job in jobs if at % 2 else reversed(jobs):
                job()
    return [("HTML of both languages, beside the engine alone", min(ours) / min(alone), 1.1, "×"), *_sizes(project)]


def _ours(project: Project, renderer: Renderer, plan: make.Plan, times: list[float]) -> None:
    times.append(_timed(lambda: build.assemble(project, build.html(project), make.shared(renderer, plan))))


def _alone(project: Project, folder: Path, times: list[float]) -> None:
    def both() -> None:
        commands = [
            [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", name, "-d", str(folder / language)]
            for language, name in build.CONFIGURATIONS.items()
        ]
        quiet = subprocess.DEVNULL
        jobs = [subprocess.Popen(command, cwd=project.root, stdout=quiet, stderr=quiet) for command in commands]
        if any(job.wait() for job in jobs):
            raise SystemExit("mkdocs failed")

    times.append(_timed(both))
    shutil.rmtree(folder / "zh")
    shutil.rmtree(folder / "en")


def _sizes(project: Project) -> list[Line]:
    site = project.root / "build" / "site"
    pages = [
        (path.stat().st_size / 1000, len(gzip.compress(path.read_bytes())) / 1000)
        for path in [*site.glob("papers/*/index.html"), *site.glob("en/papers/*/index.html")]
    ]
    plain, packed = zip(*pages, strict=True)
    first = site / "papers" / "se_net" / "index.html"
    # Fetched by every first visit; the search index comes on top, when somebody searches.
    shared = [*site.glob("assets/stylesheets/*.min.css"), *site.glob("assets/javascripts/bundle.*.min.js")]
    shared += [site / "assets" / name for name in ("site.css", "site.js", "icon.svg")]
    load_ = sum(len(gzip.compress(path.read_bytes())) for path in [first, *shared]) / 1000
    return [
        ("paper page, median", statistics.median(plain), 120, "KB"),
        ("paper page, median, packed", statistics.median(packed), 15, "KB"),
        ("paper page, largest", max(plain), 250, "KB"),
        ("paper page, largest, packed", max(packed), 30, "KB"),
        ("first load, packed, without the search index", load_, 100, "KB"),
    ]


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

"""How fast the site is made and how heavy it is: ``python -m benchmarks.site_speed``.

Measured are the rendering of all pages; both languages' HTML as ``generator site`` builds it, beside mkdocs-material
alone on the same Markdown (the same configurations, one process for each language, side by side); the size of papers'
pages; what a first visit loads. Each time is the least of several runs, taken in turns; the bounds are those that the
site was made for. The two builds are compared by the processor time of all their processes, since a neighbour's load
changes what a clock on the wall says by more than the bound leaves room for; that ratio is printed without a verdict.
"""

from __future__ import annotations

import gzip
import resource
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
        verdict = "" if bound is None else f" ≤ {bound:g} {unit:4} {'ok' if value <= bound else 'OVER'}"
        sys.stdout.write(f"{what:{width}}  {value:9.2f} {unit:4}{verdict}\n")
    sys.exit(any(bound is not None and value > bound for _, value, bound, _ in lines))


Line = tuple[str, float, float | None, str]
Times = list[tuple[float, float]]
"""By the clock on the wall, and by the processors."""


def _rendering(project: Project) -> list[Line]:
    renderer = Renderer(project, load(project.catalogue))
    plan = renderer.plan()
    times = [_timed(lambda: dict(renderer.pages(plan))) for _ in range(ROUNDS)]
    return [("render all pages", min(times), 1.0, "s")]


def _html(project: Project) -> list[Line]:
    """Ours and the engine alone, in turns; then sizes of what came out."""
    renderer, plan = make.pages(project)
    ours: Times = []
    alone: Times = []
    with tempfile.TemporaryDirectory() as folder:
        for at in range(ROUNDS):
            jobs = [lambda: _ours(project, renderer, plan, ours), lambda: _alone(project, Path(folder), alone)]
            for job in jobs if at % 2 else reversed(jobs):
                job()
    wall, processors = (min(run[at] for run in ours) / min(run[at] for run in alone) for at in (0, 1))
    return [
        ("HTML of both languages, beside the engine alone", processors, 1.1, "×"),
        ("  the same by the clock on the wall", wall, None, "×"),
        *_sizes(project),
    ]


def _ours(project: Project, renderer: Renderer, plan: make.Plan, times: Times) -> None:
    times.append(_both_clocks(lambda: build.assemble(project, build.html(project), make.shared(renderer, plan))))


def _alone(project: Project, folder: Path, times: Times) -> None:
    def both() -> None:
        commands = [
            [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", name, "-d", str(folder / language)]
            for language, name in build.CONFIGURATIONS.items()
        ]
        quiet = subprocess.DEVNULL
        jobs = [subprocess.Popen(command, cwd=project.root, stdout=quiet, stderr=quiet) for command in commands]
        if any(job.wait() for job in jobs):
            raise SystemExit("mkdocs failed")

    times.append(_both_clocks(both))
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


def _both_clocks(work: Callable[[], object]) -> tuple[float, float]:
    start = _processors()
    wall = _timed(work)
    return wall, _processors() - start


def _processors() -> float:
    """Processor time of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

"""``python -m generator bench``."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from generator.errors import GeneratorError
from generator.project import Project


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--device", help="cpu, cuda or cuda:N; default: cuda if there is one.")
@click.option("--dtype", "dtypes", multiple=True, default=["float32"], help="Several times for several.")
@click.option("--channels-last", is_flag=True, help="Lay maps out with their channels together.")
@click.option("--compile", "compiled", is_flag=True, help="Also time the compiled modules.")
@click.option("--budget", type=click.FloatRange(0), default=1.0, show_default=True, help="Seconds a module and mode.")
@click.option("--compare", nargs=2, metavar="A B", help="Compare two records, as FILE, FILE@RUN or FILE@COMMIT.")
def bench(
    ids: tuple[str, ...],
    device: str | None,
    dtypes: tuple[str, ...],
    channels_last: bool,
    compiled: bool,
    budget: float,
    compare: tuple[str, str] | None,
) -> None:
    """Measure all modules, or those of the papers IDS, and add a run to the device's record.

    Exit 1 if nothing could be measured. With --compare nothing is measured. RUN counts from 1, negative numbers from
    the end; exit 1 if a case is slower, or if there is none to compare.
    """
    project = Project.find()
    if compare:
        raise SystemExit(_compare(project, *compare))
    from generator.evidence.verify import import_library

    library = import_library(project)
    import torch
    from attention_atlas.bench import Setup

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    known = library.list_papers(implemented=True)
    if unknown := sorted(set(ids) - set(known)):
        raise GeneratorError(f"{', '.join(unknown)}: no paper of that id is implemented")
    try:
        setups = [Setup(device, dtype, channels_last, compiled, budget=budget) for dtype in dtypes]
        complete, rows = _measure(ids or known, setups)
    except ValueError as error:
        raise GeneratorError(str(error)) from None
    if rows:
        _write(project, device, rows, complete)
    if not complete:
        raise SystemExit(130)
    if not rows:
        click.echo("nothing could be measured; the reasons stand above", err=True)
        raise SystemExit(1)


def _measure(ids: Sequence[str], setups: Sequence[Any]) -> tuple[bool, list[dict[str, Any]]]:
    """Whether all was measured, and the rows; an interruption keeps those there are."""
    from attention_atlas.bench import Failure
    from attention_atlas.bench import bench as measure

    rows: list[dict[str, Any]] = []
    try:
        for setup in setups:
            for result in measure(ids, setup):
                if isinstance(result, Failure):
                    click.echo(str(result), err=True)
                    continue
                rows.append(asdict(result))
                ratio = "-" if result.ratio_conv3x3 is None else f"{result.ratio_conv3x3:.2f}"
                click.echo(f"{result.id} {result.mode} {result.dtype}: {result.median_s:.3g} s, ratio {ratio}")
    except KeyboardInterrupt:
        click.echo("interrupted: what was measured is kept", err=True)
        return False, rows
    return True, rows


def _write(project: Project, device: str, rows: list[dict[str, Any]], complete: bool) -> None:
    import torch

    from generator import outputs
    from generator.bench import record

    name = _processor(torch.get_num_threads()) if device == "cpu" else torch.cuda.get_device_name(device)
    commit, changed = _commit(project.root)
    run = record.Run(
        commit=commit,
        changed=changed,
        torch=torch.__version__,
        driver=None if device == "cpu" else _smi("driver_version"),
        clocks=None if device == "cpu" else _smi("clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem"),
        threads=torch.get_num_threads(),
        complete=complete,
        rows=[record.Row(**row) for row in rows],
    )
    path = project.reports / "benchmarks" / f"{record.slug(name)}.json"
    outputs.replace(project, path, record.appended(path, name, run).encode())
    click.echo(f"added {len(rows)} rows to {path.relative_to(project.root).as_posix()}")


def _compare(project: Project, old: str, new: str) -> int:
    from generator.bench.compare import apart, compare

    (device, before), (other, after) = _runs(project, old), _runs(project, new)
    if device != other:
        click.echo(f"the records are of two devices, {device} and {other}: ratios need not be the same", err=True)
    changes = list(compare(before, after))
    for change in changes:
        if change.verdict != "same":
            what = " ".join(change.key)
            click.echo(f"{what}: {change.verdict}: {change.ratio:.2f} times (noise: ±{change.threshold:.0%})")
    same = sum(change.verdict == "same" for change in changes)
    click.echo(f"{len(changes)} cases in both, {same} of them the same.")
    for name, keys in zip((old, new), apart(before, after), strict=True):
        if keys:
            first = ", ".join(map(" ".join, keys[:3]))
            click.echo(f"only in {name}: {len(keys)}: {first}{', …' if len(keys) > 3 else ''}")
    if not changes:
        click.echo("there is nothing to compare", err=True)
        return 1
    if any(change.verdict in ("slower once", "faster once") for change in changes):
        click.echo("what showed in one run only may be noise: measure again and compare both runs", err=True)
    return int(any(change.verdict == "slower" for change in changes))


def _runs(project: Project, text: str) -> tuple[str, list[Any]]:
    """The device and runs that FILE, FILE@RUN or FILE@COMMIT names; FILE may be the name of a device's record alone."""
    from generator.bench import record

    file, _, which = text.partition("@")
    path = Path(file)
    if not path.exists():
        path = project.reports / "benchmarks" / f"{file.removesuffix('.json')}.json"
    whole = record.read(path)
    chosen = runs = whole.runs
    if re.fullmatch(r"-?[0-9]{1,4}", which):
        at = int(which)
        chosen = [runs[at - 1 if at > 0 else at]] if 0 < abs(at) <= len(runs) else []
    elif which:
        chosen = [run for run in runs if run.commit.startswith(which)]
    if not chosen:
        known = ", ".join(f"{at} ({run.commit[:10]})" for at, run in enumerate(runs, 1))
        raise GeneratorError(f"{text}: there is no such run; {path.name} has {known or 'none'}")
    return whole.device, chosen


def _commit(root: Path) -> tuple[str, bool]:
    """The commit of the checkout, and whether the code that is measured differs from it."""
    done = _output(["git", "-C", str(root), "rev-parse", "HEAD"])
    if done is None:
        return "unknown", True
    return done, bool(_output(["git", "-C", str(root), "status", "--porcelain", "--", "templates", "catalog.yaml"]))


def _smi(query: str) -> str | None:
    """What the driver's own tool says of the device."""
    return _output(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"])


def _output(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor(threads: int) -> str:
    """``CPU`` with the processor's name and how many threads torch used: on more of them ratios are others."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        name = found[1].strip() if found else name
    return f"CPU {name}, {threads} {'thread' if threads == 1 else 'threads'}"

"""How fast a build is, beside the least that it could take, on this machine.

The floor is a program that does what no build can do without, in the same run and on the same files: import the same
three libraries, load the YAML with libyaml, validate the records, put every output through a Jinja template, parse
every Python file that is read or written, write the files. CPU time (user and system) of whole processes, medians of
interleaved rounds. Synthetic catalogues of 1,000 and 10,000 papers, one in ten implemented, show how it grows.

    python benchmarks/build_speed.py [--rounds 7] [--most 10000]

Exit 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("templates", "tests/evidence", "generated/reports", "site")
FILES = ("catalog.yaml", "README.md", "README.zh.md")
FULL_OVER_FLOOR = 1.6
NOTHING_OVER_FULL = 0.3
GROWTH = 1.3
MOST_MIB = 500
FLOOR = """
import ast, gc, json, sys
from pathlib import Path
gc.disable()
import jinja2, yaml
from generator.catalogue.model import Catalogue
source, target = Path(sys.argv[1]), Path(sys.argv[2])
data = yaml.load((source / "catalog.yaml").read_bytes(), yaml.CSafeLoader)
Catalogue.model_validate(data)
for path in [*source.glob("templates/**/*.py")]:
    ast.parse(path.read_bytes())
cache = jinja2.FileSystemBytecodeCache(sys.argv[4])
template = jinja2.Environment(bytecode_cache=cache, loader=jinja2.DictLoader({"x": "{{ text }}"})).get_template("x")
for path, text in json.loads(Path(sys.argv[3]).read_bytes()).items():
    text = template.render(text=text)
    if path.endswith((".py", ".pyi")):
        ast.parse(text)
    file = target / path
    try:
        file.write_text(text)
    except FileNotFoundError:
        file.parent.mkdir(parents=True)
        file.write_text(text)
"""


class Cost(NamedTuple):
    """What one process took."""

    cpu: float
    mib: float


def run(command: list[str], folder: Path) -> Cost:
    """Run a process to its end; CPU seconds and the most memory it held."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{command} failed:\n{output.read().decode()[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def build(folder: Path) -> Cost:
    """One build in ``folder``."""
    return run(["-m", "generator", "build"], folder)


def checkout(folder: Path) -> Path:
    """A copy of everything that a build reads, without its outputs."""
    for name in INPUTS:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "papers" if name == "site" else "")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    (folder / "generator").mkdir()
    return folder


def outputs(folder: Path, inputs: set[Path]) -> dict[str, str]:
    """What a build has written, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path not in inputs and ".cache" not in path.parts
    }


def clear(folder: Path, texts: dict[str, str], readmes: dict[str, str]) -> None:
    """Take a build's outputs away again, and what it remembers; compiled templates stay, as they do for the floor."""
    for path in texts:
        (folder / path).unlink(missing_ok=True)
    for name, text in readmes.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.rmtree(folder / "generated/attention_atlas", ignore_errors=True)
    (folder / ".cache/build.json").unlink(missing_ok=True)


def compare(rounds: int, scratch: Path) -> dict[str, list[Cost]]:
    """A full build, the floor and a build with nothing to do, in turn."""
    folder = checkout(scratch / "checkout")
    inputs = {path for path in folder.rglob("*") if path.is_file()}
    readmes = {name: (folder / name).read_text(encoding="utf-8") for name in FILES if name.startswith("README")}
    build(folder)
    texts = outputs(folder, inputs)
    listing = scratch / "outputs.json"
    listing.write_text(json.dumps({**texts, **readmes}), encoding="utf-8")
    floor = scratch / "floor.py"
    floor.write_text(FLOOR, encoding="utf-8")
    cache = scratch / "jinja"
    cache.mkdir()
    found: dict[str, list[Cost]] = {"full": [], "floor": [], "nothing": []}
    for number in range(rounds + 1):
        clear(folder, texts, readmes)
        costs = {
            "full": build(folder),
            "floor": run([str(floor), str(folder), str(scratch / f"floor-{number}"), str(listing), str(cache)], folder),
            "nothing": build(folder),
        }
        shutil.rmtree(scratch / f"floor-{number}")
        for name, cost in costs.items():
            if number:  # the first round fills caches
                found[name].append(cost)
    return found


def synthetic(count: int, folder: Path) -> Path:
    """A checkout of ``count`` papers made from the real ones, one in ten implemented."""
    checkout(folder)
    real: list[dict[str, Any]] = yaml.load((ROOT / "catalog.yaml").read_bytes(), yaml.CSafeLoader)["papers"]
    real = [paper for paper in real if "nothing_to_build" not in paper]
    drop_in = next(paper for paper in real if paper["id"] == "se_net")
    template = (ROOT / "templates/papers/se_net.py").read_text(encoding="utf-8")
    for name in ("templates/papers", "tests/evidence", "generated/reports"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "templates/papers").mkdir()
    records: list[dict[str, Any]] = []
    for number in range(count):
        id = f"p{number:05}"
        record = copy.deepcopy(real[number % len(real)])
        for name in ("module", "formula", "reported"):
            record.pop(name, None)
        record["links"] = {name: value for name, value in record["links"].items() if name == "code"}
        record |= {"id": id, "title": f"{record['title']} {number}", "ids": {"arxiv": f"2001.{number + 1:05}"}}
        record["related"] = [{**item, "id": f"p{(number + 1) % count:05}"} for item in record.get("related", [])[:1]]
        if number % 10 == 0:
            record |= {name: drop_in[name] for name in ("module", "formula", "facets", "kind")}
            (folder / f"templates/papers/{id}.py").write_text(template, encoding="utf-8")
        records.append(record)
    dumper = yaml.CSafeDumper
    dumper.ignore_aliases = lambda self, data: True
    text = yaml.dump({"papers": records}, Dumper=dumper, allow_unicode=True, sort_keys=False, width=10**6)
    (folder / "catalog.yaml").write_text(text, encoding="utf-8")
    return folder


def grow(most: int, scratch: Path) -> dict[int, Cost]:
    """Full builds of synthetic catalogues of three sizes; the fastest of several for the small ones."""
    found: dict[int, Cost] = {}
    for count, repeats in ((most // 100, 5), (most // 10, 3), (most, 1)):
        folder = synthetic(count, scratch / f"synthetic-{count}")
        costs: list[Cost] = []
        for _ in range(repeats):
            for name in ("generated", ".cache"):
                shutil.rmtree(folder / name, ignore_errors=True)
            costs.append(build(folder))
        found[count] = min(costs)
        shutil.rmtree(folder)
    return found


def imports(scratch: Path) -> dict[str, str]:
    """Which of torch and httpx each command imports; none should."""
    folder = scratch / "checkout"
    probe = (
        "import sys; sys.argv = ['x', *sys.argv[2:]]\nfrom generator.cli import main\ntry:\n    main()\n"
        "except SystemExit:\n    pass\nfound = {'torch', 'httpx'} & set(sys.modules)\nsys.exit(' '.join(found) or 0)\n"
    )
    script = scratch / "probe.py"
    script.write_text(probe, encoding="utf-8")
    commands = {"--help": ["--help"], "build": ["build"], "build --check": ["build", "--check"], "check": ["check"]}
    return {name: f"{run([str(script), '', *command], folder).cpu:.3f} s CPU" for name, command in commands.items()}


def main() -> int:
    """Measure, print, compare with the bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--most", type=int, default=10_000, help="papers of the largest synthetic catalogue")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="build-speed-") as name:
        scratch = Path(name)
        costs = compare(options.rounds, scratch)
        commands = imports(scratch)
        growth = grow(options.most, scratch)
    return report(costs, commands, growth)


def report(costs: dict[str, list[Cost]], commands: dict[str, str], growth: dict[int, Cost]) -> int:
    """Print every figure and say which bounds hold."""
    say = sys.stdout.write
    median = {name: statistics.median(cost.cpu for cost in values) for name, values in costs.items()}
    for name, values in costs.items():
        seconds = sorted(cost.cpu for cost in values)
        say(f"{name:<8} {median[name]:.3f} s CPU (from {seconds[0]:.3f} to {seconds[-1]:.3f})\n")
    for command, text in commands.items():
        say(f"{command:<14} {text}, neither torch nor httpx\n")
    small, middle, large = sorted(growth)
    for count, cost in growth.items():
        say(f"{count:>6} papers: {cost.cpu:.2f} s CPU, {cost.mib:.0f} MiB\n")
    first = (growth[middle].cpu - growth[small].cpu) / (middle - small)
    second = (growth[large].cpu - growth[middle].cpu) / (large - middle)
    say(f"each further paper: {first * 1000:.2f} ms up to {middle}, {second * 1000:.2f} ms up to {large}\n")
    bounds = [
        ("full build over floor", median["full"] / median["floor"], FULL_OVER_FLOOR),
        ("nothing to do over full build", median["nothing"] / median["full"], NOTHING_OVER_FULL),
        ("cost of a further paper, large over small", second / first, GROWTH),
        (f"MiB at {large} papers", growth[large].mib, MOST_MIB),
    ]
    for what, value, most in bounds:
        say(f"{'ok ' if value <= most else 'NOT'} {what}: {value:.3g} (at most {most:g})\n")
    return int(any(value > most for _, value, most in bounds))


if __name__ == "__main__":
    sys.exit(main())

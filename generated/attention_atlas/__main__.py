"""``python -m attention_atlas``: find a paper, look at it, copy its file, compare a copy, measure."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import io
import json
import os
import re
import sys
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, info, list_papers
from ._types import PaperInfo, Recipe

if TYPE_CHECKING:
    from .bench import Row

_STAMP = re.compile(r"# attention-atlas: (?P<id>[a-z0-9_]+) (?P<version>\S+) sha256:(?P<hash>[0-9a-f]{64})\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns 0, 1 for a difference, 2 for a wrong argument, 141 if nobody reads on."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console with an alphabet of its own shows a mark for what it lacks.
        sys.stdout.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(prog="attention-atlas", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="ids, one a line, with venue, evidence and title")
    listing.add_argument("--kind", help="such as channel-attention")
    listing.add_argument("--section", help="such as vision-transformer")
    listing.add_argument("--implemented", action="store_true", help="only what can be built")
    show = commands.add_parser("show", help="what is known of a paper")
    show.add_argument("id")
    copying = commands.add_parser("copy", help="copy a paper's file, which needs nothing but torch")
    copying.add_argument("id")
    copying.add_argument("folder", type=Path)
    copying.add_argument("--force", action="store_true", help="overwrite a file that is there")
    comparing = commands.add_parser("diff", help="what changed since a file was copied, here and in the copy")
    comparing.add_argument("file", type=Path)
    _bench_options(commands.add_parser("bench", help="time modules beside a convolution of the same shape"))
    options = parser.parse_args(arguments)
    try:
        done = _COMMANDS[options.command](options)
        sys.stdout.flush()
        return done
    except BrokenPipeError:
        # `| head` has what it wants. What is still to be written must not raise once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ValueError, OSError) as error:
        print(f"attention-atlas: {error}", file=sys.stderr)  # noqa: T201  this is the command line
        return 2


def source(id: str) -> str:
    """The text of a paper's file as it is in this package."""
    return resources.files(f"{__package__}.papers").joinpath(f"{info(id).id}.py").read_text(encoding="utf-8")


def _list(options: argparse.Namespace) -> int:
    ids = list_papers(kind=options.kind, section=options.section, implemented=True if options.implemented else None)
    width = max(map(len, ids), default=0)
    for id in ids:
        paper = info(id)
        _say(f"{id:<{width}}  {paper.year}  {paper.level:<7}  {paper.title}")
    return 0


def _show(options: argparse.Namespace) -> int:
    paper = info(options.id)
    rows = [
        ("paper", f"{paper.title} ({paper.venue} {paper.year})"),
        ("authors", ", ".join(paper.authors)),
        ("address", paper.paper_url),
        (
            "code",
            f"{paper.code_url} ({'official' if paper.official_code else 'third party'})" if paper.code_url else "",
        ),
        ("kind", f"{paper.kind}; listed under {', '.join(paper.sections)}"),
        ("idea", paper.idea["en"]),
        ("想法", paper.idea["zh"]),
        ("evidence", paper.nothing_to_build or paper.level),
        ("class", paper.cls or ""),
        ("shape", paper.shape or ""),
        ("example", _call(paper)),
        ("variants", ", ".join(paper.variants)),
        *(("insert", _insertion(paper, recipe)) for recipe in paper.recipes),
    ]
    for name, value in rows:
        if value:
            _say(f"{name + ':':<10} {value}")
    return 0


def _copy(options: argparse.Namespace) -> int:
    paper = info(options.id)
    if not paper.implemented:
        reason = paper.nothing_to_build or f"it is not implemented yet; see {paper.paper_url}"
        raise ValueError(f"{paper.id}: there is no file to copy: {reason}")
    if not options.folder.is_dir():
        raise ValueError(f"{options.folder} is not a folder")
    target = options.folder / f"{paper.id}.py"
    if os.path.lexists(target) and not options.force:  # a link to nowhere is there, too
        raise ValueError(f"{target} is there already; see what differs with diff, or overwrite it with --force")
    text = source(paper.id)
    target.write_text(f"# attention-atlas: {paper.id} {__version__} sha256:{_digest(text)}\n{text}", encoding="utf-8")
    _say(str(target))
    return 0


def _diff(options: argparse.Namespace) -> int:
    try:
        stamp, _, copied = options.file.read_text(encoding="utf-8-sig").partition("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{options.file} is no text in UTF-8: {error}") from None
    found = _STAMP.fullmatch(stamp + "\n")
    if not found:
        raise ValueError(f"{options.file} has no stamp in its first line: it was not made by copy")
    id, ours = found["id"], source(found["id"])
    changed_here, changed_there = _digest(copied) != found["hash"], _digest(ours) != found["hash"]
    if copied == ours:
        _say(f"{options.file} is {id} as of {__version__}")
        return 0
    if changed_here and changed_there:
        note = f"changed in the copy and in {__version__} since it was copied from {found['version']}"
    else:
        note = "changed in the copy only" if changed_here else f"changed in {__version__}, the copy is as it was"
    here, there = (str(options.file), copied), (f"{id} {__version__}", ours)
    old, new = (here, there) if changed_there else (there, here)
    lines = difflib.unified_diff(
        old[1].splitlines(keepends=True), new[1].splitlines(keepends=True), fromfile=old[0], tofile=new[0]
    )
    _say(f"{options.file}: {note}")
    sys.stdout.writelines(lines)
    return 1


def _bench_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--all", action="store_true", help="every implemented paper")
    parser.add_argument("--device", help="cpu, cuda or cuda:N; default: cuda if there is one")
    parser.add_argument("--dtype", default="float32", help="float32, tf32, float16 or bfloat16 (default: float32)")
    parser.add_argument("--shape", type=_shape, help="of the first input, such as 8,256,56,56")
    parser.add_argument("--channels-last", action="store_true", help="lay maps out with their channels together")
    parser.add_argument("--compile", action="store_true", help="also time the compiled module")
    parser.add_argument("--budget", type=float, default=1.0, help="seconds for each module and mode (default: 1)")
    parser.add_argument("--json", action="store_true", help="print rows as JSON instead of a table")
    parser.add_argument(
        "--details",
        action="store_true",
        help="with --json: how each row was measured, and all ratios; implied by --compile and --channels-last",
    )


def _shape(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[1-9][0-9]*(?:[,x][1-9][0-9]*)*", text):
        raise argparse.ArgumentTypeError(f"expected sizes such as 8,256,56,56, got {text!r}")
    return tuple(int(size) for size in re.split("[,x]", text))


def _bench(options: argparse.Namespace) -> int:
    import torch

    from .bench import Failure, Setup, bench

    if bool(options.ids) == options.all:
        raise ValueError("bench: name papers, or give --all")
    ids = list_papers(implemented=True) if options.all else options.ids
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    setup = Setup(device, options.dtype, options.channels_last, options.compile, budget=options.budget)
    rows: list[Row] = []
    failed = interrupted = False
    try:
        for result in bench(ids, setup, shape=options.shape):
            if isinstance(result, Failure):
                failed = True
                print(f"attention-atlas: {result}", file=sys.stderr)  # noqa: T201  this is the command line
                continue
            rows.append(result)
            if not options.json:
                _say_row(result, first=len(rows) == 1)
    except KeyboardInterrupt:
        interrupted = True
        print("attention-atlas: interrupted; what was measured follows or stands above", file=sys.stderr)  # noqa: T201
    if options.json:
        details = options.details or options.compile or options.channels_last
        _say(json.dumps([asdict(row) if details else row.brief() for row in rows], indent=1))
    return 130 if interrupted else int(failed)


def _say_row(row: Row, *, first: bool) -> None:
    if first:
        _say(f"{row.device}, torch {row.torch}, {row.dtype}; ratio = time / time of a 3x3 convolution (quartiles)")
        _say(f"{'id':<28} {'mode':<17} {'median':>10} {'ratio':>20} {'peak':>10} {'params':>9} {'MACs':>9}  shape")
    spread = row.quartiles_conv3x3
    ratio = "-"
    if row.ratio_conv3x3 is not None and spread:
        ratio = f"{row.ratio_conv3x3:.2f} ({spread[0]:.2f}-{spread[1]:.2f})"
    mode = f"{row.mode}{'*' if row.compiled else ''}"
    macs = "-" if row.macs is None else _short(row.macs)
    _say(
        f"{row.id:<28} {mode:<17} {row.median_s * 1e3:>7.3f} ms {ratio:>20} {_short(row.peak_bytes) + 'B':>10} "
        f"{_short(row.params):>9} {macs:>9}  {row.shape}"
    )


def _short(value: float) -> str:
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:.2f} {name}"
    return f"{value:.0f} "


def _call(paper: PaperInfo) -> str:
    if not paper.implemented:
        return ""
    arguments = "".join(f", {name}={value!r}" for name, value in paper.example.items())
    return f"attention_atlas.create({paper.id!r}{arguments})"


def _insertion(paper: PaperInfo, recipe: Recipe) -> str:
    arguments = "".join(f", {name}={value!r}" for name, value in recipe.arguments.items())
    if recipe.input:
        arguments += f", example=torch.randn(1, 3, {recipe.input[0]}, {recipe.input[1]})"
    note = f"  # not quite as in the paper. {recipe.note['en']}" if recipe.note else ""
    return f"insert({recipe.backbone}, {paper.id!r}, {recipe.where!r}{arguments}){note}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _say(line: str) -> None:
    print(line)  # noqa: T201  this is the command line


_COMMANDS = {"list": _list, "show": _show, "copy": _copy, "diff": _diff, "bench": _bench}

if __name__ == "__main__":
    raise SystemExit(main())

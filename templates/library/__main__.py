"""``python -m attention_atlas``: find a paper, look at it, copy its file, compare a copy, measure."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import re
import sys
from importlib import resources
from pathlib import Path

from . import __version__, info, list_papers
from ._types import PaperInfo

_STAMP = re.compile(r"# attention-atlas: (?P<id>[a-z0-9_]+) (?P<version>\S+) sha256:(?P<hash>[0-9a-f]{64})\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns 0, 1 for a difference, 2 for a wrong argument."""
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
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
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
        ("insert", "; ".join(f"{recipe.backbone}: {recipe.where}" for recipe in paper.recipes)),
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
    if target.exists() and not options.force:
        raise ValueError(f"{target} is there already; see what differs with diff, or overwrite it with --force")
    text = source(paper.id)
    target.write_text(f"# attention-atlas: {paper.id} {__version__} sha256:{_digest(text)}\n{text}", encoding="utf-8")
    _say(str(target))
    return 0


def _diff(options: argparse.Namespace) -> int:
    stamp, _, copied = options.file.read_text(encoding="utf-8").partition("\n")
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


def _call(paper: PaperInfo) -> str:
    if not paper.implemented:
        return ""
    arguments = "".join(f", {name}={value!r}" for name, value in paper.example.items())
    return f"attention_atlas.create({paper.id!r}{arguments})"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _say(line: str) -> None:
    print(line)  # noqa: T201  this is the command line


_COMMANDS = {"list": _list, "show": _show, "copy": _copy, "diff": _diff}

if __name__ == "__main__":
    raise SystemExit(main())

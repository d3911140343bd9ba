"""Writing what was planned: the only module that touches generated files.

``build`` owns the paths of ``generated/manifest.json`` and, in the READMEs, what stands between the markers. Each
difference between plan and disk has one cause:

===========  ==========================================================================
stale        the file is as some build left it, but its sources have changed
hand-edited  the file was changed after it was built
missing      the file is not there
orphaned     only the old manifest names the file
foreign      no build wrote the file
===========  ==========================================================================

A file appears whole or not at all, and a build that was cut off leaves nothing that the next one takes for somebody
else's: what it is about to write stands in a journal first.

Of a README only what stands between its markers is a build's own. Its hash is not that of a file, so it stands not in
the manifest but in `.cache`; where that is gone nobody can tell who changed it, and it counts as stale. The manifest
itself is never called edited: nobody can tell.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from generator.errors import Location, OutputError
from generator.project import Project

MANIFEST = "generated/manifest.json"
Cause = Literal["stale", "hand-edited", "missing", "orphaned", "foreign"]
_BUILD = "python -m generator build"
_REMEDIES: dict[Cause, str] = {
    "stale": _BUILD,
    "hand-edited": f"edit its sources instead, then {_BUILD}",
    "missing": _BUILD,
    "orphaned": _BUILD,
    "foreign": "move it out of generated/, or remove it",
}
_REPORTS = "generated/reports/"
READMES = {"README.md", "README.zh.md"}
BEGIN = "<!-- papers:begin -->"
END = "<!-- papers:end -->"
_LINE = re.compile("[^\n]*\n|[^\n]+")
_OLD = 60
_LEFTOVERS = {"__pycache__", ".pytest_cache", ".ruff_cache"}


class Difference(NamedTuple):
    """A path whose content is not what the plan says; ``old`` and ``new`` are ``None`` where there is no file."""

    path: str
    cause: Cause
    old: bytes | None = None
    new: str | None = None

    @property
    def remedy(self) -> str:
        """What to do about it, as a command where there is one."""
        return _REMEDIES[self.cause]

    def diff(self) -> str:
        """A unified diff from what there is to what there should be; empty for a foreign file."""
        if self.cause == "foreign":
            return ""
        old = _LINE.findall((self.old or b"").decode("utf-8", errors="replace"))
        new = _LINE.findall(self.new or "")
        source = "/dev/null" if self.old is None else f"a/{self.path}"
        target = "/dev/null" if self.new is None else f"b/{self.path}"
        lines = difflib.unified_diff(old, new, source, target)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass
class Outputs:
    """The planned outputs of a project beside what lies on its disk.

    Args:
        project: the checkout.
        texts: what is planned, by path from the root.
        partial: whether ``texts`` are some of the outputs only; all others are left alone then.
    """

    project: Project
    texts: Mapping[str, str]
    partial: bool = False

    def __post_init__(self) -> None:
        self._hashes = {path: _own(path, text.encode()) for path, text in self.texts.items()}
        self._manifest = read_manifest(self.project)
        self._journal = _read_hashes(self._journal_path) or {}
        self._tables = _read_hashes(self._tables_path) or {}
        if self.partial and self._manifest is None:
            raise OutputError("there is no manifest to add to", Location(MANIFEST), f"run {_BUILD} without ids first")
        kept = self._manifest or {} if self.partial else {}
        files = {path: hash for path, hash in {**kept, **self._hashes}.items() if path not in READMES}
        self._planned = {**self.texts, MANIFEST: manifest_text(files)}

    @property
    def _journal_path(self) -> Path:
        return self.project.cache / "journal.json"

    @property
    def _tables_path(self) -> Path:
        return self.project.cache / "tables.json"

    def differences(self) -> list[Difference]:
        """Everything on disk that is not as planned, in the order of the paths."""
        found: dict[str, Difference] = {}
        for path, new in self._planned.items():
            old = self._read(path)
            if old != new.encode():
                found[path] = Difference(path, self._cause(path, old), old, new)
        if not self.partial:
            for path in self._present():
                if path in self._planned:
                    continue
                if path in (self._manifest or {}) or path in self._journal:
                    found[path] = Difference(path, "orphaned", self._read(path))
                else:
                    found[path] = Difference(path, "foreign")
        return [found[path] for path in sorted(found)]

    def _cause(self, path: str, old: bytes | None) -> Cause:
        if old is None:
            return "missing"
        if path == MANIFEST or self._manifest is None:
            return "stale"
        known = {hashes[path] for hashes in (self._manifest, self._journal, self._tables) if path in hashes}
        if not known:
            return "stale" if path in READMES else "foreign"
        return "stale" if _own(path, old) in known else "hand-edited"

    def write(self, differences: Iterable[Difference]) -> None:
        """Bring the disk to the plan. Foreign files stay where they are.

        Raises:
            OutputError: if a foreign file or a link out of the project stands where an output belongs; nothing has been
                written then.
        """
        todo = [item for item in differences if item.cause != "foreign" or item.new is not None]
        for item in todo:
            if item.cause == "foreign":
                hint = "move it away: it was not generated, and an output belongs there"
                raise OutputError("a foreign file stands where an output belongs", Location(item.path), hint)
            self._refuse_outside(item.path)
        if not todo:
            if self._journal:
                self._journal_path.unlink()
            self._remember_tables()
            return
        self._sweep()
        replace(self.project, self._journal_path, manifest_text({**self._journal, **self._hashes}).encode())
        # The manifest comes last: until then the old one vouches for what has not been replaced or removed yet.
        for item in sorted(todo, key=lambda item: item.path == MANIFEST):
            if item.new is None:
                target = self.project.root / item.path
                target.unlink()
                _remove_empty(target.parent, self.project.generated)
            else:
                replace(self.project, f"{self.project.root}/{item.path}", item.new.encode())
        self._remember_tables()
        self._journal_path.unlink()

    def _remember_tables(self) -> None:
        tables = {path: hash for path, hash in self._hashes.items() if path in READMES}
        if tables and tables != self._tables:
            replace(self.project, self._tables_path, manifest_text(tables).encode())

    def _sweep(self) -> None:
        """Remove what killed builds were writing; what another build is writing now is younger."""
        for file in self.project.cache.glob("writing-*"):
            try:
                if time.time() - file.stat().st_mtime > _OLD:
                    file.unlink()
            except FileNotFoundError:
                continue  # of another build, which has put it in its place

    def write_pages(self, pages: Iterable[tuple[str, str]], folders: Iterable[str]) -> int:
        """Write files that no manifest names, and remove the pages in ``folders`` that are not among them.

        Returns:
            How many files were written or removed.
        """
        changed = 0
        written: set[str] = set()
        for path, text in pages:
            written.add(path)
            self._refuse_outside(path)
            data = text.encode()
            self.pages[path] = digest(data)
            if self._read(path) != data:
                replace(self.project, f"{self.project.root}/{path}", data)
                changed += 1
        for folder in folders:
            for file in sorted((self.project.root / folder).rglob("*.md")):
                if file.relative_to(self.project.root).as_posix() not in written:
                    file.unlink()
                    changed += 1
        return changed

    def _read(self, path: str) -> bytes | None:
        try:
            with open(f"{self.project.root}/{path}", "rb", buffering=0) as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            _refuse(self.project, path, "read", error)

    def _refuse_outside(self, path: str) -> None:
        folder = os.path.dirname(path)
        if folder in self._inside:
            return
        root = os.path.realpath(self.project.root)
        real = os.path.realpath(self.project.root / folder)
        if real != root and not real.startswith(root + os.sep):
            raise OutputError(f"leads out of the project, to {real}", Location(path), "remove the link")
        self._inside.add(folder)

    @property
    def hashes(self) -> dict[str, str]:
        """Of every output and every page that was written or found as planned."""
        whole = {path: hash for path, hash in self._hashes.items() if path not in READMES}
        return {**whole, **self.pages}

    pages: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _inside: set[str] = field(default_factory=set, init=False, repr=False)

    def _present(self) -> Iterator[str]:
        """Every file below ``generated/`` that belongs to ``build`` or to nobody."""
        yield from (path for path in walk(self.project.root, "generated") if not path.startswith(_REPORTS))


def replace(project: Project, target: Path | str, data: bytes) -> None:
    """Put ``data`` in the place of ``target`` in one step; folders are made as needed."""
    # A build writes six hundred files: paths as texts and no buffer spare it a tenth of that time.
    temporary = f"{project.cache}/writing-{os.getpid()}"
    place = temporary
    try:
        try:
            _write(temporary, data)
        except FileNotFoundError:
            project.cache.mkdir(parents=True, exist_ok=True)
            _write(temporary, data)
        place = str(target)
        try:
            os.replace(temporary, target)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(temporary, target)
    except OSError as error:
        _refuse(project, os.path.relpath(place, project.root).replace(os.sep, "/"), "written", error)


def _refuse(project: Project, path: str, done: str, error: OSError) -> NoReturn:
    """Say why ``path`` cannot be ``done``, and name what is in its way if that is a file or a folder."""
    folder = ""
    for part in path.split("/")[:-1]:
        folder += part
        if os.path.lexists(project.root / folder) and not os.path.isdir(project.root / folder):
            message = f"is in the way of {path}: a folder belongs here"
            raise OutputError(message, Location(folder), "move it away") from None
        folder += "/"
    if os.path.isdir(project.root / path):
        raise OutputError("a folder stands where a file belongs", Location(path), "move it away") from None
    reason = (error.strerror or str(error)).lower()
    hint = "see who may read and write here, and whether there is room"
    raise OutputError(f"cannot be {done}: {reason}", Location(path), hint) from None


def _write(path: str, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]


def digest(data: bytes) -> str:
    """SHA-256 as the manifest states it."""
    return hashlib.sha256(data).hexdigest()


def manifest_text(hashes: Mapping[str, str]) -> str:
    """The manifest: sorted paths and the hashes of what they hold, nothing else."""
    return json.dumps(dict(sorted(hashes.items())), indent=1, ensure_ascii=False) + "\n"


def read_manifest(project: Project) -> dict[str, str] | None:
    """The hashes of the last build by path; ``None`` if there are none that can be read."""
    return _read_hashes(project.root / MANIFEST)


def walk(root: Path, folder: str) -> Iterator[str]:
    """Paths of all files below ``folder``, sorted, without what Python and its tools leave behind."""
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _LEFTOVERS:
                yield from walk(root, f"{folder}/{entry.name}")
        elif not entry.name.endswith(".pyc"):
            yield f"{folder}/{entry.name}"


def _own(path: str, data: bytes) -> str:
    """The hash of what belongs to the build in ``data``: in a README, what stands between its markers."""
    if path in READMES:
        data = data.partition(BEGIN.encode())[2].partition(END.encode())[0]
    return digest(data)


def _read_hashes(path: Path) -> dict[str, str] | None:
    try:
        data = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return data if isinstance(data, dict) and all(isinstance(value, str) for value in data.values()) else None


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

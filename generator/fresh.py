"""Whether anything has changed since the last build: the way past everything else when nothing has.

After a build, `.cache/build.json` holds size, times and hash of every input and output and the versions of the tools. A
file whose size and times are the same is the same; one with another time is read and its hash decides. Nothing here
imports more than the standard library.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from generator.errors import GeneratorError, Location
from generator.outputs import READMES, walk
from generator.project import Project

_INPUTS = ("generator", "templates", "tests/evidence", "generated/reports", "site")
_PAGES = ("site/zh/papers/", "site/en/papers/")
# A file that changed within the resolution of the clock after it was looked at would show the same time.
_RESOLUTION = 20_000_000
Entry = list[int | str]


class State:
    """What the last build left behind, as `.cache/build.json` tells it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        # Paths are joined a thousand times: as texts that takes a tenth.
        self._root = f"{project.root}/"
        self._path = project.cache / "build.json"
        self._start = time.time_ns()
        self._before = {path: self._stat(path) for path in self._files() if _is_input(path)}
        self.foreign: list[str] = []

    def unchanged(self) -> bool:
        """Whether a build now would find everything as the last one left it."""
        try:
            data = json.loads(self._path.read_bytes())
            if data["tools"] != _tools():
                return False
            known: dict[str, Entry] = data["files"]
            stamp: int = data["stamp"]
            self.foreign = data["foreign"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        files = list(self._files())
        if len(files) != len(known):
            return False
        touched = False
        for path in files:
            entry = known.get(path)
            if entry is None:
                return False
            now = self._stat(path)
            if now != entry[:3] or int(max(entry[1:3])) + _RESOLUTION > stamp:
                if self._hash(path) != entry[3]:
                    return False
                touched = True
        if touched:
            self.remember(self.foreign)
        return True

    def remember(self, foreign: Iterable[str], known: Mapping[str, str] | None = None) -> None:
        """Note the present state, in which a build has just finished; not if an input has changed meanwhile.

        Args:
            foreign: files in ``generated/`` that no build wrote.
            known: hashes of outputs, which need not be read again.
        """
        stamp = time.time_ns()
        for path, entry in self._before.items():
            if int(max(entry[1:])) + _RESOLUTION > self._start or self._stat(path) != entry:
                if self._path.exists():
                    self._path.unlink()
                return
        known = known or {}
        files = {path: [*self._stat(path), known.get(path) or self._hash(path)] for path in self._files()}
        data = {"tools": _tools(), "stamp": stamp, "foreign": sorted(foreign), "files": files}
        temporary = self._path.with_name(f"remembering-{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(data), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            return  # without a cache the next build is slower, not wrong

    def _files(self) -> Iterator[str]:
        root = self._project.root
        yield from (name for name in ("catalog.yaml", *sorted(READMES)) if (root / name).exists())
        for folder in _INPUTS:
            yield from walk(root, folder)
        yield from (path for path in walk(root, "generated") if not path.startswith("generated/reports/"))

    def _stat(self, path: str) -> Entry:
        try:
            status = os.stat(self._root + path)
        except FileNotFoundError:  # gone meanwhile, or a link to nothing, such as an editor's lock
            return [-1, 0, 0]
        except OSError as error:
            raise _unreadable(path, error) from None
        return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]

    def _hash(self, path: str) -> str:
        try:
            with open(self._root + path, "rb", buffering=0) as file:
                return hashlib.sha256(file.read()).hexdigest()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> GeneratorError:
    reason = (error.strerror or str(error)).lower()
    return GeneratorError(f"cannot be read: {reason}", Location(path), "see what it is and who may read it")


def _is_input(path: str) -> bool:
    return path not in READMES and not path.startswith(_PAGES) and path.startswith((*_INPUTS, "catalog.yaml"))


def _tools() -> list[str]:
    """Python and every package that is installed where Python looks, with their versions."""
    names = {platform.python_version(), platform.python_implementation()}
    for folder in sys.path:
        if folder and Path(folder).is_dir():
            names.update(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    return sorted(names)

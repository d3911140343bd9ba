"""The library's interface, read from its sources by griffe: signatures, and docstrings as sections."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from generator.escape import html_text
from generator.outputs import replace
from generator.project import Project

_MODULES = ("__init__", "_types", "checkpoints", "hosts", "bench", "pytest_plugin")


@dataclass(frozen=True)
class Entry:
    """One public name: how it is written, what its docstring says, section by section."""

    name: str
    module: str
    signature: str
    text: str
    parameters: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, annotation or default, meaning."""
    returns: str = ""
    raises: list[tuple[str, str]] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    anchor: str = ""
    """Its place on the page; no two entries have the same."""


def entries(project: Project) -> list[Entry]:
    """Everything that the package and its public modules export, functions before classes."""
    texts = {
        name: path.read_text(encoding="utf-8")
        for name in _MODULES
        if (path := project.library_templates / f"{name}.py").is_file()
    }
    insertion = project.library_templates / "insertion.py"
    if insertion.is_file():
        texts["insertion"] = insertion.read_text(encoding="utf-8")
    cache = project.cache / "reference.json"
    key = _key(texts)
    try:
        known = json.loads(cache.read_bytes())
        if known["key"] == key:
            return [Entry(**entry) for entry in known["entries"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nobody has read these texts yet
    from generator.site import interface  # its library takes longer to import than a build has time for

    found = list(interface.read(texts))
    with contextlib.suppress(OSError):  # without a cache the next build is slower, not wrong
        replace(project, cache, json.dumps({"key": key, "entries": [asdict(entry) for entry in found]}).encode())
    return found


def _key(texts: Mapping[str, str]) -> str:
    """What the entries depend on: the library's sources, how they are read, and the version of griffe."""
    spec = importlib.util.find_spec("griffe")
    installed = Path(spec.origin).parents[1] if spec and spec.origin else None
    versions = sorted(path.name for path in installed.glob("griffe*.dist-info")) if installed else []
    sources = (Path(__file__), Path(__file__).with_name("interface.py"))
    parts = [*versions, *(path.read_text(encoding="utf-8") for path in sources), *texts, *texts.values()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def prose(text: str) -> str:
    """A docstring's text as HTML: paragraphs, lines of examples, and names between backquotes as code."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return "".join(
        f"<pre>{html_text(block)}</pre>" if block.lstrip().startswith(">>>") else f"<p>{_inline(block)}</p>"
        for block in blocks
    )


def _inline(text: str) -> str:
    text = re.sub(r":[a-z]+:`~?([^`]+)`", r"``\1``", " ".join(text.split()))
    parts = re.split(r"``([^`]+)``", text)
    return "".join(f"<code>{html_text(part)}</code>" if at % 2 else html_text(part) for at, part in enumerate(parts))

"""The library's interface, read from its sources by griffe: signatures, and docstrings as sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import griffe

from generator.escape import html_text
from generator.project import Project

_MODULES = ("__init__", "_types", "checkpoints", "hosts", "bench", "pytest_plugin")
_SHOWN_AS = {"__init__": "attention_atlas"}


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


def entries(project: Project) -> list[Entry]:
    """Everything that the package and its public modules export, in the order of their ``__all__``."""
    texts = {
        name: path.read_text(encoding="utf-8")
        for name in _MODULES
        if (path := project.library_templates / f"{name}.py").is_file()
    }
    insertion = project.library_templates / "insertion.py"
    if insertion.is_file():
        texts["insertion"] = insertion.read_text(encoding="utf-8")
    return list(_read(tuple(texts.items())))


@lru_cache(maxsize=4)
def _read(texts: tuple[tuple[str, str], ...]) -> tuple[Entry, ...]:
    modules = {name: _visit(name, text) for name, text in texts}
    seen: set[str] = set()
    found: list[Entry] = []
    for name, module in modules.items():
        for entry in _entries(name, module, modules):
            if entry.name not in seen:
                seen.add(entry.name)
                found.append(entry)
    return tuple(found)


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


def _visit(name: str, text: str) -> griffe.Module:
    with griffe.temporary_visited_module(text, module_name=name) as module:
        return module


def _entries(name: str, module: griffe.Module, modules: Mapping[str, griffe.Module]) -> Iterator[Entry]:
    shown = _SHOWN_AS.get(name, f"attention_atlas.{name}")
    exported = [str(item) for item in module.exports or ()]
    for item in exported:
        member = module.members.get(item)
        home = shown
        if isinstance(member, griffe.Alias):
            # The package gathers what its modules define.
            origin = member.target_path.split(".")[-2]
            member = modules[origin].members.get(item) if origin in modules else None
        if isinstance(member, griffe.Function):
            yield _function(member, home)
        elif isinstance(member, griffe.Class):
            yield _class(member, home)


def _function(function: griffe.Function, home: str) -> Entry:
    parameters = ", ".join(_parameters(function))
    result = f" -> {function.returns}" if function.returns else ""
    return _described(function, home, f"{home}.{function.name}({parameters}){result}")


def _parameters(function: griffe.Function) -> Iterator[str]:
    keyword_only = False
    for parameter in function.parameters:
        if parameter.name == "self":
            continue
        star = ""
        if parameter.kind is griffe.ParameterKind.var_positional:
            star, keyword_only = "*", True
        elif parameter.kind is griffe.ParameterKind.var_keyword:
            star = "**"
        elif parameter.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            yield "*"
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        default = f" = {parameter.default}" if parameter.default is not None and not star else ""
        yield f"{star}{parameter.name}{annotation}{default}"


def _class(class_: griffe.Class, home: str) -> Entry:
    constructor = class_.members.get("__init__")
    if isinstance(constructor, griffe.Function):
        head = f"{home}.{class_.name}({', '.join(_parameters(constructor))})"
    else:
        head = f"{home}.{class_.name}"
    entry = _described(class_, home, head)
    for member in class_.members.values():
        if isinstance(member, griffe.Attribute) and not member.name.startswith("_"):
            default = "" if member.value is None else str(member.value)
            entry.attributes.append((member.name, str(member.annotation or ""), default))
    return entry


def _described(item: griffe.Function | griffe.Class, home: str, signature: str) -> Entry:
    entry = Entry(item.name, home, signature, "")
    texts: list[str] = []
    returns: list[str] = []
    sections = item.docstring.parse("google", warnings=False) if item.docstring else []
    for section in sections:
        if isinstance(section, griffe.DocstringSectionText):
            texts.append(section.value)
        elif isinstance(section, griffe.DocstringSectionParameters):
            entry.parameters.extend((p.name, str(p.annotation or ""), p.description) for p in section.value)
        elif isinstance(section, griffe.DocstringSectionReturns):
            returns.extend(part.description for part in section.value)
        elif isinstance(section, griffe.DocstringSectionRaises):
            entry.raises.extend((str(part.annotation), part.description) for part in section.value)
    return Entry(
        entry.name, home, signature, "\n\n".join(texts), entry.parameters, "\n".join(returns), entry.raises, []
    )

"""What the library exports, read from its sources by griffe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import griffe

from generator.site.reference import Entry

_LONGEST = 76
_SHOWN_AS = {"__init__": "attention_atlas"}


def read(texts: Mapping[str, str]) -> Iterator[Entry]:
    """What the modules export, by their names and texts; a name that two export once."""
    modules = {name: _visit(name, text) for name, text in texts.items()}
    seen: set[str] = set()
    anchors: set[str] = set()
    for name, module in modules.items():
        for entry in _entries(name, module, modules):
            if entry.name not in seen:
                seen.add(entry.name)
                # A function may bear the name of the class that it makes, in small letters.
                anchor = entry.name.lower()
                anchor += "-class" if anchor in anchors else ""
                anchors.add(anchor)
                yield replace(entry, anchor=anchor)


def _visit(name: str, text: str) -> griffe.Module:
    with griffe.temporary_visited_module(text, module_name=name) as module:
        return module


def _entries(name: str, module: griffe.Module, modules: Mapping[str, griffe.Module]) -> Iterator[Entry]:
    shown = _SHOWN_AS.get(name, f"attention_atlas.{name}")
    # Sorted lists of exports have classes first; readers look for what they call.
    for item in sorted(map(str, module.exports or ()), key=lambda item: item[:1].isupper()):
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
    result = f" -> {function.returns}" if function.returns else ""
    return _described(function, home, _call(f"{home}.{function.name}", list(_parameters(function)), result))


def _call(name: str, parameters: list[str], result: str = "") -> str:
    """On one line if it fits on the page, else with a line for each parameter."""
    line = f"{name}({', '.join(parameters)}){result}"
    if len(line) <= _LONGEST:
        return line
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), f"){result}"])


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
        head = _call(f"{home}.{class_.name}", list(_parameters(constructor)))
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

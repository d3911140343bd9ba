"""The part of a generated file that is the core module: its class, what that needs, and the imports for both."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Listing:
    """``core`` is the text to show; ``others`` are the exported names that only the whole file has."""

    core: str
    others: tuple[str, ...]


def core(tree: ast.Module, text: str, cls: str) -> Listing:
    """Cut the class ``cls`` and everything that it uses out of ``text``, verbatim and in the file's order.

    Args:
        tree: the syntax tree of ``text``.
        text: a generated file.
        cls: the name of a class that it defines.
    """
    lines = text.split("\n")
    imports: list[ast.stmt] = []
    defined: dict[str, ast.stmt] = {}
    exported: list[str] = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.append(node)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            defined[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for name in _targets(node):
                defined[name] = node
    if isinstance(found := defined.pop("__all__", None), ast.Assign):
        exported = list(ast.literal_eval(found.value))
    uses: dict[str, set[str]] = {}
    needed = _needed(cls, defined, uses)
    kept = sorted({id(defined[name]): defined[name] for name in needed}.values(), key=lambda node: node.lineno)
    others = tuple(name for name in exported if name not in needed)
    names = {name for used in uses.values() for name in used}
    head = [line for node in imports for line in _import(node, names, lines)]
    parts = ["\n".join(head)] if head else []
    parts += [_source(node, lines) for node in kept]
    return Listing("\n\n\n".join(parts), others)


def _needed(cls: str, defined: dict[str, ast.stmt], uses: dict[str, set[str]]) -> set[str]:
    """The definitions that ``cls`` cannot do without; ``uses`` gets the names that stand in each."""
    needed: set[str] = set()
    pending = [cls]
    while pending:
        name = pending.pop()
        if name in defined and name not in needed:
            needed.add(name)
            uses[name] = _names(defined[name])
            pending.extend(uses[name])
    return needed


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(node: ast.AST) -> set[str]:
    # Four times as fast as ast.walk, and a build walks every class that it shows.
    found: set[str] = set()
    pending: list[Any] = [node]
    while pending:
        item = pending.pop()
        kind = item.__class__
        if kind is ast.Name:
            found.add(item.id)
            continue
        for field in _FIELDS.get(kind, ()):
            part = getattr(item, field, None)
            if isinstance(part, list):
                pending += part
            elif part is not None and part.__class__ is not str:
                pending.append(part)
    return found


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: kind._fields for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)
} | {ast.Constant: ()}
"""The fields of each kind of node; below a constant there are no names."""


def _import(node: ast.stmt, names: set[str], lines: list[str]) -> list[str]:
    """The import's own lines if anything in it is used; ``__future__`` always."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return [*lines[node.lineno - 1 : node.end_lineno], ""]
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return []
    kept = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in names]
    if not kept:
        return []
    return [
        ast.unparse(
            ast.ImportFrom(node.module, kept, node.level) if isinstance(node, ast.ImportFrom) else ast.Import(kept)
        )
    ]


def _source(node: ast.stmt, lines: list[str]) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    # The comment that stands directly above belongs to it.
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])

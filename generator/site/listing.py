"""The part of a generated file that is the core module: its class, what that needs, and the imports for both."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """``core`` is the text to show; ``others`` are the exported names that only the whole file has."""

    core: str
    others: tuple[str, ...]


def core(text: str, cls: str) -> Listing:
    """Cut the class ``cls`` and everything that it uses out of ``text``, verbatim and in the file's order."""
    tree = ast.parse(text)
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
    needed = _needed(cls, defined)
    kept = sorted({id(defined[name]): defined[name] for name in needed}.values(), key=lambda node: node.lineno)
    others = tuple(name for name in exported if name not in needed)
    names = {name for node in kept for name in _names(node)}
    head = [line for node in imports for line in _import(node, names, lines)]
    parts = ["\n".join(head)] if head else []
    parts += [_source(node, lines) for node in kept]
    return Listing("\n\n\n".join(parts), others)


def _needed(cls: str, defined: dict[str, ast.stmt]) -> set[str]:
    needed: set[str] = set()
    pending = [cls]
    while pending:
        name = pending.pop()
        if name in defined and name not in needed:
            needed.add(name)
            pending.extend(_names(defined[name]))
    return needed


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(node: ast.AST) -> set[str]:
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}


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

"""The one layout of ``catalog.yaml``: order, indentation, quotes. Comments stay with what they speak of.

A text is read into a tree of items (an entry of a mapping or list with its comments) and written anew. Entries come in
the order of the models' fields, papers by id; names given by authors (parameters, symbols, cases) keep theirs. A
collection of short values stands on one line where it fits; both languages of a text always have a line each.

``replace_scalar`` and ``insert_record`` change one place and leave every other character as it is.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args, get_origin

import yaml

from generator.catalogue import model
from generator.catalogue.source import FORBIDDEN, Source, read, scalar
from generator.errors import Findings, GeneratorError, Location

_WIDTH = 120
_ALWAYS_BLOCK = (
    model.Bilingual,
    model.Facets,
    model.Formula,
    model.LinkRule,
    model.Links,
    model.Module,
    model.Paper,
)
# What needs no quotes anywhere, not even inside brackets; what a reader may take for a number is left to `scalar`.
_PLAIN = re.compile(r"[\w/.][\w/.+*()^-]*(?:(?: |:(?=[\w/*]))[\w/.+*()^-]+)*")
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


class _Comment(NamedTuple):
    column: int
    offset: int
    text: str
    own_line: bool


@dataclass
class _Item:
    """A value with its key (in a mapping), what comments say of it, and the items inside."""

    key: str | None
    node: yaml.Node
    type: Any
    column: int
    """Where it begins in the text that was read,"""
    depth: int
    """and how far it is indented in canonical layout."""
    start: int
    end: int
    flow: bool
    """Whether it stands inside brackets."""
    items: list[_Item] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def commented(self) -> bool:
        """Whether a comment stands at an item inside."""
        return any(item.before or item.beside or item.after or item.commented() for item in self.items)


def format_text(text: str) -> str:
    """``text`` in canonical order and layout; ``Findings`` if it is not YAML that the catalogue can be read from."""
    source = read(text, "catalog.yaml")
    if source.findings:
        raise Findings(source.findings)
    root = source.root
    top = _Item(None, root, model.Catalogue, 0, -2, 0, len(text), flow=False)
    top.items = list(_children(top))
    header, footer = _attach(top, _comments(text, root))
    for item in top.items:
        _lift(item)
    lines = [*header, *_block(top, ""), *footer] if top.items else [*header, "{}", *footer]
    formatted = "\n".join(lines) + "\n"
    if _by_id(read(formatted, "catalog.yaml").data) != _by_id(source.data):
        raise GeneratorError("the file cannot be laid out anew without changing what it says", Location("catalog.yaml"))
    return formatted


def _by_id(data: dict[str, Any]) -> dict[str, Any]:
    papers = data.get("papers")
    if not isinstance(papers, list):
        return data
    return {**data, "papers": sorted(papers, key=lambda row: json.dumps(row, sort_keys=True))}


# ---- reading ---------------------------------------------------------------------------------------------------------


def _children(parent: _Item) -> Iterator[_Item]:
    node = parent.node
    in_flow = parent.flow or (isinstance(node, yaml.CollectionNode) and bool(node.flow_style))
    if isinstance(node, yaml.MappingNode):
        pairs = [(key.value, value, key.start_mark) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        # The dash of an entry stands where the list begins; inside brackets there is none.
        pairs = [(None, value, value.start_mark) for value in node.value]
    else:
        return
    deeper = 0 if isinstance(node, yaml.SequenceNode) and parent.key is not None else 2
    for number, (key, value, mark) in enumerate(pairs):
        column = mark.column if key is not None or in_flow else node.start_mark.column
        kind = model.inside(parent.type, number if key is None else key)
        item = _Item(key, value, kind, column, parent.depth + deeper, mark.index, value.end_mark.index, in_flow)
        item.items = list(_children(item))
        yield item


def _comments(text: str, root: yaml.Node) -> Iterator[_Comment]:
    """Every comment: a ``#`` after a space or at a line's beginning that no scalar holds."""
    spans = [*sorted(_scalar_spans(root, text)), (len(text), len(text))]
    position = number = 0
    while found := _COMMENT.search(text, position):
        while spans[number][1] <= found.start():
            number += 1
        if spans[number][0] <= found.start():
            position = spans[number][1]
            continue
        start = text.rfind("\n", 0, found.start()) + 1
        prefix = text[start : found.start()]
        own_line = not prefix.strip() or bool(re.fullmatch(r"[\s-]*|\.\.\.\s*|%.*", prefix))
        # After a dash it speaks of what follows, wherever that is indented.
        yield _Comment(0 if prefix.strip() else len(prefix), found.start(), found[0].rstrip(), own_line)
        position = found.end()


def _scalar_spans(node: yaml.Node, text: str) -> Iterator[tuple[int, int]]:
    if isinstance(node, yaml.ScalarNode):
        begin, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">"):  # a comment may follow the sign on its line
            begin = text.find("\n", begin, end) + 1 or end
        if begin < end:
            yield begin, end
        return
    for entry in node.value:
        for part in entry if isinstance(entry, tuple) else (entry,):
            yield from _scalar_spans(part, text)


def _attach(top: _Item, comments: Iterator[_Comment]) -> tuple[list[str], list[str]]:
    """Give every comment to its item; what stands before the first item and after the last belongs to the file."""
    items = list(_walk(top))
    starts = [item.start for item in items]
    header: list[str] = []
    footer: list[str] = []
    for comment in comments:
        number = bisect_left(starts, comment.offset)
        later = items[number] if number < len(items) else None
        if number == 0:
            header.append(comment.text)
        elif not comment.own_line:
            _open_at(top, comment.offset).beside.append(comment.text)
        elif later is not None and comment.column <= later.column:
            later.before.append(comment.text)
        elif (owner := _ending_at(top, comment)).depth > (later.depth if later else 0):
            owner.after.append(comment.text)
        else:  # laid out anew it would stand at the depth of what follows
            (later.before if later else footer).append(comment.text)
    return header, footer


def _lift(item: _Item) -> None:
    """Comments between a dash and what follows it go above the dash: they could stand nowhere else."""
    for inside in item.items:
        _lift(inside)
    if item.key is None and item.items:
        first = _ordered(item)[0]
        item.before += [*first.before, *first.beside[1:]]
        first.before, first.beside = [], first.beside[:1]


def _walk(parent: _Item) -> Iterator[_Item]:
    for item in parent.items:
        yield item
        yield from _walk(item)


def _open_at(top: _Item, offset: int) -> _Item:
    """The innermost item that began before ``offset`` and, inside brackets, was not closed there."""
    here = top
    while True:
        number = bisect_left(here.items, offset, key=lambda item: item.start)
        if number == 0 or (here is not top and here.items[0].flow and here.end <= offset):
            return here
        here = here.items[number - 1]


def _ending_at(top: _Item, comment: _Comment) -> _Item:
    """The innermost item before ``comment`` that is not indented further than it.

    The entries of a list under a key are indented like the key, so that what stands there speaks of the whole list.
    """
    around = here = top
    while True:
        number = bisect_left(here.items, comment.offset, key=lambda item: item.start)
        if number == 0 or here.items[0].flow or here.items[number - 1].column > comment.column:
            return around if here.key is None and around.key is not None else here
        around, here = here, here.items[number - 1]


# ---- writing ---------------------------------------------------------------------------------------------------------


def _block(parent: _Item, indent: str) -> Iterator[str]:
    papers = _holds_papers(parent)
    for number, item in enumerate(_ordered(parent)):
        if papers and number:
            yield ""
        line = _line(item, indent)
        if line is None and item.key is None:  # its first line is that of its first item
            item.before, item.beside = [*item.before, *item.beside], []
        first, *rest = [line] if line is not None else _lines(item, indent)
        for comment in [*item.before, *item.beside[1:]]:
            yield f"{indent}{comment}"
        yield f"{first}  {item.beside[0]}" if item.beside else first
        yield from rest
        for comment in item.after:
            yield f"{indent}{comment}"


def _lead(item: _Item, indent: str) -> str:
    return f"{indent}- " if item.key is None else f"{indent}{_scalar_text(item.key, None)}: "


def _line(item: _Item, indent: str) -> str | None:
    """The entry on one line; ``None`` where that is not allowed or does not fit."""
    inline = _inline(item)
    if inline is None:
        return None
    line = (_lead(item, indent) + inline).rstrip()
    return line if not item.items or len(line) <= _WIDTH else None


def _lines(item: _Item, indent: str) -> list[str]:
    """The lines of an entry whose items stand below each other."""
    lead = _lead(item, indent)
    if item.key is None:
        first, *rest = _block(item, f"{indent}  ")
        return [lead + first[len(lead) :], *rest]
    deeper = indent if isinstance(item.node, yaml.SequenceNode) else f"{indent}  "
    return [lead.rstrip(), *_block(item, deeper)]


def _inline(item: _Item) -> str | None:
    """The value on one line; ``None`` if it must not stand on one."""
    if isinstance(item.node, yaml.ScalarNode):
        return _value(item)
    mapping = isinstance(item.node, yaml.MappingNode)
    if not item.items:
        return "{}" if mapping else "[]"
    if item.commented() or _stands_in_block(item):
        return None
    parts: list[str] = []
    for inside in _ordered(item):
        text = _inline(inside)
        if text is None or (not mapping and isinstance(inside.node, yaml.MappingNode)):
            return None
        parts.append(text if inside.key is None else f"{_scalar_text(inside.key, None)}: {text}".rstrip())
    return f"{{{', '.join(parts)}}}" if mapping else f"[{', '.join(parts)}]"


def _stands_in_block(item: _Item) -> bool:
    """Whether it is a record with a line per field, or a table of records by name."""
    kind = model.strip(item.type)
    if get_origin(kind) is dict:
        kind = model.strip(get_args(kind)[1])
        return isinstance(kind, type) and issubclass(kind, model.Record)
    return isinstance(kind, type) and issubclass(kind, _ALWAYS_BLOCK)


def _ordered(parent: _Item) -> list[_Item]:
    if _holds_papers(parent):
        return sorted(parent.items, key=_paper_id)
    kind = model.strip(parent.type)
    if isinstance(kind, type) and issubclass(kind, model.Record):
        rank = {name: number for number, name in enumerate(model.fields(kind))}
        return sorted(parent.items, key=lambda item: rank.get(item.key or "", len(rank)))
    return parent.items


def _holds_papers(item: _Item) -> bool:
    return isinstance(item.node, yaml.SequenceNode) and model.Paper in get_args(item.type)


def _paper_id(item: _Item) -> tuple[bool, str]:
    for inside in item.items:
        if inside.key == "id" and isinstance(inside.node, yaml.ScalarNode):
            return False, inside.node.value
    return True, ""


def _value(item: _Item) -> str:
    node = item.node
    if isinstance(node, yaml.ScalarNode) and not node.style:
        value = scalar(node.value)
        if value is None:
            return "null"
        if not isinstance(value, str):
            return node.value
    return _scalar_text(node.value, item)


def _scalar_text(text: str, item: _Item | None) -> str:
    """A text as YAML: bare where that is safe, else in quotes; prose always in quotes."""
    prose = item is not None and item.key in ("title", "en", "zh")
    if not prose and _PLAIN.fullmatch(text) and _is_text(text):
        return text
    if FORBIDDEN.search(text) or re.search(r"[\t\n]", text) or not ('"' in text or "\\" in text):
        return f'"{re.sub(_QUOTED, _escape, text)}"'
    return "'" + text.replace("'", "''") + "'"


_QUOTED = re.compile(f'[\\\\"\\n\\t]|{FORBIDDEN.pattern}')


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return _ESCAPES.get(found[0]) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def _is_text(text: str) -> bool:
    try:
        return isinstance(scalar(text), str)
    except ValueError:
        return False


# ---- editing in place ------------------------------------------------------------------------------------------------


def replace_scalar(text: str, node: yaml.Node, new_value: str) -> str:
    """``text`` with the scalar at ``node`` (of this very text) replaced, in its own quotes if it has any.

    Raises:
        ValueError: the node is no scalar, or one over several lines.
    """
    begin, end = node.start_mark, node.end_mark
    if not isinstance(node, yaml.ScalarNode) or begin.line != end.line:
        raise ValueError(f"line {begin.line + 1}: only a text on one line can be replaced")
    if node.style == '"':
        written = f'"{re.sub(_QUOTED, _escape, new_value)}"'
    elif node.style == "'" and not re.search(r"[\t\n]", new_value) and not FORBIDDEN.search(new_value):
        written = "'" + new_value.replace("'", "''") + "'"
    else:
        written = _scalar_text(new_value, None)
    return text[: begin.index] + written + text[end.index :]


def insert_record(text: str, record_yaml: str) -> str:
    """``text`` with one more paper (``- id: …`` and its lines) in its place by id, every other character kept.

    Raises:
        ValueError: the record is not one list entry with an id, or the id is there already.
        Findings: one of the two texts cannot be read.
    """
    source = read(text, "catalog.yaml")
    new = [line for line in format_text(f"papers:\n{record_yaml}").splitlines()[1:] if line]
    added = read("papers:\n" + "\n".join(new), "the new record")
    records = added.data["papers"]
    if len(records) != 1 or not isinstance(records[0], dict) or not isinstance(records[0].get("id"), str):
        raise ValueError("the new record must be one list entry with an id")
    id = records[0]["id"]
    ids = [row.get("id") if isinstance(row, dict) else None for row in source.data.get("papers") or []]
    if id in ids:
        raise ValueError(f"a paper with the id {id!r} is there already")
    return _splice(source, ids, id, new)


def _splice(source: Source, ids: list[Any], id: str, new: list[str]) -> str:
    text = source.text
    key, papers = source.node(("papers",))
    if not ids:
        begin = papers.start_mark.index if key is None else key.start_mark.index
        return text[:begin] + "papers:\n" + "\n".join(new) + "\n" + text[papers.end_mark.index :].lstrip("\n")
    lines = text.splitlines(keepends=True)
    after = next((number for number, other in enumerate(ids) if isinstance(other, str) and other > id), None)
    if after is None:
        at = len(lines)
        if not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        return "".join([*lines, "\n", *(f"{line}\n" for line in new)])
    at = source.locate(("papers", after)).line or 1
    at -= 1
    while at and lines[at - 1].startswith("#"):  # what is said of the next record stays above it
        at -= 1
    return "".join([*lines[:at], *(f"{line}\n" for line in new), "\n", *lines[at:]])

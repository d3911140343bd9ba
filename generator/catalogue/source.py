"""Reading YAML strictly: one pass of the C parser to plain data, every doubtful thing refused with its place.

YAML has more than a catalogue needs, and some of it is dangerous or surprising: aliases (a few lines that unfold to
gigabytes), tags, merge keys, duplicate keys (the last wins) and ``NO`` that means false. None of it is accepted here,
so that a file means the same to every reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from generator.errors import CatalogueError, Findings, GeneratorError, Location

try:
    from yaml import CSafeLoader
except ImportError:  # PyYAML was built without libyaml; said in `_loader`, where somebody can read it
    CSafeLoader = None

BLANK = "TODO"
"""What stands in a record for a value that somebody has yet to write."""

Path_ = tuple[str | int, ...]
"""Where a value stands in the data: keys and list indices from the top."""

_DEEPEST = 40
# Controls but tab and newline, Unicode's own line ends (YAML 1.1 breaks lines there), byte-order and bidirectional
# marks, invisible joiners and tags: they make a text read otherwise than it is.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,17})\.[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][-+][0-9]{1,2})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
# What one YAML reader or another takes for something else than the text it looks like.
_DOUBTFUL = re.compile(
    r"(?i:yes|no|on|off|true|false|null)|[-+]?\.(?i:inf|nan)|[-+]?[0-9][0-9_]*(?::[0-9_]+)+(?:\.[0-9_]*)?"
    r"|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[xob][0-9A-Fa-f_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?|=|<<"
)
_MAYBE_NOT_TEXT = frozenset("0123456789+-.~yYnNtTfFoO=<")
_NO_KEY = object()


@dataclass
class Source:
    """A YAML file as text and as plain data, and where each part of it stands."""

    name: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    findings: list[GeneratorError] = field(default_factory=list)

    @cached_property
    def root(self) -> yaml.MappingNode:
        """The tree of nodes with their marks, composed when somebody first asks where something stands."""
        loader = _loader(self.text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        if not isinstance(node, yaml.MappingNode):  # `read` has refused such a text
            raise TypeError(type(node).__name__)
        return node

    def node(self, path: Path_) -> tuple[yaml.Node | None, yaml.Node]:
        """The key (if any) and value nodes at ``path``, or of the deepest part of it that exists."""
        key: yaml.Node | None = None
        value: yaml.Node = self.root
        for part in path:
            found = _child(value, part)
            if found is None:
                break
            key, value = found
        return key, value

    def locate(self, path: Path_, *, key: bool = False) -> Location:
        """Where the value (or its key) at ``path`` begins; the nearest thing around it if it does not exist."""
        key_node, value = self.node(path)
        mark = (key_node if key and key_node is not None else value).start_mark
        return Location(self.name, mark.line + 1, mark.column + 1)


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def read_file(path: Path, name: str) -> str:
    """The text of ``path``; ``GeneratorError`` if it is missing, empty or not plain UTF-8."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GeneratorError(f"cannot be read: {reason}", Location(name)) from None
    return decode(raw, name)


def decode(raw: bytes, name: str) -> str:
    """``raw`` as text; ``CatalogueError`` if it is not plain UTF-8 with LF line ends."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CatalogueError("is UTF-16", Location(name), "save it as UTF-8")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise CatalogueError("begins with a byte-order mark", Location(name, 1, 1), "save it as UTF-8 without one")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        where = Location(name, line, column)
        raise CatalogueError(f"byte 0x{raw[error.start]:02x} is not UTF-8", where, "save it as UTF-8") from None
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        where = Location(name, line)
        raise CatalogueError("the line ends in a carriage return", where, "save the file with LF line ends")
    return text


def read(text: str, name: str) -> Source:
    """Parse ``text``; mistakes that leave the rest readable are collected in ``findings``, others are raised.

    Raises:
        Findings: there is nothing to work with: no mapping, broken syntax, aliases or anchors.
    """
    source = Source(name, text)
    source.findings.extend(_forbidden_characters(text, name))
    if source.findings:
        # The same length, so that every place stays what it is, and nothing that the parser would stop at.
        source.text = FORBIDDEN.sub("\ufffd", text)
    reader = _Reader(source)
    try:
        data = reader.read()
    except yaml.MarkedYAMLError as error:
        raise Findings([*source.findings, _syntax_error(error, name)]) from None
    except _Fatal as error:
        raise Findings([*source.findings, error.finding]) from None
    if reader.linked:  # the tree that knows every place cannot be composed where an anchor is unknown or given twice
        raise Findings(source.findings)
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else f"the file holds {kind_of(data)}"
        finding = CatalogueError(f"{what}; it must be a mapping that begins with 'papers:'", Location(name, 1, 1))
        raise Findings([*source.findings, finding])
    source.data = data
    return source


def kind_of(value: object) -> str:
    """What a value is, in words: ``the text 'abc'``, ``the number 3``, ``a list``."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {short(value)}"
    return "a mapping" if isinstance(value, dict) else "a list"


def short(text: str) -> str:
    """``text`` quoted for a message, its end left out if it is long."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def scalar(text: str) -> bool | int | float | str | None:
    """What an unquoted YAML scalar means; ``ValueError`` if readers of YAML do not agree on it."""
    if text and text[0] not in _MAYBE_NOT_TEXT:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _DOUBTFUL.fullmatch(text):
        raise ValueError(f"unquoted {text} means different things to different readers")
    return text


def _remedy(text: str) -> str:
    word = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    if word in _WORDS:
        return f'write {word}, or quote it: "{text}"'
    if found := re.fullmatch(r"([-+]?[0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)", text):
        return f'write {found[1]}{found[2] or ".0"}e{found[3] or "+"}{found[4]}, or quote it: "{text}"'
    return f'quote it: "{text}"'


def _loader(text: str) -> Any:
    if CSafeLoader is None:
        raise GeneratorError(
            "PyYAML is installed without its C parser",
            hint="install a PyYAML wheel, or libyaml's headers and then 'pip install --no-binary :all: PyYAML'",
        )
    return CSafeLoader(text)


def _forbidden_characters(text: str, name: str) -> Iterator[CatalogueError]:
    line, line_start = 1, 0
    reported = 0
    for found in FORBIDDEN.finditer(text):
        line += text.count("\n", line_start, found.start())
        line_start = text.rfind("\n", 0, found.start()) + 1
        if line == reported:
            continue
        reported = line
        where = Location(name, line, found.start() - line_start + 1)
        yield CatalogueError(f"character U+{ord(found[0]):04X} is not allowed anywhere", where, "remove it")


def _syntax_error(error: yaml.MarkedYAMLError, name: str) -> CatalogueError:
    mark = error.problem_mark or error.context_mark
    if error.context_mark and "end of stream" in str(error.problem):
        mark = error.context_mark  # what is not closed, rather than the end of the file
    where = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
    context = f" {error.context}" if error.context else ""
    begun = error.context_mark
    since = f" that begins on line {begun.line + 1}" if context and begun and mark and begun.line != mark.line else ""
    hint = "look at the indentation, quotes, colons and brackets here and just above"
    return CatalogueError(f"not valid YAML: {error.problem}{context}{since}", where, hint)


class _Fatal(Exception):
    def __init__(self, finding: CatalogueError) -> None:
        super().__init__(str(finding))
        self.finding = finding


class _Open:
    """A list or mapping that is being read, its place in the one around it, and the key that waits for its value."""

    __slots__ = ("container", "key", "lines", "part")

    def __init__(self, container: dict[str, Any] | list[Any], part: str | int | None) -> None:
        self.container = container
        self.part = part
        self.key: Any = _NO_KEY
        self.lines: dict[str, int] = {}


class _Reader:
    """Builds plain data from the parser's events; the stack is its own, so depth cannot exhaust Python's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[_Open] = []
        self.top: Any = None
        self.linked = False
        """Whether there is an alias or an anchor."""

    def read(self) -> Any:
        loader = _loader(self.source.text)
        try:
            self._documents(loader)
        finally:
            loader.dispose()
        return self.top

    def _documents(self, loader: Any) -> None:
        documents = 0
        get_event = loader.get_event
        event = get_event()
        while not isinstance(event, yaml.StreamEndEvent):
            if event.__class__ is yaml.ScalarEvent:  # most of them
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
            elif isinstance(event, yaml.AliasEvent):
                self.linked = True
                self._refuse(event, f"alias *{event.anchor} is not allowed", "write the value out")
                self._add(f"*{event.anchor}", event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    raise _Fatal(self._finding(event, "a second YAML document begins", "keep one document per file"))
            event = get_event()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        value: Any = event.value
        if event.implicit[0] and event.tag is None:
            try:
                value = scalar(value)
            except ValueError as error:
                if value == "<<":
                    self._refuse(event, "merge keys are not allowed", "write the keys out")
                else:
                    self._refuse(event, str(error), _remedy(value))
        self._add(value, event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        if len(self.stack) == _DEEPEST:
            raise _Fatal(self._finding(event, f"nested more than {_DEEPEST} deep"))
        container: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        part = self._part()
        self._add(container, event)
        self.stack.append(_Open(container, part))

    def _add(self, value: Any, event: Any) -> None:
        if not self.stack:
            self.top = value
            return
        here = self.stack[-1]
        if isinstance(here.container, list):
            here.container.append(value)
        elif here.key is _NO_KEY:
            here.key = self._key(here, value, event)
        else:
            here.container[here.key] = value
            here.key = _NO_KEY

    def _key(self, here: _Open, value: Any, event: Any) -> str:
        line = event.start_mark.line + 1
        if isinstance(value, (dict, list)):
            raise _Fatal(self._finding(event, "a list or mapping cannot be a key", "use a text"))
        if not isinstance(value, str):
            self._refuse(event, f"the key is {kind_of(value)}, not a text", f'quote it: "{event.value}"')
            value = event.value
        if value in here.lines:
            first = f"{self.source.name}:{here.lines[value]}"
            message = f"key {short(value)} is given twice, first at {first}"
            self._refuse(event, message, "keep one of them")
        else:
            here.lines[value] = line
        return value

    def _refuse_properties(self, event: Any) -> None:
        if event.tag is not None:
            self._refuse(event, "a YAML tag is not allowed", "remove it; quote what must be a text")
        if event.anchor is not None:
            self.linked = True
            self._refuse(event, f"anchor &{event.anchor} is not allowed", "remove it")

    def _refuse(self, event: Any, message: str, hint: str) -> None:
        self.source.findings.append(self._finding(event, message, hint))

    def _finding(self, event: Any, message: str, hint: str | None = None) -> CatalogueError:
        mark = event.start_mark
        path = self._path()
        where = Location(self.source.name, mark.line + 1, mark.column + 1)
        return CatalogueError(f"{path}: {message}" if path else message, where, hint)

    def _part(self) -> str | int | None:
        """The key or index that the next value will have in the innermost open list or mapping."""
        if not self.stack:
            return None
        here = self.stack[-1]
        if isinstance(here.container, list):
            return len(here.container)
        return None if here.key is _NO_KEY else here.key

    def _path(self) -> str:
        parts = [*(here.part for here in self.stack), self._part()]
        return spell(tuple(part for part in parts if part is not None), self.stack[0].container if self.stack else None)


def spell(path: Path_, data: Any) -> str:
    """A path for readers: ``papers.eca_net.venue.year``; a record without a usable id goes by its number."""
    parts = list(path)
    if len(path) > 1 and path[0] == "papers" and isinstance(path[1], int) and isinstance(data, dict):
        papers = data.get("papers")
        record = papers[path[1]] if isinstance(papers, list) and path[1] < len(papers) else None
        if isinstance(record, dict) and isinstance(record.get("id"), str) and record["id"]:
            parts[1] = record["id"]
    return ".".join(map(str, parts))

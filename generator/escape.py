"""Texts of the catalogue as parts of Python, Markdown, HTML, BibTeX, JSON and YAML.

Every text is hostile: whatever it holds must come back out of the output as itself, and nothing in it may become code,
markup or a formula. Each function takes a plain text and returns source of its format; none parses the text. (CSV needs
no function of its own: the standard writer quotes, and ``check`` refuses texts that a spreadsheet would run.)
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

WIDTH = 120

# Letters of markup in CommonMark, GitHub's dialect, Python-Markdown or one of the site's extensions.
_OPENING = re.compile(r"[!-/:-@\[-`{-~]|\d+[.)]")
_MARKUP = re.compile(r"[\\`*_{}\[\]<>&|~^$#@]|:(?=\S)|\.(?<=www\.)|\+(?=\+)|=(?==)")
# A line that includes a file, and a mark inside a line that cuts an included file up.
_SNIPPET = re.compile(r"""[ \t]*;*-+8<-+(?:[ \t]+(?:"(?:\\"|[^"\n])+?"|'(?:\\'|[^'\n])+?'))?""")
_SECTION = re.compile(r";*-+8<-+[ \t]+\[[ \t]*(?:start|end)[ \t]*:[ \t]*[a-z][-_0-9a-z]*[ \t]*\]", re.IGNORECASE)
_TEX = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    **{character: "\\" + character for character in "$%&#_"},
}
_TEX_SPECIAL = re.compile("[" + re.escape("".join(_TEX)) + "]")
# Not from unicodedata: its tables change with Python, and a line must break at the same word everywhere.
_WIDE = (
    (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
    (0xFE10, 0xFE19), (0xFE30, 0xFE6B), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF),
    (0x1F900, 0x1F9FF), (0x20000, 0x3FFFD),
)  # fmt: skip
_NARROW = (0x300, 0x36F)


class _Columns(dict[str, int]):
    """How many columns each character takes; a character is looked up in the ranges once."""

    def __missing__(self, character: str) -> int:
        code = ord(character)
        wide = any(first <= code <= last for first, last in _WIDE)
        columns = self[character] = 2 if wide else 0 if _NARROW[0] <= code <= _NARROW[1] else 1
        return columns


_columns = _Columns().__getitem__


def width(text: str) -> int:
    """Columns that ``text`` takes, as the linter counts them; the same under every version of Python."""
    return len(text) if text.isascii() else sum(map(_columns, text))


# --- Python ----------------------------------------------------------------------------------------------------------


def py_string(text: str) -> str:
    """A string literal on one line, in the quotes that the formatter would choose."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    text = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    if not text.isprintable():
        text = "".join(character if character.isprintable() else _unprintable(character) for character in text)
    return f"{quote}{text}{quote}"


def _unprintable(character: str) -> str:
    code = ord(character)
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return known.get(character) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )


class Call(NamedTuple):
    """A constructor call with keyword arguments, for :func:`py_value`."""

    name: str
    arguments: Mapping[str, Any]


class Code(NamedTuple):
    """Python source that stands for itself, for :func:`py_value`."""

    text: str


def py_value(value: Any, indent: int = 0, before: int = 0, *, tuples: bool = False) -> str:
    """A literal of strings, numbers, ``None``, lists, tuples, mappings and calls, laid out as the formatter does.

    Args:
        value: what the literal stands for.
        indent: columns before the line on which the literal begins.
        before: columns of that line that are taken in front of the literal, and after it (a comma).
        tuples: write lists as tuples.
    """
    return _Literal(tuples).lines(value, indent, before)


class _Literal:
    """Writes one literal; each part of it is put on one line once, however often somebody asks whether it fits."""

    def __init__(self, tuples: bool) -> None:
        self._tuples = tuples
        self._flat: dict[int, str] = {}

    def lines(self, value: Any, indent: int, before: int) -> str:
        """``value`` on one line where it fits, else its items on lines of their own."""
        line = self.flat(value)
        if isinstance(value, Code) or indent + before + width(line) <= WIDTH:
            return line
        if isinstance(value, str):
            return _py_long_string(value, indent)
        if isinstance(value, Call):
            opening, closing = f"{value.name}(", ")"
            items = [(f"{key}=", item) for key, item in value.arguments.items()]
        elif isinstance(value, Mapping):
            opening, closing = "{", "}"
            items = [(f"{self.flat(key)}: ", item) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            opening, closing = "()" if self._tuples or isinstance(value, tuple) else "[]"
            items = [("", item) for item in value]
        else:
            return line
        if not items:
            return line
        pad = " " * (indent + 4)
        rows = [f"{pad}{key}{self.lines(item, indent + 4, width(key) + 1)},\n" for key, item in items]
        return f"{opening}\n{''.join(rows)}{' ' * indent}{closing}"

    def flat(self, value: Any) -> str:
        """``value`` on one line."""
        if (found := self._flat.get(id(value))) is None:
            found = self._flat[id(value)] = self._one_line(value)
        return found

    def _one_line(self, value: Any) -> str:
        if isinstance(value, str):
            return py_string(value)
        if isinstance(value, Code):
            return value.text
        if isinstance(value, Call):
            return f"{value.name}({', '.join([f'{k}={self.flat(v)}' for k, v in value.arguments.items()])})"
        if isinstance(value, Mapping):
            return "{" + ", ".join([f"{self.flat(k)}: {self.flat(v)}" for k, v in value.items()]) + "}"
        if isinstance(value, (list, tuple)):
            inner = ", ".join([self.flat(item) for item in value])
            if self._tuples or isinstance(value, tuple):
                return f"({inner},)" if len(value) == 1 else f"({inner})"
            return f"[{inner}]"
        return repr(value)


def _py_long_string(text: str, indent: int) -> str:
    """A text that does not fit beside its key, in brackets: one literal where it fits there, else adjacent ones."""
    pad = " " * (indent + 4)
    whole = py_string(text)
    fits = indent + 4 + width(whole) <= WIDTH
    literals = [whole] if fits else map(py_string, _pieces(text, WIDTH - indent - 6))
    pieces = "".join(f"{pad}{literal}\n" for literal in literals)
    return f"(\n{pieces}{' ' * indent})"


def _pieces(text: str, room: int) -> Iterator[str]:
    """``text`` in pieces, cut after spaces where there are any, of at most ``room`` columns between the quotes."""
    piece, taken = "", 0
    for word in re.findall(" *[^ ]+ ?| +", text):
        columns = _inner_width(word)
        if piece and taken + columns > room:
            yield piece
            piece, taken = "", 0
        while columns > room:
            start = _fitting(word, room)
            yield word[:start]
            word = word[start:]
            columns = _inner_width(word)
        piece += word
        taken += columns
    if piece:
        yield piece


def _fitting(word: str, room: int) -> int:
    """How many characters of ``word`` fit into ``room`` columns; at least one."""
    taken = 0
    for count, character in enumerate(word):
        taken += _character_width(character)
        if taken > room:
            return max(1, count)
    return len(word)


@cache
def _character_width(character: str) -> int:
    # A Chinese text is one word, and is measured character by character.
    return _inner_width(character)


def _inner_width(text: str) -> int:
    """Columns that ``text`` takes at most between the quotes of a literal."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else _unprintable(c) for c in text)
    return width(shown) + text.count("\\") + text.count("'") + text.count('"')


def py_docstring(text: str, indent: int = 0) -> str:
    r"""A docstring, quotes included, that reads ``text``.

    A text with backslashes becomes a raw string; where that cannot be, they and the quotes in question become
    ``\u005c`` and ``\u0022``, which read as themselves.
    """
    text = text.strip("\n")
    prefix = ""
    if "\\" in text and '"""' not in text and not text.endswith(("\\", '"')) and not text.startswith('"'):
        prefix = "r"
    else:
        text = text.replace("\\", "\\u005c").replace('"""', '""\\u0022')
        if text.endswith('"'):
            text = text[:-1] + "\\u0022"
        if text.startswith('"'):
            text = "\\u0022" + text[1:]
    pad = " " * indent
    lines = text.split("\n")
    body = "\n".join([lines[0], *(pad + line if line.strip() else "" for line in lines[1:])])
    return f'{prefix}"""{body}"""' if len(lines) == 1 else f'{prefix}"""{body}\n{pad}"""'


def wrap(text: str, columns: int = WIDTH, indent: str = "") -> str:
    """Prose in lines of at most ``columns``, cut at blanks only; the lines after the first begin with ``indent``."""
    if width(text) <= columns:
        return text
    lines: list[str] = []
    line, taken = "", 0
    for word in text.split(" "):
        columns_of_word = width(word)
        if line.strip() and taken + 1 + columns_of_word > columns:
            lines.append(line)
            line, taken = indent + word, len(indent) + columns_of_word
        else:
            line = f"{line} {word}" if lines or line else word
            taken = width(line)
    return "\n".join([*lines, line])


# --- Markdown --------------------------------------------------------------------------------------------------------


def md(text: str) -> str:
    """Inline Markdown, also at the start of a line, in a table's cell or as a link's text.

    Markup is written as numeric entities: what a backslash escapes differs between GitHub, the site and tables.
    """
    if text.isalnum():
        return text
    text = " ".join(text.split("\n"))
    end = opening.end() if (opening := _OPENING.match(text)) else 0
    return _entities(text[:end]) + _MARKUP.sub(lambda found: _entities(found[0]), text[end:])


def _entities(text: str) -> str:
    return "".join(character if character.isalnum() else f"&#{ord(character)};" for character in text)


def md_code(text: str) -> str:
    """Inline code in Markdown; as HTML, since backquotes know no escape and tables split at bars inside them."""
    return f"<code>{_entities_all(text)}</code>"


def _entities_all(text: str) -> str:
    return re.sub(r"[^\w\s]|_", lambda found: f"&#{ord(found[0])};" if found[0].isascii() else found[0], text)


def md_fence(text: str, language: str = "") -> str:
    """A fenced block for the site, its fence longer than any in ``text``; no line end after it.

    The site's dialect looks for snippets (scissors between dashes) inside fences too; a semicolon, which it takes away
    again, says that none is meant.
    """
    fence = "```"
    while fence in text:
        fence += "`"
    if "8<" in text:
        text = "\n".join(map(_without_snippet, text.split("\n")))
    return f"{fence}{language}\n{text.rstrip(chr(10))}\n{fence}"


def _without_snippet(line: str) -> str:
    if _SNIPPET.fullmatch(line):
        indent = len(line) - len(line.lstrip(" \t"))
        return f"{line[:indent]};{line[indent:]}"
    return _SECTION.sub(lambda found: f";{found[0]}", line, count=1)


def md_link(text: str, url: str) -> str:
    """A link; ``url`` is an address that the catalogue has checked."""
    return f"[{md(text)}](<{url.replace('&', '&amp;').replace('<', '%3C').replace('>', '%3E')}>)"


# --- HTML, JSON, YAML ------------------------------------------------------------------------------------------------


def html_text(text: str) -> str:
    """Text of an element or of a quoted attribute."""
    # Nearly every text is plain, and to look for five characters is faster than to replace them.
    marked = "&" in text or "<" in text or ">" in text or '"' in text or "'" in text
    return html.escape(text, quote=True) if marked else text


# ``json.dumps`` would make an encoder for each call.
plain_json = json.JSONEncoder(ensure_ascii=False).encode
_compact_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def script_json(value: Any) -> str:
    """JSON for a ``script`` element: nothing in it can close the element or open a comment."""
    text = _compact_json(value)
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def yaml_string(text: str) -> str:
    """A double-quoted scalar, for the head of a page."""
    return plain_json(text)


# --- BibTeX ----------------------------------------------------------------------------------------------------------


def bibtex(text: str) -> str:
    """Text inside a braced value: no brace is left bare, and no command but those that stand for a character."""
    return _TEX_SPECIAL.sub(lambda found: _TEX[found[0]], text)


def bibtex_names(names: Iterable[str]) -> str:
    """A list of persons; a name in which BibTeX would see two, or a family name first, is kept whole by braces."""
    return " and ".join(
        f"{{{bibtex(name)}}}" if "," in name or re.search(r"\b(and|others)\b", name, re.I) else bibtex(name)
        for name in names
    )

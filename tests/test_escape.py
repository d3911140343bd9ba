"""Hostile texts come back out of every format as themselves, read by that format's own parser."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import markdown
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from generator import escape
from generator.escape import Call, Code, py_docstring, py_string, py_value

ROOT = Path(__file__).parents[1]
NASTY = [
    "plain",
    'say "hi"',
    "it's",
    "\"both\" and 'it'",
    '"""',
    'ends in "',
    '"""" four',
    "back\\slash",
    "ends in \\",
    '\\"""',
    "\\N{BULLET} \\x41 \\u0041 \\",
    "{{ config }} {% raw %} {# note #}",
    "``` fence ````",
    "`code` ``two``",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</math><!-- --> ]]>",
    "&lt; &amp; &#60; &copy",
    "a, b; c | d || e",
    "user@example.org and @inproceedings{x,",
    "100 % of $5 #1 {brace} }{ ~ ^ _under_ \\textbf{x}",
    "**bold** *it* __b__ _i_ ~~s~~ ==m== ^^u^^ ++k++ H~2~O x^2^",
    "[link](http://x.org) ![img](x) [^1] [ref]: http://x",
    "http://x.org www.example.org ftp://a",
    "1. list",
    "12) list",
    "# heading #",
    "> quote",
    "* star",
    "!!! note",
    '??? "x"',
    "/// block",
    "::: module",
    ":smile: a:b : c",
    "--8<-- 'file'",
    "two  spaces",
    "===",
    "$x$ $$y$$ \\(z\\)",
    "注意力机制：全局 x 局部（通道）",
    "é ﬁ ​"[:3],
    "{: .class #id } {#id}",
    "*[HTML]: x",
    "<br>",
    "a<b>c",
    "x" * 300,
    "word " * 80 + "end",
    "注意力 " * 60 + "完",
    "'\"" * 90,
    "\\" * 130,
]
# What `check` lets through: one line, no controls, no blank at either end.
LINES = st.text(
    st.one_of(
        st.sampled_from(list("\"'\\`{}[]()<>|&%$#@!*_~^:;,.=+-/? ab1\u6ce8")),
        st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")),
    ),
    min_size=1,
    max_size=60,
).map(str.strip)
LONG = st.lists(LINES, min_size=3, max_size=8).map(" ".join).map(str.strip)
HOSTILE = st.one_of(st.sampled_from(NASTY), LINES, LONG).filter(bool)


def one_line(text: str) -> str:
    """``text`` as a browser shows it: runs of blanks are one."""
    return " ".join(text.split())


# --- Python ----------------------------------------------------------------------------------------------------------


@given(HOSTILE)
def test_a_python_string_reads_as_the_text(text: str) -> None:
    assert ast.literal_eval(py_string(text)) == text
    assert "\n" not in py_string(text)


VALUES = st.recursive(
    st.one_of(HOSTILE, st.integers(-(10**6), 10**6), st.booleans(), st.none(), st.floats(-10, 10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(HOSTILE, inner, max_size=4),
        st.tuples(inner),
        st.tuples(inner, inner),
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_python_literal_reads_as_the_value(value: Any) -> None:
    assert ast.literal_eval(py_value(value)) == value


@given(VALUES)
def test_lists_can_be_written_as_tuples(value: Any) -> None:
    assert ast.literal_eval(py_value(value, tuples=True)) == _tuples(value)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


@given(HOSTILE, st.sampled_from([0, 4, 8]))
def test_a_docstring_reads_as_the_text(text: str, indent: int) -> None:
    body = f"{' ' * indent}{py_docstring(text, indent)}\n"
    source = "".join(f"{' ' * depth}class A:\n" for depth in range(0, indent, 4)) + body
    node = ast.parse(source)
    while isinstance(node.body[0], ast.ClassDef):
        node = node.body[0]
    assert ast.get_docstring(node, clean=False) == text


@given(st.lists(HOSTILE, min_size=2, max_size=5))
def test_a_docstring_of_several_lines_reads_as_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    source = f"class A:\n    {py_docstring(text, 4)}\n"
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.ClassDef)
    assert ast.get_docstring(node) == inspect.cleandoc(text)


# Widths of rarer scripts differ between versions of Unicode, and so between Python and the formatter.
COMMON = st.text(
    st.sampled_from(list("abc ABC'\"\\{}#%\u6ce8\u610f\uff0c\u3002\u00e9\u2192\u03c3")), min_size=1, max_size=200
)
LAID_OUT = st.one_of(st.sampled_from(NASTY), COMMON.map(str.strip)).filter(bool)


@settings(max_examples=8)
@given(st.lists(LAID_OUT, min_size=20, max_size=60))
def test_the_formatter_and_the_linter_have_nothing_to_add(texts: list[str]) -> None:
    """One file of everything, read by the tools themselves."""
    parts = ['"""Texts."""\n']
    for number, text in enumerate(texts):
        before = len(f"NAME_{number} = ")
        parts.append(f"NAME_{number} = {py_value(text, 0, before)}")
        parts.append(f"DICT_{number} = {py_value({text: [text, number], 'k': {text: text}}, 0, before)}")
        call = Call("dict", {"one": text, "two": (text,), "three": Call("list", {}), "four": Code("dict")})
        parts.append(f"CALL_{number} = {py_value(call, 0, before)}")
    for number, text in enumerate(texts):
        parts.append(f"\n\nclass A{number}:\n    {py_docstring(f'A class. {text}.', 4)}")
    source = "\n".join(parts) + "\n"
    run_ruff(["format", "--diff", "-"], source)


def test_the_formatter_has_nothing_to_add_at_any_length() -> None:
    """Around the last column, where a text moves from its key's line into brackets and there into two literals."""
    sentences = ['it\'s "\\alpha", ', "a\nline's end ", "authors' own place, ", "\u6ce8\u610f\u529b's \uff0c"]
    lines = ['"""Texts."""\n']
    for first, sentence in enumerate(sentences):
        for length in range(80, 125):
            text = (sentence * length)[first : first + length]
            name = f"{'ABCD'[first]}_{length}"
            before = len(f"{name} = ")
            lines.append(f"{name} = {py_value({'en': text, 'list': [{'key': text}]}, 0, before)}")
            call = Call("dict", {"note": {"en": text}, "several": (text, "b")})
            lines.append(f"{name} = {py_value({'call': call}, 0, before)}")
    run_ruff(["format", "--diff", "-"], "\n".join(lines) + "\n")


def run_ruff(arguments: list[str], source: str) -> None:
    """Fail with what ruff says about ``source``."""
    ruff = Path(sys.executable).with_name("ruff")
    command = [str(ruff), *arguments, "--stdin-filename", "generated/x.py"]
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_accepts_the_docstrings() -> None:
    classes = [
        f"class A{number}:\n    " + py_docstring("A title.\n\n" + escape.wrap(text, 110), 4)
        for number, text in enumerate(NASTY)
    ]
    run_ruff(["check"], '"""Texts."""\n\n' + "\n\n\n".join(classes) + "\n")


@given(HOSTILE)
def test_wrapping_changes_nothing_but_blanks(text: str) -> None:
    assert escape.wrap(text, 40, "    ").split() == text.split()


# --- Markdown --------------------------------------------------------------------------------------------------------


class Visible(HTMLParser):
    """The text of a page, and the tags and attributes that it came with."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", ((data, None),)))


def visible(html: str) -> Visible:
    """What a browser would make of ``html``."""
    parser = Visible()
    parser.feed(html)
    parser.close()
    return parser


GITHUB = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
EXTENSIONS = [
    "tables", "attr_list", "def_list", "footnotes", "md_in_html", "admonition", "abbr", "toc", "pymdownx.superfences",
    "pymdownx.details", "pymdownx.tilde", "pymdownx.caret", "pymdownx.mark", "pymdownx.keys", "pymdownx.betterem",
    "pymdownx.tabbed", "pymdownx.blocks.admonition", "pymdownx.magiclink", "pymdownx.smartsymbols",
    "pymdownx.emoji", "pymdownx.inlinehilite", "pymdownx.tasklist", "pymdownx.arithmatex", "pymdownx.snippets",
]  # fmt: skip


def renderers() -> Iterator[Any]:
    """Both dialects that our Markdown is read by: GitHub's, and the site's with more extensions than it has."""
    yield GITHUB.render
    yield markdown.Markdown(extensions=EXTENSIONS).convert


RENDERERS = list(renderers())


@given(HOSTILE)
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    for render in RENDERERS:
        page = visible(render(escape.md(text) + "\n"))
        assert one_line(page.text) == one_line(text)
        assert [tag for tag, _ in page.tags] == ["p"]


@given(HOSTILE, HOSTILE)
def test_a_cell_stays_one_cell(one: str, two: str) -> None:
    table = f"| A | B |\n|---|---|\n| {escape.md(one)} | {escape.md_code(two)} |\n"
    for render in RENDERERS:
        page = visible(render(table))
        tags = [tag for tag, _ in page.tags]
        assert tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "code"]
        assert one_line(page.text) == one_line(f"A B {one} {two}")


@given(HOSTILE)
def test_a_heading_stays_a_heading(text: str) -> None:
    for render in RENDERERS:
        page = visible(render(f"## {escape.md(text)}\n"))
        assert one_line(page.text) == one_line(text)
        assert [tag for tag, _ in page.tags] == ["h2"]


URLS = st.from_regex(r"\Ahttps?://[^\s<>\"'`{}|\\^]{1,40}\Z").filter(str.isprintable)


@given(HOSTILE, URLS)
def test_a_link_leads_where_it_should(text: str, url: str) -> None:
    for render in RENDERERS:
        page = visible(render(f"A {escape.md_link(text, url)}\n"))
        assert one_line(page.text) == one_line(f"A {text}")
        assert [tag for tag, _ in page.tags] == ["p", "a"]
        href = dict(page.tags[1][1])["href"] or ""
        assert href in (url, GITHUB.normalizeLink(url))


_TAILS = [
    "",
    " ",
    " 'file'",
    ' "a b"',
    " 'file' x",
    " [start:a]",
    "[end:b]",
    " [ END : c ]",
    " [start:a] --8<-- [end:a]",
]
SCISSORS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "  ", "\t", "x ", "-", ";"]),
    st.sampled_from(["", ";", ";;"]),
    st.sampled_from(["-8<-", "--8<--", "---8<--", "--8<-"]),
    st.sampled_from(_TAILS),
    st.sampled_from(["", " ", ";", " x"]),
)


@given(st.lists(st.one_of(HOSTILE, SCISSORS), min_size=1, max_size=5))
def test_a_fence_holds_its_text(lines: list[str]) -> None:
    text = "\n".join(lines).rstrip("\n")
    page = visible(RENDERERS[1](f"before\n\n{escape.md_fence(text, 'text')}\n\nafter\n"))
    assert page.text.split() == f"before {text} after".split()
    if "8<" not in text:
        page = visible(GITHUB.render(f"before\n\n{escape.md_fence(text, 'text')}\n\nafter\n"))
        assert page.text.split() == f"before {text} after".split()


# --- HTML, JSON, YAML ------------------------------------------------------------------------------------------------


@given(HOSTILE)
def test_html_shows_the_text(text: str) -> None:
    quoted = escape.html_text(text)
    page = visible(f"<p title=\"{quoted}\" lang='{quoted}'>{quoted}</p>")
    assert page.text == text
    assert page.tags == [("p", (("title", text), ("lang", text)))]


@given(VALUES)
def test_json_in_a_script_reads_as_the_value(value: Any) -> None:
    text = escape.script_json(value)
    assert json.loads(text) == json.loads(json.dumps(value))
    assert not re.search("[<>&\u2028\u2029]", text)


@given(HOSTILE)
def test_yaml_reads_as_the_text(text: str) -> None:
    assert yaml.safe_load(f"title: {escape.yaml_string(text)}\n") == {"title": text}


# --- BibTeX ----------------------------------------------------------------------------------------------------------


def braced(text: str) -> str:
    """What stands between the first brace of ``text`` and its partner, counted as BibTeX counts: blind to escapes."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[1:position]
    raise ValueError("unbalanced")


COMMANDS = {f"{{{value[1:-1]}}}": key for key, value in escape._TEX.items() if value.startswith("{")}  # pyright: ignore[reportPrivateUsage]  the reader's table is the writer's, turned round
COMMANDS.update({"\\" + character: character for character in "$%&#_"})


def typeset(text: str) -> str:
    """What LaTeX prints for ``text``; any other command or bare brace is a mistake."""
    shown = ""
    while text:
        command = next((command for command in COMMANDS if text.startswith(command)), None)
        if command is None and text[0] in "\\{}$%&#_~^":
            raise ValueError(f"active character at {text[:20]!r}")
        shown += COMMANDS[command] if command else text[0]
        text = text[len(command) if command else 1 :]
    return shown


@given(HOSTILE)
def test_bibtex_prints_the_text(text: str) -> None:
    value = f"{{{escape.bibtex(text)}}}"
    assert braced(value + "}, year = {2000}}") == value[1:-1]
    assert typeset(value[1:-1]) == text


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_bibtex_sees_each_author_once(names: list[str]) -> None:
    names = [" ".join(name.split()) for name in names]
    text = escape.bibtex_names(names)
    found = [name.strip() for name in split_names(text)]
    assert [typeset(name[1:-1] if name not in map(escape.bibtex, names) else name) for name in found] == names


def split_names(text: str) -> Iterator[str]:
    """Cut at ``and`` outside of braces, as BibTeX does."""
    depth, start, position = 0, 0, 0
    while position < len(text):
        depth += (text[position] == "{") - (text[position] == "}")
        if depth == 0 and re.match(r"\sand\s", text[position : position + 5], re.IGNORECASE):
            yield text[start:position]
            start = position + 5
            position = start
            continue
        position += 1
    yield text[start:]

"""``fmt``, splicing and the JSON Schema: one layout, nothing lost, everything else byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from generator.catalogue import schema
from generator.catalogue.layout import format_text, insert_record, replace_scalar
from generator.catalogue.loader import parse
from generator.catalogue.source import FORBIDDEN, read
from generator.errors import Findings
from generator.project import Project
from tests.catalogue_fixtures import GOOD, complaints, spoil

_ROOT = Project.find(Path(__file__).parent).root

# ---- layout ----------------------------------------------------------------------------------------------------------

_LOOSE = """\
# head

# of the file
papers: # all of them

# about b
- id: b   # the second
  # its authors
  authors: [ # one
    x, # two
    # three
    "y: z"
  ] # four
  # tail of b
# about a
- # the first
  kind:   'loss'
  id: a
  title: a "quoted" one
  venue: {year: 3, name: 'q'}
  formula: {symbols: {"x": {zh: 甲, en: "a"}}, tex: "a\\\\b"}
  related:
      -   {id: c}   # see
      -   {id: d}
  use: {zh: z
    , en: >-
        folded
        text
    }
# foot
""".replace(": >-\n        folded\n        text\n", ': "folded\n      text"\n')
_NEAT = """\
# head
# of the file
papers:  # all of them
# about a
# the first
- id: a
  title: 'a "quoted" one'
  venue: {name: q, year: 3}
  kind: loss
  related:
  - {id: c}  # see
  - {id: d}
  use:
    en: "folded text"
    zh: "z"
  formula:
    tex: 'a\\b'
    symbols:
      x:
        en: "a"
        zh: "甲"

# about b
- id: b  # the second
  # its authors
  # four
  authors:  # one
  - x  # two
  # three
  - "y: z"
  # tail of b
# foot
"""


def test_layout() -> None:
    assert format_text(_LOOSE) == _NEAT


@pytest.mark.parametrize("text", [_NEAT, GOOD])
def test_what_is_in_order_stays_as_it_is(text: str) -> None:
    assert format_text(text) == text


@pytest.mark.parametrize(
    ("written", "laid_out"),
    [
        ("a: ''", 'a: ""'),
        ("a:", "a: null"),
        ("a: ~", "a: null"),
        ("a: 0.50", "a: 0.50"),
        ("a: '0.50'", 'a: "0.50"'),
        ("a: 'no'", 'a: "no"'),
        ("a: |\n  two\n  lines\n", 'a: "two\\nlines\\n"'),
        ("a: 'it''s'", 'a: "it\'s"'),
        ("a: '\"'", "a: '\"'"),
        ('a: "\\u202e"', 'a: "\\u202e"'),
        ("a: 'x: y'", 'a: "x: y"'),
        ("a: 'x #y'", 'a: "x #y"'),
        ("a: {}", "a: {}"),
        ("a: [[1, 2], [3]]", "a: [[1, 2], [3]]"),
        ("a: [{b: 1}]", "a:\n- {b: 1}"),
        ("'no': 1", '"no": 1'),
        ("{}", "{}"),
        ("a: after:*.bn3", "a: after:*.bn3"),
        ("a: # x", "a: null  # x"),
        ("a: [ # x\n ]", "a: []  # x"),
        ("a: {b: 1, # x\n  c: 2}", "a:\n  b: 1  # x\n  c: 2"),
        (f"a: [{'x' * 60}, {'y' * 60}]", f"a:\n- {'x' * 60}\n- {'y' * 60}"),
        ("%YAML 1.1\n--- # c\na: 1", "# c\na: 1"),
    ],
)
def test_layout_of_values(written: str, laid_out: str) -> None:
    assert format_text(written) == laid_out + "\n"
    assert format_text(laid_out) == laid_out + "\n"


def test_what_cannot_be_read_is_not_laid_out() -> None:
    with pytest.raises(Findings, match=r"catalog\.yaml:1:11: a: key 'b' is given twice"):
        format_text("a: {b: 1, b: 3}")


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=12).map(lambda text: FORBIDDEN.sub("", text))
_LEAVES = st.none() | st.booleans() | st.integers(-999, 999) | _TEXTS | st.sampled_from(["# no", "a: b", "- x", "NO"])
_KEYS = st.sampled_from(["id", "title", "use", "en", "zh", "papers", "module", "x", "a b", "# k"])
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12
)
_FILES = st.dictionaries(_KEYS, _TREES, max_size=3) | st.lists(
    st.dictionaries(_KEYS, _TREES, max_size=5), max_size=3
).map(lambda papers: {"papers": papers})


def _meaning(tree: Any) -> Any:
    """``tree`` with the papers in the order of their text, since ``fmt`` sorts them."""
    papers = tree.get("papers")
    return (
        {**tree, "papers": sorted(papers, key=lambda row: json.dumps(row, sort_keys=True))}
        if isinstance(papers, list)
        else tree
    )


@settings(max_examples=600, deadline=None)
@given(tree=_FILES, flow=st.sampled_from([True, False, None]), width=st.integers(20, 200), data=st.data())
def test_layout_loses_nothing_and_is_stable(tree: Any, flow: bool | None, width: int, data: st.DataObject) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, width=width, allow_unicode=True, sort_keys=False)
    comments = 0
    for _ in range(data.draw(st.integers(0, 4))):
        commented = _with_comment(text, f"# comment{comments}", data)
        try:
            same = yaml.safe_load(commented) == tree
        except yaml.YAMLError:
            continue
        if same:
            text, comments = commented, comments + 1
    try:
        neat = format_text(text)
    except Findings:
        reject()  # PyYAML leaves texts such as 0E0 without quotes, which the catalogue does not take
    assert _meaning(yaml.safe_load(neat)) == _meaning(tree)
    assert format_text(neat) == neat
    for number in range(comments):
        assert neat.count(f"# comment{number}") == 1


def _with_comment(text: str, comment: str, data: st.DataObject) -> str:
    lines = text.splitlines()
    at = data.draw(st.integers(0, len(lines)))
    if at < len(lines) and data.draw(st.booleans()):
        lines[at] += f" {comment}"
    else:
        lines.insert(at, " " * data.draw(st.integers(0, 6)) + comment)
    return "\n".join(lines) + "\n"


def test_the_real_catalogue_is_in_order() -> None:
    text = Project(_ROOT).catalogue.read_text("utf-8")
    assert format_text(text) == text, "run: python -m generator fmt"


# ---- in place --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "new", "written"),
    [
        (("papers", "bam", "links", "blog"), "https://zhihu.com/p/1?a=b&c", '"https://zhihu.com/p/1?a=b&c"'),
        (("papers", "bam", "links", "blog"), "https://zhihu.com/p/1", "https://zhihu.com/p/1"),
        (("papers", "se_net", "title"), 'A "B" \\ C', '"A \\"B\\" \\\\ C"'),
        (("papers", "bam", "formula", "tex"), "a'b", "'a''b'"),
        (("papers", "bam", "links", "code", "repo"), "a/b", "a/b"),
    ],
)
def test_a_scalar_is_replaced_and_nothing_else(path: tuple[str, ...], new: str, written: str) -> None:
    loaded = parse(GOOD)
    node = loaded.node(path)
    edited = replace_scalar(loaded.text, node, new)
    assert edited == GOOD[: node.start_mark.index] + written + GOOD[node.end_mark.index :]
    value: Any = read(edited, "c").data["papers"][0 if path[1] == "bam" else 1]
    for part in path[2:]:
        value = value[part]
    assert value == new


@given(_TEXTS, st.sampled_from(["x", "'x'", '"x"']))
def test_any_text_can_be_put_in(new: str, old: str) -> None:
    for text, path in ((f"a: {old}  # c\nb: 1\n", ("a",)), (f"a: [1, {old}, 2]\n", ("a", 1))):
        edited = replace_scalar(text, read(text, "c").node(path)[1], new)
        assert yaml.safe_load(edited)["a"] == (new if path == ("a",) else [1, new, 2])
        assert edited.endswith(text[text.index(old) + len(old) :])


def test_only_what_stands_on_one_line_is_replaced() -> None:
    text = "a: |\n  x\nb: [1]\n"
    for path in (("a",), ("b",)):
        node = read(text, "c").node(path)[1]
        if path == ("b",):
            with pytest.raises(ValueError, match="line 3: only a text on one line can be replaced"):
                replace_scalar(text, node, "y")
        else:
            with pytest.raises(ValueError, match="line 1: only a text on one line can be replaced"):
                replace_scalar(text, node, "y")


_PAPERS = "# head\npapers:\n- id: b\n  kind:   loss\n\n# about d\n- id: d\n"


@pytest.mark.parametrize(
    ("id", "result"),
    [
        ("a", "# head\npapers:\n- id: a\n  kind: nas\n\n- id: b\n  kind:   loss\n\n# about d\n- id: d\n"),
        ("c", "# head\npapers:\n- id: b\n  kind:   loss\n\n- id: c\n  kind: nas\n\n# about d\n- id: d\n"),
        ("e", "# head\npapers:\n- id: b\n  kind:   loss\n\n# about d\n- id: d\n\n- id: e\n  kind: nas\n"),
    ],
)
def test_a_record_goes_to_its_place(id: str, result: str) -> None:
    assert insert_record(_PAPERS, f"- {{kind: nas, id: {id}}}") == result


@pytest.mark.parametrize("empty", ["papers: []\n", "papers:\n", "papers: [ ]"])
def test_the_first_record(empty: str) -> None:
    assert insert_record(empty, "- id: a\n") == "papers:\n- id: a\n"


def test_a_record_that_is_there_is_not_added_again() -> None:
    with pytest.raises(ValueError, match="a paper with the id 'b' is there already"):
        insert_record(_PAPERS, "- id: b")
    with pytest.raises(ValueError, match="must be one list entry with an id"):
        insert_record(_PAPERS, "- kind: loss")


def test_an_added_record_leaves_a_sound_catalogue() -> None:
    start = GOOD.index("\n- id: se_net") + 1
    end = GOOD.index("- id: survey_of_it")
    assert insert_record(GOOD[:start] + GOOD[end:], GOOD[start:end]) == GOOD


# ---- schema ----------------------------------------------------------------------------------------------------------


def _schema_errors(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema.json_schema())
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_one_and_the_same_text_each_time() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.json_schema())
    assert schema.schema_text() == schema.schema_text()
    assert json.loads(schema.schema_text()) == schema.json_schema()


def test_the_schema_accepts_what_is_sound() -> None:
    assert _schema_errors(GOOD) == []
    assert _schema_errors(Project(_ROOT).catalogue.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "change",
    [
        ("{name: BMVC, year: 2018}", "{name: BMVC}"),
        ("year: 2018", "yaer: 2018"),
        ("year: 2018", "year: twenty"),
        ("year: 2018", "year: 218"),
        ("kind: survey", "kind: surwey"),
        ("[Jie Hu, Li Shen]", "[]"),
        ('arxiv: "1709.01507"', 'arxiv: "1709.01507v2"'),
        ("- id: survey_of_it", "- id: Survey"),
        ("example: {channels: 32}", "example: {no-name: 32}"),
        ("example: {channels: 32}", "example: {channels: {a: 1}}"),
        ("official: true", "official: 'true'"),
        ('where: "after:layer[123]"', "where: layer1"),
        ("params: 25.92M", "params: 25.92 M"),
    ],
)
def test_the_schema_refuses_what_check_refuses(change: tuple[str, str]) -> None:
    text = spoil(change)
    assert _schema_errors(text)
    assert complaints(text)


def test_every_field_is_described() -> None:
    definitions = schema.json_schema()
    for definition in [definitions, *definitions["$defs"].values()]:
        for name, field in definition.get("properties", {}).items():
            assert field.get("description"), name

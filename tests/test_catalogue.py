"""The loader and the rules: every mistake beside its exact message, and the real catalogue."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.catalogue import addresses, source
from generator.catalogue.loader import Loaded, load, parse
from generator.catalogue.source import scalar
from generator.errors import CatalogueError, Findings, GeneratorError
from generator.project import Project
from tests.catalogue_fixtures import GOOD, complaints, spoil

_MISTAKES = Path(__file__).with_name("catalogue_mistakes.yaml")
_CASES: list[dict[str, Any]] = yaml.load(_MISTAKES.read_text("utf-8"), Loader=yaml.CSafeLoader)
_LONG = "a" * 2001


def _spoilt(case: dict[str, Any]) -> str:
    changes = [(GOOD if old == "ALL" else old, new.replace("LONG", _LONG)) for old, new in case["change"]]
    return spoil(*changes)


def test_the_sound_catalogue_has_no_mistake() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_mistake_and_its_exact_message(case: dict[str, Any]) -> None:
    assert complaints(_spoilt(case)) == case["says"].splitlines()


def test_every_mistake_has_a_line_and_a_remedy() -> None:
    for case in _CASES:
        for line in case["says"].splitlines():
            assert re.match(r"catalog\.yaml:\d+(:\d+)?: |catalog\.yaml: ", line), line
            # A remedy stands in brackets at the end, unless the message itself says what is allowed.
            assert line.endswith(")") or "such as" in line or "only the functions" in line, line


def test_all_mistakes_of_a_file_come_in_one_report() -> None:
    single = [case for case in _CASES if case["name"] in _INDEPENDENT]
    assert len(single) == len(_INDEPENDENT)
    text = spoil(*((old, new) for case in single for old, new in case["change"]))
    messages = {line.split(": ", 1)[1] for line in complaints(text)}
    assert messages == {case["says"].strip().split(": ", 1)[1] for case in single}


_INDEPENDENT = {
    "an unquoted NO",
    "a bidirectional mark in a text",
    "a text for a list",
    "an unknown field",
    "a day that does not exist",
    "no address of the paper",
    "a formula with an unknown command",
    "a title with a full stop",
    "an arXiv identifier with a month 13",
    "related to itself",
}


# ---- files that are no catalogue -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "catalog.yaml:1:1: the file is empty; it must be a mapping that begins with 'papers:'"),
        (b"# nothing\n", "catalog.yaml:1:1: the file is empty; it must be a mapping that begins with 'papers:'"),
        (b"- a\n", "catalog.yaml:1:1: the file holds a list; it must be a mapping that begins with 'papers:'"),
        (
            b"papers\n",
            "catalog.yaml:1:1: the file holds the text 'papers'; it must be a mapping that begins with 'papers:'",
        ),
        (b"\xef\xbb\xbfpapers: []\n", "catalog.yaml:1:1: begins with a byte-order mark (save it as UTF-8 without one)"),
        ("papers: []\n".encode("utf-16"), "catalog.yaml: is UTF-16 (save it as UTF-8)"),
        ("papers:\n- 中".encode() + b"\xe9\n", "catalog.yaml:2:4: byte 0xe9 is not UTF-8 (save it as UTF-8)"),
        (b"papers: []\r\n", "catalog.yaml:1: the line ends in a carriage return (save the file with LF line ends)"),
        (b"papers: []\n# \x00\n", "catalog.yaml:2:3: character U+0000 is not allowed anywhere (remove it)"),
    ],
)
def test_what_is_no_catalogue_at_all(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(raw)
    with pytest.raises(GeneratorError) as caught:
        load(path)
    assert str(caught.value) == says


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=r"^catalog\.yaml: cannot be read: no such file or directory$"):
        load(tmp_path / "catalog.yaml")


def test_nesting_is_bounded() -> None:
    with pytest.raises(Findings, match="nested more than 40 deep"):
        parse("papers: " + "[" * 20_000)


def test_aliases_do_not_unfold() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    assert len(complaints("\n".join(lines))) > 60


def test_a_parser_without_c_is_refused_and_not_silently_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "CSafeLoader", None)
    with pytest.raises(GeneratorError, match=r"without its C parser .*libyaml"):
        parse(GOOD)


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_values_come_as_the_file_writes_them() -> None:
    bam, se_net, survey = parse(GOOD).catalogue.papers
    assert (bam.venue.year, bam.ids.arxiv, bam.implemented) == (2018, "1807.06514", True)
    assert bam.module is not None
    assert bam.module.variants["bam_resnet50"].arguments == {"depth": 50}
    assert bam.code_url == "https://github.com/Jongchan/attention-module"
    assert se_net.paper_url == "https://arxiv.org/abs/1709.01507"
    assert survey.paper_url == "https://openaccess.thecvf.com/content/X/html/Guo_A_Survey_paper.html"
    assert parse(GOOD).catalogue.paper("se_net") == se_net


def test_places_are_found_by_index_and_by_id() -> None:
    loaded = parse(GOOD)
    line = GOOD[: GOOD.index("1709.01507")].count("\n") + 1
    assert str(loaded.locate(("papers", "se_net", "ids", "arxiv"))) == f"catalog.yaml:{line}:16"
    assert loaded.locate(("papers", 1, "ids", "arxiv")) == loaded.locate(("papers", "se_net", "ids", "arxiv"))
    assert str(loaded.locate(("papers", "se_net", "ids", "arxiv"), key=True)) == f"catalog.yaml:{line}:9"
    assert loaded.node(("papers", "se_net", "ids", "arxiv")).value == "1709.01507"


def test_the_garbage_collector_is_on_again_after_a_mistake() -> None:
    assert gc.isenabled()
    complaints("papers: 3")
    assert gc.isenabled()
    gc.disable()
    try:
        parse(GOOD)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("1.5", 1.5),
        ("1.0e-5", 1e-5),
        (".5", 0.5),
        ("y", "y"),
        ("N", "N"),
        ("3x3", "3x3"),
        ("-", "-"),
        ("2*C", "2*C"),
        ("none", "none"),
    ],
)
def test_unquoted_scalars(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@given(st.text(max_size=12))
@example("12e03")
def test_an_unquoted_scalar_is_what_other_readers_take_it_for_or_is_refused(text: str) -> None:
    try:
        other = yaml.load(f"- {text}", Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return
    if not (isinstance(other, list) and len(other) == 1) or isinstance(other[0], (list, dict)):
        return
    try:
        ours = parse_list(text)
    except ValueError:
        return
    assert ours == other[0]
    assert type(ours) is type(other[0])


def parse_list(text: str) -> object:
    """The one entry that our reader sees; ``ValueError`` if it refuses it."""
    try:
        read = source.read(f"a:\n- {text}", "c")
    except Findings as findings:
        raise ValueError(str(findings)) from None
    if read.findings:
        raise ValueError(str(read.findings[0]))
    return read.data["a"][0]


# ---- hostile input ---------------------------------------------------------------------------------------------------

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_KEYS = st.text(max_size=5) | st.sampled_from(["papers", "id", "title", "module", "related", "links", "ids", "venue"])
_TREES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4))


@given(_TREES)
def test_any_structure_ends_in_findings_or_a_catalogue(tree: object) -> None:
    complaints(yaml.safe_dump({"papers": [tree]}, allow_unicode=True))
    complaints(yaml.safe_dump(tree, allow_unicode=True))


@given(st.text(max_size=60) | st.text(alphabet="-[]{}:,&*!|>'\"%@`#?\n ab", max_size=40))
def test_any_text_ends_in_findings_or_a_catalogue(text: str) -> None:
    complaints(text)


@settings(max_examples=150)
@given(st.data())
def test_any_value_anywhere_in_a_record_ends_in_findings_or_a_catalogue(data: st.DataObject) -> None:
    tree = yaml.load(GOOD, Loader=yaml.CSafeLoader)
    here: Any = tree["papers"][0]
    while True:
        key = data.draw(st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here)))))
        if not isinstance(here[key], (dict, list)) or not here[key] or data.draw(st.booleans()):
            break
        here = here[key]
    here[key] = data.draw(_TREES)
    complaints(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


# ---- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("http://arxiv.org/pdf/1910.03151v4.pdf", "arxiv:1910.03151"),
        ("https://www.arxiv.org/abs/1910.03151/", "arxiv:1910.03151"),
        ("https://doi.org/10.1109/CVPR.2018.00745", "doi:10.1109/cvpr.2018.00745"),
        ("https://doi.org/10.48550/arXiv.1910.03151", "arxiv:1910.03151"),
        ("https://openreview.net/pdf?id=YicbFdNTTy", "openreview:YicbFdNTTy"),
        ("https://openaccess.thecvf.com/content_CVPR_2019/papers/A_B_paper.pdf", "cvf:a_b_paper"),
        ("https://openaccess.thecvf.com/content_CVPR_2019/html/A_B_paper.html", "cvf:a_b_paper"),
        ("HTTP://WWW.Example.edu/a%20b/", "example.edu/a b"),
    ],
)
def test_identity_of_an_address(url: str, same: str) -> None:
    assert addresses.identity(url) == same


def test_a_code_address_may_serve_several_papers() -> None:
    text = spoil(("links: {}", "links: {code: {repo: Jongchan/attention-module, official: false}}"))
    assert complaints(text) == []


def test_an_address_on_github_is_a_fine_paper_link() -> None:
    address = "https://github.com/xmu-xiaoma666/External-Attention-pytorch/blob/main/paper.pdf"
    assert complaints(spoil(("https://openaccess.thecvf.com/content/X/html/Guo_A_Survey_paper.html", address))) == []


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=40))
@example("[")
@example("h:99999999")
def test_any_address_is_judged(rest: str) -> None:
    complaints(spoil(("https://zhuanlan.zhihu.com/p/102033063", yaml.safe_dump(f"https://{rest}").strip())))


# ---- the real one ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Loaded:
    return load(Project.find(Path(__file__).parent).catalogue)


def test_the_real_catalogue_holds_every_paper(real: Loaded) -> None:
    papers = real.catalogue.papers
    assert len(papers) >= 151
    assert all(paper.idea.en and paper.idea.zh and paper.use.en and paper.use.zh for paper in papers)
    assert {paper.id for paper in papers if paper.kind == "survey"} <= {
        paper.id for paper in papers if paper.nothing_to_build
    }


def test_reading_the_catalogue_imports_nothing_heavy() -> None:
    program = (
        "import sys, pathlib; from generator.catalogue.loader import load;"
        "from generator.project import Project; load(Project.find().catalogue);"
        "print(sorted({'torch', 'httpx', 'jinja2', 'numpy', 'rich'} & set(sys.modules)))"
    )
    root = Project.find(Path(__file__).parent).root
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_outside_a_checkout_the_way_back_is_named(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match="not part of an Attention Atlas checkout"):
        Project.find(tmp_path)


def test_findings_carry_their_places() -> None:
    with pytest.raises(Findings) as caught:
        parse(spoil(("year: 2018", "year: 20l8")))
    (finding,) = caught.value.errors
    assert isinstance(finding, CatalogueError)
    assert finding.where is not None
    assert (finding.where.file, finding.where.line, finding.where.column) == ("catalog.yaml", 10, 29)

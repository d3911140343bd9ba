"""The generated pages: what they say is so, what they show runs, and no text of a record becomes markup."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import markdown
import pytest
import yaml

from generator.bench import record
from generator.catalogue import cost
from generator.catalogue.loader import load
from generator.catalogue.model import Catalogue, Paper
from generator.errors import GeneratorError
from generator.inline import inline
from generator.links.ledger import Ledger
from generator.project import Project
from generator.render import Plan, Renderer
from generator.site import build, dictionary, examples, feed, figures, flow, listing, reference
from generator.site.formulas import mathml
from generator.site.words import LANGUAGES, TERMS, words
from generator.translation import PATH as LOCK
from generator.translation import dump, read_lock
from generator.verification import Layer, Row
from tests import checkout, site_browser
from tests.catalogue_fixtures import GOOD
from tests.conftest import real_catalogue, real_project

MARKUP = 'a <script>alert(1)</script> </title> "quoted" & **b** [c](http://d) {: #e } --8<-- "f" | g `h` $i$'
IMPLEMENTED = [paper.id for paper in real_catalogue().papers if paper.implemented]


@cache
def rendered() -> tuple[Renderer, Plan, Mapping[str, str]]:
    renderer = Renderer(real_project(), load(real_project().catalogue))
    plan = renderer.plan()
    return renderer, plan, dict(renderer.pages(plan))


def html(text: str) -> str:
    """Markdown as the site's engine reads it, without the front matter."""
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    names = ["abbr", "def_list", "admonition", "attr_list", "md_in_html", "tables", "toc"]
    return markdown.markdown(body, extensions=[*names, "pymdownx.highlight", "pymdownx.superfences"])


class Text(HTMLParser):
    """Text, elements and links of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.tags, self.links = "", [], []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.text += data


# --- all papers ------------------------------------------------------------------------------------------------------


def test_every_paper_has_a_page_in_both_languages(catalogue: Catalogue) -> None:
    pages = rendered()[2]
    for language in LANGUAGES:
        for paper in catalogue.papers:
            text = pages[f"site/{language}/papers/{paper.id}.md"]
            assert f"`{paper.id}`" in text or f"<code>{paper.id}</code>" in text


def test_pages_of_single_papers_are_the_same_as_among_all(project: Project) -> None:
    renderer = Renderer(project, load(project.catalogue))
    single = dict(renderer.pages(renderer.plan(["cbam"]), ["cbam"]))
    assert set(single) == {f"site/{language}/papers/cbam.md" for language in LANGUAGES}
    # Neighbours' levels are not shown, so that nothing else has to be rendered.
    assert all(rendered()[2][path] == text for path, text in single.items())


def test_both_languages_say_the_same_things() -> None:
    pages = rendered()[2]
    for path, text in pages.items():
        if path.startswith("site/zh/"):
            other = pages[path.replace("site/zh/", "site/en/")]
            assert re.findall(r"^#+ .*\{: (#\S+) \}$", text, re.M) == re.findall(r"^#+ .*\{: (#\S+) \}$", other, re.M)


def test_no_page_holds_a_placeholder_or_an_empty_value() -> None:
    for path, text in rendered()[2].items():
        prose = re.sub(r"```.*?```|<code>.*?</code>", "", text, flags=re.S)
        assert not re.search(r">\s*(None|Undefined)\s*<|: None$|\{\{", prose, re.M), path


# --- what is shown runs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", IMPLEMENTED)
def test_the_snippet_runs_and_its_shapes_are_right(id: str, project: Project) -> None:
    text = rendered()[2][f"site/en/papers/{id}.md"]
    snippet = re.search(r"\{: #try \}\n\n```python\n(.*?)\n```", text, re.S)
    assert snippet
    names = _run(snippet[1])
    shown = snippet[1].rpartition("  # ")[2]
    assert _shapes(names["y"]) == shown


def _run(source: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
    names: dict[str, Any] = {}
    with torch.no_grad():
        exec(compile(source, "snippet", "exec"), names)  # noqa: S102 - the page promises that it runs
    return names


def _shapes(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_shapes(item) for item in value)}]"
    if isinstance(value, tuple):
        return f"({', '.join(_shapes(item) for item in value)})"
    return "×".join(map(str, value.shape)) or "()"


@pytest.mark.parametrize("id", [id for id in IMPLEMENTED if real_catalogue().paper(id).module.insert])  # pyright: ignore[reportOptionalMemberAccess]  # implemented: it has a module
def test_the_insertion_recipe_runs(id: str) -> None:
    import torch

    text = rendered()[2][f"site/zh/papers/{id}.md"]
    part = text.partition("{: #insertion }")[2].partition("\n## ")[0]
    snippets = re.findall(r"```python\n(.*?)\n```", part, re.S)
    assert snippets
    with torch.device("meta"):
        networks = [_run(snippet)["network"] for snippet in snippets]
    for network, snippet in zip(networks, snippets, strict=True):
        assert any(name.endswith(f"inserted_{id}") for name, _ in network.named_modules()) or "replace:" in snippet


def test_insertions_of_one_backbone_stand_together_and_usual_places_are_called_so() -> None:
    pages = rendered()[2]
    part = pages["site/en/papers/fcanet.md"].partition("{: #insertion }")[2].partition("\n## ")[0]
    assert part.count("```python") == 1
    assert part.count("insert(network, ") == 4
    note = real_catalogue().paper("wcd").module.insert[0].note  # pyright: ignore[reportOptionalMemberAccess]
    assert note
    assert f"Not quite as in the paper. {note.en}" in pages["site/en/papers/wcd.md"]
    assert f"与论文的用法不尽相同。{note.zh}" in pages["site/zh/papers/wcd.md"]
    assert "Not quite" not in pages["site/en/papers/se_net.md"]
    assert "insert renames nothing" not in pages["site/en/papers/cotnet.md"]


@pytest.mark.parametrize("id", IMPLEMENTED)
def test_the_core_listing_is_the_core_module(id: str, catalogue: Catalogue) -> None:
    module = catalogue.paper(id).module
    assert module is not None
    renderer, plan, _ = rendered()
    whole = plan.texts[f"generated/attention_atlas/papers/{id}.py"]
    found = listing.core(renderer.units[id], module.cls, renderer.exported[id])
    tree = ast.parse(found.core)
    assert module.cls in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    assert not defined & set(found.others)
    for line in found.core.split("\n"):
        assert line in whole or line.startswith(("import ", "from "))


def test_a_listing_takes_what_the_class_needs_and_leaves_the_rest(tmp_path: Path) -> None:
    block = '''"""A block."""

import math

__all__ = ["rounded"]

# How wide at least.
_WIDTH = 8


def rounded(value: int) -> int:
    return math.ceil(value / _WIDTH)


def unused(value: int) -> int:
    return value
'''
    text = '''"""Head."""

from __future__ import annotations

from torch import Tensor, nn

from templates.blocks.width import rounded

__all__ = ["Core", "Net"]


@final
# Wide.
class Core(nn.Module):
    """Core."""

    width = rounded(3)


class Net(nn.Module):
    """Net."""

    core = Core
'''
    for name, content in {"blocks/width.py": block, "papers/core.py": text}.items():
        file = tmp_path / "templates" / name
        file.parent.mkdir(parents=True)
        file.write_text(content, encoding="utf-8")
    unit = inline(tmp_path / "templates/papers/core.py", Project(tmp_path))
    found = listing.core(unit, "Core", ("Core", "Net", "core_small"))
    assert found.others == ("Net", "core_small")
    assert (
        found.core
        == '''from __future__ import annotations

import math

from torch import nn


# How wide at least.
_WIDTH = 8


def rounded(value: int) -> int:
    return math.ceil(value / _WIDTH)


@final
# Wide.
class Core(nn.Module):
    """Core."""

    width = rounded(3)'''
    )


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", IMPLEMENTED)
def test_the_calculator_starts_at_what_the_closed_forms_give(id: str, catalogue: Catalogue) -> None:
    module = catalogue.paper(id).module
    assert module is not None
    if module.cost is None:
        pytest.skip("no closed form")
    parameters = rendered()[0].units[id].parameters(module.cls)
    found = figures.calculator(module, parameters)
    assert found is not None
    values = {field["name"]: field["value"] for field in found["fields"]}
    values |= {letter: cost.parse(_text(tree)).evaluate(values) for letter, tree in found["axes"].items()}
    for what in ("params", "macs"):
        assert found["start"][what] == cost.parse(getattr(module.cost, what)).evaluate(
            {**examples.defaults(parameters), **module.example, **values}
        )
        assert set(cost.parse(getattr(module.cost, what)).names()) <= set(values)
    json.dumps(found["params"])


def _text(tree: Any) -> str:
    if not isinstance(tree, list):
        return str(tree)
    operator, *parts = (tree[0], *map(_text, tree[1:]))
    return f"({operator.join(parts)})" if not operator.isalpha() else f"{operator}({', '.join(parts)})"


def test_numbers_are_written_for_reading() -> None:
    assert [figures.number(value) for value in (0, 999, 8464, 28_088_024, 3.86e9)] == [
        "0", "999", "8.46 K", "28.1 M", "3.86 G",
    ]  # fmt: skip
    assert figures.beside(28_088_024, "28.09M") == "28.09M"
    assert figures.beside(25_557_032, "24.37Mi") == "24.37Mi"
    assert figures.exact(28_088_024) == "28\u202f088\u202f024"


def recorded(folder: Path, *ratios: float) -> Path:
    """A record of one run for each of ``ratios``."""
    path = folder / "cpu-x.json"
    folder.mkdir(parents=True, exist_ok=True)
    row: dict[str, Any] = {
        "id": "bam", "device": "cpu", "dtype": "float32", "shape": [2, 64, 6, 5], "mode": "forward", "median_s": 1e-3,
        "q1_s": 9e-4, "q3_s": 2e-3, "peak_bytes": 0, "params": 1, "macs": None, "torch": "2", "samples": 5,
    }  # fmt: skip
    run: dict[str, Any] = {
        "commit": "unknown", "changed": False, "torch": "2", "driver": None, "clocks": None, "threads": 1,
        "complete": True,
    }  # fmt: skip
    for ratio in ratios:
        rows = [record.Row(**row, ratio_conv3x3=ratio, quartiles_conv3x3=(ratio - 0.01, ratio + 0.01))]
        path.write_text(record.appended(path, "CPU <b>X</b> x2", record.Run(**run, rows=rows)), encoding="utf-8")
    return path


def test_of_each_case_the_latest_timing_counts(tmp_path: Path) -> None:
    recorded(tmp_path, 0.4, 0.5)
    (timing,) = figures.timings(tmp_path)["bam"]
    assert (timing.device, timing.row.ratio_conv3x3) == ("CPU <b>X</b> x2", 0.5)
    assert figures.timings(tmp_path / "none") == {}


def test_a_file_that_is_no_record_of_timings_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(GeneratorError, match=r"bad\.json"):
        figures.timings(tmp_path)


def test_a_page_shows_measured_ratios_with_their_spread(tmp_path: Path) -> None:
    project = checkout.make(tmp_path)
    recorded(project.reports / "benchmarks", 0.5)
    renderer = Renderer(project, load(project.catalogue))
    for language in LANGUAGES:
        text = Text(html(dict(renderer.pages(renderer.plan()))[f"site/{language}/papers/bam.md"]))
        assert "0.50 (0.49–0.51)" in text.text
        assert "CPU <b>X</b> x2" in text.text


def test_a_page_without_runs_says_so(project: Project, tmp_path: Path) -> None:
    renderer = Renderer(project, load(project.catalogue))
    renderer.verification = type(renderer.verification)({})
    text = dict(renderer.pages(renderer.plan(["cbam"]), ["cbam"]))["site/en/papers/cbam.md"]
    assert words("en")["level_unverified"] in text
    assert words("en")["not_measured"] in text
    assert "authors&#x27; own code" not in text


# --- drawings --------------------------------------------------------------------------------------------------------


def _row(layers: list[Layer]) -> Row:
    return Row(level="runs", sizes={"B": 2, "C": 16, "H": 5, "W": 7}, layers=layers)


def test_a_flow_names_axes_by_the_letters_of_the_input() -> None:
    assert flow.shape([2, 16, 5, 7], {"B": 2, "C": 16, "H": 5, "W": 7}) == "B×C×H×W"
    assert flow.shape([2, 2, 16], {"B": 2, "C": 16}) == "B×2×C"
    assert flow.shape([], {}) == "()"


def test_a_flow_draws_parts_without_parts_until_there_are_too_many() -> None:
    leaf = [Layer(name=f"a.b{at}", type="Conv2d", inputs=[[2, 16]], outputs=[[2, 16]]) for at in range(3)]
    whole = Layer(name="a", type="Gate", inputs=[[2, 16]], outputs=[[2, 4]])
    assert [step.name for step in flow.steps(_row([*leaf, whole]))] == ["a.b0", "a.b1", "a.b2"]
    many = [Layer(name=f"a.b{at}", type="Conv2d", inputs=[[2]], outputs=[[2]]) for at in range(30)]
    assert [step.name for step in flow.steps(_row([*many, whole]))] == ["a"]


def test_hostile_names_stay_text_in_a_drawing() -> None:
    bad = '"><script>alert(1)</script>'
    labels = {"input": bad, "output": bad, "label": bad}
    layers = [Layer(name=bad, type=bad, inputs=[[2, 16]], outputs=[[2, 4]])]
    drawn = flow.Flow.of(_row(layers))
    assert drawn.missing == 0
    tree = ElementTree.fromstring(drawn.picture(bad, bad, labels))
    assert tree.get("aria-label") == bad
    assert "script" not in {node.tag for node in tree.iter()}


def test_every_drawing_is_well_formed_and_has_a_label() -> None:
    count = 0
    for path, text in rendered()[2].items():
        for svg in re.findall(r"<svg .*?</svg>", text):
            tree = ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1))
            assert tree.get("aria-label"), path
            count += 1
    assert count >= 8


def test_no_id_stands_twice_on_the_page_of_the_interface() -> None:
    found = reference.entries(real_project())
    anchors = [entry.anchor for entry in found]
    assert len(set(anchors)) == len(anchors) > 20
    for language in ("zh", "en"):
        page = rendered()[2][f"site/{language}/papers/_parts/reference.md"]
        assert re.findall(r"\{: #(\S+) \}", page) == anchors


def test_formulas_escape_and_name_what_they_do_not_know() -> None:
    assert "<mfrac>" in mathml(r"\frac{a}{b}", display=True)
    assert "<img" not in mathml(r"\text{<img src=x>}")
    with pytest.raises(Exception, match="cannot be typeset"):
        mathml(r"\nosuchcommand{x}")


# --- hostile texts ---------------------------------------------------------------------------------------------------


def _hostile(tmp_path: Path) -> Mapping[str, str]:
    quoted = json.dumps(MARKUP)
    data = yaml.safe_load(GOOD)
    assert data["papers"]
    text = re.sub(r"(?m)^(  title: ).*$", lambda found: f"{found[1]}{quoted}", GOOD, count=1)
    text = re.sub(r"(?m)^(    en: ).*$", lambda found: f"{found[1]}{quoted}", text)
    project = checkout.make(tmp_path, text)
    renderer = Renderer(project, load(project.catalogue))
    return dict(renderer.pages(renderer.plan()))


def test_no_text_becomes_markup(tmp_path: Path) -> None:
    pages = _hostile(tmp_path)
    titles = 0
    for path, text in pages.items():
        page = Text(html(text))
        assert "script" not in page.tags, path
        assert "http://d" not in page.links
        titles += MARKUP in page.text
        head = re.match(r"---\n(.*?)\n---\n", text, re.S)
        if head:
            front = yaml.safe_load(head[1])
            assert "<" not in front["title"] + front["description"]
            assert '"' not in front["title"] + front["description"]
    assert titles >= 4


# --- texts that their partner has left behind ------------------------------------------------------------------------


def test_a_text_that_its_partner_has_left_behind_is_marked_where_it_stands(tmp_path: Path) -> None:
    project = site_browser.checkout(real_project(), tmp_path)
    loaded = load(project.catalogue)
    confirmed = read_lock(project)["cbam"]
    renderer = Renderer(project, loaded)
    plan = renderer.plan(["cbam"])
    for name, anchor in {
        "idea": "idea", "use": "use", r"formula.symbols.\mathbf{F}": "formula", "related.bam.how": "neighbours",
        "module.parameters.reduction": "parameters", "reported.0.note": "figures",
    }.items():  # fmt: skip
        english, chinese = confirmed[name].split(" ")
        for older, both in {"zh": f"00000000 {chinese}", "en": f"{english} 00000000"}.items():
            (project.root / LOCK).write_text(dump({"cbam": {**confirmed, name: both}}), encoding="utf-8")
            found = dict(renderer.pages(plan, ["cbam"]))
            for language in LANGUAGES:
                text = found[f"site/{language}/papers/cbam.md"]
                mark = f'<small class="aa-stale">{words(language)["behind"]}</small>'
                assert text.count(mark) == (language == older), (name, language)
                before, marked, _ = text.partition(f"{{: #{anchor} }}")[2].partition(mark)
                assert bool(marked) == (language == older)
                assert not marked or "\n#" not in before, "it stands in another section"


# --- beside the pages ------------------------------------------------------------------------------------------------


def test_the_explorer_has_every_paper_once(catalogue: Catalogue) -> None:
    page = rendered()[2]["site/en/papers/index.md"]
    assert len(re.findall(r"<tr data-section=", page)) == len(catalogue.papers)


def test_every_value_of_the_models_has_a_name_in_both_languages() -> None:
    from typing import get_args

    from generator.catalogue import model

    for group, type_ in {
        "kind": model.Kind, "section": model.Section, "domain": model.Domain, "cost": model.Growth,
        "context": model.Context, "plug": model.Plug, "modality": model.Modality, "relation": model.Relation,
    }.items():  # fmt: skip
        assert set(TERMS[group]) == set(get_args(type_)), group


def test_no_paper_stands_alone(catalogue: Catalogue) -> None:
    assert [paper.id for paper in catalogue.papers if not paper.related] == []
    neighbours: dict[str, set[str]] = {paper.id: set() for paper in catalogue.papers}
    for paper in catalogue.papers:
        for other in paper.related:
            neighbours[paper.id].add(other.id)
            neighbours[other.id].add(paper.id)
    seen, pending = set[str](), ["se_net"]
    while pending:
        if (id := pending.pop()) not in seen:
            seen.add(id)
            pending += neighbours[id]
    assert set(neighbours) - seen == set(), "nobody who follows links from SE gets there"


def test_every_task_of_the_catalogue_has_a_name(catalogue: Catalogue) -> None:
    assert {task for paper in catalogue.papers for task in paper.facets.tasks} - set(TERMS["task"]) == set()


def test_the_words_for_both_languages_take_the_same_values() -> None:
    for key in words("en"):
        texts = [words(language)[key] for language in LANGUAGES]
        assert sorted(re.findall(r"\{\w*\}", texts[0])) == sorted(re.findall(r"\{\w*\}", texts[1])), key
        assert re.search("[\u4e00-\u9fff]", texts[0]) or key in ("source",), key
        assert not re.search("[\u4e00-\u9fff]", texts[1]), key


def test_the_glossary_names_each_term_once(project: Project) -> None:
    terms = yaml.safe_load((project.site / "glossary.yaml").read_text(encoding="utf-8"))["terms"]
    assert len(terms) >= 60
    for language in LANGUAGES:
        names = [term[language] for term in terms]
        assert len(names) == len(set(names))
    assert all(set(term) <= {"en", "zh", "note"} for term in terms)


def test_search_knows_the_projects_words(project: Project) -> None:
    lines = dictionary.text(project).splitlines()
    assert "通道注意力 100000 n" in lines
    assert all(re.fullmatch(r"\S+ 100000 n", line) for line in lines)


def test_a_feed_without_history_counts_from_the_venues_year(catalogue: Catalogue) -> None:
    data = feed.atom(catalogue, {}, "zh", "https://example.org/x/")
    tree = ElementTree.fromstring(data)
    space = "{http://www.w3.org/2005/Atom}"
    newest = max(paper.venue.year for paper in catalogue.papers)
    assert tree.findtext(f"{space}updated") == f"{newest}-01-01T00:00:00Z"
    later = feed.atom(catalogue, {"se_net": "2030-01-02T03:04:05Z"}, "en", "https://example.org/x/")
    entry = ElementTree.fromstring(later).find(f"{space}entry")
    assert entry is not None
    assert entry.findtext(f"{space}id") == "https://example.org/x/papers/se_net/"


def test_a_sitemap_learns_of_the_other_language(tmp_path: Path) -> None:
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    pages = "".join(f"<url><loc>https://h/s/en/{page}</loc><lastmod>2026-01-01</lastmod></url>" for page in ("", "a/"))
    (tmp_path / "sitemap.xml").write_text(f"{head}{pages}</urlset>", encoding="utf-8")
    build.link_languages(tmp_path, "en")
    text = (tmp_path / "sitemap.xml").read_text(encoding="utf-8")
    assert 'hreflang="zh-Hans" href="https://h/s/a/"' in text
    assert 'hreflang="en" href="https://h/s/en/a/"' in text
    assert "lastmod" not in text


def test_equal_shapes_are_equal(catalogue: Catalogue) -> None:
    renderer = rendered()[0]
    paper: Paper = catalogue.paper("se_net")
    assert paper.module is not None
    found = figures.at_equal_shape(
        paper.module, renderer.units["se_net"].parameters(paper.module.cls), channels=256, side=14
    )
    assert found == (2 * 256 * 16 + 256 + 16, 2 * 256 * 16)
    assert (figures.CHANNELS, figures.SIDE) == (256, 14)


def test_the_health_of_links_is_shown_where_it_is_known(project: Project, tmp_path: Path) -> None:
    text = rendered()[2]["site/en/papers/_parts/links.md"]
    if not (project.reports / "links.json").exists():
        assert "Not checked yet" in text
    assert not Ledger(tmp_path / "links.json")

"""The generated pages of the site: one for each paper and language, the explorer, and the parts of written pages.

Everything lands below ``site/{zh,en}/papers``, which git ignores. Written pages take what is generated for them from
``papers/_parts`` by the snippet syntax of the Markdown dialect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from generator.catalogue.model import Paper
from generator.links.addresses import urls_of
from generator.links.ledger import Ledger
from generator.links.report import page as link_page
from generator.site import charts, dictionary, explorer, figures, home, listing, reference
from generator.site.listing import Listing
from generator.site.paper import Subject, context
from generator.site.words import LANGUAGES, Language, term, words
from generator.translation import stale

if TYPE_CHECKING:
    from generator.render import Plan, Renderer

PACKAGE = "generated/attention_atlas"
# From a page of a paper up to the root of the site, which both languages share.
_ROOT: dict[Language, str] = {"zh": "../../", "en": "../../../"}
LINKS_REPORT = "links.json"


def pages(renderer: Renderer, plan: Plan, ids: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """The pages, one after the other: path and text.

    Args:
        renderer: what renders the outputs: its catalogue, units and reports are used.
        plan: the outputs; the pages show the code that stands in it.
        ids: if there are any, only the pages of these papers.
    """
    chosen = set(ids)
    found = subjects(renderer, plan)
    if not chosen:
        # Before the papers' own pages, for which each subject works out more of itself: so less is held at a time.
        for language in LANGUAGES:
            yield from _collections(renderer, found, language)
    glossary = {dictionary.plain(en): zh for en, zh in dictionary.terms(renderer.project).items()}
    for id, subject in found.items():
        if not chosen or id in chosen:
            for language in LANGUAGES:
                tags = dictionary.tags(subject.paper, glossary, language)
                yield from _paper(renderer, subject, found, language, tags)


def subjects(renderer: Renderer, plan: Plan) -> dict[str, Subject]:
    """Every paper with all that is known of it, by id."""
    papers = {paper.id: paper for paper in renderer.catalogue.papers}
    incoming: dict[str, list[Any]] = {id: [] for id in papers}
    for paper in papers.values():
        for neighbour in paper.related:
            if neighbour.id in incoming:
                incoming[neighbour.id].append((paper, neighbour))
    ledger = _ledger(renderer)
    timed = figures.timings(renderer.project.reports / "benchmarks")
    behind: dict[str, dict[str, Language]] = {}
    for (id, name), language in stale(renderer.project, renderer.catalogue).items():
        behind.setdefault(id, {})[name] = language
    found: dict[str, Subject] = {}
    for id, paper in papers.items():
        unit = renderer.units.get(id)
        text = plan.texts.get(f"{PACKAGE}/papers/{id}.py")
        states = {url: entry for url in urls_of(paper) if (entry := ledger.get(url))} if ledger else {}
        found[id] = Subject(
            paper=paper,
            level=renderer.levels.get(id, "stub"),
            unit=unit if text else None,
            code=text if unit else None,
            listing=_listing(renderer, paper) if text else None,
            usage=renderer.usages.get(id) if text else None,
            calculator=renderer.calculators.get(id) if text else None,
            row=renderer.rows.get(id) if unit and text else None,
            record=renderer.records.get(id),
            timings=timed.get(id, []),
            incoming=incoming[id],
            states=states,
            stale=behind.get(id, {}),
        )
    return found


def _listing(renderer: Renderer, paper: Paper) -> Listing | None:
    unit = renderer.units.get(paper.id)
    return listing.core(unit, paper.module.cls, renderer.exported[paper.id]) if unit and paper.module else None


def _ledger(renderer: Renderer) -> Ledger | None:
    path = renderer.project.reports / LINKS_REPORT
    return Ledger(path) if path.exists() else None


def _paper(
    renderer: Renderer, subject: Subject, others: Mapping[str, Subject], language: Language, tags: list[str]
) -> Iterator[tuple[str, str]]:
    paper = subject.paper
    folder = f"site/{language}/papers"
    data = context(subject, others, language)
    comma = "、" if language == "zh" else ", "
    data |= {
        "tags": tags,
        # Among papers that a query fits alike, first those that are built and that others point to.
        "boost": (2 if subject.unit else 1) * (1 + len(subject.incoming) / 20),
        "root": _ROOT[language],
        "colon": "：" if language == "zh" else ": ",
        "kind_name": term("kind", paper.kind, language),
        "shape_text": shape_text,
        "others_text": comma.join(subject.listing.others) if subject.listing else "",
        "start_text": comma.join(f"{name}={size}" for name, size in subject.calculator["sizes"].items())
        if subject.calculator
        else "",
    }
    yield f"{folder}/{paper.id}.md", renderer.jinja.get_template("pages/paper.md.j2").render(data)
    if subject.listing and subject.listing.others and subject.code:
        whole = {**data, "code": subject.code, "lines": subject.code.count("\n"), "root": f"../{_ROOT[language]}"}
        yield f"{folder}/{paper.id}/code.md", renderer.jinja.get_template("pages/code.md.j2").render(whole)


def _collections(renderer: Renderer, found: Mapping[str, Subject], language: Language) -> Iterator[tuple[str, str]]:
    folder = f"site/{language}/papers"
    render = renderer.jinja.get_template
    entries = reference.entries(renderer.project)
    taxonomy = charts.taxonomy(found, language)
    data = explorer.context(found, language)
    yield f"{folder}/index.md", render("pages/explorer.md.j2").render(data)
    parts = {
        "home": render("pages/home.md.j2").render(home.context(found, language)),
        "choose": render("pages/choose.md.j2").render(explorer.decision(found, language)),
        "timeline": charts.timeline(found, language),
        "map": taxonomy,
        # The home page lies one folder higher.
        "map_home": taxonomy.replace('"../papers/', '"papers/'),
        "scatter": charts.scatter(found, language),
        "levels": render("pages/levels.md.j2").render(explorer.levels(found, language)),
        "reference": render("pages/reference.md.j2").render(
            {"t": words(language), "entries": entries, "prose": reference.prose}
        ),
        "links": _without_title(link_page(_ledger(renderer), renderer.catalogue, language)),
    }
    for name, text in parts.items():
        yield f"{folder}/_parts/{name}.md", text


def _without_title(text: str) -> str:
    """A page's text below its title, which the written page around it has already."""
    return text.partition("\n")[2].strip("\n") + "\n"


def shape_text(shape: Any) -> str:
    """A recorded shape, or several, for reading."""
    if isinstance(shape, (list, tuple)):
        if all(isinstance(axis, int) for axis in shape):
            return "×".join(map(str, shape))
        return ", ".join(shape_text(item) for item in shape)
    return str(shape)

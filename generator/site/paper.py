"""What the page of one paper says, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from generator.catalogue import shapes
from generator.catalogue.model import Insertion, Paper
from generator.escape import html_text
from generator.evidence.record import EvidenceRecord
from generator.exports import bib_entry
from generator.inline import Unit
from generator.site import examples, figures
from generator.site.flow import Flow
from generator.site.formulas import mathml
from generator.site.listing import Listing
from generator.site.words import Language, level_name, term, words
from generator.verification import Row


@dataclass(frozen=True)
class Subject:
    """A paper with all that is known of it; nothing here depends on the language."""

    paper: Paper
    level: str
    unit: Unit | None = None
    code: str | None = None
    listing: Listing | None = None
    """The core module's own lines."""
    usage: str | None = None
    """The snippet that the tests run."""
    calculator: dict[str, Any] | None = None
    """The closed forms, ready for the browser."""
    row: Row | None = None
    record: EvidenceRecord | None = None
    timings: list[figures.Timing] = field(default_factory=list)
    incoming: list[tuple[Paper, Any]] = field(default_factory=list)
    states: Mapping[str, Any] = field(default_factory=dict)
    """Verdict of the link checker by address; empty where nothing was checked."""
    stale: Mapping[str, Language] = field(default_factory=dict)
    """Texts (``idea``, ``related.cbam.how``) whose partner in the other language has changed since: the older side."""

    @property
    def short(self) -> str:
        """What it is called in a list: the name before the colon of its title, else the title."""
        head, colon, _ = self.paper.title.partition(": ")
        return head if colon and len(head) <= 30 else self.paper.title

    def level_name(self, language: Language) -> str:
        """The level as it is written beside the paper's name."""
        return level_name(self.level, self.row.source if self.row else None, language)

    @cached_property
    def parameters(self) -> tuple[Any, ...]:
        """The parameters of the core module's constructor."""
        return self.unit.parameters(self.paper.module.cls) if self.unit and self.paper.module else ()

    @cached_property
    def recipes(self) -> list[tuple[tuple[Insertion, ...], str]]:
        """For each backbone its insertions and the code that makes them."""
        module = self.paper.module
        return list(examples.recipes(self.paper.id, module.insert)) if module and self.unit else []

    @cached_property
    def published(self) -> list[figures.Published]:
        """The published rows, each with what was counted for it."""
        return figures.published(self.paper, self.row)

    @cached_property
    def bibtex(self) -> str:
        """How to cite it."""
        return bib_entry(self.paper)

    @cached_property
    def flow(self) -> Flow | None:
        """What runs inside the core module, as ``verify`` measured it."""
        return Flow.of(self.row) if self.row else None

    @cached_property
    def equal_cost(self) -> tuple[float, float] | None:
        """Parameters and multiply-accumulates at the feature map at which all costs stand beside each other."""
        module = self.paper.module
        if module is None or self.unit is None:
            return None
        return figures.at_equal_shape(module, self.parameters, channels=figures.CHANNELS, side=figures.SIDE)


class Address(NamedTuple):
    """A link of the record: what it leads to, and what the link checker knows of it, in words and as a verdict."""

    name: str
    url: str
    note: str
    health: str
    verdict: str


def context(subject: Subject, others: Mapping[str, Subject], language: Language) -> dict[str, Any]:
    """What the template of a paper's page is filled with."""
    paper, t = subject.paper, words(language)
    module = paper.module if subject.unit else None

    def mark(name: str, whose: Subject = subject) -> str:
        """What says that a text is older than its partner; empty if it is not."""
        if whose.stale.get(name) != language:
            return ""
        return f' <small class="aa-stale">{html_text(t["behind"])}</small>'

    return {
        "t": t,
        "language": language,
        "paper": paper,
        "subject": subject,
        "level": subject.level,
        "level_name": subject.level_name(language),
        "module": module,
        "facts": list(_facts(paper, t, language)),
        "addresses": list(_addresses(subject, t, language)),
        "formula": mathml(paper.formula.tex, display=True) if paper.formula else None,
        "symbols": [
            (mathml(tex), getattr(text, language), mark(f"formula.symbols.{tex}"))
            for tex, text in paper.formula.symbols.items()
        ]
        if paper.formula
        else [],
        "flow": _flow(subject, t) if module else None,
        "recipes": subject.recipes,
        "replaces": bool(module) and any(item.where.startswith("replace:") for item in module.insert),
        "parameters": [
            (
                parameter,
                getattr(module.parameters[parameter.name], language),
                mark(f"module.parameters.{parameter.name}"),
            )
            for parameter in subject.parameters
            if parameter.name in module.parameters
        ]
        if module
        else [],
        "published": subject.published,
        "outgoing": [
            (
                others[item.id],
                term("relation", item.relation, language),
                getattr(item.how, language),
                mark(f"related.{item.id}.how"),
            )
            for item in paper.related
            if item.id in others
        ],
        "incoming": [
            (others[other.id], getattr(item.how, language), mark(f"related.{paper.id}.how", others[other.id]))
            for other, item in subject.incoming
        ],
        "bibtex": subject.bibtex,
        "mark": mark,
        "exact": figures.exact,
        "beside": figures.beside,
        "number": figures.number,
    }


def _facts(paper: Paper, t: Mapping[str, str], language: Language) -> Iterator[tuple[str, str]]:
    facets = paper.facets
    comma = "、" if language == "zh" else ", "
    yield t["venue"], f"{paper.venue.name} {paper.venue.year}"
    yield (
        t["authors"],
        comma.join(paper.authors) if len(paper.authors) <= 12 else comma.join([*paper.authors[:11], "…"]),
    )
    yield t["kind"], term("kind", paper.kind, language)
    yield t["section"], comma.join(term("section", section, language) for section in paper.sections)
    for name, group, value in (
        ("domain", "domain", facets.domain),
        ("growth", "cost", facets.cost),
        ("context", "context", facets.context),
        ("plug", "plug", facets.plug),
    ):
        if value != "none" or group == "plug":
            yield t[name], term(group, value, language)
    yield t["tasks"], comma.join(term("task", task, language) for task in facets.tasks)
    yield t["modality"], comma.join(term("modality", item, language) for item in facets.modality)


def _addresses(subject: Subject, t: Mapping[str, str], language: Language) -> Iterator[Address]:
    paper = subject.paper
    found: list[tuple[str, str, str]] = [(t["paper"], paper.paper_url, "")]
    if paper.links.paper and paper.links.paper != paper.paper_url:
        found.append((t["paper"], paper.links.paper, paper.venue.name))
    if paper.ids.doi and paper.paper_url != f"https://doi.org/{paper.ids.doi}":
        found.append(("DOI", f"https://doi.org/{paper.ids.doi}", ""))
    if paper.ids.openreview:
        found.append(("OpenReview", f"https://openreview.net/forum?id={paper.ids.openreview}", ""))
    if (code := paper.links.code) and paper.code_url:
        whose = t["official"] if code.official else t["unofficial"]
        licence = code.licence and (t["none_stated"] if code.licence == "none stated" else code.licence)
        note = f"{whose}；{t['licence']}：{licence}" if language == "zh" else f"{whose}; {t['licence']}: {licence}"
        found.append((t["repository"], paper.code_url, note if licence else whose))
    if paper.links.blog:
        found.append((t["explanation"], paper.links.blog, ""))
    for name, url, note in {url: (name, url, note) for name, url, note in found}.values():
        entry = subject.states.get(url)
        health = entry.verdict.meaning(language) if entry else t["unchecked"]
        yield Address(name, url, note, health, entry.verdict.value if entry else "")


def _flow(subject: Subject, t: Mapping[str, str]) -> dict[str, Any] | None:
    row, module = subject.row, subject.paper.module
    if row is None or subject.flow is None or module is None:
        return None
    comma = "，" if t["input"] == "输入" else ", "
    sizes = comma.join(f"{letter}={size}" for letter, size in sorted(row.sizes.items()))
    if not row.layers:
        return {"svg": None, "caption": t["flow_none"]}
    found = subject.flow
    signature = shapes.parse(module.shape)
    label = t["flow_label"].format(
        name=subject.short, steps=", ".join(f"{step.type} {step.given} → {step.result}" for step in found.shown)
    )
    svg = found.picture(
        ", ".join(map(str, signature.inputs)).replace(" ", "×").replace(",×", ", "),
        ", ".join(map(str, signature.outputs)).replace(" ", "×").replace(",×", ", "),
        {"input": t["flow_input"], "output": t["flow_output"], "label": label},
    )
    caption = t["flow_caption"].format(sizes=sizes)
    more = t["flow_more"].format(count=found.missing)
    return {"svg": svg, "caption": f"{caption} {more}" if found.missing else caption}

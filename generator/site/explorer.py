"""The table of all papers, and the page that helps to choose one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from generator.site import figures
from generator.site.figures import CHANNELS, SIDE
from generator.site.paper import Subject
from generator.site.words import LANGUAGES, TERMS, Language, term, words

_LEVEL_ORDER = tuple(TERMS["level"])


def context(found: Mapping[str, Subject], language: Language) -> dict[str, Any]:
    """What the template of the table is filled with."""
    t = words(language)
    papers = [subject.paper for subject in found.values()]
    years = sorted({paper.venue.year for paper in papers})
    counts = _counts(found)
    return {
        "t": t,
        "lead": t["explorer_lead"].format(count=len(found), built=counts["built"], parity=counts["parity"]),
        "first": ("kind", "plug", "level"),
        "filters": [
            ("section", t["section"], _options("section", (s for paper in papers for s in paper.sections), language)),
            ("kind", t["kind"], _options("kind", (paper.kind for paper in papers), language)),
            ("domain", t["domain"], _options("domain", (paper.facets.domain for paper in papers), language)),
            ("plug", t["plug"], _options("plug", (paper.facets.plug for paper in papers), language)),
            ("context", t["context"], _options("context", (paper.facets.context for paper in papers), language)),
            ("growth", t["growth"], _options("cost", (paper.facets.cost for paper in papers), language)),
            ("task", t["tasks"], _options("task", (task for p in papers for task in p.facets.tasks), language)),
            ("venue", t["venue"], [(name, name) for name in sorted({p.venue.name for p in papers}, key=str.lower)]),
            ("from", t["year_from"], [(str(year), str(year)) for year in years]),
            ("to", t["year_to"], [(str(year), str(year)) for year in years]),
            ("level", t["level"], _options("level", (subject.level for subject in found.values()), language)),
        ],
        "columns": [
            ("short", t["paper"]),
            ("year", t["venue"]),
            ("kind", t["kind"]),
            ("plug", t["plug"]),
            ("context", t["context"]),
            ("growth", t["growth"]),
            ("macs", t["equal_macs"].format(shape=f"{CHANNELS}×{SIDE}×{SIDE}")),
            ("rank", t["level"]),
        ],
        "rows": [_row(subject, language) for subject in sorted(found.values(), key=lambda s: s.short.lower())],
    }


def _row(subject: Subject, language: Language) -> dict[str, Any]:
    paper = subject.paper
    facets = paper.facets
    equal = subject.equal_cost
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    # What the row does not show in this language but a reader may type all the same.
    hidden = [
        paper.id,
        paper.id.replace("_", ""),
        paper.title,
        *paper.authors,
        *(term("task", task, language) for task in facets.tasks),
        term("kind", paper.kind, other),
        getattr(paper.idea, other),
        term("cost", facets.cost, other),
        *(term("section", section, language) for section in paper.sections),
    ]
    data: dict[str, object] = {
        "section": " ".join(paper.sections),
        "kind": paper.kind,
        "domain": facets.domain,
        "plug": facets.plug,
        "context": facets.context,
        "growth": facets.cost,
        "task": " ".join(facets.tasks),
        "venue": paper.venue.name,
        "year": paper.venue.year,
        "level": subject.level,
        "rank": _LEVEL_ORDER.index(subject.level),
        "free": int(facets.parameter_free),
        "built": int(subject.unit is not None),
        "macs": "" if equal is None else round(equal[1]),
        "s": " ".join(hidden),
    }
    return {
        "id": paper.id,
        "short": subject.short,
        "idea": getattr(paper.idea, language),
        "data": list(data.items()),
        "venue": f"{paper.venue.name} {paper.venue.year}",
        "kind": term("kind", paper.kind, language),
        "plug": term("plug", facets.plug, language),
        "context": "—" if facets.context == "none" else term("context", facets.context, language),
        "cost": "—" if facets.cost == "none" else term("cost", facets.cost, language),
        "macs": "—" if equal is None else figures.number(equal[1]),
        "level": subject.level,
        "level_name": subject.level_name(language),
    }


def _options(group: str, values: Iterable[str], language: Language) -> list[tuple[str, str]]:
    """The values that occur, in the order in which the terms are listed, then by name."""
    order = list(TERMS[group])
    found = Counter(values)
    ranked = sorted(found, key=lambda value: (order.index(value) if value in order else len(order), value))
    return [(value, f"{term(group, value, language)} ({found[value]})") for value in ranked]


def _counts(found: Mapping[str, Subject]) -> dict[str, int]:
    return {
        "papers": len(found),
        "built": sum(subject.unit is not None for subject in found.values()),
        "parity": sum(subject.level == "parity" for subject in found.values()),
    }


_QUESTIONS = (
    ("plug", ("insert", "replace", "none")),
    (
        "domain",
        ("channel", "spatial", "channel-spatial", "token", "kernel", "branch", "layer", "temporal", "frequency"),
    ),
    ("context", ("local", "window", "sparse", "global")),
    ("cost", ("constant", "linear", "log-linear", "sub-quadratic", "quadratic")),
)


def decision(found: Mapping[str, Subject], language: Language) -> dict[str, Any]:
    """What the decision page is filled with: its questions, and every paper with its answers to them."""
    t = words(language)
    papers = [subject.paper for subject in found.values()]
    tasks = Counter(task for paper in papers for task in paper.facets.tasks)
    questions = [
        (name, t[f"decide_{name}"], [(v, term(name, v, language)) for v in values if _occurs(papers, name, v)])
        for name, values in _QUESTIONS
    ]
    common = [
        (task, term("task", task, language)) for task, count in tasks.most_common(9) if count > 2 and task != "other"
    ]
    questions.append(("task", t["decide_task"], common))
    ranked = sorted(found.values(), key=lambda s: (_LEVEL_ORDER.index(s.level), s.paper.venue.year, s.short.lower()))
    return {
        "t": t,
        "questions": questions,
        "papers": [
            {
                "id": subject.paper.id,
                "short": subject.short,
                "venue": f"{subject.paper.venue.name} {subject.paper.venue.year}",
                "use": getattr(subject.paper.use, language),
                "kind": term("kind", subject.paper.kind, language),
                "level": subject.level,
                "level_name": subject.level_name(language),
                "data": {
                    "plug": subject.paper.facets.plug,
                    "domain": subject.paper.facets.domain,
                    "context": subject.paper.facets.context,
                    "cost": subject.paper.facets.cost,
                    "task": " ".join(subject.paper.facets.tasks),
                    "free": int(subject.paper.facets.parameter_free),
                    "built": int(subject.unit is not None),
                },
            }
            for subject in ranked
        ],
    }


def _occurs(papers: Iterable[Any], name: str, value: str) -> bool:
    return any(getattr(paper.facets, name) == value for paper in papers)


def levels(found: Mapping[str, Subject], language: Language) -> dict[str, Any]:
    """How many papers stand at which level, and which."""
    by_level = Counter(subject.level for subject in found.values())
    return {
        "t": words(language),
        "levels": [
            (level, term("level", level, language), by_level[level]) for level in _LEVEL_ORDER if by_level[level]
        ],
        "proved": [subject for subject in found.values() if subject.row is not None and subject.level == "parity"],
        "whose": {"official": words(language)["official"], "peer": words(language)["unofficial"]},
    }

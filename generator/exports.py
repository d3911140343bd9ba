"""The catalogue in other formats: JSON, CSV, BibTeX, and the tables of the two READMEs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import jinja2

from generator.catalogue.model import Catalogue, Paper
from generator.errors import Location, OutputError
from generator.escape import bibtex, bibtex_names, plain_json
from generator.outputs import BEGIN, END

SECTIONS = {
    "attention-mechanism": {"en": "Attention mechanisms", "zh": "注意力机制"},
    "plug-and-play": {"en": "Plug-and-play modules", "zh": "即插即用模块"},
    "dynamic-networks": {"en": "Dynamic networks", "zh": "动态网络"},
    "vision-transformer": {"en": "Vision transformers", "zh": "视觉 Transformer"},
}
_JOURNALS = frozenset({
    "ACM TIST", "CVMJ", "IEEE TIP", "IEEE TMI", "IEEE TNNLS", "IEEE TPAMI", "IJCV",
    "Journal of Real-Time Image Processing", "Machine Intelligence Research", "Machine Vision and Applications",
    "Neurocomputing",
})  # fmt: skip
"""The venues that are journals; all others but arXiv are conferences and workshops."""
_HEADS = {
    "en": ("Paper", "Venue", "Code", "Idea", "Evidence"),
    "zh": ("论文", "发表", "代码", "思路", "验证"),
}
_UNOFFICIAL = {"en": "not the authors'", "zh": "非作者"}


def catalog_json(catalogue: Catalogue, levels: Mapping[str, str]) -> str:
    """Every record as it stands in the catalogue, with the addresses derived from it and its level of evidence."""
    papers = ",\n".join(_record_json(paper, levels[paper.id]) for paper in catalogue.papers)
    return f'{{"papers": [\n{papers}\n]}}\n'


def _record_json(paper: Paper, level: str) -> str:
    """One record, a line for each field: made for diffs."""
    record = {
        **paper.model_dump(mode="json", by_alias=True, exclude_none=True),
        "paper_url": paper.paper_url,
        "code_url": paper.code_url,
        "implemented": paper.implemented,
        "level": level,
    }
    fields = ",\n".join([f'  "{key}": {plain_json(value)}' for key, value in record.items()])
    return f" {{\n{fields}\n }}"


def catalog_csv(catalogue: Catalogue, levels: Mapping[str, str]) -> str:
    """One row per paper; several values in a cell stand in lines of their own."""
    rows = [_row(paper, levels[paper.id]) for paper in catalogue.papers]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(rows)
    return buffer.getvalue()


_COLUMNS = (
    "id", "title", "authors", "venue", "year", "sections", "kind", "domain", "cost", "context", "modality", "tasks",
    "arxiv", "doi", "paper_url", "code_url", "code_official", "idea_en", "idea_zh", "use_en", "use_zh", "class",
    "shape", "level",
)  # fmt: skip


def _row(paper: Paper, level: str) -> list[Any]:
    code, module = paper.links.code, paper.module
    return [
        paper.id, paper.title, "\n".join(paper.authors), paper.venue.name, paper.venue.year, "\n".join(paper.sections),
        paper.kind, paper.facets.domain, paper.facets.cost, paper.facets.context, "\n".join(paper.facets.modality),
        "\n".join(paper.facets.tasks), paper.ids.arxiv, paper.ids.doi, paper.paper_url, paper.code_url,
        ("yes" if code.official else "no") if code else None, paper.idea.en, paper.idea.zh, paper.use.en, paper.use.zh,
        module.cls if module else None, module.shape if module else None, level,
    ]  # fmt: skip


def catalog_bib(catalogue: Catalogue) -> str:
    """One entry per paper, its id as the key."""
    return "\n".join(bib_entry(paper) for paper in catalogue.papers)


def bib_entry(paper: Paper) -> str:
    """The BibTeX entry of one paper."""
    venue = paper.venue.name
    kind, container = "inproceedings", "booktitle"
    if venue.lower() == "arxiv":
        kind, container = "misc", None
    elif venue in _JOURNALS:
        kind, container = "article", "journal"
    fields = {
        "title": f"{{{bibtex(paper.title)}}}",
        "author": bibtex_names(paper.authors),
        **({container: bibtex(venue)} if container else {}),
        "year": str(paper.venue.year),
        "eprint": paper.ids.arxiv,
        "archiveprefix": "arXiv" if paper.ids.arxiv else None,
        # Addresses stay as they are: they hold no brace or backslash, and BibLaTeX takes these two fields verbatim.
        "doi": paper.ids.doi,
        "url": paper.paper_url,
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value is not None]
    return f"@{kind}{{{paper.id},\n{''.join(lines)}}}\n"


def readme(
    text: str, file: str, catalogue: Catalogue, evidence: Mapping[str, str], language: str, template: jinja2.Template
) -> str:
    """``text`` with what stands between its two markers replaced by the tables of all papers.

    Args:
        text: a README.
        file: its name in messages.
        catalogue: the papers.
        evidence: what the level of each paper is called, by id.
        language: of the tables.
        template: of the tables.

    Raises:
        OutputError: if the markers are not there once each, in order.
    """
    begin, end = text.find(BEGIN), text.find(END)
    if text.count(BEGIN) != 1 or text.count(END) != 1 or begin > end:
        hint = f"put {BEGIN} and below it {END} on lines of their own where the tables belong"
        raise OutputError("the tables need their two markers, once each", Location(file), hint)
    sections = [
        {"title": titles[language], "papers": [paper for paper in catalogue.papers if section in paper.sections]}
        for section, titles in SECTIONS.items()
    ]
    tables = template.render(
        sections=[section for section in sections if section["papers"]],
        heads=_HEADS[language],
        unofficial=_UNOFFICIAL[language],
        evidence=evidence,
        language=language,
    )
    return f"{text[: begin + len(BEGIN)]}\n{tables.strip(chr(10))}\n\n{text[end:]}"

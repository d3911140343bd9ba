"""What search is told beyond the pages: words that it must not cut, and what else a paper is looked for by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from generator.catalogue.model import Paper
from generator.errors import GeneratorError, Location
from generator.project import Project
from generator.site.words import TERMS, Language, term

PATH = "build/jieba_user.txt"
_BETWEEN = re.compile("[^a-z0-9]+")


def words(project: Project) -> list[str]:
    """Every Chinese term once, sorted.

    Raises:
        GeneratorError: if the glossary cannot be read.
    """
    return sorted(
        {word for text in _texts(project) if (word := text.strip()) and not word.isascii() and " " not in word}
    )


def text(project: Project) -> str:
    """The dictionary as the segmenter reads it: word, frequency, part of speech.

    The frequency is far above that of any everyday word, so that a term is never cut in two.
    """
    return "".join(f"{word} 100000 n\n" for word in words(project))


def terms(project: Project) -> dict[str, str]:
    """The glossary: each English term and what it is called in Chinese; nothing where there is none.

    Raises:
        GeneratorError: if the glossary cannot be read.
    """
    path = project.site / "glossary.yaml"
    if not path.exists():
        return {}
    try:
        entries = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return {entry["en"]: entry["zh"] for entry in entries["terms"]}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        where = Location("site/glossary.yaml")
        raise GeneratorError(f"is no glossary: {error}", where, "list terms as {en, zh}") from None


def plain(text: str) -> str:
    """Words and digits in small letters, a blank between any two."""
    return _BETWEEN.sub(" ", text.lower())


def tags(paper: Paper, glossary: Mapping[str, str], language: Language) -> list[str]:
    """What a paper is found by before anything else: its id, its class, its kind; in Chinese its title's terms too.

    Titles are English in both languages, so that a mechanism's Chinese name would not find its paper first.

    Args:
        paper: the record.
        glossary: what terms are called in Chinese, by their :func:`plain` English.
        language: of the page.
    """
    found = [paper.id]
    if paper.module:
        found.append(paper.module.cls)
    both = paper.kind == "channel-spatial-attention"
    kinds = ("channel-attention", "spatial-attention") if both else (paper.kind,)
    found += [term("kind", kind, language) for kind in kinds]
    if language == "zh":
        title = f" {plain(paper.title)} "
        named = [chinese for words, chinese in glossary.items() if f" {words} " in title]
        # A word that stands within a longer one is found by that.
        found += [word for word in named if not any(word in other for other in [*found, *named] if other != word)]
    return list(dict.fromkeys(found))


def _texts(project: Project) -> Iterator[str]:
    yield from terms(project).values()
    for group in TERMS.values():
        for chinese, _ in group.values():
            yield chinese

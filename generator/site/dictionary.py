"""The words that Chinese search must not cut: the glossary's terms, the catalogue's names of things."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from generator.errors import GeneratorError, Location
from generator.project import Project
from generator.site.words import TERMS

PATH = "build/jieba_user.txt"


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


def _texts(project: Project) -> Iterator[str]:
    path = project.site / "glossary.yaml"
    try:
        entries = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        for entry in entries["terms"]:
            yield entry["zh"]
    except (FileNotFoundError, yaml.YAMLError, KeyError, TypeError) as error:
        raise GeneratorError(
            f"is no glossary: {error}", Location("site/glossary.yaml"), "list terms as {en, zh}"
        ) from None
    for terms in TERMS.values():
        for chinese, _ in terms.values():
            yield chinese

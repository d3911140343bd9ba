"""What a contributor names a paper by, and whether the catalogue has it already."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from generator.catalogue import addresses
from generator.catalogue.source import Source
from generator.errors import GeneratorError
from generator.links import titles

_ARXIV = re.compile(r"(?:arxiv:)?([0-9]{4}\.[0-9]{4,5})(?:v[0-9]+)?", re.IGNORECASE)
_DOI = re.compile(r"(?:doi:)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_MOST_WORDS = 3


@dataclass(frozen=True)
class Identifier:
    """A paper by one of its identifiers, by an address that holds none, or by the id it is to have."""

    scheme: Literal["arxiv", "doi", "openreview", "url", "id"]
    value: str


def identify(text: str) -> Identifier:
    """What ``text`` is: an arXiv id, a DOI, an OpenReview id, an address of one of these or of a page, or a plain id.

    Raises:
        GeneratorError: if it is none of these.
    """
    text = text.strip()
    if found := _ARXIV.fullmatch(text):
        return Identifier("arxiv", found[1])
    if found := _DOI.fullmatch(text):
        return _of_identity(addresses.doi(found[1]), text)
    if text.lower().startswith("openreview:"):
        return Identifier("openreview", text.partition(":")[2])
    if re.match(r"https?://", text):
        try:
            return _of_identity(addresses.identity(text), text)
        except ValueError as error:
            raise GeneratorError(f"{text!r} is not a web address: {error}") from None
    if _ID.fullmatch(text):
        return Identifier("id", text)
    hint = "give an arXiv id such as 1910.03151, a DOI, an address, or an id such as eca_net"
    raise GeneratorError(f"{text!r} names no paper", hint=hint)


def _of_identity(identity: str, text: str) -> Identifier:
    scheme, _, value = identity.partition(":")
    if scheme == "arxiv":
        return Identifier("arxiv", value)
    if scheme == "doi":
        return Identifier("doi", value)
    if scheme == "openreview":
        return Identifier("openreview", value)
    return Identifier("url", text)


@dataclass(frozen=True)
class Known:
    """A record as far as it tells papers apart."""

    id: str
    title: str
    identities: frozenset[str]
    repo: str | None
    sections: tuple[str, ...]
    index: int


def known(source: Source) -> Iterator[Known]:
    """The records of a catalogue, also of one that is not finished."""
    rows = source.data.get("papers")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and isinstance(row.get("id"), str):
            code = _part(_part(row, "links"), "code")
            sections = row.get("sections")
            yield Known(
                row["id"],
                str(row.get("title", "")),
                frozenset(_identities(row)),
                code["repo"].lower() if isinstance(code.get("repo"), str) else None,
                tuple(map(str, sections)) if isinstance(sections, list) else (),
                index,
            )


def _part(row: dict[str, Any], name: str) -> dict[str, Any]:
    part = row.get(name)
    return part if isinstance(part, dict) else {}


def _identities(row: dict[str, Any]) -> Iterator[str]:
    ids, links = _part(row, "ids"), _part(row, "links")
    for scheme in ("arxiv", "openreview"):
        if isinstance(ids.get(scheme), str):
            yield f"{scheme}:{ids[scheme]}"
    if isinstance(ids.get("doi"), str):
        yield addresses.doi(ids["doi"])
    if isinstance(links.get("paper"), str) and not addresses.flaw(links["paper"]):
        yield addresses.identity(links["paper"])


def identity(identifier: Identifier) -> str | None:
    """``identifier`` as the catalogue's own identities are written."""
    if identifier.scheme == "id":
        return None
    return (
        addresses.identity(identifier.value)
        if identifier.scheme == "url"
        else f"{identifier.scheme}:{identifier.value}"
    )


def duplicate(records: list[Known], identity: str | None, title: str | None) -> Known | None:
    """The record of the same paper: of the same identifier or, word for word, the same title."""
    for record in records:
        if identity is not None and identity in record.identities:
            return record
        if title and titles.words(title) == titles.words(record.title):
            return record
    return None


def suggest_id(title: str) -> str:
    """A short name in snake_case: what stands before the title's colon, else its first telling words."""
    head, colon, _ = title.partition(":")
    words = _words(head)
    if not colon or len(words) > _MOST_WORDS:
        words = [word for word in words if word not in _DULL][:_MOST_WORDS]
    id = re.sub(r"^[^a-z]+", "", "_".join(words))[:60].strip("_")
    return id or "paper"


def plain_id(identifier: Identifier) -> str:
    """An id for a paper of which nothing else is known: ``arxiv_2301_00808``."""
    if identifier.scheme == "id":
        return identifier.value
    scheme, value = identifier.scheme, identifier.value
    if scheme == "url":
        # The file or page that the address ends in says most.
        value = re.sub(r"\.[a-z]+$", "", re.sub(r"[?#].*|/+$", "", value).rpartition("/")[2], flags=re.IGNORECASE)
    return "_".join(_words(f"{scheme} {value}"))[:60].strip("_")


_DULL_WORDS = "a an and deep for from in is learning network networks neural of on the to towards via with"
_DULL = frozenset(_DULL_WORDS.split())


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z0-9]+", plain)


def suggest_class(title: str, id: str) -> str:
    """A class name: the paper's own name where it has one in a single word, else the words of ``id`` joined."""
    head = title.partition(":")[0].strip()
    name = re.sub(r"[^A-Za-z0-9]", "", head)
    if ":" in title and " " not in head and re.match(r"[A-Z]", name):
        return name
    return "".join(word.capitalize() for word in id.split("_"))

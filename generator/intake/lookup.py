"""What arXiv and Crossref know of a paper.

Answers are text from strangers: bounded, cleaned, and checked by whoever asked. Connections are those of
:mod:`generator.links.guard`: to public addresses only.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx

from generator.catalogue.source import FORBIDDEN
from generator.intake.identify import Identifier

ARXIV = "https://export.arxiv.org/api/query?max_results=1&id_list="
CROSSREF = "https://api.crossref.org/works/"
_MOST = 1 << 20
_PATIENCE = 30.0
"""Seconds for the whole of an answer."""
_ATOM = "{http://www.w3.org/2005/Atom}"
_OWN = "{http://arxiv.org/schemas/atom}"
_VENUE = re.compile(
    r"\b(CVPR|ICCV|ECCV|WACV|BMVC|ACCV|NeurIPS|NIPS|ICLR|ICML|AAAI|IJCAI|MICCAI|ICASSP|TPAMI|IJCV|TIP)\b\W{0,3}"
    r"((?:19|20)[0-9]{2})"
)


class NoMetadata(Exception):
    """Nothing was found; the text says why. ``offline`` if no host could be reached."""

    def __init__(self, reason: str, *, offline: bool = False) -> None:
        super().__init__(reason)
        self.offline = offline


@dataclass(frozen=True)
class Metadata:
    """What is known of a paper; ``notice`` is what a person should look at."""

    title: str
    authors: tuple[str, ...]
    venue: str | None
    year: int | None
    notice: str | None = None


async def look_up(identifier: Identifier, client: httpx.AsyncClient) -> Metadata:
    """Ask arXiv or Crossref for ``identifier``.

    Raises:
        NoMetadata: the host is out of reach, does not know it, or answers something else than it should.
    """
    if identifier.scheme == "arxiv":
        return read_arxiv(await _ask(client, ARXIV + identifier.value))
    if identifier.scheme == "doi":
        return read_crossref(await _ask(client, CROSSREF + quote(identifier.value, safe="")))
    raise NoMetadata("only arXiv ids and DOIs can be looked up")


async def _ask(client: httpx.AsyncClient, url: str) -> bytes:
    try:
        return await asyncio.wait_for(_answer(client, url), _PATIENCE)
    except asyncio.TimeoutError:
        raise NoMetadata(f"{httpx.URL(url).host} takes too long", offline=True) from None


async def _answer(client: httpx.AsyncClient, url: str) -> bytes:
    host = httpx.URL(url).host
    body = b""
    try:
        async with client.stream("GET", url, follow_redirects=True) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MOST:
                    raise NoMetadata(f"{host} answers with more than 1 MiB")
    except (httpx.ConnectError, httpx.TimeoutException):
        raise NoMetadata(f"{host} cannot be reached", offline=True) from None
    except httpx.HTTPError as error:
        raise NoMetadata(f"{host}: {type(error).__name__}") from None
    if response.status_code != 200:
        raise NoMetadata(f"{host} answers with status {response.status_code}")
    return body


def read_arxiv(feed: bytes) -> Metadata:
    """The one paper of a feed; ``NoMetadata`` if there is none."""
    if b"<!DOCTYPE" in feed or b"<!ENTITY" in feed:  # entities can make gigabytes of a few lines
        raise NoMetadata("arXiv answers with declarations")
    try:
        entry = ElementTree.fromstring(feed).find(f"{_ATOM}entry")
    except ElementTree.ParseError:
        raise NoMetadata("arXiv's answer is not XML") from None
    if entry is None or "/abs/" not in entry.findtext(f"{_ATOM}id", ""):
        raise NoMetadata("arXiv does not know it")
    said = f"{entry.findtext(f'{_OWN}journal_ref', '')} {entry.findtext(f'{_OWN}comment', '')}"
    found = _VENUE.search(said)
    venue = ("NeurIPS" if found[1] == "NIPS" else found[1]) if found else "arXiv"
    year = found[2] if found else entry.findtext(f"{_ATOM}published", "")[:4]
    notice = "the venue is what the authors told arXiv" if found else "arXiv names no venue: correct it if there is one"
    return Metadata(
        _title(entry.findtext(f"{_ATOM}title", "")),
        _names(author.findtext(f"{_ATOM}name", "") for author in entry.iter(f"{_ATOM}author")),
        venue,
        int(year) if year.isdecimal() else None,
        notice,
    )


def read_crossref(answer: bytes) -> Metadata:
    """The work of an answer; ``NoMetadata`` if it is something else."""
    try:
        work: Any = json.loads(answer)["message"]
        title = _title(work["title"][0])
        authors = _names(f"{row.get('given', '')} {row.get('family') or row.get('name', '')}" for row in work["author"])
        event = (work.get("event") or {}).get("acronym")
        names = [event, *work.get("short-container-title", []), *work.get("container-title", [])]
        venue = next((clean(str(name)) for name in names if name), None)
        year = work["issued"]["date-parts"][0][0]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise NoMetadata("Crossref's answer lacks what was asked for") from None
    return Metadata(title, authors, venue, year if isinstance(year, int) else None)


def clean(text: str) -> str:
    """One line of plain text that the catalogue accepts: without tags, controls and what a spreadsheet would run."""
    text = html.unescape(re.sub(r"</?[A-Za-z][^<>]{0,200}>", "", text))
    text = " ".join(FORBIDDEN.sub("", text).split())
    return text.lstrip("=+-@ ")[:2000].rstrip()


def _title(text: str) -> str:
    title = clean(text).rstrip(".").rstrip()
    if not title:
        raise NoMetadata("the answer holds no title")
    return title


def _names(names: Any) -> tuple[str, ...]:
    return tuple(name for text in names if (name := clean(text)))[:200]

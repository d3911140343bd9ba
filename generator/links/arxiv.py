"""arXiv papers through arXiv's own interface: up to 100 in one question, with the title behind each identifier.

Only good news is taken from it (new papers reach it a day late): what it does not know is looked at on the web.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit
from xml.etree import ElementTree

from generator.links import titles
from generator.links.content import plain
from generator.links.fetch import Fetcher, NoReply
from generator.links.verdicts import Outcome, Verdict

API = "https://export.arxiv.org/api/query"
_BATCH = 100
_ATOM = "{http://www.w3.org/2005/Atom}"
_PATH = re.compile(r"/(?:abs|pdf)/([0-9]{4}\.[0-9]{4,5})(?:v[0-9]{1,3})?(?:\.pdf)?/?")


def identifier(url: str) -> str | None:
    """The identifier in an address of arXiv, without the version."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.netloc.lower() not in (
        "arxiv.org",
        "www.arxiv.org",
        "export.arxiv.org",
    ):
        return None
    found = _PATH.fullmatch(parts.path)
    return found[1] if found and not parts.query else None


class ArXiv:
    """Looks papers up; ``notices`` collects what the user should know of how that went."""

    def __init__(self, fetcher: Fetcher, others: Sequence[str] = ()) -> None:
        self.notices: list[str] = []
        self._fetcher = fetcher
        self._others = others

    async def look_up(self, wanted: Mapping[str, str | None]) -> dict[str, Outcome]:
        """The outcomes the interface is sure of, by address; ``wanted`` maps addresses to the titles expected there."""
        ids = {url: found for url in wanted if (found := identifier(url))}
        found = await self._titles(dict.fromkeys(ids.values()))
        return {url: self._outcome(url, wanted[url], found[id]) for url, id in ids.items() if id in found}

    def _outcome(self, url: str, expected: str | None, title: str) -> Outcome:
        other = title if expected and titles.wrong(expected, title, self._others) else None
        return Outcome(url, Verdict.OK, 200, url, title=other, reached=True)

    async def _titles(self, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        every = list(ids)
        for start in range(0, len(every), _BATCH):
            batch = every[start : start + _BATCH]
            query = f"id_list={','.join(batch)}&start=0&max_results={len(batch)}"
            try:
                answer = await self._fetcher.ask(f"{API}?{query}", headers={"Accept-Encoding": "identity"})
                if answer.status != 200:
                    raise NoReply(f"status {answer.status}")
                found.update(_entries(answer.body))
            except NoReply as error:
                self.notices.append(f"arXiv's interface cannot be used ({error}); its pages are looked at instead")
                break
        return found


def _entries(feed: bytes) -> Iterator[tuple[str, str]]:
    """Identifier and title of each paper in a feed."""
    if b"<!DOCTYPE" in feed or b"<!ENTITY" in feed:  # entities can make gigabytes of a few lines
        raise NoReply("a feed with declarations")
    try:
        root = ElementTree.fromstring(feed)
    except ElementTree.ParseError:
        raise NoReply("an answer that is not XML") from None
    for entry in root.iter(f"{_ATOM}entry"):
        id = identifier(entry.findtext(f"{_ATOM}id", "").strip())
        title = plain(entry.findtext(f"{_ATOM}title", ""))
        if id and title:
            yield id, title

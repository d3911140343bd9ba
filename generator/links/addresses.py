"""What there is to check: the addresses of the catalogue with the places they stand at, and rules that exempt some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from generator.errors import CatalogueError, Location
from generator.links.verdicts import Outcome, Verdict

if TYPE_CHECKING:  # a check of single addresses needs no catalogue, and not the time its models take to import
    from generator.catalogue.loader import Loaded
    from generator.catalogue.model import LinkRule, Paper

Path_ = tuple[str | int, ...]


class Place(NamedTuple):
    """Where an address stands in the catalogue: path, place and text of the value it is made from."""

    path: Path_
    where: Location
    value: str


class Address(NamedTuple):
    """One address, everywhere it is used; ``title`` is that of the paper it must lead to, if it must."""

    url: str
    places: tuple[Place, ...] = ()
    title: str | None = None

    @property
    def host(self) -> str:
        """The host's name in lower case; empty if the address has none."""
        return host_of(self.url)


def host_of(url: str) -> str:
    """The host's name in lower case; empty if the address has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def of_catalogue(loaded: Loaded) -> list[Address]:
    """Every address of the catalogue once, in the order of the file."""
    found: dict[str, Address] = {}
    for paper in loaded.catalogue.papers:
        for url, field, value in _of_paper(paper):
            path = ("papers", paper.id, *field)
            known = found.get(url, Address(url))
            title = known.title or (paper.title if field in _TITLED else None)
            found[url] = Address(url, (*known.places, Place(path, loaded.locate(path), value)), title)
    return list(found.values())


def urls_of(paper: Paper) -> list[str]:
    """The addresses of one paper, each once."""
    return list(dict.fromkeys(url for url, _, _ in _of_paper(paper)))


_TITLED = frozenset((("ids", "arxiv"), ("ids", "doi"), ("ids", "openreview"), ("links", "paper")))
"""The fields whose addresses lead to the paper itself."""


def _of_paper(paper: Paper) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Address, field below the record, and the value of that field."""
    ids, links = paper.ids, paper.links
    if ids.arxiv:
        yield f"https://arxiv.org/abs/{ids.arxiv}", ("ids", "arxiv"), ids.arxiv
    if ids.doi:
        yield f"https://doi.org/{quote(ids.doi, safe='/:;().,-_~')}", ("ids", "doi"), ids.doi
    if ids.openreview:
        yield f"https://openreview.net/forum?id={ids.openreview}", ("ids", "openreview"), ids.openreview
    if links.paper:
        yield links.paper, ("links", "paper"), links.paper
    if links.code:
        code = f"https://github.com/{links.code.repo}"
        yield code, ("links", "code", "repo"), links.code.repo
        if links.code.path:
            yield f"{code}/tree/HEAD/{quote(links.code.path)}", ("links", "code", "path"), links.code.path
    if links.blog:
        yield links.blog, ("links", "blog"), links.blog


class Rules:
    """The catalogue's ``ignore_links``.

    A rule matches one address; if it ends in ``/``, all that begin with it; ``*`` in it stands for any text.
    """

    def __init__(self, rules: Iterable[LinkRule], today: str) -> None:
        self._valid = [(_pattern(rule.url), rule) for rule in rules if rule.expires >= today]

    def reason(self, url: str) -> str | None:
        """Why the address is left alone, or ``None``."""
        for pattern, rule in self._valid:
            if pattern.fullmatch(url):
                return f"{rule.reason} (until {rule.expires})"
        return None


def _pattern(text: str) -> re.Pattern[str]:
    text += "*" if text.endswith("/") else ""
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def expired(loaded: Loaded, today: str) -> list[CatalogueError]:
    """A finding for each rule whose last day has passed."""
    return [
        CatalogueError(
            f"ignore_links.{index}.expires: the rule for {rule.url} ended on {rule.expires}",
            loaded.locate(("ignore_links", index, "expires")),
            "remove it, or give a new date if its reason still holds",
        )
        for index, rule in enumerate(loaded.catalogue.ignore_links)
        if rule.expires < today
    ]


def form(url: str, *, allow_private: bool) -> Outcome:
    """What can be said of an address without asking anybody: ``error`` or ``private``, or else ``skipped``."""
    from generator.links.guard import is_foreign, is_public

    if wrong := fault(url):
        return Outcome(url, Verdict.ERROR, detail=wrong)
    host = host_of(url)
    if not host.isascii():  # digits of other scripts are digits to a resolver
        host = host.encode("idna").decode("ascii")
    try:
        public = is_public(host)
    except ValueError:
        # All-numeric names are read as IPv4 addresses by every resolver, in one of five notations.
        public = host != "localhost" and not host.endswith(".localhost") and not _NUMERIC.fullmatch(host)
    if not public and not allow_private:
        return Outcome(url, Verdict.PRIVATE, detail=f"{host} is not public")
    if is_foreign(port := urlsplit(url).port) and not allow_private:
        return Outcome(url, Verdict.ERROR, detail=f"port {port} is not one of the web")
    return Outcome(url, Verdict.SKIPPED, detail="offline: only the form was checked")


_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


def fault(url: str) -> str:
    """What is wrong with the form of an address; empty if nothing is."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = parts.hostname or ""
        name = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        return f"not an address: {error}"
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme or 'no scheme'}:, which is not an address of the web"
    if not host or re.search(r"[\s\x00-\x1f\x7f]", url):
        return "not an address: it has no host" if not host else "not an address: it holds a space"
    if parts.username is not None or parts.password is not None:
        return "carries a user name"
    if ":" not in name and not all(_LABEL.fullmatch(label) for label in name.lower().rstrip(".").split(".")):
        return f"{host} is not a host name"
    return ""


def touched(now: Sequence[Address], before: Sequence[Address]) -> list[Address]:
    """The addresses of ``now`` that ``before`` has not, or has for another title."""
    known = {(address.url, address.title) for address in before}
    return [address for address in now if (address.url, address.title) not in known]

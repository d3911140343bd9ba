"""Permanent redirects and renamed repositories, rewritten in ``catalog.yaml``; everything else stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from generator.catalogue.layout import replace_scalar
from generator.catalogue.loader import Loaded, parse
from generator.errors import Findings
from generator.links import github
from generator.links.addresses import Address, Place
from generator.links.fetch import HOME
from generator.links.verdicts import Outcome, Verdict

# What the catalogue takes as an address (`model.Url`).
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^]{1,490}")


@dataclass(frozen=True)
class Fix:
    """One value of the catalogue and what it should be."""

    place: Place
    new: str

    def __str__(self) -> str:
        return f"{self.place.where}: {self.place.value} → {self.new}"


@dataclass(frozen=True)
class Fixed:
    """The new text of the catalogue, what was changed, and what was not since the catalogue's rules forbid it."""

    text: str
    done: list[Fix]
    refused: list[tuple[Fix, str]]


def apply(loaded: Loaded, addresses: Sequence[Address], outcomes: Iterable[Outcome]) -> Fixed:
    """Rewrite what moved for good; a change that would break a rule of the catalogue is left out and said."""
    moved = {outcome.url: outcome for outcome in outcomes if _for_good(outcome)}
    wanted = [fix for address in addresses if address.url in moved for fix in _fixes(address, moved[address.url])]
    text = _splice(loaded, wanted)
    if _mistake(text) is None:
        return Fixed(text, wanted, [])
    done: list[Fix] = []
    refused: list[tuple[Fix, str]] = []
    for fix in wanted:
        mistake = _mistake(_splice(loaded, [*done, fix]))
        if mistake is None:
            done.append(fix)
        else:
            refused.append((fix, mistake))
    return Fixed(_splice(loaded, done), done, refused)


def _for_good(outcome: Outcome) -> bool:
    if outcome.verdict not in (Verdict.REDIRECT_PERMANENT, Verdict.MOVED) or not outcome.final or outcome.title:
        return False
    downgraded = outcome.url.startswith("https:") and not outcome.final.startswith("https:")
    return outcome.detail != HOME and not downgraded and bool(_ADDRESS.fullmatch(outcome.final))


def _fixes(address: Address, outcome: Outcome) -> Iterator[Fix]:
    final = outcome.final or ""
    for place in address.places:
        field = place.path[2:]
        if field == ("links", "code", "repo"):
            found = github.target(final)
            if found and found.path is None:
                yield Fix(place, found.repository)
        elif field in (("links", "paper"), ("links", "blog")) and urlsplit(final).path not in ("", "/"):
            yield Fix(place, final)
        # An address made from an identifier redirects by trade, and a path follows its repository.


def _splice(loaded: Loaded, fixes: Iterable[Fix]) -> str:
    text = loaded.text
    nodes = [(loaded.node(fix.place.path), fix.new) for fix in fixes]
    # From the end to the beginning: what is spliced moves only what comes after it.
    for node, new in sorted(nodes, key=lambda pair: pair[0].start_mark.index, reverse=True):
        text = replace_scalar(text, node, new)
    return text


def _mistake(text: str) -> str | None:
    try:
        parse(text)
    except Findings as error:
        return error.errors[0].message
    return None

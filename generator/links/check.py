"""A run: all addresses, over the interfaces of the two big hosts and over the web, judged beside their controls."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone

from generator.links import arxiv, github
from generator.links.addresses import Address, Rules, host_of
from generator.links.fetch import Fetcher
from generator.links.guard import Lookup, Resolver
from generator.links.ledger import Ledger
from generator.links.schedule import Hosts, Limits
from generator.links.verdicts import Outcome, Verdict

_CONTROLS = 3
_STARTED_AT_ONCE = 100
_RESOLVING = 32


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Settings:
    """How a run goes about it; the defaults are those of the command line.

    ``lookup`` and ``tls`` replace the system's resolver and trust, ``now`` the clock that days are taken from.
    """

    limits: Limits = field(default_factory=Limits)
    allow_private: bool = False
    token: str | None = field(default=None, repr=False)
    lookup: Lookup | None = None
    tls: ssl.SSLContext | None = None
    now: Callable[[], datetime] = _now

    @property
    def today(self) -> str:
        """The day, everywhere the same."""
        return self.now().astimezone(timezone.utc).date().isoformat()


@dataclass(frozen=True)
class Checked:
    """The outcomes in the order of the addresses, and what else the user should know.

    ``network`` is false where nothing outside reacted at all: then nothing was recorded either.
    """

    outcomes: list[Outcome]
    notices: list[str]
    network: bool


async def check(
    addresses: Sequence[Address],
    settings: Settings,
    *,
    ledger: Ledger | None = None,
    rules: Rules | None = None,
    seen: Callable[[Outcome], None] = lambda outcome: None,
) -> Checked:
    """Check every address; each outcome is in the ledger when ``seen`` is told of it.

    Without a ledger there are no controls: an address stands for itself.
    """
    # The system's resolver blocks a thread for each name; by default there are six of them on two cores.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_RESOLVING, "resolve"))
    run = _Run(addresses, settings, ledger, rules, seen)
    await run.go()
    if not run.network():
        return Checked([run.raw.get(a.url) or Outcome(a.url, Verdict.SKIPPED) for a in addresses], run.notices, False)
    run.flush()
    return Checked([run.done[address.url] for address in addresses], run.notices, True)


class _Run:
    def __init__(
        self,
        addresses: Sequence[Address],
        settings: Settings,
        ledger: Ledger | None,
        rules: Rules | None,
        seen: Callable[[Outcome], None],
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._rules = rules
        self._seen = seen
        self._titles = {address.url: address.title for address in addresses}
        self._controls: dict[str, list[str]] = {}
        for url in ledger.trusted() if ledger else ():
            self._controls.setdefault(host_of(url), []).append(url)
        self.raw: dict[str, Outcome] = {}
        self.done: dict[str, Outcome] = {}
        self.notices: list[str] = []
        self._proof = False
        self._unproved: list[Outcome] = []
        self._trusted_hosts: set[str] = set()
        self._accused: dict[str, list[Outcome]] = {}

    async def go(self) -> None:
        """Everything that needs the network."""
        settings = self._settings
        resolver = Resolver(allow_private=settings.allow_private, lookup=settings.lookup)
        titles = list(filter(None, self._titles.values()))
        self._hosts = Hosts(settings.limits, resolver, settings.tls)
        fetcher = Fetcher(
            self._hosts,
            rule=self._reason,
            now=settings.now,
            others=titles,
        )
        todo: list[str] = []
        for url in self._titles:
            if reason := self._reason(url):
                self._take(Outcome(url, Verdict.SKIPPED, detail=reason))
            else:
                todo.append(url)
        hub = [url for url in todo if github.target(url)]
        papers = [url for url in todo if arxiv.identifier(url)]
        first = {*hub, *papers}
        await asyncio.gather(
            self._web(fetcher, [url for url in todo if url not in first]),
            self._hub(fetcher, hub),
            self._papers(fetcher, papers, titles),
        )
        await self._trial(fetcher)

    async def _hub(self, fetcher: Fetcher, urls: Sequence[str]) -> None:
        interface = github.GitHub(fetcher, self._settings.token)
        found = await interface.look_up(urls)
        self.notices += interface.notices
        await self._rest(fetcher, urls, found)

    async def _papers(self, fetcher: Fetcher, urls: Sequence[str], titles: Sequence[str]) -> None:
        interface = arxiv.ArXiv(fetcher, titles)
        found = await interface.look_up({url: self._titles[url] for url in urls})
        self.notices += interface.notices
        await self._rest(fetcher, urls, found)

    async def _rest(self, fetcher: Fetcher, urls: Sequence[str], found: dict[str, Outcome]) -> None:
        for outcome in found.values():
            self._take(outcome)
        await self._web(fetcher, [url for url in urls if url not in found])

    async def _web(self, fetcher: Fetcher, urls: Iterable[str]) -> None:
        # Controls first: what they say decides how a failure of the others is read.
        controls = {url for urls in self._controls.values() for url in urls}
        ordered = sorted(urls, key=lambda url: url not in controls)
        self._hosts.expect(map(host_of, ordered))
        tasks: list[asyncio.Task[None]] = []
        for number, url in enumerate(ordered, 1):
            tasks.append(asyncio.ensure_future(self._one(fetcher, url)))
            if number % _STARTED_AT_ONCE == 0:  # the first requests go out before the last address is even read
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def _one(self, fetcher: Fetcher, url: str) -> None:
        self._take(await fetcher.check(url, self._titles[url]))

    def _reason(self, url: str) -> str | None:
        return self._rules.reason(url) if self._rules else None

    def _take(self, outcome: Outcome) -> None:
        """Accept an outcome, or hold it back until it is known whether the host, or the network, can be believed."""
        self.raw[outcome.url] = outcome
        host = host_of(outcome.url)
        if outcome.reached and not self._proof:
            self._proof = True
            self._accept_all(self._unproved)
        if outcome.verdict.alive and outcome.url in self._controls.get(host, ()):
            self._trusted_hosts.add(host)
            self._accept_all(self._accused.pop(host, []))
        if outcome.silent and not self._proof:
            self._unproved.append(outcome)
        elif outcome.verdict is Verdict.GONE and host not in self._trusted_hosts and self._witnesses(outcome):
            self._accused.setdefault(host, []).append(outcome)
        else:
            self._accept(outcome)

    def _witnesses(self, outcome: Outcome) -> list[str]:
        return [url for url in self._controls.get(host_of(outcome.url), ()) if url != outcome.url]

    async def _trial(self, fetcher: Fetcher) -> None:
        """Ask controls that this run had no other reason to ask, for hosts where everything known failed."""
        for host, accused in list(self._accused.items()):
            suspects = {outcome.url for outcome in accused}
            unasked = [url for url in self._controls[host] if url not in self.raw and not self._reason(url)]
            for url in unasked[:_CONTROLS]:
                if (await fetcher.check(url)).verdict.alive:
                    self._trusted_hosts.add(host)
                    break
            del self._accused[host]
            for outcome in accused:
                if host not in self._trusted_hosts:
                    witness = next(iter(url for url in self._witnesses(outcome) if url not in suspects), None)
                    witness = witness or self._witnesses(outcome)[0]
                    detail = f"{outcome.detail}, but {witness}, which used to be fine, fails too: the host blocks us"
                    outcome = outcome._replace(verdict=Verdict.BLOCKED, detail=detail)
                self._accept(outcome)

    def _accept_all(self, outcomes: list[Outcome]) -> None:
        while outcomes:
            self._accept(outcomes.pop(0))

    def _accept(self, outcome: Outcome) -> None:
        if self._ledger is not None:
            self._ledger.record(outcome, self._settings.today)
        self.done[outcome.url] = outcome
        self._seen(outcome)

    def network(self) -> bool:
        """Whether there is a network: something reacted, or what failed can be the fault of one host."""
        silent = {host_of(outcome.url) for outcome in self._unproved}
        return self._proof or not silent or (len(silent) == 1 and _has_route())

    def flush(self) -> None:
        """Accept what was held back for want of a proof that there is a network."""
        self._accept_all(self._unproved)


def _has_route() -> bool:
    """Whether this machine has a way to the internet; connecting a datagram socket sends nothing."""
    for family, root_server in ((socket.AF_INET, "198.41.0.4"), (socket.AF_INET6, "2001:503:ba3e::2:30")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((root_server, 53))
        except OSError:
            continue
        return True
    return False

"""Hosts and their slots: how many requests go to a host at a time, how fast one after another, and when not at all."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import ssl
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import httpx

from generator.links.failures import of_failure, silent
from generator.links.guard import Resolver, guarded_transport, trust
from generator.links.verdicts import Verdict

AT_ONCE = 128
"""Requests under way at a time, over all hosts."""
_SILENCES = 3


@dataclass(frozen=True)
class Limits:
    """How long, how often and how fast. Times are in seconds.

    ``timeout`` bounds one attempt, counted only while it holds a slot; ``connect`` the part of it before a connection
    stands. ``patience`` is the longest ``Retry-After`` that is waited for. ``pace`` overrides ``per_host`` and
    ``interval`` for hosts that ask for it.
    """

    timeout: float = 20.0
    connect: float = 10.0
    body: float = 2.0
    per_host: int = 4
    interval: float = 0.2
    retries: int = 2
    backoff: float = 1.0
    patience: float = 60.0
    hops: int = 10
    head: bool = False
    # https://info.arxiv.org/help/api/tou.html: one request every three seconds, one connection
    pace: dict[str, tuple[int, float]] = field(default_factory=lambda: {"export.arxiv.org": (1, 3.0)})


class Host:
    """One host: its slots, and what is known of it in this run."""

    def __init__(self, slots: int, interval: float) -> None:
        self.slots = asyncio.Semaphore(slots)
        self.connections = slots
        self.interval = interval
        self.transport: httpx.AsyncBaseTransport | None = None
        self.next_start = 0.0
        self.paused_until = 0.0
        self.users = 0
        self.expected = 0
        self.dumb: Exception | None = None
        self._silences = 0
        self._reacted = False

    def reacted(self) -> None:
        """Note that the host can be reached."""
        self._reacted = True
        self.dumb = None

    def failed(self, error: Exception) -> None:
        """Note how an exchange failed.

        When nothing ever came back from several addresses of the host, or its name does not resolve, ``dumb`` is the
        reason not to wait for each of the rest.
        """
        if not silent(error):
            self.reacted()
        elif not self._reacted:
            self._silences += _SILENCES if of_failure(error)[0] is Verdict.DNS else 1
            self.dumb = error if self._silences >= _SILENCES else None


class _AtOnce:
    """The slots of the whole run; who waits longest for its host's queue to end is served first.

    Served in the order they come, all hosts would advance alike, and at the end the run would wait for the longest
    queue alone, most slots idle.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    async def take(self, queue: int) -> None:
        """Wait for a slot; ``queue`` is how many requests the host has before it."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-queue, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had just been given
                self.give()
            raise

    def give(self) -> None:
        """Hand a slot on."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Hosts:
    """All hosts of a run. A slot is taken for one exchange and given back before anybody waits for a retry."""

    def __init__(self, limits: Limits, resolver: Resolver, tls: ssl.SSLContext | None = None) -> None:
        self.limits = limits
        self._resolver = resolver
        self._tls = trust(tls)
        self._at_once = _AtOnce(AT_ONCE)
        self._hosts: dict[str, Host] = {}

    @contextlib.asynccontextmanager
    async def slot(self, name: str) -> AsyncIterator[tuple[Host, httpx.AsyncBaseTransport]]:
        """A slot of the host, when it is its turn, and its connections; the caller's deadline starts here."""
        host = self._host(name)
        host.users += 1
        try:
            async with host.slots:
                await _turn(host)
                await self._at_once.take(max(host.expected, host.users))
                host.expected -= 1
                try:
                    if host.transport is None:
                        host.transport = guarded_transport(self._resolver, self._tls, host.connections)
                    yield host, host.transport
                finally:
                    self._at_once.give()
        finally:
            host.users -= 1
            if not host.users and host.transport is not None:  # thousands of hosts must not keep thousands of sockets
                transport, host.transport = host.transport, None
                await transport.aclose()

    def expect(self, names: Iterable[str]) -> None:
        """Announce requests to hosts, once for each: it is by the length of their queues that hosts are served."""
        for name in names:
            self._host(name).expected += 1

    def pause(self, name: str, seconds: float) -> None:
        """Starts no further request to the host for that long."""
        self._host(name).paused_until = asyncio.get_running_loop().time() + seconds

    def _host(self, name: str) -> Host:
        known = self._hosts.get(name)
        if known is None:
            limits = self.limits
            known = self._hosts[name] = Host(*limits.pace.get(name, (limits.per_host, limits.interval)))
        return known


async def _turn(host: Host) -> None:
    clock = asyncio.get_running_loop().time
    start = max(clock(), host.next_start)
    host.next_start = start + host.interval
    while not host.dumb and (left := max(start, host.paused_until) - clock()) > 0:
        await asyncio.sleep(left)

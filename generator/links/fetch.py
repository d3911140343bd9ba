"""One address: asked for, followed hop by hop, judged, and asked again where a failure may pass.

GET, unless HEAD was asked for: a HEAD is refused or answered wrongly by one server in thirty. The head of the answer
decides; of the body only as much is read as tells a page that is really an error page.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import random
import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

import anyio
import httpx

from generator.links import content, titles
from generator.links.failures import of_failure, silent
from generator.links.guard import USER_AGENT
from generator.links.schedule import Hosts
from generator.links.verdicts import Hop, Outcome, Verdict, of_status

if sys.version_info >= (3, 11):
    deadline = asyncio.timeout
else:

    @contextlib.asynccontextmanager
    async def deadline(seconds: float) -> AsyncIterator[None]:
        """Raises ``TimeoutError`` where the block takes longer."""
        with anyio.fail_after(seconds):
            yield


_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FOR_GOOD = frozenset((301, 308))
_MAY_PASS = frozenset((429, 500, 502, 503, 504, 520, 521, 522, 523, 524))
_HOMES = frozenset(("", "/", "/index.html", "/index.htm", "/index.php", "/home", "/en", "/en/"))
_WALLS = re.compile(r"(?i)/(?:captcha|unhuman|sign-?in|log-?in)\b|/account/unhuman")
# They redirect by trade: an identifier that is known leads on, an unknown one is answered 404 by the resolver itself.
_RESOLVERS = frozenset(("doi.org", "dx.doi.org", "hdl.handle.net"))
_TRANSPORT_RETRIES = {Verdict.ERROR: 2, Verdict.TIMEOUT: 1, Verdict.REFUSED: 1}
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language": "en,zh;q=0.8,*;q=0.5",
    "Accept-Encoding": "gzip",
}
_LONGEST = 4000
_INTERFACE_MOST = 8 * 1024 * 1024
_INTERFACE_HOPS = 3


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its head, and as much of the raw body as was asked for."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes = b""


@dataclass
class _Trip:
    """The way of one attempt through its redirects; ``left`` is what remains of its seconds."""

    origin: str
    at: httpx.URL
    left: float
    chain: list[Hop] = field(default_factory=list)
    cookies: httpx.Cookies | None = None
    seen: set[tuple[str, str]] = field(default_factory=set)

    def outcome(self, verdict: Verdict, detail: str = "", status: int | None = None) -> Outcome:
        """The outcome at the place where the trip stands."""
        final = str(self.at) if self.chain else self.origin
        last = self.chain[-1].status if status is None and self.chain else status
        return Outcome(self.origin, verdict, last, final, tuple(self.chain), detail, reached=last is not None)


@dataclass(frozen=True)
class _Attempt:
    """An outcome, how often it is worth another try, and after how many seconds the server wants it."""

    outcome: Outcome
    retries: int = 0
    wait: float | None = None


class NoReply(Exception):
    """An interface could not be asked; says why."""


class Fetcher:
    """Checks addresses over the hosts of a run.

    Args:
        hosts: slots and clients.
        rule: the reason to leave an address alone, or ``None``; asked for every target of a redirect.
        now: the time of day, for ``Retry-After`` dates.
        others: titles that a wrong paper may have.
    """

    def __init__(
        self,
        hosts: Hosts,
        *,
        rule: Callable[[str], str | None] = lambda url: None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        others: Sequence[str] = (),
    ) -> None:
        self.limits = hosts.limits
        self._extensions = {"timeout": {"connect": min(self.limits.connect, self.limits.timeout)}}
        self._hosts = hosts
        self._rule = rule
        self._now = now
        self._others = others

    async def check(self, url: str, title: str | None = None) -> Outcome:
        """What the address is worth; ``title`` is that of the paper which should be found there."""
        done = 0
        while True:
            attempt = await self._attempt(url, title)
            if done >= min(attempt.retries, self.limits.retries):
                return attempt.outcome
            await self._wait(done, attempt.wait)
            done += 1

    async def ask(self, url: str, *, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """The whole answer of an interface, after retries; follows redirects on the same host, sends nothing elsewhere.

        Raises:
            NoReply: no answer came, or one of more than 8 MiB.
        """
        done = 0
        while True:
            wait = None
            try:
                answer = await self._ask_once(httpx.URL(url), headers, content)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
                verdict, reason = of_failure(error)
                if done >= self.limits.retries or verdict is Verdict.DNS:  # a resolver has its own retries
                    raise NoReply(reason) from error
            else:
                wait = self._retry_after(answer)
                too_long = wait is not None and wait > self.limits.patience
                if answer.status not in _MAY_PASS or too_long or done >= self.limits.retries:
                    return answer
            await self._wait(done, wait)
            done += 1

    async def _ask_once(self, url: httpx.URL, headers: Mapping[str, str], content: bytes | None) -> Answer:
        for _ in range(_INTERFACE_HOPS):
            method = "GET" if content is None else "POST"
            merged = {"User-Agent": USER_AGENT, **headers}
            request = httpx.Request(method, url, headers=merged, content=content, extensions=self._extensions)
            async with self._hosts.slot(url.host) as (host, transport):
                if host.dumb:
                    raise host.dumb
                try:
                    async with deadline(self.limits.timeout):
                        answer = await _whole(transport, request)
                except (httpx.HTTPError, TimeoutError) as error:
                    host.failed(error)
                    raise
                host.reacted()
            target = _target(answer)
            if target is None or (target.scheme, target.netloc) != (url.scheme, url.netloc):
                return answer
            url, content = target, None
        raise httpx.TooManyRedirects("the interface redirects too often")

    async def _wait(self, done: int, wanted: float | None) -> None:
        jitter = random.uniform(0.5, 1.0)
        await asyncio.sleep(self.limits.backoff * 2**done * jitter if wanted is None else wanted)

    async def _attempt(self, url: str, title: str | None) -> _Attempt:
        try:
            trip = _Trip(url, httpx.URL(url), self.limits.timeout)
        except (httpx.InvalidURL, ValueError) as error:
            return _Attempt(Outcome(url, Verdict.ERROR, detail=f"not an address: {error}"))
        while True:
            refused = self._refused(trip)
            if refused is not None:
                return _Attempt(refused)
            try:
                answer = await self._exchange(trip)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
                verdict, detail = of_failure(error)
                outcome = trip.outcome(verdict, detail)
                quiet = silent(error)
                reached = outcome.reached or not (quiet or verdict is Verdict.PRIVATE)
                outcome = outcome._replace(silent=quiet and not outcome.reached, reached=reached)
                return _Attempt(outcome, _TRANSPORT_RETRIES.get(verdict, 0))
            if isinstance(answer, Outcome):
                return _Attempt(answer)
            if answer.status in _REDIRECTS:
                fault = self._follow(trip, answer)
                if fault is None:
                    continue
                return _Attempt(trip.outcome(Verdict.ERROR, fault, answer.status))
            return self._judged(trip, answer, title)

    def _refused(self, trip: _Trip) -> Outcome | None:
        url = trip.at
        if url.scheme not in ("http", "https") or not url.host:
            what = f"leads to {url.scheme or 'no scheme'}:" if trip.chain else f"{url.scheme or 'no scheme'}:"
            return trip.outcome(Verdict.ERROR, f"{what}, which is not an address of the web")
        if url.userinfo:
            return trip.outcome(Verdict.ERROR, "carries a user name")
        if url.port is not None and not 0 < url.port < 65536:
            return trip.outcome(Verdict.ERROR, f"not an address: there is no port {url.port}")
        if trip.chain and (reason := self._rule(str(url))):
            return trip.outcome(Verdict.SKIPPED, f"leads to {url}, left alone: {reason}")
        key = (f"{url.host}:{url.port}{url.raw_path.decode('ascii')}", _cookie_header(trip))
        if key in trip.seen:
            return trip.outcome(Verdict.ERROR, "redirects in a circle")
        if len(trip.chain) > self.limits.hops:
            return trip.outcome(Verdict.ERROR, f"more than {self.limits.hops} redirects")
        trip.seen.add(key)
        return None

    async def _exchange(self, trip: _Trip) -> Answer | Outcome:
        if self.limits.head:
            with contextlib.suppress(httpx.ReadError, httpx.RemoteProtocolError, TimeoutError):
                answer = await self._send(trip, "HEAD")
                if isinstance(answer, Outcome) or answer.status < 400:
                    return answer
        return await self._send(trip, "GET")

    async def _send(self, trip: _Trip, method: str) -> Answer | Outcome:
        clock = asyncio.get_running_loop().time
        async with self._hosts.slot(trip.at.host) as (host, transport):
            if host.dumb:
                raise host.dumb
            start = clock()
            try:
                # A server that ignores HEAD must leave time for GET.
                async with deadline(trip.left if method == "GET" else trip.left / 2):
                    response = await transport.handle_async_request(self._request(trip, method))
            except (httpx.HTTPError, TimeoutError) as error:
                host.failed(error)
                raise
            host.reacted()
            trip.left -= clock() - start
            try:
                body = await self._body(response, trip.left) if method == "GET" else b""
            finally:
                await response.aclose()
        return Answer(trip.at, response.status_code, response.headers, body)

    def _request(self, trip: _Trip, method: str) -> httpx.Request:
        request = httpx.Request(method, trip.at, headers=_HEADERS, extensions=self._extensions)
        if trip.cookies is not None:
            trip.cookies.set_cookie_header(request)
        return request

    async def _body(self, response: httpx.Response, left: float) -> bytes:
        """What came of the body before it was too much, too slow or cut: after a good head none of that is a fault."""
        if "html" not in response.headers.get("content-type", "html"):
            length = response.headers.get("content-length", "")
            if not length.isdecimal() or len(length) > 5 or int(length) > content.MOST:
                return b""
        parts: list[bytes] = []
        size = 0
        with contextlib.suppress(httpx.HTTPError, TimeoutError):
            async with deadline(max(min(left, self.limits.body), 0.0)):
                async for part in response.aiter_raw():
                    parts.append(part)
                    size += len(part)
                    if size >= content.MOST:
                        break
        return b"".join(parts)[: content.MOST]

    def _follow(self, trip: _Trip, answer: Answer) -> str | None:
        """Moves the trip to the target of a redirect, or says why that cannot be."""
        if "location" not in answer.headers:
            return f"status {answer.status} without an address to go to"
        target = _target(answer)
        if target is None:
            return "redirects to something that is not an address"
        if "set-cookie" in answer.headers:
            # Some publishers set a cookie and send the reader round once: without it that looks like a circle.
            trip.cookies = trip.cookies or httpx.Cookies()
            request = httpx.Request("GET", answer.url)
            trip.cookies.extract_cookies(httpx.Response(answer.status, headers=answer.headers, request=request))
        trip.chain.append(Hop(str(trip.at) if trip.chain else trip.origin, answer.status))
        if trip.at.fragment and not target.fragment:
            target = target.copy_with(fragment=trip.at.fragment)
        trip.at = target
        return None

    def _judged(self, trip: _Trip, answer: Answer, title: str | None) -> _Attempt:
        page = _page(answer)
        if (wall := _wall(answer, page)) or (trip.chain and _WALLS.search(trip.at.path)):
            return _Attempt(trip.outcome(Verdict.BLOCKED, wall or "leads to a sign-in page", answer.status))
        if answer.status in _MAY_PASS:
            return self._passing(trip, answer)
        verdict = of_status(answer.status)
        if verdict is not Verdict.OK:
            return _Attempt(trip.outcome(verdict, f"status {answer.status}", answer.status))
        if page is not None and page.not_found(title):
            said = page.title or page.heading
            return _Attempt(trip.outcome(Verdict.SOFT_404, f"the page is titled {said!r}", answer.status))
        outcome = _arrived(trip, answer.status)
        if title and page is not None and page.citation and titles.wrong(title, page.citation, self._others):
            outcome = outcome._replace(title=page.citation)
        return _Attempt(outcome)

    def _passing(self, trip: _Trip, answer: Answer) -> _Attempt:
        wait = self._retry_after(answer)
        verdict = of_status(answer.status)
        detail = f"status {answer.status}"
        if wait is not None:
            if wait > self.limits.patience:
                detail += f", to be asked again in {round(wait)} s"
                return _Attempt(trip.outcome(Verdict.BLOCKED, detail, answer.status))
            self._hosts.pause(trip.at.host, wait)
        return _Attempt(trip.outcome(verdict, detail, answer.status), self.limits.retries, wait)

    def _retry_after(self, answer: Answer) -> float | None:
        """Seconds from now that the header ``Retry-After`` names, as a number or as a date."""
        text = answer.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text[:9])
        try:
            when = email.utils.parsedate_to_datetime(text)
        except (TypeError, ValueError, IndexError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return max((when - self._now()).total_seconds(), 0.0)


async def _whole(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Answer:
    response = await transport.handle_async_request(request)
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += part
            if len(body) > _INTERFACE_MOST:
                raise httpx.ReadError("the answer is too long")
    finally:
        await response.aclose()
    return Answer(request.url, response.status_code, response.headers, bytes(body))


def _target(answer: Answer) -> httpx.URL | None:
    location = answer.headers.get("location", "").strip()
    if answer.status not in _REDIRECTS or not 0 < len(location) <= _LONGEST:
        return None
    try:
        return answer.url.join(location)
    except (httpx.InvalidURL, ValueError):
        return None


def _cookie_header(trip: _Trip) -> str:
    if trip.cookies is None:
        return ""
    request = httpx.Request("GET", trip.at)
    trip.cookies.set_cookie_header(request)
    return request.headers.get("cookie", "")


def _page(answer: Answer) -> content.Page | None:
    kind = answer.headers.get("content-type", "")
    if not answer.body or "html" not in kind:
        return None
    return content.read(answer.body, kind, answer.headers.get("content-encoding", ""))


def _wall(answer: Answer, page: content.Page | None) -> str:
    """How the answer keeps programs out, if it does so with a status that does not say it."""
    if "challenge" in (answer.headers.get("cf-mitigated"), answer.headers.get("x-amzn-waf-action")):
        return "asks for proof of being human"
    if page is not None and page.robot_wall and (answer.status < 300 or answer.status >= 500):
        return f"asks for proof of being human: {page.title!r}"
    return ""


def _arrived(trip: _Trip, status: int) -> Outcome:
    """The outcome of a trip that ended well: what its redirects, if any, mean."""
    if not trip.chain:
        return trip.outcome(Verdict.OK, "", status)
    start = httpx.URL(trip.origin)
    if start.host in _RESOLVERS or trip.at == start or _same_file(start, trip.at):
        return trip.outcome(Verdict.OK, "", status)
    for_good = all(hop.status in _FOR_GOOD for hop in trip.chain)
    verdict = Verdict.REDIRECT_PERMANENT if for_good else Verdict.REDIRECT_TEMPORARY
    if for_good and _renamed(start, trip.at):
        verdict = Verdict.MOVED
    lost = trip.at.path in _HOMES and start.path not in _HOMES
    return trip.outcome(verdict, HOME if lost else "", status)


HOME = "leads to the front page of a site"
"""Detail of a redirect that keeps nothing of the address: the reader arrives somewhere, but not there."""


def _renamed(start: httpx.URL, end: httpx.URL) -> bool:
    """Whether one repository of GitHub became another."""
    ours, theirs = _on_github(start), _on_github(end)
    return bool(ours and theirs) and ours[:2] != theirs[:2]


def _same_file(start: httpx.URL, end: httpx.URL) -> bool:
    """Whether GitHub only prefers its address for files to that for folders, or the reverse."""
    ours, theirs = _on_github(start), _on_github(end)
    return bool(ours) and ours == theirs


def _on_github(url: httpx.URL) -> tuple[str, ...]:
    """Owner, repository and the rest of a path, alike for files and folders; empty for other places."""
    parts = url.path.strip("/").split("/", 3)
    if url.host != "github.com" or len(parts) < 2:
        return ()
    kind = ("blob",) if parts[2:3] in (["tree"], ["blob"]) else tuple(parts[2:3])
    return (parts[0].lower(), parts[1].lower().removesuffix(".git"), *kind, *parts[3:])

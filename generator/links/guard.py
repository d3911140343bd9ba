"""HTTP connections that reach public addresses only, however the address is written and whoever redirects to it.

The check sits below the HTTP client, at the moment of connecting: a name is resolved once, *every* answer must be
public, and the connection goes to the very address that was checked. So there is no second look-up that could answer
otherwise (rebinding), and a redirect cannot get round it. Compare the package ``ssrfguard``, which works the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.util
import ipaddress
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import cast

import httpcore
import httpx

from generator.links.failures import NoSuchHost, NotPublic, WrongPort
from generator.links.wire import connect

Endpoint = tuple[str, int]
Trust = Callable[[], ssl.SSLContext]
Lookup = Callable[[str, int], Awaitable[Sequence[Endpoint]]]
"""Resolves a host and port to numeric addresses and ports; raises ``OSError`` if it cannot."""

USER_AGENT = "Mozilla/5.0 (compatible; AttentionAtlas link check)"
_PORTS = {"http": 80, "https": 443}
_LOOKUP_SECONDS = 10.0
_LOOKUP_TRIES = 3

# What `ipaddress.is_global` lets through in one Python release or another, beside what it always refuses: the tables
# of the standard library follow IANA's registries with years of delay.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # of 2000::/3, the only range with public hosts: protocol assignments (Teredo, ORCHID, benchmarking, …),
        # documentation, 6to4 (carries any IPv4 address), the discard service AS112
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether a numeric address is one that anybody on the internet could connect to; ``ValueError`` if not numeric."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed in _NAT64:  # an IPv4 address in the notation of a network that has IPv6 only
        return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)))
    if parsed.version == 6 and parsed not in _PUBLIC_6:  # local, mapped and IPv4-compatible ones among them
        return False
    return parsed.is_global and not any(parsed in network for network in _NOT_PUBLIC)


def is_foreign(port: int | None) -> bool:
    """Whether a port is that of another service than the web: mail, logins and the like."""
    return port is not None and port < 1024 and port not in _PORTS.values()


async def system_lookup(host: str, port: int) -> list[Endpoint]:
    """What the system's resolver says, in its order of preference."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(info[4][0]), port) for info in found))


class Resolver:
    """Resolves each host once and remembers the answer, the failure too, for as long as it lives."""

    def __init__(self, *, allow_private: bool = False, lookup: Lookup | None = None) -> None:
        self._allow_private = allow_private
        self._lookup = lookup or system_lookup
        self._known: dict[Endpoint, asyncio.Future[list[Endpoint] | httpcore.ConnectError]] = {}

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """The addresses to connect to; :class:`NotPublic` if any is not, :class:`NoSuchHost` if there is none."""
        known = self._known.get((host, port))
        if known is None:
            known = self._known[host, port] = asyncio.ensure_future(self._resolve(host, port))
        answer = known.result() if known.done() else await asyncio.shield(known)
        if isinstance(answer, httpcore.ConnectError):
            raise type(answer)(*answer.args)
        return answer

    async def _resolve(self, host: str, port: int) -> list[Endpoint] | httpcore.ConnectError:
        try:
            found = await self._ask(host, port)
        except (OSError, UnicodeError, ValueError, asyncio.TimeoutError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            return NoSuchHost(f"{host} does not resolve" + (f": {reason}" if reason else ""))
        if not found:
            return NoSuchHost(f"{host} does not resolve")
        if not self._allow_private:
            for address, _ in found:
                if not is_public(address):
                    return NotPublic(f"{host} is {address}, which is not public" if host != address else "not public")
            if is_foreign(port):
                return WrongPort(f"port {port} is not one of the web")
        return found

    async def _ask(self, host: str, port: int) -> list[Endpoint]:
        try:
            return [(str(ipaddress.ip_address(host)), port)]
        except ValueError:
            pass
        for attempt in range(1, _LOOKUP_TRIES + 1):
            try:
                return list(await asyncio.wait_for(self._lookup(host, port), _LOOKUP_SECONDS))
            except socket.gaierror as error:
                if error.errno != socket.EAI_AGAIN or attempt == _LOOKUP_TRIES:
                    raise
                await asyncio.sleep(0.2 * attempt)
        return []


class Guard(httpcore.AsyncNetworkBackend):
    """Opens connections for a pool, to addresses that its resolver lets through."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the addresses of ``host``, tried in their order; together they have ``timeout`` s."""
        endpoints = await self._resolver.resolve(host, port)
        end = None if timeout is None else time.monotonic() + timeout
        for index, (address, at) in enumerate(endpoints):
            left = None if end is None else max(end - time.monotonic(), 0.0) / (len(endpoints) - index)
            try:
                return await connect(address, at, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if index == len(endpoints) - 1:
                    raise
        raise NoSuchHost(f"{host} does not resolve")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refused: a socket in the file system is no public address."""
        raise NotPublic(f"{path} is a local socket")

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)


_Origin = tuple[str, str, int]


class _Transport(httpx.AsyncBaseTransport):
    """Guarded HTTP/1.1 connections of httpcore, a few at a time, kept open between requests.

    httpcore's own pool weighs all connections against all requests each time, which makes half of a request's price.
    """

    def __init__(self, guard: Guard, tls: Trust, connections: int) -> None:
        self._guard = guard
        self._tls = tls
        self._slots = asyncio.Semaphore(connections)
        self._idle: dict[_Origin, list[httpcore.AsyncHTTP11Connection]] = {}
        self._open: set[httpcore.AsyncHTTP11Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS.get(url.scheme, 0))
        timeouts = request.extensions.get("timeout", {})
        with _translated(request):
            await _in_time(self._slots.acquire(), timeouts.get("pool"))
            connection = None
            try:
                connection = await self._reuse(origin) or await self._connect(origin, timeouts.get("connect"))
                response = await connection.handle_async_request(_core(request, origin))
            except BaseException:
                self._slots.release()
                if connection is not None:
                    self._open.discard(connection)
                raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, request, lambda: self._done(origin, connection)),
            extensions=response.extensions,
        )

    async def _reuse(self, origin: _Origin) -> httpcore.AsyncHTTP11Connection | None:
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if not connection.has_expired():
                return connection
            self._open.discard(connection)
            await connection.aclose()
        return None

    async def _connect(self, origin: _Origin, timeout: float | None) -> httpcore.AsyncHTTP11Connection:
        scheme, host, port = origin
        if scheme not in _PORTS:
            raise httpcore.UnsupportedProtocol(f"{scheme}: is not an address of the web")
        for other in [*self._idle]:
            if other != origin:  # connections to elsewhere must not add up
                await self._drop(other)
        stream = await self._guard.connect_tcp(host, port, timeout)
        if scheme == "https":
            stream = await stream.start_tls(self._tls(), host, timeout)
        place = httpcore.Origin(scheme.encode(), host.encode(), port)
        connection = httpcore.AsyncHTTP11Connection(place, stream, keepalive_expiry=_KEPT_SECONDS)
        self._open.add(connection)
        return connection

    async def _drop(self, origin: _Origin) -> None:
        for connection in self._idle.pop(origin, []):
            self._open.discard(connection)
            await connection.aclose()

    def _done(self, origin: _Origin, connection: httpcore.AsyncHTTP11Connection) -> None:
        self._slots.release()
        if connection.is_idle() and connection in self._open:
            self._idle.setdefault(origin, []).append(connection)
        else:
            self._open.discard(connection)

    async def aclose(self) -> None:
        self._idle.clear()
        while self._open:
            await self._open.pop().aclose()


_KEPT_SECONDS = 15.0


def _core(request: httpx.Request, origin: _Origin) -> httpcore.Request:
    scheme, host, port = origin
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=scheme.encode(), host=host.encode(), port=port, target=request.url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


async def _in_time(wanted: Coroutine[object, object, object], seconds: float | None) -> None:
    try:
        await (wanted if seconds is None else asyncio.wait_for(wanted, seconds))
    except asyncio.TimeoutError as error:
        raise httpcore.PoolTimeout("no free connection in time") from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response, request: httpx.Request, done: Callable[[], None]) -> None:
        self._response = response
        self._request = request
        self._done: Callable[[], None] | None = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated(self._request):
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            try:
                await self._response.aclose()
            finally:
                done()


@contextlib.contextmanager
def _translated(request: httpx.Request) -> Iterator[None]:
    """Raises what httpcore raises as the exception of the same name of httpx, with the original as its cause."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        for kind in type(error).__mro__:
            same = getattr(httpx, kind.__name__, None)
            if isinstance(same, type) and issubclass(same, httpx.TransportError):
                raise same(str(error), request=request) from error
        raise
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error), request=request) from error


@functools.cache
def _spare_futile_imports() -> None:
    """Lets Python remember that ``sniffio`` is missing.

    httpcore tries to import it several times for each request and goes on without it; a failing import is not cached
    but looked for in every folder of the path each time, which took a quarter of all processor time.
    """
    if importlib.util.find_spec("sniffio") is None:
        sys.modules.setdefault("sniffio", cast("ModuleType", None))


def trust(tls: ssl.SSLContext | None = None) -> Trust:
    """``tls``, or else the usual certificate authorities, read (20 ms) when they are first needed and then shared."""

    @functools.cache
    def context() -> ssl.SSLContext:
        chosen = tls or httpx.create_ssl_context(trust_env=False)
        chosen.set_alpn_protocols(["http/1.1"])
        return chosen

    return context


def guarded_transport(resolver: Resolver, tls: Trust, connections: int) -> httpx.AsyncBaseTransport:
    """A pool of at most ``connections`` connections to public addresses, as a transport of httpx."""
    _spare_futile_imports()
    return _Transport(Guard(resolver), tls, connections)


def guarded_client(
    *,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
    timeout: httpx.Timeout | float | None = 20.0,
    connections: int = 4,
    headers: Mapping[str, str] | None = None,
    base_url: str = "",
) -> httpx.AsyncClient:
    """An HTTP client that connects to public addresses only.

    Proxies, credentials and certificates of the environment are ignored, redirects are not followed unless a request
    asks for it (each hop is checked either way). A refusal is an ``httpx.ConnectError`` caused by :class:`NotPublic`.

    Args:
        resolver: shared by several clients, so that a host is resolved once; allows private addresses if it does.
        tls: trust other than the usual certificate authorities.
        timeout: of httpx, in seconds for each operation.
        connections: how many are open at a time.
        headers: sent with every request, beside the user agent.
        base_url: what relative addresses are relative to.
    """
    return httpx.AsyncClient(
        transport=guarded_transport(resolver or Resolver(), trust(tls), connections),
        trust_env=False,
        timeout=timeout,
        headers={"User-Agent": USER_AGENT, **(headers or {})},
        base_url=base_url,
    )

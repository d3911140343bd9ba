"""A web server on this machine that misbehaves in every way a link checker meets, and fakes of GitHub and arXiv.

It listens on loopback only, in a thread of its own, plain and encrypted. What it does depends on the path, or on the
host name for the fakes; what it was asked is recorded.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Writer = asyncio.StreamWriter


@dataclass(frozen=True)
class Request:
    """A request as it arrived; ``began`` is a monotonic time."""

    host: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    began: float


@dataclass
class Hub:
    """What the fakes know. ``rest_left`` counts questions the REST interface still answers."""

    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    rest_left: int = 60
    down: bool = False
    pages: set[str] = field(default_factory=set)


class Server:
    """The server; ``port`` is plain, ``tls_port`` encrypted."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.hub = Hub()
        self.port = 0
        self.tls_port = 0
        self.sent = 0
        self.most_at_once: dict[str, int] = {}
        self._at_once: dict[str, int] = {}
        self._visits: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """Where plain paths begin."""
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[Request]:
        """The requests for a path."""
        return [request for request in self.requests if request.path == path]

    async def lookup(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        """A resolver that knows every name, as this server; names below ``.invalid`` do not exist."""
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [("127.0.0.1", {443: self.tls_port, 80: self.port}.get(port, port))]

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        self._stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        for server in servers:
            server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.01))  # sockets are closed a turn after their transports
        self._loop.close()

    async def _listen(self) -> list[asyncio.Server]:
        # Also on 127.0.0.2 and 127.0.0.3, at the same port: other hosts.
        plain = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = plain.sockets[0].getsockname()[1]
        others = [await asyncio.start_server(self._serve, f"127.0.0.{n}", self.port) for n in (2, 3)]
        secure = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=_server_context())
        self.tls_port = secure.sockets[0].getsockname()[1]
        return [plain, *others, secure]

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, OSError, asyncio.CancelledError):
            pass
        finally:
            if self._stopping:
                writer.transport.abort()
            else:
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: Writer) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        host = headers.get("host", "").partition(":")[0]
        request = Request(host, method, path, headers, body, time.monotonic())
        self.requests.append(request)
        self._at_once[host] = self._at_once.get(host, 0) + 1
        self.most_at_once[host] = max(self.most_at_once.get(host, 0), self._at_once[host])
        try:
            return await self._behave(request, writer)
        finally:
            self._at_once[host] -= 1

    async def _behave(self, request: Request, writer: Writer) -> bool:
        fake = _FAKES.get(request.host)
        if fake is not None:
            return await respond(writer, *fake(self.hub, request))
        name = request.path.split("?")[0].strip("/").split("/")[0]
        behaviour = _BEHAVIOURS.get(name)
        if behaviour is None:
            status = int(name) if re.fullmatch(r"[1-9][0-9][0-9]", name) else 404
            return await respond(writer, status)
        return await behaviour(self, request, writer)

    def visit(self, request: Request) -> int:
        """How often this path was asked for before."""
        seen = self._visits.get(request.path, 0)
        self._visits[request.path] = seen + 1
        return seen


@contextmanager
def running() -> Iterator[Server]:
    """A server for the length of a ``with`` block."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def respond(
    writer: Writer, status: int = 200, headers: Sequence[tuple[str, str | bytes]] = (), body: bytes = b"fine"
) -> bool:
    """An ordinary answer; returns whether the connection stays open."""
    lines = [f"HTTP/1.1 {status} x".encode()]
    lines += [name.encode() + b": " + (v if isinstance(v, bytes) else v.encode("latin-1")) for name, v in headers]
    if not any(name.lower() == "content-type" for name, _ in headers):
        lines.append(b"Content-Type: text/plain")
    lines.append(b"Content-Length: " + str(len(body)).encode())
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    await writer.drain()
    return True


def page(title: str, extra: str = "") -> tuple[int, list[tuple[str, str | bytes]], bytes]:
    """An HTML page."""
    text = f"<!doctype html><html><head><title>{title}</title>{extra}</head><body><h1>{title}</h1></body></html>"
    return 200, [("Content-Type", "text/html; charset=utf-8")], text.encode()


# --- behaviours ------------------------------------------------------------------------------------------------------

Behaviour = Callable[[Server, Request, Writer], Awaitable[bool]]
_BEHAVIOURS: dict[str, Behaviour] = {}


def _behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    def register(function: Behaviour) -> Behaviour:
        _BEHAVIOURS[name] = function
        return function

    return register


def _to(status: int, location: str | bytes) -> Behaviour:
    async def redirect(server: Server, request: Request, writer: Writer) -> bool:
        return await respond(writer, status, [("Location", location)], b"")

    return redirect


for _status in (301, 302, 303, 307, 308):
    _BEHAVIOURS[f"to{_status}"] = _to(_status, "/ok")
_BEHAVIOURS["to-gone"] = _to(301, "/404")
_BEHAVIOURS["to-front"] = _to(301, "/")
_BEHAVIOURS["to-login"] = _to(302, "/login?next=/x")
_BEHAVIOURS["to-file"] = _to(302, "file:///etc/passwd")
_BEHAVIOURS["to-user"] = _to(302, "http://user:word@127.0.0.1/")
_BEHAVIOURS["to-bad"] = _to(302, "http://[::1")
_BEHAVIOURS["to-nothing"] = _to(302, "")
_BEHAVIOURS["to-raw"] = _to(302, "/ok/页面".encode())
_BEHAVIOURS["to-port"] = _to(302, "http://127.0.0.1:22/")
_BEHAVIOURS["to-far"] = _to(302, "/" + "x" * 5000)
_BEHAVIOURS["loop"] = _to(302, "/loop2")
_BEHAVIOURS["loop2"] = _to(302, "/loop")


@_behaviour("ok")
async def _ok(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer)


@_behaviour("")
async def _front(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, *page("Welcome"))


@_behaviour("login")
async def _login(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, *page("Sign in"))


@_behaviour("page")
async def _page(server: Server, request: Request, writer: Writer) -> bool:
    title = request.headers.get("x-title", "A page")
    return await respond(writer, *page(title))


@_behaviour("chain")
async def _chain(server: Server, request: Request, writer: Writer) -> bool:
    _, status, left = request.path.strip("/").split("/")
    target = f"/chain/{status}/{int(left) - 1}" if int(left) > 1 else "/ok"
    return await respond(writer, int(status), [("Location", target)], b"")


@_behaviour("mixed")
async def _mixed(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, 301, [("Location", "/to302")], b"")


@_behaviour("elsewhere")
async def _elsewhere(server: Server, request: Request, writer: Writer) -> bool:
    host = request.path.strip("/").split("/")[1]
    return await respond(writer, 302, [("Location", f"http://{host}:{server.port}/ok")], b"")


@_behaviour("cookie")
async def _cookie(server: Server, request: Request, writer: Writer) -> bool:
    if "seen=1" in request.headers.get("cookie", ""):
        return await respond(writer)
    return await respond(writer, 302, [("Location", "/cookie"), ("Set-Cookie", "seen=1; Path=/")], b"")


@_behaviour("only-get")
async def _only_get(server: Server, request: Request, writer: Writer) -> bool:
    status = int(request.path.strip("/").split("/")[1])
    return await respond(writer, status if request.method == "HEAD" else 200, (), b"")


@_behaviour("later")
async def _later(server: Server, request: Request, writer: Writer) -> bool:
    """429 with the ``Retry-After`` of the query, once; for ever with ``/always``."""
    after = request.path.partition("?")[2].replace("+", " ")
    if server.visit(request) and "/always" not in request.path:
        return await respond(writer)
    return await respond(writer, 429, [("Retry-After", after)] if after else [])


@_behaviour("flaky")
async def _flaky(server: Server, request: Request, writer: Writer) -> bool:
    kind = request.path.strip("/").split("/")[1]
    if server.visit(request):
        return await respond(writer)
    return _cut(writer) if kind == "reset" else await respond(writer, int(kind))


def _cut(writer: Writer) -> bool:
    """A reset instead of an orderly end."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


@_behaviour("reset")
async def _reset(server: Server, request: Request, writer: Writer) -> bool:
    return _cut(writer)


@_behaviour("empty")
async def _empty(server: Server, request: Request, writer: Writer) -> bool:
    return False


@_behaviour("slow")
async def _slow(server: Server, request: Request, writer: Writer) -> bool:
    await asyncio.sleep(float(request.path.partition("?")[2] or 0.2))
    return await respond(writer)


@_behaviour("hang")
async def _hang(server: Server, request: Request, writer: Writer) -> bool:
    await asyncio.sleep(3600)
    return False


@_behaviour("hang-at-head")
async def _hang_at_head(server: Server, request: Request, writer: Writer) -> bool:
    if request.method == "HEAD":
        await asyncio.sleep(3600)
    return await respond(writer)


@_behaviour("dripping-header")
async def _dripping_header(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Drip: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@_behaviour("dripping-body")
async def _dripping_body(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


@_behaviour("cut-body")
async def _cut_body(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    return False


@_behaviour("bad-chunks")
async def _bad_chunks(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf")
    await writer.drain()
    return False


@_behaviour("huge-body")
async def _huge_body(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while server.sent < 1 << 30:
        writer.write(b"x" * 65536)
        await writer.drain()
        server.sent += 65536
    return False


@_behaviour("bomb")
async def _bomb(server: Server, request: Request, writer: Writer) -> bool:
    body = gzip.compress(b"\0" * (32 << 20), 9)
    return await respond(writer, 200, [("Content-Type", "text/html"), ("Content-Encoding", "gzip")], body)


@_behaviour("zipped-404")
async def _zipped_404(server: Server, request: Request, writer: Writer) -> bool:
    _, headers, body = page("404 Not Found")
    return await respond(writer, 200, [*headers, ("Content-Encoding", "gzip")], gzip.compress(body))


@_behaviour("garbage")
async def _garbage(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    await writer.drain()
    return False


@_behaviour("big-header")
async def _big_header(server: Server, request: Request, writer: Writer) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * (2 << 20) + b"\r\n\r\n")
    await writer.drain()
    return False


@_behaviour("bad-bytes")
async def _bad_bytes(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, 200, [("X-Name", b"caf\xe9 \xff\xfe")])


@_behaviour("nul-header")
async def _nul_header(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, 200, [("X-Name", b"a\0b")])


@_behaviour("endless-1xx")
async def _endless_1xx(server: Server, request: Request, writer: Writer) -> bool:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@_behaviour("titled")
async def _titled(server: Server, request: Request, writer: Writer) -> bool:
    """A page with the title of :data:`TITLES` that the path names."""
    return await respond(writer, *page(TITLES[request.path.strip("/").split("/")[1]]))


TITLES = {
    "english": "Page Not Found | A University",
    "number": "404 - File or directory not found.",
    "chinese": "页面不存在 - 某大学",
    "zhihu": "知乎 - 你似乎来到了没有知识存在的荒原",
    "robot": "Just a moment...",
    "harmless": "Objects that are not found by a detector: 404 ways",
    "paper": "Squeeze-and-Excitation Networks",
}


@_behaviour("waf")
async def _waf(server: Server, request: Request, writer: Writer) -> bool:
    return await respond(writer, 202, [("x-amzn-waf-action", "challenge")], b"")


@_behaviour("cloudflare")
async def _cloudflare(server: Server, request: Request, writer: Writer) -> bool:
    _, headers, body = page("Just a moment...")
    return await respond(writer, 503, headers, body)


@_behaviour("cited")
async def _cited(server: Server, request: Request, writer: Writer) -> bool:
    meta = '<meta name="citation_title" content="Squeeze-and-Excitation &lt;Networks&gt;">'
    return await respond(writer, *page("A library", meta))


# --- GitHub and arXiv ------------------------------------------------------------------------------------------------

Answer = tuple[int, list[tuple[str, "str | bytes"]], bytes]


def _answer_json(status: int, value: object, *headers: tuple[str, str | bytes]) -> Answer:
    return status, [("Content-Type", "application/json"), *headers], json.dumps(value).encode()


def _github(hub: Hub, request: Request) -> Answer:
    """The web pages: those of repositories and files that exist, and redirects of renamed ones."""
    owner, _, rest = request.path.strip("/").partition("/")
    repository, _, rest = rest.partition("/")
    name = f"{owner}/{repository}"
    found = hub.repositories.get(name)
    if found is None:
        return 404, [], b""
    if found["now"] != name:
        return 301, [("Location", "/".join(filter(None, (f"https://github.com/{found['now']}", rest))))], b""
    kind, _, path = rest.partition("/HEAD/")
    if rest and path not in {*hub.pages, *found.get("paths", ())}:
        return 404, [], b""
    if kind == "tree":  # all that these repositories have are files
        return 301, [("Location", f"/{name}/blob/HEAD/{path}")], b""
    return page(name)


def _github_api(hub: Hub, request: Request) -> Answer:
    if hub.down:
        return 502, [], b"down"
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if given and given != hub.token:
        return _answer_json(401, {"message": "Bad credentials"})
    if request.path == "/graphql":
        return _graphql(hub, json.loads(request.body)) if given else _answer_json(401, {})
    return _rest(hub, request)


def _rest(hub: Hub, request: Request) -> Answer:
    if hub.rest_left <= 0:
        return _answer_json(403, {"message": "API rate limit exceeded"}, ("x-ratelimit-remaining", "0"))
    hub.rest_left -= 1
    kind, _, name = request.path.strip("/").partition("/")
    if kind == "repositories":
        name = list(hub.repositories)[int(name)]
        return _answer_json(200, _described(hub.repositories[name]))
    found = hub.repositories.get(name)
    if found is None:
        return _answer_json(404, {"message": "Not Found"})
    if found["now"] != name:
        number = list(hub.repositories).index(name)
        return _answer_json(301, {}, ("Location", f"https://api.github.com/repositories/{number}"))
    return _answer_json(200, _described(found))


def _described(found: dict[str, Any]) -> dict[str, Any]:
    return {"full_name": found["now"], "archived": found.get("archived", False), "disabled": False}


def _graphql(hub: Hub, question: dict[str, Any]) -> Answer:
    data: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    variables = question["variables"]
    pattern = r"(r[0-9]+): repository\(owner: \$(\w+), name: \$(\w+)\) \{ (.*?) \}(?= r[0-9]|\s*\}\s*$)"
    for alias, owner, name, fields in re.findall(pattern, question["query"]):
        found = hub.repositories.get(f"{variables[owner]}/{variables[name]}")
        data[alias] = None
        if found is None:
            errors.append({"type": "NOT_FOUND", "path": [alias]})
            continue
        data[alias] = {
            "nameWithOwner": found["now"],
            "isArchived": found.get("archived", False),
            "isDisabled": False,
        }
        for key, expression in re.findall(r"(p[0-9]+): object\(expression: \$(\w+)\)", fields):
            there = variables[expression].removeprefix("HEAD:") in found.get("paths", ())
            data[alias][key] = {"__typename": "Blob"} if there else None
    return _answer_json(200, {"data": data, "errors": errors} if errors else {"data": data})


def _arxiv(hub: Hub, request: Request) -> Answer:
    id = request.path.rpartition("/")[2]
    return page(f"[{id}] {hub.papers[id]}") if id in hub.papers else (404, [], b"")


def _arxiv_api(hub: Hub, request: Request) -> Answer:
    if hub.down:
        return 503, [], b"down"
    ids = re.findall(r"[?&]id_list=([^&]*)", request.path)[0].split(",")
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{id}v3</id><title>{escape(hub.papers[id])}</title></entry>"
        for id in ids
        if id in hub.papers
    )
    feed = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'
    return 200, [("Content-Type", "application/atom+xml")], feed.encode()


def _doi(hub: Hub, request: Request) -> Answer:
    if request.path == "/10.1000/known":
        return 302, [("Location", "https://publisher.secure.test/ok")], b""
    return 404, [], b""


_FAKES: dict[str, Callable[[Hub, Request], Answer]] = {
    "github.com": _github,
    "api.github.com": _github_api,
    "arxiv.org": _arxiv,
    "export.arxiv.org": _arxiv_api,
    "doi.org": _doi,
}


# --- encryption ------------------------------------------------------------------------------------------------------


def client_context() -> ssl.SSLContext:
    """Trusts the authority below, and nobody else."""
    context = ssl.create_default_context(cadata=AUTHORITY)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _server_context() -> ssl.SSLContext:
    """Names below ``secure.test`` and those of the fakes; ``self.secure.test`` with a certificate signed by itself."""
    usual = _context(_CERTIFICATE)
    signed_by_itself = _context(_SELF_SIGNED)

    def choose(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if name == "self.secure.test":
            connection.context = signed_by_itself

    usual.sni_callback = choose
    return usual


def _context(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pair.pem"
        file.write_text(_KEY + certificate, encoding="ascii")
        context.load_cert_chain(file)
    return context


# Made for these tests, valid from 2020 to 2120; the key protects nothing.
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBfDCCASGgAwIBAgIBATAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlUZXN0cyBv
ZiB0aGUgbGluayBjaGVja2VyMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAw
MDAwWjAkMSIwIAYDVQQDDBlUZXN0cyBvZiB0aGUgbGluayBjaGVja2VyMFkwEwYH
KoZIzj0CAQYIKoZIzj0DAQcDQgAEp7j9BU0/mM2l/nar7JD+jL3F0B2v1WcrWJbO
JNgE/iGvpeQ6wVOMFXhuhp1S7y1GunSc2uuQXRuOMGneJ5W47aNCMEAwDwYDVR0T
AQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFKWXGJWdrFIXb0JE
tLRlo/u23a8nMAoGCCqGSM49BAMCA0kAMEYCIQCGnRRS3kmKW2/1HX8Zxz03fcy/
CgJUT1/7vKGxxy3oowIhAJX+3WJSFgXz2m1FhVPEeLfsI9PwwCXaSsO8VNjqDvcm
-----END CERTIFICATE-----
"""
_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIB/jCCAaSgAwIBAgIBAjAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlUZXN0cyBv
ZiB0aGUgbGluayBjaGVja2VyMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAw
MDAwWjAWMRQwEgYDVQQDDAtzZWN1cmUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABEpNNx109XLZ2spZ4wSUtOjMBclC/lLot3RdbJmRU1uojktM+1w2fj85
RQYGJAMqEvbAzUDXti/j5LCIvdJRirijgdIwgc8wDAYDVR0TAQH/BAIwADAOBgNV
HQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFBAIADA7
e+iIVga1lTYEgRHUm23vMB8GA1UdIwQYMBaAFKWXGJWdrFIXb0JEtLRlo/u23a8n
MFoGA1UdEQRTMFGCCmdpdGh1Yi5jb22CDmFwaS5naXRodWIuY29tgglhcnhpdi5v
cmeCEGV4cG9ydC5hcnhpdi5vcmeCB2RvaS5vcmeCDSouc2VjdXJlLnRlc3QwCgYI
KoZIzj0EAwIDSAAwRQIhALFq0ly0uJ+vt+9GMBYdVoyoVIfyy7qxlc/bytborjFy
AiBLZP7zq+pPzRJSSaJaF8Rn6k0eVLrR6OJ7TqyQ8OI0MQ==
-----END CERTIFICATE-----
"""
_SELF_SIGNED = """\
-----BEGIN CERTIFICATE-----
MIIBdjCCARygAwIBAgIBAzAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBzZWxmLnNl
Y3VyZS50ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAbMRkw
FwYDVQQDDBBzZWxmLnNlY3VyZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAESk03HXT1ctnaylnjBJS06MwFyUL+Uui3dF1smZFTW6iOS0z7XDZ+PzlFBgYk
AyoS9sDNQNe2L+PksIi90lGKuKNPME0wDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4E
FgQUEAgAMDt76IhWBrWVNgSBEdSbbe8wGwYDVR0RBBQwEoIQc2VsZi5zZWN1cmUu
dGVzdDAKBggqhkjOPQQDAgNIADBFAiEAvP06gDllQRWORlu4sPpKQCVvlnW5ecBu
43lx0z3CwuUCIFWKHth2OZyEc4E7n8uACiesP+fUKjn/YCvHQ4Gq8rh6
-----END CERTIFICATE-----
"""
_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP/wB9P1FG4mx/+rw
OCgrzpA4uj7JkfwMp8MBooL/Ko+hRANCAARKTTcddPVy2drKWeMElLTozAXJQv5S
6Ld0XWyZkVNbqI5LTPtcNn4/OUUGBiQDKhL2wM1A17Yv4+SwiL3SUYq4
-----END PRIVATE KEY-----
"""

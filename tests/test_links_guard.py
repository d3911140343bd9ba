"""Connections to public addresses only, however the address is written."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.links import addresses, guard
from generator.links.addresses import Address
from generator.links.check import Settings, check
from generator.links.failures import NoSuchHost, NotPublic
from generator.links.guard import Resolver, guarded_client, is_public
from generator.links.schedule import Limits
from generator.links.verdicts import Outcome, Verdict
from tests.links_server import Server, client_context, running

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.8 192.0.0.9 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255
    198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1
    64:ff9b::10.1.2.3 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1
    2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1
    ff02::1 ff0e::1
"""
PUBLIC = "1.1.1.1 8.8.8.8 140.82.112.3 223.5.5.5 2606:4700::1111 2a00:1450:4001::1 240e:1::1 64:ff9b::8.8.8.8"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_disguise_is_no_more_public_than_itself(address: object) -> None:
    for disguise in ("::ffff:{}", "::{}", "64:ff9b::{}"):
        assert is_public(str(address)) or not is_public(disguise.format(address))


SPELLINGS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://１２７.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0/",
    "https://10.0.0.1:8443/",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_every_spelling_of_a_private_address_is_refused(url: str) -> None:
    limits = Limits(timeout=5.0, connect=5.0, interval=0.0, backoff=0.0)
    (outcome,) = asyncio.run(check([Address(url)], Settings(limits=limits))).outcomes
    # Not every resolver knows every spelling; none may lead to a connection.
    assert outcome.verdict in (Verdict.PRIVATE, Verdict.DNS, Verdict.ERROR)
    if url.removeprefix("http://").startswith(("127.0", "[", "169", "localhost")):
        assert outcome.verdict is Verdict.PRIVATE


@pytest.mark.parametrize("url", SPELLINGS)
def test_the_form_alone_tells_private_addresses(url: str) -> None:
    assert addresses.form(url, allow_private=False).verdict is Verdict.PRIVATE
    assert addresses.form(url, allow_private=True).verdict in (Verdict.SKIPPED, Verdict.ERROR)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def only_one_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 passes for a public address, so that something public can redirect to what is not."""
    real = guard.is_public
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1" or real(address))


def ask(server: Server, url: str) -> Outcome:
    limits = Limits(timeout=3.0, interval=0.0, backoff=0.0)
    return asyncio.run(check([Address(url)], Settings(limits=limits))).outcomes[0]


@pytest.mark.usefixtures("only_one_is_public")
def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    for host in ("127.0.0.2", "2130706434", "127.2", "[::ffff:127.0.0.2]"):
        outcome = ask(server, f"{server.url}/elsewhere/{host}")
        assert outcome.verdict is Verdict.PRIVATE, outcome
        assert [hop.status for hop in outcome.chain] == [302]
    assert not [request for request in server.requests if request.host != "127.0.0.1"]


@pytest.mark.usefixtures("only_one_is_public")
def test_ports_of_other_services_are_refused(server: Server) -> None:
    outcome = ask(server, f"{server.url}/to-port")
    assert (outcome.verdict, outcome.detail) == (Verdict.ERROR, "port 22 is not one of the web")


def _resolve(answers: Sequence[str], *, allow_private: bool = False) -> list[tuple[str, int]]:
    async def lookup(host: str, port: int) -> list[tuple[str, int]]:
        return [(answer, port) for answer in answers]

    return asyncio.run(Resolver(allow_private=allow_private, lookup=lookup).resolve("name.test", 80))


def test_one_private_answer_among_public_ones_is_enough_to_refuse() -> None:
    assert _resolve(["8.8.8.8", "1.1.1.1"]) == [("8.8.8.8", 80), ("1.1.1.1", 80)]
    with pytest.raises(NotPublic, match=r"name\.test is 10\.0\.0\.1, which is not public"):
        _resolve(["8.8.8.8", "10.0.0.1"])
    assert _resolve(["10.0.0.1"], allow_private=True) == [("10.0.0.1", 80)]


def test_no_answer_is_no_host() -> None:
    with pytest.raises(NoSuchHost):
        _resolve([])


def test_a_name_is_resolved_once_so_that_it_cannot_be_rebound(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "is_public", lambda address: address == "127.0.0.1")
    asked: list[str] = []

    async def lookup(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return [("127.0.0.1" if len(asked) == 1 else "127.0.0.2", server.port)]

    async def twice() -> list[int]:
        resolver = Resolver(lookup=lookup)
        async with guarded_client(resolver=resolver) as one, guarded_client(resolver=resolver) as other:
            return [(await client.get("http://rebound.test/ok")).status_code for client in (one, other, one)]

    assert asyncio.run(twice()) == [200, 200, 200]
    assert asked == ["rebound.test"]


def test_resolution_that_fails_for_now_is_tried_again() -> None:
    asked: list[str] = []

    async def lookup(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        if len(asked) < 3:
            raise socket.gaierror(socket.EAI_AGAIN, "later")
        return [("8.8.8.8", port)]

    assert asyncio.run(Resolver(lookup=lookup).resolve("name.test", 80)) == [("8.8.8.8", 80)]


def test_the_next_address_is_tried_when_one_does_not_answer(server: Server) -> None:
    async def lookup(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", 1), ("127.0.0.1", server.port)]

    async def get() -> int:
        async with guarded_client(resolver=Resolver(allow_private=True, lookup=lookup)) as client:
            return (await client.get("http://two.test/ok")).status_code

    assert asyncio.run(get()) == 200


def test_the_client_ignores_proxies_and_credentials_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine name.secure.test login somebody password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def get() -> int:
        resolver = Resolver(allow_private=True, lookup=server.lookup)
        async with guarded_client(resolver=resolver, tls=client_context()) as client:
            return (await client.get("https://name.secure.test/ok/netrc")).status_code

    assert asyncio.run(get()) == 200
    assert "authorization" not in server.asked("/ok/netrc")[0].headers


def test_the_client_says_what_it_refused(server: Server) -> None:
    async def get(url: str, **options: float) -> None:
        async with guarded_client(timeout=httpx.Timeout(**options) if options else 5.0) as client:
            await client.get(url, follow_redirects=True)

    with pytest.raises(httpx.ConnectError) as refused:
        asyncio.run(get(f"{server.url}/ok"))
    assert isinstance(refused.value.__cause__, NotPublic)
    with pytest.raises(httpx.UnsupportedProtocol):
        asyncio.run(get("ftp://8.8.8.8/"))


def test_the_client_keeps_time_and_connections(server: Server) -> None:
    async def get() -> None:
        resolver = Resolver(allow_private=True)
        timeout = httpx.Timeout(3.0, read=0.1, pool=0.1)
        async with guarded_client(resolver=resolver, timeout=timeout, connections=1) as client:
            for _ in range(3):
                await client.get(f"{server.url}/ok")
            with pytest.raises(httpx.ReadTimeout):
                await client.get(f"{server.url}/hang")
            async with client.stream("GET", f"{server.url}/ok"):
                with pytest.raises(httpx.PoolTimeout):
                    await client.get(f"{server.url}/ok")
            assert (await client.get(f"{server.url}/ok")).text == "fine"
            assert (await client.post(f"{server.url}/ok", content=b"x" * 300_000)).status_code == 200

    asyncio.run(get())

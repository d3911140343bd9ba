"""One address at a time against a server that misbehaves: each way has its verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from generator.links import content, titles
from generator.links.addresses import Address
from generator.links.check import Settings, check
from generator.links.fetch import HOME
from generator.links.schedule import Limits
from generator.links.verdicts import Outcome, Verdict
from tests.links_server import TITLES, Server, client_context, running

LIMITS = Limits(timeout=1.5, connect=1.5, body=0.15, per_host=30, interval=0.0, backoff=0.01, patience=5.0)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def settings(server: Server, limits: Limits = LIMITS) -> Settings:
    return Settings(limits=limits, allow_private=True, lookup=server.lookup, tls=client_context())


def ask(server: Server, urls: Sequence[str], limits: Limits = LIMITS, title: str | None = None) -> list[Outcome]:
    """The outcomes of a run over ``urls``; those that begin with / are of the server itself."""
    full = [f"{server.url}{url}" if url.startswith("/") else url for url in urls]
    addresses = [Address(url, (), title) for url in full]
    return asyncio.run(check(addresses, settings(server, limits))).outcomes


CASES: dict[str, tuple[str, int | None, str]] = {
    # path: verdict, status, part of the detail
    "/ok": ("ok", 200, ""),
    "/204": ("ok", 204, ""),
    "/slow": ("ok", 200, ""),
    "/cut-body": ("ok", 200, ""),
    "/bad-chunks": ("ok", 200, ""),
    "/dripping-body": ("ok", 200, ""),
    "/bad-bytes": ("ok", 200, ""),
    "/bomb": ("ok", 200, ""),
    "/cookie": ("ok", 200, ""),
    "/flaky/500": ("ok", 200, ""),
    "/flaky/503": ("ok", 200, ""),
    "/flaky/reset": ("ok", 200, ""),
    "/titled/harmless": ("ok", 200, ""),
    "/to301": ("redirect-permanent", 200, ""),
    "/to308": ("redirect-permanent", 200, ""),
    "/to302": ("redirect-temporary", 200, ""),
    "/to303": ("redirect-temporary", 200, ""),
    "/to307": ("redirect-temporary", 200, ""),
    "/to-raw": ("redirect-temporary", 200, ""),
    "/mixed": ("redirect-temporary", 200, ""),
    "/chain/301/5": ("redirect-permanent", 200, ""),
    "/chain/308/10": ("redirect-permanent", 200, ""),
    "/chain/302/12": ("error", 302, "more than 10 redirects"),
    "/to-front": ("redirect-permanent", 200, HOME),
    "/loop": ("error", 302, "redirects in a circle"),
    "/to-file": ("error", 302, "leads to file:, which is not an address of the web"),
    "/to-bad": ("error", 302, "redirects to something that is not an address"),
    "/to-nothing": ("error", 302, "redirects to something that is not an address"),
    "/to-far": ("error", 302, "redirects to something that is not an address"),
    "/to-user": ("error", 302, "carries a user name"),
    "/302": ("error", 302, "status 302 without an address to go to"),
    "/304": ("error", 304, "status 304"),
    "/to-login": ("blocked", 200, "leads to a sign-in page"),
    "/404": ("gone", 404, "status 404"),
    "/410": ("gone", 410, "status 410"),
    "/to-gone": ("gone", 404, "status 404"),
    "/401": ("blocked", 401, "status 401"),
    "/403": ("blocked", 403, "status 403"),
    "/418": ("blocked", 418, "status 418"),
    "/429": ("blocked", 429, "status 429"),
    "/451": ("blocked", 451, "status 451"),
    "/999": ("blocked", 999, "status 999"),
    "/waf": ("blocked", 202, "asks for proof of being human"),
    "/cloudflare": ("blocked", 503, "asks for proof of being human"),
    "/titled/robot": ("blocked", 200, "asks for proof of being human"),
    "/titled/english": ("soft-404", 200, TITLES["english"]),
    "/titled/number": ("soft-404", 200, TITLES["number"]),
    "/titled/chinese": ("soft-404", 200, TITLES["chinese"]),
    "/titled/zhihu": ("soft-404", 200, TITLES["zhihu"]),
    "/zipped-404": ("soft-404", 200, "404 Not Found"),
    "/500": ("error", 500, "status 500"),
    "/400": ("error", 400, "status 400"),
    "/reset": ("error", None, "the connection was cut"),
    "/empty": ("error", None, "no HTTP answer"),
    "/garbage": ("error", None, "no HTTP answer"),
    "/big-header": ("error", None, "no HTTP answer"),
    "/nul-header": ("error", None, "no HTTP answer"),
    "/hang": ("timeout", None, "no answer in time"),
    "/dripping-header": ("timeout", None, "no answer in time"),
    "/endless-1xx": ("timeout", None, "no answer in time"),
    "http://name.invalid/": ("dns", None, "name.invalid does not resolve"),
    "http://127.0.0.3:1/": ("refused", None, ""),
    "http://127.0.0.1:65536/": ("error", None, "not an address"),
    "http://[::1/": ("error", None, "not an address"),
    "ftp://name.secure.test/x": ("error", None, "ftp:, which is not an address of the web"),
    "https://name.secure.test/ok": ("ok", 200, ""),
    "https://name.secure.test/to301": ("redirect-permanent", 200, ""),
    "https://self.secure.test/ok": ("tls", None, "certificate refused: self-signed certificate"),
    "https://other.test/ok": ("tls", None, "certificate refused: Hostname mismatch"),
    "https://doi.org/10.1000/known": ("ok", 200, ""),
    "https://doi.org/10.1000/unknown": ("gone", 404, "status 404"),
}


@pytest.fixture(scope="module")
def outcomes(server: Server) -> dict[str, Outcome]:
    """All cases in one run, as the addresses of a catalogue are."""
    return dict(zip(CASES, ask(server, list(CASES)), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_each_behaviour_has_its_verdict(case: str, outcomes: dict[str, Outcome]) -> None:
    verdict, status, detail = CASES[case]
    outcome = outcomes[case]
    assert (outcome.verdict.value, outcome.status) == (verdict, status), outcome
    assert detail in outcome.detail


def test_the_way_through_redirects_is_told(server: Server) -> None:
    (outcome,) = ask(server, ["/mixed#part"])
    assert [(hop.url.removeprefix(server.url), hop.status) for hop in outcome.chain] == [
        ("/mixed#part", 301),
        ("/to302#part", 302),
    ]
    assert outcome.final == f"{server.url}/ok#part"


def test_raw_utf8_in_a_redirect_is_encoded(server: Server) -> None:
    (outcome,) = ask(server, ["/to-raw"])
    assert outcome.final == f"{server.url}/ok/%E9%A1%B5%E9%9D%A2"


def test_get_is_enough_for_those_who_refuse_head(server: Server) -> None:
    urls = [f"/only-get/{status}" for status in (403, 404, 405)]
    assert {outcome.verdict for outcome in ask(server, urls)} == {Verdict.OK}
    assert {request.method for url in urls for request in server.asked(url)} == {"GET"}


def test_head_is_sent_where_it_is_asked_for_and_get_after_a_refusal(server: Server) -> None:
    limits = replace(LIMITS, head=True)
    urls = ["/only-get/501", "/hang-at-head", "/page"]
    assert {outcome.verdict for outcome in ask(server, urls, limits)} == {Verdict.OK}
    assert [request.method for request in server.asked("/only-get/501")] == ["HEAD", "GET"]
    assert [request.method for request in server.asked("/page")] == ["HEAD"]


def test_an_endless_body_is_cut(server: Server) -> None:
    (outcome,) = ask(server, ["/huge-body"])
    assert outcome.verdict is Verdict.OK
    assert server.sent < 16 << 20  # what the buffers of both systems hold, and not a gibibyte


def test_a_bomb_stays_small() -> None:
    import gzip

    packed = gzip.compress(b"<title>404</title>" + b"\0" * (64 << 20), 9)
    assert content.read(packed[: content.MOST], "text/html", "gzip").title == "404"
    assert content.read(b"garbage", "text/html", "gzip").title == ""


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [
        ("<title>页面</title>".encode("gbk"), "text/html; charset=gbk", "页面"),
        (b"<meta charset='gbk'><title>" + "页面".encode("gbk") + b"</title>", "text/html", "页面"),
        (b"<title>caf\xe9</title>", "text/html; charset=nonsense", "caf\ufffd"),
        (b"<title>rot</title>", "text/html; charset=rot13", "rot"),
        (b"<TITLE\nlang=en>A &amp;\n B<br></TITLE>", "text/html", "A & B"),
        (b"<title>esc\x1b[31m\xe2\x80\xaebidi</title>", "text/html", "esc [31m bidi"),
        (b"<title>never closed", "text/html", ""),
    ],
)
def test_titles_are_read_in_any_encoding_and_without_controls(body: bytes, kind: str, title: str) -> None:
    assert content.read(body, kind, "").title == title


def test_hostile_markup_takes_no_time() -> None:
    began = time.perf_counter()
    for piece in (b"<title>", b"<h1>", b"<meta name='citation_title' ", b"<"):
        content.read(piece * (content.MOST // len(piece)), "text/html", "")
    assert time.perf_counter() - began < 10.0  # a quadratic pattern would take minutes


def test_a_page_named_like_its_paper_is_there(server: Server) -> None:
    (alone,) = ask(server, ["/titled/english"])
    (expected,) = ask(server, ["/titled/english"], title="Page Not Found")
    assert (alone.verdict, expected.verdict) == (Verdict.SOFT_404, Verdict.OK)


def test_a_library_page_of_another_paper_is_noticed(server: Server) -> None:
    (right,) = ask(server, ["/cited"], title="Squeeze and Excitation networks")
    (wrong,) = ask(server, ["/cited"], title="Coordinate Attention for Efficient Mobile Network Design")
    assert (right.verdict, right.title) == (Verdict.OK, None)
    assert (wrong.verdict, wrong.title) == (Verdict.OK, "Squeeze-and-Excitation <Networks>")


# --- waiting ---------------------------------------------------------------------------------------------------------


def _gap(server: Server, path: str) -> float:
    first, second = server.asked(path)
    return second.began - first.began


def test_retry_after_in_seconds_is_waited_for(server: Server) -> None:
    (outcome,) = ask(server, ["/later/seconds?1"])
    assert outcome.verdict is Verdict.OK
    assert 0.95 <= _gap(server, "/later/seconds?1") < 3.0


def test_retry_after_as_a_date_is_waited_for(server: Server) -> None:
    now = datetime(2026, 11, 22, 12, 0, 0, 700_000, tzinfo=timezone.utc)
    path = "/later/date?Sun,+22+Nov+2026+12:00:01+GMT"
    at = replace(settings(server), now=lambda: now)
    (outcome,) = asyncio.run(check([Address(f"{server.url}{path}")], at)).outcomes
    assert outcome.verdict is Verdict.OK
    assert 0.29 <= _gap(server, path) < 2.0


@pytest.mark.parametrize("after", ["-1", "soon", "1.5", "", "Sun,+22+Nov+2026"])
def test_a_retry_after_that_means_nothing_is_not_waited_for(server: Server, after: str) -> None:
    path = f"/later/{len(after)}?{after}"
    (outcome,) = ask(server, [path])
    assert outcome.verdict is Verdict.OK
    assert _gap(server, path) < 1.0


def test_a_retry_after_beyond_patience_is_blocked_at_once(server: Server) -> None:
    for path in ("/later/always/day?86400", "/later/always/date?Fri,+01+Jan+2100+00:00:00+GMT"):
        (outcome,) = ask(server, [path])
        assert outcome.verdict is Verdict.BLOCKED
        assert "to be asked again in" in outcome.detail
        assert len(server.asked(path)) == 1


def test_failures_that_may_pass_are_tried_three_times_and_others_once(server: Server) -> None:
    ask(server, ["/502", "/reset/count", "/404/count", "/403/count", "/hang/count"])
    counted = {path: len(server.asked(path)) for path in ("/502", "/reset/count", "/404/count", "/403/count")}
    assert counted == {"/502": 3, "/reset/count": 3, "/404/count": 1, "/403/count": 1}
    assert len(server.asked("/hang/count")) == 2


def test_waiting_for_a_retry_leaves_the_slot_to_others(server: Server) -> None:
    limits = replace(LIMITS, per_host=1, backoff=0.3)
    began = time.monotonic()
    ask(server, ["/flaky/500/slot", *(f"/ok/slot/{number}" for number in range(5))], limits)
    first, second = server.asked("/flaky/500/slot")
    between = [request for request in server.requests if first.began < request.began < second.began]
    assert len([request for request in between if request.path.startswith("/ok/slot")]) == 5
    assert time.monotonic() - began < 5.0


def test_deadlines_begin_with_the_slot_not_in_the_queue(server: Server) -> None:
    limits = replace(LIMITS, per_host=1, timeout=1.0)
    found = ask(server, [f"/slow/{number}?0.3" for number in range(6)], limits)
    assert {outcome.verdict for outcome in found} == {Verdict.OK}


def test_a_host_gets_no_more_than_its_share_at_a_time_and_not_too_fast(server: Server) -> None:
    limits = replace(LIMITS, per_host=3, interval=0.02)
    urls = [f"http://polite.secure.test/slow/{number}?0.05" for number in range(12)]
    ask(server, urls, limits)
    starts = sorted(request.began for request in server.requests if request.host == "polite.secure.test")
    assert server.most_at_once["polite.secure.test"] <= 3
    assert starts[-1] - starts[0] >= 11 * 0.02 * 0.9


def test_a_host_that_never_connects_is_not_waited_for_again_and_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generator.links import guard

    tried: list[str] = []

    async def connect(address: str, port: int, timeout: float | None = None, *rest: object) -> None:
        import httpcore

        tried.append(address)
        raise httpcore.ConnectTimeout("no connection")

    monkeypatch.setattr(guard, "connect", connect)
    found = ask(server, [f"http://dumb.secure.test/{number}" for number in range(40)], replace(LIMITS, per_host=2))
    assert {outcome.verdict for outcome in found} == {Verdict.TIMEOUT}
    assert len(tried) < 12


# --- titles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Squeeze-and-Excitation Networks", "Squeeze and Excitation networks"),
        ("A^2-Nets: Double Attention Networks", "$A^2$-Nets: Double Attention Networks"),
        (
            "Image Restoration via Residual Non-local Attention Networks",
            "Residual Non-local Attention Networks for Image Restoration",
        ),
        ("Compact Global Descriptor", "Compact Global Descriptor for Neural Networks"),
        (
            "BAM: A Lightweight and Efficient Balanced Attention Mechanism for Single Image Super Resolution",
            "BAM: A Balanced Attention Mechanism for Single Image Super Resolution",
        ),
    ],
)
def test_two_forms_of_a_title_are_the_same_paper(one: str, other: str) -> None:
    assert not titles.wrong(one, other)
    assert not titles.wrong(other, one)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("Global Second-order Pooling Convolutional Networks", "Neural Architecture Search for Lightweight Networks"),
        ("Squeeze-and-Excitation Networks", "Coordinate Attention for Efficient Mobile Network Design"),
        ("Attention Is All You Need", "Deep Residual Learning for Image Recognition"),
    ],
)
def test_two_papers_are_told_apart(expected: str, found: str) -> None:
    assert titles.wrong(expected, found)


def test_a_title_of_the_same_catalogue_is_another_paper_however_close() -> None:
    ours = "DyNet: Dynamic Convolution for Accelerating Convolutional Neural Networks"
    theirs = "Dynamic Group Convolution for Accelerating Convolutional Neural Networks"
    assert not titles.wrong(ours, theirs)
    assert titles.wrong(ours, theirs, [ours, theirs])
    assert not titles.wrong(ours, "")

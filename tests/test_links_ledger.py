"""The memory: what it keeps, when it calls an address dead, and that neither a kill nor a second run spoils it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from generator.errors import GeneratorError
from generator.links.addresses import Address
from generator.links.check import Checked, Settings, check
from generator.links.ledger import Ledger
from generator.links.schedule import Limits
from generator.links.verdicts import Hop, Outcome, Verdict
from tests.links_server import Server, running

A, B = "https://a.test/x", "https://b.test/y"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "reports" / "links.json")


def out(url: str, verdict: str, **more: object) -> Outcome:
    return Outcome(url, Verdict(verdict), **more)  # pyright: ignore[reportArgumentType]


def live(ledger: Ledger, url: str, history: Sequence[tuple[str, str]]) -> None:
    """Record a history of days and verdicts, and check that a fresh reader sees the same."""
    for day, verdict in history:
        ledger.record(out(url, verdict), f"2026-11-{day}")
        assert Ledger(ledger.path).entries == ledger.entries


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_an_address_is_dead_after_three_times_gone_on_two_days(ledger: Ledger) -> None:
    live(ledger, A, [("01", "ok"), ("08", "gone"), ("08", "gone"), ("08", "gone")])
    assert not ledger[A].dead
    live(ledger, A, [("09", "gone")])
    assert ledger[A].dead
    live(ledger, B, [("01", "gone"), ("02", "gone")])
    assert not ledger[B].dead
    live(ledger, B, [("03", "gone")])
    assert ledger[B].dead


@pytest.mark.parametrize("between", ["blocked", "timeout", "dns", "error", "soft-404", "skipped"])
def test_what_is_not_sure_neither_counts_nor_forgives(ledger: Ledger, between: str) -> None:
    live(ledger, A, [("01", "gone"), ("02", "gone"), ("03", between)])
    assert not ledger[A].dead
    live(ledger, A, [("04", "gone")])
    assert ledger[A].dead


@pytest.mark.parametrize("between", ["ok", "redirect-permanent", "redirect-temporary", "moved", "archived"])
def test_an_answer_forgives(ledger: Ledger, between: str) -> None:
    live(ledger, A, [("01", "gone"), ("02", "gone"), ("03", between), ("04", "gone")])
    streak = ledger[A].streak
    assert streak is not None
    assert streak.failures == 1


@pytest.mark.parametrize("verdict", [verdict.value for verdict in Verdict if verdict is not Verdict.GONE])
def test_nothing_but_gone_is_ever_dead(ledger: Ledger, verdict: str) -> None:
    live(ledger, A, [(f"{day:02}", verdict) for day in range(1, 9)])
    assert not ledger[A].dead


def test_a_clock_that_is_set_back_makes_no_second_day(ledger: Ledger) -> None:
    live(ledger, A, [("02", "gone"), ("01", "gone"), ("02", "gone")])
    assert not ledger[A].dead


def test_days_of_first_and_last_sight(ledger: Ledger) -> None:
    live(ledger, A, [("01", "ok"), ("08", "ok")])
    ledger.complete([A], "2026-11-08")
    ledger.complete([A], "2026-11-15")
    assert ledger.last_ok(A) == "2026-11-15"
    live(ledger, A, [("22", "timeout"), ("23", "timeout"), ("24", "blocked")])
    entry = ledger[A]
    assert (entry.first_seen, entry.since, entry.last_ok) == ("2026-11-01", "2026-11-24", "2026-11-15")
    live(ledger, A, [("25", "ok")])
    assert ledger.last_ok(A) == "2026-11-25"
    assert ledger.last_ok(B) is None


def test_a_second_run_with_the_same_results_changes_one_line(ledger: Ledger) -> None:
    urls = [f"https://host.test/{number}" for number in range(50)]
    texts = []
    for day in ("2026-11-01", "2026-11-08"):
        for url in random.Random(day).sample(urls, len(urls)):
            ledger.record(out(url, "ok", status=200, final=url), day)
        ledger.complete(urls, day)
        texts.append(ledger.path.read_text(encoding="utf-8").splitlines())
    old, new = (set(text) for text in texts)
    assert (new - old, old - new) == ({'{"day": "2026-11-08", "ok": 50},'}, set())


def test_the_file_is_sorted_and_one_line_an_address(ledger: Ledger) -> None:
    for url in (B, A):
        ledger.record(out(url, "redirect-permanent", status=200, final=f"{url}2", chain=(Hop(url, 301),)), "2026-11-01")
    ledger.complete([A, B], "2026-11-01")
    entry = '{"verdict": "redirect-permanent", "since": "2026-11-01", "first_seen": "2026-11-01"'
    assert ledger.path.read_text(encoding="utf-8") == textwrap.dedent(f"""\
        {{
        "format": 1,
        "runs": [
        {{"day": "2026-11-01", "redirect-permanent": 2}}
        ],
        "links": {{
        "{A}": {entry}, "last_ok": "2026-11-01", "final": "{A}2"}},
        "{B}": {entry}, "last_ok": "2026-11-01", "final": "{B}2"}}
        }}
        }}
        """)


def test_a_complete_run_forgets_what_the_catalogue_has_no_more(ledger: Ledger) -> None:
    live(ledger, A, [("01", "ok")])
    live(ledger, B, [("01", "ok")])
    Ledger(ledger.path).complete([B], "2026-11-02")
    assert list(Ledger(ledger.path).entries) == [B]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< HEAD",
        "[]",
        '{"format": 2, "runs": [], "links": {}}',
        '{"format": 1, "runs": []}',
        '{"format": 1, "runs": [], "links": {"x": {"verdict": "fine", "since": "2026-11-01"}}}',
        '{"format": 1, "runs": [], "links": {"x": {"verdict": "ok", "since": 3, "first_seen": "2026-11-01"}}}',
        '{"format": 1, "runs": [{"day": "2026-11-01", "ok": "x"}], "links": {}}',
    ],
)
def test_what_is_no_ledger_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "links.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GeneratorError, match="not a ledger of link checks"):
        Ledger(path)
    assert path.read_text(encoding="utf-8") == text


# --- controls --------------------------------------------------------------------------------------------------------


def run(server: Server, ledger: Ledger | None, urls: Sequence[str], day: int = 0) -> Checked:
    """Check paths of the server (or whole addresses), on a day of November 2026."""
    now = datetime(2026, 11, 1, 12, tzinfo=timezone.utc) + timedelta(days=day)
    limits = Limits(timeout=2.0, interval=0.0, backoff=0.01, per_host=8, body=0.2)
    settings = Settings(limits=limits, allow_private=True, lookup=server.lookup, now=lambda: now)
    full = [f"http://site.secure.test{url}" if url.startswith("/") else url for url in urls]
    return asyncio.run(check([Address(url) for url in full], settings, ledger=ledger))


def verdicts(checked: Checked) -> list[str]:
    return [outcome.verdict.value for outcome in checked.outcomes]


def site(path: str) -> str:
    return f"http://site.secure.test{path}"


def test_gone_counts_while_a_control_of_the_host_answers(server: Server, ledger: Ledger) -> None:
    for day in range(3):
        assert verdicts(run(server, ledger, ["/404", "/ok"], day)) == ["gone", "ok"]
    assert ledger[site("/404")].dead


def test_a_host_whose_controls_fail_too_blocks_us(server: Server, ledger: Ledger) -> None:
    for path in ("/404/a", "/404/b"):
        ledger.record(out(site(path), "ok"), "2026-10-25")
    for day in range(5):
        checked = run(server, ledger, ["/404/a", "/404/b", "/404/new"], day)
        assert verdicts(checked) == ["blocked"] * 3
        assert "which used to be fine, fails too: the host blocks us" in checked.outcomes[0].detail
    assert not any(entry.dead for entry in ledger.entries.values())


def test_a_control_is_asked_even_if_the_run_is_not_about_it(server: Server, ledger: Ledger) -> None:
    ledger.record(out(site("/ok/control"), "ok"), "2026-10-25")
    assert verdicts(run(server, ledger, ["/404"])) == ["gone"]
    assert len(server.asked("/ok/control")) == 1
    ledger.record(out(site("/ok/control"), "timeout"), "2026-10-26")  # it was fine once; it is today
    assert verdicts(run(server, ledger, ["/404/other"])) == ["gone"]


def test_a_control_that_fails_outside_the_run_makes_the_host_suspect(server: Server, ledger: Ledger) -> None:
    ledger.record(out(site("/500/control"), "ok"), "2026-10-25")
    assert verdicts(run(server, ledger, ["/404"])) == ["blocked"]


def test_one_answering_control_of_several_is_enough(server: Server, ledger: Ledger) -> None:
    for path in ("/404/a", "/404/b", "/ok"):
        ledger.record(out(site(path), "ok"), "2026-10-25")
    assert verdicts(run(server, ledger, ["/404/a", "/404/b"])) == ["gone", "gone"]


def test_controls_of_other_hosts_say_nothing(server: Server, ledger: Ledger) -> None:
    ledger.record(out("http://elsewhere.secure.test/500", "ok"), "2026-10-25")
    assert verdicts(run(server, ledger, ["/404"])) == ["gone"]
    assert not [request for request in server.requests if request.host == "elsewhere.secure.test"]


def test_without_a_ledger_there_is_no_control(server: Server) -> None:
    assert verdicts(run(server, None, ["/404", "/ok"])) == ["gone", "ok"]


# --- no network ------------------------------------------------------------------------------------------------------


def test_without_a_network_nothing_is_recorded(server: Server, ledger: Ledger) -> None:
    live(ledger, A, [("01", "ok")])
    before = ledger.path.read_bytes()
    checked = run(server, ledger, ["http://one.invalid/", "http://two.invalid/x"])
    assert not checked.network
    assert ledger.path.read_bytes() == before


def test_one_host_without_a_name_is_not_the_end_of_the_network(server: Server, ledger: Ledger) -> None:
    checked = run(server, ledger, ["http://one.invalid/", "http://two.invalid/", "/ok"])
    assert checked.network
    assert verdicts(checked) == ["dns", "dns", "ok"]
    assert ledger["http://one.invalid/"].verdict is Verdict.DNS


# --- kill -9, and two at once ----------------------------------------------------------------------------------------

CHILD = """
import asyncio, sys
from pathlib import Path
from generator.links.addresses import Address
from generator.links.check import Settings, check
from generator.links.ledger import Ledger
from generator.links.schedule import Limits

port, path, end, *urls = sys.argv[1:]
async def lookup(host, at):
    return [("127.0.0.1", int(port))]
settings = Settings(limits=Limits(interval=0.0, per_host=8), allow_private=True, lookup=lookup)
ledger = Ledger(Path(path))
print("ready", flush=True)
seen = lambda outcome: print(outcome.url, outcome.verdict.value, flush=True)
asyncio.run(check([Address(url) for url in urls], settings, ledger=ledger, seen=seen))
if end == "complete":
    ledger.complete(urls, "2026-11-01")
"""


def start(server: Server, ledger: Path, urls: Sequence[str], end: str = "complete") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(server.port), str(ledger), end, *urls]
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)


def told(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the child said before its end, in whole lines."""
    if process.stdout is None:
        return {}
    with process.stdout:
        lines = process.stdout.read().splitlines(keepends=True)
    return dict(line.split() for line in lines if line.endswith("\n") and " " in line)


def test_a_run_that_is_killed_at_any_moment_loses_nothing(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "reports" / "links.json"
    kinds = ("ok", "404", "to301", "slow")
    urls = [f"http://kill{number % 7}.secure.test/{kinds[number % 4]}/{number}?0.02" for number in range(160)]
    known: dict[str, str] = {}
    rng = random.Random(9)
    for attempt in range(7):
        process = start(server, path, urls)
        assert process.stdout
        process.stdout.readline()
        if attempt == 6:
            # However slow the machine is, the last child has said something before its end.
            known.update([process.stdout.readline().split()])
        time.sleep(rng.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        known.update(told(process))
        process.wait()
        if path.exists():
            json.loads(path.read_text(encoding="utf-8"))
        entries = Ledger(path).entries
        assert {url: entries[url].verdict.value for url in known} == known
    assert len(known) > 0
    process = start(server, path, urls)
    found = told(process)
    assert process.wait() == 0
    assert {url: entry.verdict.value for url, entry in Ledger(path).entries.items()} == found
    assert sorted(file.name for file in path.parent.iterdir()) == ["links.json"]


def test_two_runs_at_once_keep_what_both_learnt(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "links.json"
    shared = [f"http://both.secure.test/404/{number}" for number in range(40)]
    ours, theirs = ([f"http://{name}.secure.test/ok/{n}" for n in range(60)] for name in ("one", "two"))
    children = [start(server, path, urls, "-") for urls in ([*shared, *ours], [*theirs, *shared])]
    results = [told(child) for child in children]
    assert [child.wait() for child in children] == [0, 0]
    assert [len(result) for result in results] == [100, 100]
    ledger = Ledger(path)
    assert set(ledger.entries) == {*shared, *ours, *theirs}
    for url in shared:
        streak = ledger[url].streak
        assert streak is not None
        assert (streak.failures, streak.days) == (2, 1)


def test_two_ledgers_on_one_file_see_each_other(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path / "links.json"), Ledger(tmp_path / "links.json")
    one.record(out(A, "ok"), "2026-11-01")
    other.record(out(B, "gone"), "2026-11-01")
    one.record(out(B, "gone"), "2026-11-02")
    assert set(Ledger(one.path).entries) == {A, B}
    streak = Ledger(one.path)[B].streak
    assert streak is not None
    assert streak.failures == 2

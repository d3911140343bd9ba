"""The addresses of a catalogue, the interfaces of GitHub and arXiv, rules, fixes, reports and the command line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.catalogue.loader import Loaded, load, parse
from generator.errors import Findings, GeneratorError, NetworkError
from generator.links import addresses, changes, command, fix, report
from generator.links.addresses import Address
from generator.links.check import Checked, Settings, check
from generator.links.command import Options
from generator.links.github import target
from generator.links.ledger import Ledger, Run
from generator.links.schedule import Limits
from generator.links.verdicts import Hop, Language, Outcome, Verdict
from generator.project import Project
from tests.links_server import Server, client_context, running

RECORD = """\
- id: {id}
  title: "{title}"
  authors: [Somebody Else]
  venue: {{name: CVPR, year: 2020}}
  sections: [attention-mechanism]
  kind: channel-attention
  facets:
    domain: channel
    cost: linear
    context: global
    parameter_free: false
    plug: insert
    modality: [image]
    tasks: [classification]
  ids: {{{ids}}}
  links:
{links}  idea:
    en: "An idea."
    zh: "一个想法。"
  use:
    en: "A use."
    zh: "一种用途。"
"""


def record(id: str, title: str, ids: str = "", links: str = "") -> str:
    text = RECORD.format(id=id, title=title, ids=ids, links=links)
    return text.replace("  links:\n  idea", "  links: {}\n  idea")


HEAD = "# yaml-language-server: $schema=generated/catalog.schema.json\n"
CATALOGUE = (
    HEAD
    + "papers:\n"
    + record(
        "alpha_net",
        "Alpha-Net: Learning the First Letter",
        'arxiv: "2001.00001"',
        "    # the old name of the repository\n"
        "    code: {repo: someone/OldAlpha, official: true, path: nets/alpha.py}  # renamed since\n",
    )
    + record(
        "beta_net",
        "Beta-Net: Pooling of the Second Kind",
        'arxiv: "2001.00002", doi: 10.1000/known',
        '    blog: "http://blog.atlas-tests.org/to301"   # moved\n',
    )
    + record(
        "gamma_net",
        "Gamma-Net: Rays in Feature Space",
        "",
        "    paper: 'http://library.atlas-tests.org/404/gamma'\n"
        "    code: {repo: someone/Gamma, official: false}\n"
        "    blog: http://blog.atlas-tests.org/ok/gamma\n",
    )
)
URLS = [
    "https://arxiv.org/abs/2001.00001",
    "https://github.com/someone/OldAlpha",
    "https://github.com/someone/OldAlpha/tree/HEAD/nets/alpha.py",
    "https://arxiv.org/abs/2001.00002",
    "https://doi.org/10.1000/known",
    "http://blog.atlas-tests.org/to301",
    "http://library.atlas-tests.org/404/gamma",
    "https://github.com/someone/Gamma",
    "http://blog.atlas-tests.org/ok/gamma",
]


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        server.hub.repositories = {
            "someone/OldAlpha": {"now": "team/Alpha", "paths": ["nets/alpha.py"]},
            "team/Alpha": {"now": "team/Alpha", "paths": ["nets/alpha.py"]},
            "someone/Gamma": {"now": "someone/Gamma", "archived": True},
            "someone/Lower": {"now": "Someone/lower"},
        }
        server.hub.papers = {
            "2001.00001": "Alpha-Net: Learning the\n  First Letter",
            "2001.00002": "A Survey of <Everything> & More",
        }
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "generator").mkdir()
    (tmp_path / "catalog.yaml").write_bytes(CATALOGUE.encode())
    return Project(tmp_path)


def settings(server: Server, *, day: int = 0, token: str | None = None) -> Settings:
    pace = {"export.arxiv.org": (1, 0.0)}
    limits = Limits(timeout=3.0, interval=0.0, backoff=0.01, per_host=8, body=0.2, pace=pace)
    now = datetime(2026, 11, 1, 12, tzinfo=timezone.utc) + timedelta(days=day)
    return Settings(
        limits=limits, allow_private=True, lookup=server.lookup, tls=client_context(), token=token, now=lambda: now
    )


def ask(server: Server, urls: Sequence[str], **options: str) -> Checked:
    return asyncio.run(check([Address(url) for url in urls], settings(server, **options)))  # pyright: ignore[reportArgumentType]


GAMMA_LINE = CATALOGUE[: CATALOGUE.index("'http://library")].count("\n") + 1
PLAIN = Options(fix=False, changed=None, offline=False, json=None, markdown=None, sarif=None)


# --- addresses -------------------------------------------------------------------------------------------------------


def test_every_address_stands_at_its_place() -> None:
    found = addresses.of_catalogue(parse(CATALOGUE))
    assert [address.url for address in found] == URLS
    lines = CATALOGUE.splitlines()
    for address in found:
        for place in address.places:
            line = lines[(place.where.line or 0) - 1][(place.where.column or 1) - 1 :]
            assert line.lstrip("'\"").startswith(place.value), (address, line)


def test_the_titles_to_be_found_are_those_of_papers_not_of_code() -> None:
    titled = {address.url: address.title for address in addresses.of_catalogue(parse(CATALOGUE))}
    assert titled[URLS[0]] == "Alpha-Net: Learning the First Letter"
    assert titled[URLS[6]] == "Gamma-Net: Rays in Feature Space"
    assert titled[URLS[1]] is None
    assert titled[URLS[5]] is None


def test_the_form_tells_private_addresses_and_ports_of_other_services() -> None:
    forms = {url: addresses.form(url, allow_private=False) for url in ("http://a.org:22/", "http://10.0.0.1:22/")}
    assert [form.verdict.value for form in forms.values()] == ["error", "private"]


def test_the_real_catalogue_has_addresses_for_every_paper(catalogue: object) -> None:
    loaded = load(Project.find().catalogue)
    found = addresses.of_catalogue(loaded)
    assert len({place.path[1] for address in found for place in address.places}) == len(loaded.catalogue.papers)
    assert not [address.url for address in found if addresses.fault(address.url)]


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://arxiv.org/abs/2001.00001", ""),
        ("https://例子.测试/x", ""),
        ("http://[2606:4700::1111]/", ""),
        ("https://host.org:8443/x", ""),
        ("ftp://host.org/x", "ftp:, which is not an address of the web"),
        ("host.org/x", "no scheme:, which is not an address of the web"),
        ("https:///x", "not an address: it has no host"),
        ("https://host.org/a b", "not an address: it holds a space"),
        ("https://user:word@host.org/", "carries a user name"),
        ("https://host.org:99999/", "not an address: Port out of range 0-65535"),
        ("https://-host.org/", "-host.org is not a host name"),
        ("https://ho_st..org/", "not an address: encoding with 'idna' codec failed"),
        ("https://[::1/", "not an address: Invalid IPv6 URL"),
    ],
)
def test_the_form_of_an_address(url: str, fault: str) -> None:
    assert addresses.fault(url).startswith(fault)
    assert bool(addresses.fault(url)) == bool(fault)


@pytest.mark.parametrize(
    ("url", "repository", "path"),
    [
        ("https://github.com/a/b", "a/b", None),
        ("https://github.com/a/b/", "a/b", None),
        ("https://www.github.com/a/b.git", "a/b", None),
        ("https://github.com/a/b/tree/HEAD/c/d%20e.py", "a/b", "c/d e.py"),
        ("https://github.com/a/b/blob/HEAD/c", "a/b", "c"),
        ("https://github.com/a/b/tree/main/c", None, None),
        ("https://github.com/a", None, None),
        ("https://github.com/topics/attention", None, None),
        ("https://github.com/a/b?tab=readme", None, None),
        ("https://gitlab.com/a/b", None, None),
        ('https://github.com/a/b"}', None, None),
    ],
)
def test_what_the_interface_can_tell_of_an_address(url: str, repository: str | None, path: str | None) -> None:
    found = target(url)
    assert (found and found.repository, found and found.path) == (repository, path)


# --- GitHub and arXiv ------------------------------------------------------------------------------------------------

TOKEN = "ghp_secretsecretsecret"


def test_repositories_are_asked_for_in_one_question_with_a_token(server: Server) -> None:
    server.hub.token = TOKEN
    urls = [URLS[1], URLS[2], URLS[7], "https://github.com/someone/lost", "https://github.com/someone/Lower"]
    found = {outcome.url: outcome for outcome in ask(server, urls, token=TOKEN).outcomes}
    moved = found[URLS[1]]
    assert (moved.verdict, moved.final) == (Verdict.MOVED, "https://github.com/team/Alpha")
    assert moved.chain == (Hop(URLS[1], 301),)
    assert found[URLS[2]].verdict is Verdict.MOVED
    assert found[URLS[2]].final == "https://github.com/team/Alpha/tree/HEAD/nets/alpha.py"
    assert found[URLS[7]].verdict is Verdict.ARCHIVED
    assert found["https://github.com/someone/lost"].verdict is Verdict.GONE
    assert found["https://github.com/someone/Lower"].verdict is Verdict.OK  # only the case differs
    assert len([request for request in server.requests if request.path == "/graphql"]) == 1
    # Bad news is believed only from the page that a reader would see.
    assert [request.path for request in server.requests if request.host == "github.com"] == ["/someone/lost"]


def test_many_repositories_are_asked_for_in_batches(server: Server) -> None:
    server.hub.token = TOKEN
    names = [f"owner{number}/name-{number}" for number in range(120)]
    server.hub.repositories = {name: {"now": name} for name in names}
    checked = ask(server, [f"https://github.com/{name}" for name in names], token=TOKEN)
    assert {outcome.verdict for outcome in checked.outcomes} == {Verdict.OK}
    assert len(server.requests) == 3


def test_without_a_token_the_rest_interface_is_asked_as_long_as_it_answers(server: Server) -> None:
    checked = ask(server, [URLS[1], URLS[7]])
    assert [outcome.verdict for outcome in checked.outcomes] == [Verdict.MOVED, Verdict.ARCHIVED]
    assert checked.notices == []
    server.hub.rest_left = 0
    names = [f"o/n{number}" for number in range(5)]
    server.hub.repositories.update({name: {"now": name} for name in names})
    checked = ask(server, [URLS[1], *(f"https://github.com/{name}" for name in names)])
    assert [outcome.verdict for outcome in checked.outcomes] == [Verdict.MOVED, *[Verdict.OK] * 5]
    assert len(checked.notices) == 1
    assert "answers no more questions without a token" in checked.notices[0]


def test_a_path_that_is_not_there_is_looked_at_on_the_web(server: Server) -> None:
    server.hub.token = TOKEN
    base = "https://github.com/team/Alpha/tree/HEAD"
    server.hub.pages = {"late.py"}
    checked = ask(server, [f"{base}/late.py", f"{base}/lost.py"], token=TOKEN)
    assert [outcome.verdict for outcome in checked.outcomes] == [Verdict.OK, Verdict.GONE]


def test_a_token_that_is_refused_or_malformed_is_not_the_end(server: Server) -> None:
    server.hub.token = TOKEN
    refused = ask(server, [URLS[7]], token="ghp_another")
    assert refused.outcomes[0].verdict is Verdict.ARCHIVED
    assert refused.notices == ["GitHub does not accept the token; asking without one"]
    malformed = ask(server, [URLS[7]], token="two\nlines")
    assert malformed.outcomes[0].verdict is Verdict.ARCHIVED
    assert malformed.notices == ["the GitHub token is malformed and not used"]


def test_the_token_goes_to_the_interface_alone_and_is_never_told(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    server.hub.token = TOKEN
    at = settings(server, token=TOKEN)
    assert TOKEN not in repr(at)
    out = project.root / "out.json"
    command.listed(project, at, replace(PLAIN, json=str(out), markdown=str(project.root / "out.md")))
    said = capsys.readouterr()
    written = "".join(file.read_text(encoding="utf-8") for file in project.root.rglob("*.*") if file.is_file())
    assert TOKEN not in said.out + said.err + written
    carrying = {request.host for request in server.requests if TOKEN in str(request.headers)}
    assert carrying == {"api.github.com"}


def test_an_interface_that_is_down_costs_nothing_but_its_extras(server: Server) -> None:
    server.hub.down = True
    server.hub.token = TOKEN
    for token in (TOKEN, None):
        checked = ask(server, [URLS[0], URLS[1], URLS[7]], **({"token": token} if token else {}))
        assert [outcome.verdict for outcome in checked.outcomes] == [Verdict.OK, Verdict.MOVED, Verdict.OK]
        assert len(checked.notices) == 2


def test_papers_are_asked_for_in_one_question_and_the_wrong_one_is_noticed(server: Server) -> None:
    found = asyncio.run(check(addresses.of_catalogue(parse(CATALOGUE)), settings(server))).outcomes
    right, wrong = found[0], found[3]
    assert (right.verdict, right.title) == (Verdict.OK, None)
    assert (wrong.verdict, wrong.title) == (Verdict.OK, "A Survey of <Everything> & More")
    asked = [request.path for request in server.requests if request.host == "export.arxiv.org"]
    assert asked == ["/api/query?id_list=2001.00001,2001.00002&start=0&max_results=2"]


def test_a_paper_the_interface_does_not_know_is_looked_at_on_the_web(server: Server) -> None:
    (outcome,) = ask(server, ["https://arxiv.org/abs/2013.99999"]).outcomes
    assert (outcome.verdict, outcome.status) == (Verdict.GONE, 404)


@pytest.mark.parametrize(
    "feed",
    [b"", b"<feed", b"no xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><feed>&a;</feed>', b"\xff\xfe<feed/>"],
)
def test_a_feed_that_cannot_be_read_is_refused(feed: bytes) -> None:
    from generator.links import arxiv
    from generator.links.fetch import NoReply

    with pytest.raises(NoReply):
        list(arxiv._entries(feed))  # pyright: ignore[reportPrivateUsage]


# --- rules -----------------------------------------------------------------------------------------------------------

RULES = """\
ignore_links:
- url: http://library.atlas-tests.org/
  reason: keeps programs out
  expires: "2026-12-31"
- url: http://blog.atlas-tests.org/*/gamma
  reason: not before the move
  expires: "2026-11-05"
"""


def test_rules_exempt_addresses_until_they_end(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.catalogue.write_text(CATALOGUE.replace("papers:\n", f"{RULES}papers:\n", 1), encoding="utf-8")
    out = project.root / "out.json"
    assert command.listed(project, settings(server, day=0), replace(PLAIN, json=str(out))) == 0
    skipped = {row["url"]: row["detail"] for row in json.loads(out.read_text()) if row["verdict"] == "skipped"}
    assert skipped == {
        URLS[6]: "keeps programs out (until 2026-12-31)",
        URLS[8]: "not before the move (until 2026-11-05)",
    }
    capsys.readouterr()
    assert command.listed(project, settings(server, day=4), PLAIN) == 0  # the last day counts
    assert command.listed(project, settings(server, day=5), replace(PLAIN, json=str(out))) == 1
    said = capsys.readouterr().err
    assert "catalog.yaml:8:12: ignore_links.1.expires: the rule for http://blog.atlas-tests.org/*/gamma ended" in said
    assert {row["url"]: row["verdict"] for row in json.loads(out.read_text())}[URLS[8]] == "ok"


def test_a_redirect_to_an_exempt_address_is_not_followed(server: Server) -> None:
    rules = addresses.Rules(parse(CATALOGUE.replace("papers:\n", f"{RULES}papers:\n", 1)).catalogue.ignore_links, "")
    url = f"http://open.atlas-tests.org:{server.port}/elsewhere/library.atlas-tests.org"
    exempt = f"http://library.atlas-tests.org:{server.port}/ok"
    assert rules.reason(exempt) is None  # another port is another address
    assert rules.reason("http://library.atlas-tests.org/ok") == "keeps programs out (until 2026-12-31)"

    class Every(addresses.Rules):
        def reason(self, url: str) -> str | None:
            return "left alone" if url == exempt else None

    checked = asyncio.run(check([Address(url)], settings(server), rules=Every((), "")))
    assert checked.outcomes[0].verdict is Verdict.SKIPPED
    assert not [request for request in server.requests if request.host == "library.atlas-tests.org"]


# --- fixes -----------------------------------------------------------------------------------------------------------


def fixed(project: Project) -> str:
    return project.catalogue.read_bytes().decode()


def test_fix_rewrites_what_moved_for_good_and_nothing_else(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    command.listed(project, settings(server), replace(PLAIN, fix=True))
    expected = CATALOGUE.replace("someone/OldAlpha", "team/Alpha").replace(
        '"http://blog.atlas-tests.org/to301"', '"http://blog.atlas-tests.org/ok"'
    )
    assert fixed(project) == expected
    assert "someone/OldAlpha → team/Alpha" in capsys.readouterr().err
    command.listed(project, settings(server), replace(PLAIN, fix=True))
    assert fixed(project) == expected
    assert "Nothing to fix." in capsys.readouterr().err


def test_fix_is_not_done_to_what_the_rules_forbid(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CATALOGUE.replace("http://library.atlas-tests.org/404/gamma", "http://blog.atlas-tests.org/to308")
    text += record("zeta_net", "Zeta-Net: The Last but Two", "", "    paper: http://blog.atlas-tests.org/ok\n")
    project.catalogue.write_bytes(text.encode())
    command.listed(project, settings(server), replace(PLAIN, fix=True))
    # gamma's paper now redirects to the very address of zeta's: that is for a human to sort out.
    assert "paper: 'http://blog.atlas-tests.org/to308'" in fixed(project)
    assert "repo: team/Alpha" in fixed(project)
    assert "not done" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verdict", "final", "detail"),
    [
        ("redirect-temporary", "https://new.atlas-tests.org/x", ""),
        ("redirect-permanent", "https://new.atlas-tests.org/", "leads to the front page of a site"),
        ("redirect-permanent", "https://new.atlas-tests.org/'x", ""),
        ("redirect-permanent", f"https://new.atlas-tests.org/{'x' * 600}", ""),
        ("ok", "https://new.atlas-tests.org/x", ""),
    ],
)
def test_what_is_not_fixed(verdict: str, final: str, detail: str) -> None:
    loaded = parse(CATALOGUE)
    outcome = Outcome(URLS[8], Verdict(verdict), 200, final, (Hop(URLS[8], 301),), detail)
    assert fix.apply(loaded, addresses.of_catalogue(loaded), [outcome]).text == CATALOGUE


def test_a_fix_never_gives_up_encryption() -> None:
    loaded = parse(CATALOGUE.replace("http://blog", "https://blog"))
    url = URLS[8].replace("http:", "https:")
    outcome = Outcome(url, Verdict.REDIRECT_PERMANENT, 200, "http://new.atlas-tests.org/x", (Hop(url, 301),))
    assert not fix.apply(loaded, addresses.of_catalogue(loaded), [outcome]).done


def test_a_hostile_target_cannot_become_yaml() -> None:
    loaded = parse(CATALOGUE)
    for final in ("https://new.atlas-tests.org/#a: b", "https://new.atlas-tests.org/x # y", "https://x.org/{a: 1}"):
        outcome = Outcome(URLS[8], Verdict.REDIRECT_PERMANENT, 200, final, (Hop(URLS[8], 301),))
        applied = fix.apply(loaded, addresses.of_catalogue(loaded), [outcome])
        papers = parse(applied.text).catalogue.papers
        assert papers[2].links.blog in (URLS[8], final)


# --- changed ---------------------------------------------------------------------------------------------------------


def git(project: Project, *arguments: str) -> None:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True, env=environment)


@pytest.fixture
def history(project: Project) -> Project:
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "catalog.yaml")
    git(project, "commit", "-q", "-m", "first")
    return project


def changed(project: Project, revision: str = "HEAD") -> list[str]:
    found = addresses.of_catalogue(load(project.catalogue))
    return [address.url for address in changes.since(project, revision, found)]


def test_changed_is_what_the_revision_has_not(history: Project) -> None:
    assert changed(history) == []
    text = CATALOGUE.replace("someone/Gamma", "someone/Delta").replace("Beta-Net: Pooling", "Beta-Net: Sampling")
    history.catalogue.write_text(text, encoding="utf-8")
    # The title of beta is another one: is its paper still the right one?
    assert changed(history) == [URLS[3], URLS[4], "https://github.com/someone/Delta"]


def test_changed_begins_where_the_branches_part(history: Project) -> None:
    git(history, "checkout", "-q", "-b", "topic")
    history.catalogue.write_text(CATALOGUE.replace("someone/Gamma", "someone/Delta"), encoding="utf-8")
    git(history, "commit", "-q", "-am", "ours")
    git(history, "checkout", "-q", "main")
    history.catalogue.write_text(CATALOGUE.replace("/ok/gamma", "/ok/other"), encoding="utf-8")
    git(history, "commit", "-q", "-am", "theirs")
    git(history, "checkout", "-q", "topic")
    assert changed(history, "main") == ["https://github.com/someone/Delta"]


def test_changed_against_a_catalogue_that_broke_the_rules(history: Project) -> None:
    history.catalogue.write_text(CATALOGUE.replace("kind: channel-attention", "kind: nonsense"), encoding="utf-8")
    git(history, "commit", "-q", "-am", "broken")
    history.catalogue.write_text(CATALOGUE.replace("someone/Gamma", "someone/Delta"), encoding="utf-8")
    assert changed(history) == ["https://github.com/someone/Delta"]


def test_changed_against_a_time_before_the_catalogue(history: Project) -> None:
    git(history, "checkout", "-q", "--orphan", "empty")
    git(history, "rm", "-q", "--cached", "catalog.yaml")
    git(history, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert changed(history) == URLS


@pytest.mark.parametrize("revision", ["nonsense", "--output=/tmp/x", "HEAD:catalog.yaml", ""])
def test_a_revision_that_is_none_is_refused(history: Project, revision: str) -> None:
    with pytest.raises(GeneratorError, match="git knows no revision"):
        changed(history, revision)


def test_a_run_on_changes_checks_nothing_else_and_is_not_complete(server: Server, history: Project) -> None:
    history.catalogue.write_text(CATALOGUE.replace("/ok/gamma", "/404/gamma"), encoding="utf-8")
    assert command.listed(history, settings(server), replace(PLAIN, changed="HEAD")) == 0
    assert [request.path for request in server.requests] == ["/404/gamma"]
    ledger = Ledger(history.reports / "links.json")
    assert (list(ledger.entries), ledger.runs) == (["http://blog.atlas-tests.org/404/gamma"], [])


# --- a run over the catalogue ----------------------------------------------------------------------------------------


def test_a_run_fails_when_an_address_is_gone_for_good(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [command.listed(project, settings(server, day=day), PLAIN) for day in (0, 7, 14)] == [0, 0, 1]
    said = capsys.readouterr().out.splitlines()
    line = f"catalog.yaml:{GAMMA_LINE}:12: error: http://library.atlas-tests.org/404/gamma: gone: gone; status 404; "
    assert line + "found so 3 times on 3 days since 2026-11-01" in said
    assert said[-1] == ("9 addresses: 4 ok, 1 redirect-permanent, 2 moved, 1 archived, 1 gone"), said
    ledger = Ledger(project.reports / "links.json")
    assert [run.day for run in ledger.runs] == ["2026-11-01", "2026-11-08", "2026-11-15"]
    assert list(ledger.entries) == sorted(URLS)


def test_without_a_network_the_run_says_so_and_keeps_the_ledger(
    server: Server, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    async def lookup(host: str, port: int) -> list[tuple[str, int]]:
        import socket

        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    command.listed(project, settings(server), PLAIN)
    before = (project.reports / "links.json").read_bytes()
    out = project.root / "out.json"
    with pytest.raises(NetworkError, match="there is no network: no host could be reached; the ledger is as it was"):
        command.listed(project, replace(settings(server), lookup=lookup), replace(PLAIN, json=str(out)))
    assert (project.reports / "links.json").read_bytes() == before
    assert {row["verdict"] for row in json.loads(out.read_text())} == {"dns"}


def test_offline_checks_forms_and_asks_nobody(server: Server, project: Project) -> None:
    out = project.root / "out.json"
    assert command.listed(project, settings(server), replace(PLAIN, offline=True, json=str(out))) == 0
    rows = json.loads(out.read_text())
    assert {row["verdict"] for row in rows} == {"skipped"}
    assert server.requests == []
    assert not project.reports.exists()


# --- reports ---------------------------------------------------------------------------------------------------------

HOSTILE = "</td>|`x`\n::error::x [a](b) <script>alert(1)</script> @everyone %0A #1"


def hostile(loaded: Loaded) -> list[report.Finding]:
    found = addresses.of_catalogue(loaded)
    outcomes = [
        Outcome(found[0].url, Verdict.OK, 200, found[0].url, title=HOSTILE),
        Outcome(found[6].url, Verdict.GONE, 404, f"https://x/{HOSTILE}", (Hop(found[6].url, 301),), HOSTILE),
        *(Outcome(address.url, Verdict.OK, 200, address.url) for address in found[1:6]),
    ]
    return report.findings(outcomes, found, None)


def test_json_has_one_row_an_address(server: Server) -> None:
    rows = json.loads(report.as_json(hostile(parse(CATALOGUE))))
    assert [list(row) for row in rows] == [["url", "verdict", "status", "final", "chain", "detail", "where"]] * 7
    assert rows[0]["detail"].startswith("wrong paper: the title there is ")
    assert rows[1]["chain"] == [{"url": URLS[6], "status": 301}]
    assert rows[1]["where"] == [f"catalog.yaml:{GAMMA_LINE}:12"]
    assert report.as_json([]) == "[]\n"


def test_markdown_quotes_what_strangers_said() -> None:
    text = report.markdown(hostile(parse(CATALOGUE)), [], [HOSTILE])
    assert "<script" not in text
    assert "@everyone" not in text
    assert "[a](b)" not in text
    rows = [line for line in text.splitlines() if line.startswith("| catalog")]
    assert len(rows) == 2
    assert {row.count("|") for row in rows} == {5}


def test_workflow_commands_cannot_be_forged() -> None:
    lines = report.workflow_commands(hostile(parse(CATALOGUE)), [])
    assert len(lines) == 2
    assert lines[0].startswith(f"::error file=catalog.yaml,line={GAMMA_LINE},col=12,title=links%3A gone::")
    assert not any("\n" in line for line in lines)


def test_sarif_names_rules_and_places() -> None:
    log = json.loads(report.sarif(hostile(parse(CATALOGUE)), addresses.expired(parse(CATALOGUE), "2027-01-01")))
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    rules = {rule["id"] for rule in one["tool"]["driver"]["rules"]}
    assert {verdict.value for verdict in Verdict} <= rules
    assert {result["ruleId"] for result in one["results"]} == {"wrong-paper", "gone"} <= rules
    place = one["results"][1]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "catalog.yaml"},
        "region": {"startLine": GAMMA_LINE, "startColumn": 12},
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_when_nothing_was_checked(language: Language, tmp_path: Path) -> None:
    catalogue = parse(CATALOGUE).catalogue
    said = {"en": "Not checked yet", "zh": "尚未检查"}[language]
    assert said in report.page(None, catalogue, language)
    assert said in report.page(Ledger(tmp_path / "links.json"), catalogue, language)


def test_the_page_shows_health_over_time_in_both_languages(tmp_path: Path) -> None:
    loaded = parse(CATALOGUE)
    ledger = Ledger(tmp_path / "links.json")
    for day in range(1, 6):
        for url in URLS:
            verdict = Verdict.GONE if url == URLS[6] else Verdict.TIMEOUT if url == URLS[5] and day > 3 else Verdict.OK
            title = HOSTILE if url == URLS[0] else None
            ledger.record(Outcome(url, verdict, title=title), f"2026-11-0{day}")
        ledger.complete(URLS, f"2026-11-0{day}")
    pages = {language: report.page(ledger, loaded.catalogue, language) for language in ("en", "zh")}
    for text in pages.values():
        assert text.count("<svg") == text.count("</svg>") == 1
        assert text.count("<g><title>2026-11-0") == 5
        assert "<script" not in text
    ids = {language: [part.split("}")[0] for part in text.split("{#")[1:]] for language, text in pages.items()}
    assert ids["en"] == ids["zh"]
    assert "9 addresses of 3 papers, last checked completely on 2026-11-05: 7 answer." in pages["en"]
    assert "| dead | 2026-11-01 | never |" in pages["en"]
    assert "| 超时未响应 | 2026-11-04 | 2026-11-03 |" in pages["zh"]
    assert "| leads to another paper |" in pages["en"]


def test_the_picture_is_well_formed_whatever_the_numbers() -> None:
    from xml.etree import ElementTree

    for counts in ({}, {Verdict.OK: 3}, {Verdict.GONE: 1, Verdict.BLOCKED: 400}):
        for length in (1, 2, 150):
            runs = [Run(f"2026-{number % 12 + 1:02}-01", counts) for number in range(length)]
            ElementTree.fromstring(report.picture(runs, "zh"))


# --- command line ----------------------------------------------------------------------------------------------------


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command.links, arguments)
    if isinstance(result.exception, GeneratorError):
        return 3 if isinstance(result.exception, NetworkError) else 2, result.stdout, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


QUICK = ("--allow-private", "--interval", "0", "--timeout", "3")


def test_named_addresses_are_checked_outside_the_ledger(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, stdout, stderr = invoke(f"{server.url}/ok", f"{server.url}/404", *QUICK, "--json", "-")
    assert [(row["verdict"], row["where"]) for row in json.loads(stdout)] == [("ok", []), ("gone", [])]
    assert code == 1
    assert "1 ok, 1 gone" in stderr
    assert list(tmp_path.iterdir()) == []
    assert invoke(f"{server.url}/403", f"{server.url}/500", *QUICK)[0] == 0


def test_private_addresses_need_leave(server: Server) -> None:
    code, stdout, _ = invoke(f"{server.url}/ok", "--json", "-")
    assert [row["verdict"] for row in json.loads(stdout)] == ["private"]
    assert (code, server.requests) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fix", "http://a.org/x"), "--fix and --changed are for the catalogue"),
        (("--changed", "HEAD", "http://a.org/x"), "--fix and --changed are for the catalogue"),
        (("--offline", "--fix"), "--fix needs the network"),
        (("--json", "-", "--sarif", "-"), "only one report can go to standard output"),
        (("--timeout", "0"), "--timeout"),
        (("--timeout", "nan"), "must be a number"),
        (("--interval", "-1"), "--interval"),
        (("--per-host", "0"), "--per-host"),
    ],
)
def test_options_that_contradict_are_refused(arguments: Sequence[str], message: str) -> None:
    code, _, stderr = invoke(*arguments)
    assert code == 2
    assert message in stderr


def test_an_address_that_is_none_is_an_error_in_the_input() -> None:
    code, stdout, _ = invoke("ftp://a.org/x", "--json", "-")
    assert code == 2
    assert [row["verdict"] for row in json.loads(stdout)] == ["error"]
    assert invoke("not an address", "--offline")[0] == 2


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    code, _, error = invoke("http://127.0.0.1/", "--offline", "--sarif", str(tmp_path / "no" / "such"))
    assert code == 2
    assert "cannot be written" in error


def test_annotations_appear_in_a_workflow(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    _, stdout, _ = invoke(f"{server.url}/404", *QUICK)
    assert f"::error title=links%3A gone::{server.url}/404: gone; status 404" in stdout
    code, stdout, stderr = invoke(f"{server.url}/404", *QUICK, "--json", "-")
    assert (code, len(json.loads(stdout))) == (1, 1)
    assert "::error" in stderr


def test_the_whole_program(server: Server) -> None:
    root = Path(__file__).resolve().parent.parent
    run = [sys.executable, "-m", "generator", "links", f"{server.url}/to301", *QUICK, "--json", "-"]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["verdict"] == "redirect-permanent"


def test_on_a_terminal_there_is_a_table(server: Server) -> None:
    import pty

    root = Path(__file__).resolve().parent.parent
    ours, theirs = pty.openpty()
    run = [sys.executable, "-m", "generator", "links", *(f"{server.url}/{path}" for path in ("ok", "404", "to301"))]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen([*run, *QUICK], cwd=root, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65536):
            said += part
    except OSError:  # the other side has gone
        pass
    os.close(ours)
    assert process.wait() == 1
    text = said.decode()
    assert "checking links" in text
    assert "redirect-permanent" in text
    assert "3 addresses: 1 ok, 1 redirect-permanent, 1 gone" in text


def test_an_interruption_is_told_and_keeps_what_was_learnt(server: Server, project: Project) -> None:
    import signal

    ledger = project.reports / "links.json"
    code = (
        "import sys; from pathlib import Path; from generator.project import Project\n"
        "from generator.links import command; from tests.test_links_catalogue import settings, PLAIN\n"
        "class S: port = tls_port = int(sys.argv[1])\n"
        "async def lookup(host, at): return [('127.0.0.1', S.port)]\n"
        "S.lookup = staticmethod(lookup)\n"
        "sys.exit(command.listed(Project(Path(sys.argv[2])), settings(S), PLAIN))"
    )
    text = CATALOGUE.replace("/ok/gamma", "/hang/gamma")
    project.catalogue.write_text(text, encoding="utf-8")
    root = Path(__file__).resolve().parent.parent
    command_line = [sys.executable, "-c", code, str(server.port), str(project.root)]
    process = subprocess.Popen(command_line, cwd=root, stderr=subprocess.PIPE, text=True)
    while not server.asked("/hang/gamma") or not ledger.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Interrupted; what was learnt so far is in the ledger.")
    assert Ledger(ledger)


def test_reading_the_page_needs_no_http_client() -> None:
    code = "import sys, generator.links.report; print(sorted({'httpx', 'httpcore', 'pydantic'} & set(sys.modules)))"
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fixture_is_a_catalogue() -> None:
    with pytest.raises(Findings):
        parse(CATALOGUE.replace("2001.00002", "nonsense"))

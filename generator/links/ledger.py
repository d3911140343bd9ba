"""What earlier runs learnt of each address: ``generated/reports/links.json``.

One line an address, sorted, days instead of times, so that the difference between two runs shows what changed and
nothing else. Hence ``last_ok`` is written when an address stops being alive; while it is alive, it was so in the last
complete run, which stands in ``runs`` (:meth:`Ledger.last_ok` puts the two together).

Every result is in the file before anybody is told of it: the file is replaced, never written into, so a run that is
killed loses nothing. Two runs at once take turns by a lock on the folder, and each merges its result into what the
other wrote.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from generator.errors import GeneratorError, Location
from generator.links.verdicts import Outcome, Verdict

try:
    import fcntl
except ImportError:  # no POSIX: one run at a time, then
    fcntl = None

FORMAT = 1
FAILURES = 3
"""How often an address must have been found gone …"""
DAYS = 2
"""… and on how many different days, before it counts as dead."""
_RUNS = 200


class Streak(NamedTuple):
    """Times an address was found gone since it was last alive, in runs that can be believed."""

    failures: int
    days: int
    first: str
    last: str


class Entry(NamedTuple):
    """What is known of one address; days as ``YYYY-MM-DD``.

    ``since`` is the day the present verdict was first given, ``status`` that of a failure, ``title`` the title found
    there if it is another paper's.
    """

    verdict: Verdict
    since: str
    first_seen: str
    last_ok: str | None = None
    status: int | None = None
    final: str | None = None
    detail: str = ""
    title: str | None = None
    streak: Streak | None = None

    @property
    def dead(self) -> bool:
        """Whether it is gone for good: often enough, on enough days, and still."""
        if self.verdict is not Verdict.GONE or self.streak is None:
            return False
        return self.streak.failures >= FAILURES and self.streak.days >= DAYS

    def after(self, outcome: Outcome, day: str, last_ok: str | None) -> Entry:
        """The entry after one more check; ``last_ok`` is the last day before on which the address was alive."""
        known = _fresh(outcome, day)
        same = self.verdict is outcome.verdict
        alive = outcome.verdict.alive
        if alive and self.verdict.alive:  # unchanged day: see the head of this module
            last_ok = self.last_ok
        elif alive:
            last_ok = day
        streak = None if alive else self.streak
        if outcome.verdict is Verdict.GONE:
            streak = _longer(streak, day)
        return known._replace(
            since=self.since if same else day, first_seen=self.first_seen, last_ok=last_ok, streak=streak
        )


def _fresh(outcome: Outcome, day: str) -> Entry:
    gone = outcome.verdict is Verdict.GONE
    return Entry(
        verdict=outcome.verdict,
        since=day,
        first_seen=day,
        last_ok=day if outcome.verdict.alive else None,
        status=None if outcome.verdict.alive else outcome.status,
        final=outcome.final if outcome.final != outcome.url else None,
        detail=outcome.detail,
        title=outcome.title,
        streak=_longer(None, day) if gone else None,
    )


def _longer(streak: Streak | None, day: str) -> Streak:
    if streak is None:
        return Streak(1, 1, day, day)
    # A clock set back must not make one day two.
    return Streak(streak.failures + 1, streak.days + (day > streak.last), streak.first, max(day, streak.last))


class Run(NamedTuple):
    """A complete run: its day, and how many addresses had each verdict."""

    day: str
    counts: Mapping[Verdict, int]


class Ledger:
    """The memory of the link checker, on disk after every change."""

    def __init__(self, path: Path) -> None:
        """Read what there is at ``path``; :class:`GeneratorError` if it is not a ledger."""
        self.path = path
        self._entries: dict[str, Entry] = {}
        self._lines: dict[str, str] = {}
        self._runs: list[Run] = []
        self._seen: tuple[int, int, int] | None = None
        self._read()
        self._found = frozenset(self._entries)

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __getitem__(self, url: str) -> Entry:
        return self._entries[url]

    def get(self, url: str) -> Entry | None:
        """What is known of an address, if anything."""
        return self._entries.get(url)

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What is known of every address."""
        return self._entries

    @property
    def runs(self) -> list[Run]:
        """The complete runs, oldest first."""
        return list(self._runs)

    def last_ok(self, url: str) -> str | None:
        """The last day on which the address is known to have been alive."""
        entry = self._entries.get(url)
        if entry is None or not entry.verdict.alive:
            return entry.last_ok if entry else None
        # It has been alive since then: a check with another result would have changed the verdict.
        return max(filter(None, (entry.last_ok, *(run.day for run in self._runs[-1:]))), default=None)

    def trusted(self) -> list[str]:
        """Addresses that were alive when last believed: what tells a host that blocks from one that lost a page."""
        return [url for url, entry in self._entries.items() if entry.streak is None and self.last_ok(url)]

    def record(self, outcome: Outcome, day: str) -> Entry:
        """Add the result of one check; it is on disk when this returns."""
        with self._locked():
            self._read()
            known = self._entries.get(outcome.url)
            entry = known.after(outcome, day, self.last_ok(outcome.url)) if known else _fresh(outcome, day)
            self._set(outcome.url, entry)
            self._write()
        return entry

    def complete(self, urls: Iterable[str], day: str) -> None:
        """Note that every address of the catalogue was checked on ``day``, and forget those it has no more.

        What another run added since this ledger was read is left to that run.
        """
        with self._locked():
            self._read()
            wanted = set(urls)
            for url in [url for url in self._entries if url in self._found and url not in wanted]:
                del self._entries[url], self._lines[url]
            counts: dict[Verdict, int] = {}
            for entry in (entry for url, entry in self._entries.items() if url in wanted):
                counts[entry.verdict] = counts.get(entry.verdict, 0) + 1
            earlier = [run for run in self._runs if run.day != day]
            self._runs = sorted([*earlier, Run(day, counts)], key=lambda run: run.day)[-_RUNS:]
            self._write(lasting=True)

    def _set(self, url: str, entry: Entry) -> None:
        self._entries[url] = entry
        self._lines[url] = f"{_dump(url)}: {_dump(_plain(entry))}"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if fcntl is None:
            yield
            return
        # The folder itself is locked: a lock file would be one more thing to leave behind.
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _read(self) -> None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return
        state = (found.st_ino, found.st_mtime_ns, found.st_size)
        if state == self._seen:
            return
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}, not {FORMAT}")
            entries = {str(url): _entry(row) for url, row in data["links"].items()}
            runs = [_run(row) for row in reversed(data["runs"])]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
            where = Location(str(self.path), getattr(error, "lineno", None))
            raise GeneratorError(
                f"not a ledger of link checks: {reason}", where, "restore it with git, or delete it to start anew"
            ) from error
        self._entries, self._runs, self._seen = entries, runs, state
        self._lines = {url: f"{_dump(url)}: {_dump(_plain(entry))}" for url, entry in entries.items()}

    def _write(self, *, lasting: bool = False) -> None:
        # The newest first: one more run is one more line, and no comma changes.
        runs = ",\n".join(_dump(_plain_run(run)) for run in reversed(self._runs))
        links = ",\n".join(self._lines[url] for url in sorted(self._lines))
        text = f'{{\n"format": {FORMAT},\n"runs": [\n{runs}\n],\n"links": {{\n{links}\n}}\n}}\n'
        # One name under the lock: what a killed run leaves, the next one overwrites.
        new = self.path.with_name(f".{self.path.name}.new")
        with new.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        new.replace(self.path)
        found = self.path.stat()
        self._seen = (found.st_ino, found.st_mtime_ns, found.st_size)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(entry: Entry) -> dict[str, Any]:
    streak = entry.streak
    row: dict[str, Any] = {
        "verdict": entry.verdict.value,
        "since": entry.since,
        "first_seen": entry.first_seen,
        "last_ok": entry.last_ok,
        "status": entry.status,
        "final": entry.final,
        "detail": entry.detail or None,
        "title": entry.title,
        "streak": streak
        and {"failures": streak.failures, "days": streak.days, "first": streak.first, "last": streak.last},
    }
    return {key: value for key, value in row.items() if value is not None}


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        verdict=Verdict(row["verdict"]),
        since=_day(row["since"]),
        first_seen=_day(row["first_seen"]),
        last_ok=_day(row["last_ok"]) if "last_ok" in row else None,
        status=int(row["status"]) if "status" in row else None,
        final=_text(row.get("final")),
        detail=_text(row.get("detail")) or "",
        title=_text(row.get("title")),
        streak=_streak(row["streak"]) if "streak" in row else None,
    )


def _streak(row: Mapping[str, Any]) -> Streak:
    return Streak(int(row["failures"]), int(row["days"]), _day(row["first"]), _day(row["last"]))


def _plain_run(run: Run) -> dict[str, Any]:
    return {"day": run.day, **{verdict.value: run.counts[verdict] for verdict in Verdict if run.counts.get(verdict)}}


def _run(row: Mapping[str, Any]) -> Run:
    return Run(_day(row["day"]), {Verdict(key): int(value) for key, value in row.items() if key != "day"})


def _day(value: object) -> str:
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError(f"{value!r} is not a day")
    return value


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value

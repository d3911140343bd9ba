"""What a run found, for people and for programs: table, JSON, Markdown, SARIF, annotations, and the page of the site.

Whatever a server said (titles, addresses it redirects to) is hostile text and is quoted or escaped here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from generator.errors import GeneratorError, Location
from generator.escape import html_text, md, md_code, md_link
from generator.links.addresses import Address, urls_of
from generator.links.ledger import DAYS, FAILURES, Entry, Ledger, Run
from generator.links.verdicts import Language, Outcome, Verdict

if TYPE_CHECKING:
    from generator.catalogue.model import Catalogue

Level = Literal["error", "warning", "note", "none"]

_LEVELS: dict[Verdict, Level] = {
    Verdict.OK: "none",
    Verdict.SKIPPED: "none",
    Verdict.REDIRECT_TEMPORARY: "none",
    Verdict.ARCHIVED: "note",
    Verdict.BLOCKED: "note",
}
_RANK: dict[Level, int] = {"error": 0, "warning": 1, "note": 2, "none": 3}


class Finding(NamedTuple):
    """An outcome, where its address stands, and what the ledger knows of it; ``dead`` fails the run."""

    outcome: Outcome
    where: tuple[Location, ...]
    entry: Entry | None
    dead: bool

    @property
    def level(self) -> Level:
        """How much it matters: ``error`` fails the run, ``warning`` needs a hand, ``note`` is worth knowing."""
        if self.dead:
            return "error"
        return "warning" if self.outcome.title else _LEVELS.get(self.outcome.verdict, "warning")

    @property
    def message(self) -> str:
        """What was found, in one line."""
        outcome = self.outcome
        parts = [outcome.verdict.meaning("en")]
        if outcome.detail:
            parts.append(outcome.detail)
        elif outcome.chain:
            parts.append(f"now {outcome.final}")
        if outcome.title:
            parts.append(f"another paper is there: {outcome.title!r}")
        if self.entry and self.entry.streak and outcome.verdict is Verdict.GONE:
            streak = self.entry.streak
            parts.append(f"found so {_times(streak.failures)} on {_days(streak.days)} since {streak.first}")
        return " ".join("; ".join(parts).split())


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"


def findings(outcomes: Sequence[Outcome], addresses: Sequence[Address], ledger: Ledger | None) -> list[Finding]:
    """The outcomes with their places; without a ledger, a single look decides that an address is dead."""
    places = {address.url: tuple(place.where for place in address.places) for address in addresses}
    found: list[Finding] = []
    for outcome in outcomes:
        entry = ledger.get(outcome.url) if ledger is not None else None
        dead = entry.dead if entry else ledger is None and outcome.verdict is Verdict.GONE
        found.append(Finding(outcome, places.get(outcome.url, ()), entry, dead))
    return found


def sorted_by_need(found: Iterable[Finding], *levels: Level) -> list[Finding]:
    """Those of the given levels, the most pressing first, then in the order they came."""
    chosen = [finding for finding in found if finding.level in levels]
    return sorted(chosen, key=lambda finding: _RANK[finding.level])


def summary(found: Sequence[Finding]) -> str:
    """How many addresses have each verdict, in one line."""
    counts: dict[Verdict, int] = {}
    for finding in found:
        counts[finding.outcome.verdict] = counts.get(finding.outcome.verdict, 0) + 1
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if verdict in counts]
    total = "1 address" if len(found) == 1 else f"{len(found)} addresses"
    return total + (f": {', '.join(parts)}" if parts else "")


def as_json(found: Sequence[Finding]) -> str:
    """A list of ``{url, verdict, status, final, chain, detail, where}``."""
    rows = [
        {
            "url": finding.outcome.url,
            "verdict": finding.outcome.verdict.value,
            "status": finding.outcome.status,
            "final": finding.outcome.final,
            "chain": [{"url": hop.url, "status": hop.status} for hop in finding.outcome.chain],
            "detail": _detail(finding.outcome),
            "where": [str(place) for place in finding.where],
        }
        for finding in found
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{lines}\n]\n" if rows else "[]\n"


def _detail(outcome: Outcome) -> str:
    title = f"wrong paper: the title there is {outcome.title!r}" if outcome.title else ""
    return "; ".join(filter(None, (outcome.detail, title)))


def markdown(found: Sequence[Finding], rules: Sequence[GeneratorError], notices: Sequence[str]) -> str:
    """The report as Markdown, for an issue or a job's summary."""
    lines = ["## Links", "", f"{md(summary(found))}.", ""]
    sections: tuple[tuple[Level, str], ...] = (
        ("error", f"Dead: gone at least {FAILURES} times on {DAYS} different days"),
        ("warning", "Needs a hand"),
        ("note", "Worth knowing"),
    )
    if rules:
        lines += ["### Rules that ended", "", *(f"- {md(str(error))}" for error in rules), ""]
    for level, heading in sections:
        chosen = [finding for finding in found if finding.level == level]
        if chosen:
            lines += [
                f"### {heading} ({len(chosen)})",
                "",
                "| where | address | verdict | found |",
                "|---|---|---|---|",
            ]
            lines += [_row(finding) for finding in chosen]
            lines.append("")
    if notices:
        lines += ["### Notices", "", *(f"- {md(notice)}" for notice in notices), ""]
    return "\n".join(lines)


def _row(finding: Finding) -> str:
    where = ", ".join(md(str(place)) for place in finding.where) or "–"
    outcome = finding.outcome
    return f"| {where} | {md_code(outcome.url)} | {outcome.verdict.value} | {md_code(finding.message)} |"


def sarif(found: Sequence[Finding], rules: Sequence[GeneratorError]) -> str:
    """The report as SARIF 2.1.0."""
    results = [
        _sarif_result(
            "wrong-paper" if finding.outcome.title else finding.outcome.verdict.value,
            finding.level,
            f"{finding.outcome.url}: {finding.message}",
            finding.where,
        )
        for finding in found
        if finding.level != "none"
    ]
    results += [
        _sarif_result("rule-ended", "error", error.message, (error.where,) if error.where else ()) for error in rules
    ]
    kinds = [{"id": verdict.value, "shortDescription": {"text": verdict.meaning("en")}} for verdict in Verdict]
    kinds.append({"id": "wrong-paper", "shortDescription": {"text": "another paper is at this address"}})
    kinds.append({"id": "rule-ended", "shortDescription": {"text": "a rule that exempts addresses has ended"}})
    driver = {"name": "attention-atlas-links", "rules": kinds}
    log: dict[str, Any] = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _sarif_result(rule: str, level: Level, text: str, where: Sequence[Location]) -> dict[str, Any]:
    places = [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": place.file},
                "region": {"startLine": place.line or 1, "startColumn": place.column or 1},
            }
        }
        for place in where
    ]
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": places}


def workflow_commands(found: Sequence[Finding], rules: Sequence[GeneratorError]) -> list[str]:
    """Workflow commands that put the findings on the lines of a pull request."""
    lines = [_annotation("error", "links: rule ended", error.message, error.where) for error in rules]
    for finding in sorted_by_need(found, "error", "warning"):
        for place in finding.where or (None,):
            text = f"{finding.outcome.url}: {finding.message}"
            lines.append(_annotation(finding.level, f"links: {finding.outcome.verdict.value}", text, place))
    return lines


def _annotation(level: str, title: str, text: str, place: Location | None) -> str:
    fields = {"title": title}
    if place is not None:
        fields = {"file": place.file, "line": str(place.line or 1), "col": str(place.column or 1), **fields}
    listed = ",".join(f"{key}={_command(value, ':,')}" for key, value in fields.items())
    return f"::{level} {listed}::{_command(text)}"


def _command(text: str, more: str = "") -> str:
    """Text that cannot end a workflow command or begin another."""
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)


# --- the page --------------------------------------------------------------------------------------------------------

_Group = Literal["gone", "odd", "closed"]
_GROUPS: dict[_Group, tuple[str, frozenset[Verdict]]] = {
    "gone": ("#c8404f", frozenset((Verdict.GONE, Verdict.SOFT_404))),
    "odd": (
        "#d98e04",
        frozenset((Verdict.TIMEOUT, Verdict.TLS, Verdict.DNS, Verdict.REFUSED, Verdict.PRIVATE, Verdict.ERROR)),
    ),
    "closed": ("#7a869a", frozenset((Verdict.BLOCKED,))),
}
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Health of links",
        "unchecked": "Not checked yet. Whoever has a network can do it: `python -m generator links`.",
        "now": "Now",
        "time": "Over time",
        "hand": "What does not simply answer",
        "checked": "{total} addresses of {papers} papers, last checked completely on {day}: {alive} answer.",
        "partly": "{total} addresses of {papers} papers; not yet checked completely. Of {seen} seen, {alive} answer.",
        "fine": "Every address answers.",
        "gone": "gone",
        "odd": "no proper answer",
        "closed": "keeps programs out",
        "picture": "Addresses that did not answer, by complete check",
        "day": "day",
        "alive": "answer",
        "paper": "paper",
        "address": "address",
        "found": "found",
        "since": "since",
        "last_ok": "last fine",
        "never": "never",
        "wrong": "leads to another paper",
        "dead": "dead",
    },
    "zh": {
        "title": "链接健康",
        "unchecked": "尚未检查。任何能联网的人都可以运行 `python -m generator links` 进行检查。",
        "now": "现状",
        "time": "变化趋势",
        "hand": "未能正常响应的地址",
        "checked": "共 {papers} 篇论文的 {total} 个地址，最近一次完整检查于 {day}：{alive} 个可以访问。",
        "partly": "共 {papers} 篇论文的 {total} 个地址，尚未完整检查；已检查 {seen} 个，其中 {alive} 个可以访问。",
        "fine": "所有地址都可以访问。",
        "gone": "已失效",
        "odd": "响应异常",
        "closed": "拒绝程序访问",
        "picture": "历次完整检查中未能访问的地址数",
        "day": "日期",
        "alive": "可访问",
        "paper": "论文",
        "address": "地址",
        "found": "结果",
        "since": "始于",
        "last_ok": "最后正常",
        "never": "从未",
        "wrong": "指向另一篇论文",
        "dead": "已死链",
    },
}
_UNREMARKABLE = frozenset((Verdict.OK, Verdict.REDIRECT_TEMPORARY, Verdict.REDIRECT_PERMANENT, Verdict.SKIPPED))


def page(ledger: Ledger | None, catalogue: Catalogue, language: Language) -> str:
    """The page on the health of links, in Markdown with an inline SVG; it says so if nothing was checked yet."""
    words = _WORDS[language]
    head = [f"# {words['title']} {{#link-health}}", ""]
    if not ledger:
        return "\n".join([*head, words["unchecked"], ""])
    urls = list(dict.fromkeys(url for paper in catalogue.papers for url in urls_of(paper)))
    entries = [entry for url in urls if (entry := ledger.get(url))]
    alive = sum(entry.verdict.alive for entry in entries)
    runs = ledger.runs
    text = words["checked" if runs else "partly"].format(
        total=len(urls), seen=len(entries), papers=len(catalogue.papers), day=runs[-1].day if runs else "", alive=alive
    )
    body = [f"## {words['now']} {{#now}}", "", text, "", *_verdict_table(entries, language), ""]
    if runs:
        body += [
            f"## {words['time']} {{#over-time}}",
            "",
            picture(runs, language),
            "",
            *_runs_table(runs, language),
            "",
        ]
    rows = _page_rows(ledger, catalogue, language)
    table = [
        f"| {words['paper']} | {words['address']} | {words['found']} | {words['since']} | {words['last_ok']} |",
        "|---|---|---|---|---|",
        *rows,
    ]
    body += [f"## {words['hand']} {{#what-does-not-answer}}", "", *(table if rows else [words["fine"]]), ""]
    return "\n".join([*head, *body])


def _verdict_table(entries: Sequence[Entry], language: Language) -> list[str]:
    counts = {verdict: sum(entry.verdict is verdict for entry in entries) for verdict in Verdict}
    rows = [
        f"| {md(verdict.meaning(language))} | <code>{verdict.value}</code> | {count} |"
        for verdict, count in counts.items()
        if count
    ]
    words = _WORDS[language]
    return [f"| {words['found']} | | {words['address']} |", "|---|---|--:|", *rows]


def _runs_table(runs: Sequence[Run], language: Language) -> list[str]:
    words = _WORDS[language]
    lines = [
        f"| {words['day']} | {words['alive']} | {words['gone']} | {words['odd']} | {words['closed']} |",
        "|---|--:|--:|--:|--:|",
    ]
    for run in runs[-10:][::-1]:
        alive = sum(count for verdict, count in run.counts.items() if verdict.alive)
        groups = " | ".join(str(count) for count in _grouped(run.counts).values())
        lines.append(f"| {run.day} | {alive} | {groups} |")
    return lines


def _page_rows(ledger: Ledger, catalogue: Catalogue, language: Language) -> list[str]:
    words = _WORDS[language]
    rows: list[str] = []
    for paper in catalogue.papers:
        for url in urls_of(paper):
            entry = ledger.get(url)
            if entry is None or (entry.verdict in _UNREMARKABLE and not entry.title):
                continue
            found = words["wrong"] if entry.title else words["dead"] if entry.dead else entry.verdict.meaning(language)
            last = ledger.last_ok(url) or words["never"]
            name = md_link(paper.title, f"papers/{paper.id}.md")
            rows.append(f"| {name} | {md_link(url, url)} | {md(found)} | {entry.since} | {last} |")
    return rows


def _grouped(counts: Mapping[Verdict, int]) -> dict[_Group, int]:
    return {
        group: sum(count for verdict, count in counts.items() if verdict in members)
        for group, (_, members) in _GROUPS.items()
    }


def picture(runs: Sequence[Run], language: Language) -> str:
    """Bars of what did not answer in each complete run, as an inline SVG of one line; text in the page's colour."""
    words = _WORDS[language]
    width, height, left, top, bottom = 720.0, 220.0, 40.0, 34.0, 30.0
    stacks = [_grouped(run.counts) for run in runs]
    most = max((sum(stack.values()) for stack in stacks), default=0) or 1
    step = (width - left) / max(len(runs), 8)
    scale = (height - top - bottom) / most
    bars: list[str] = []
    for index, (run, stack) in enumerate(zip(runs, stacks, strict=True)):
        y = height - bottom
        label = f"{run.day}: " + ", ".join(f"{words[group]} {count}" for group, count in stack.items())
        parts: list[str] = []
        for group, count in stack.items():
            y -= count * scale
            parts.append(
                f'<rect x="{left + index * step + step * 0.1:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" '
                f'height="{count * scale:.1f}" fill="{_GROUPS[group][0]}"/>'
            )
        bars.append(f"<g><title>{html_text(label)}</title>{''.join(parts)}</g>")
    axis = (
        f'<path d="M{left} {top}V{height - bottom}H{width}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<text x="{left - 6}" y="{top + 4}" text-anchor="end">{most}</text>'
        f'<text x="{left - 6}" y="{height - bottom}" text-anchor="end">0</text>'
        f'<text x="{left}" y="{height - 10}">{runs[0].day}</text>'
        + (f'<text x="{width}" y="{height - 10}" text-anchor="end">{runs[-1].day}</text>' if len(runs) > 1 else "")
    )
    keys = "".join(
        f'<rect x="{left + at * 190}" y="4" width="12" height="12" fill="{colour}"/>'
        f'<text x="{left + at * 190 + 18}" y="15">{html_text(words[group])}</text>'
        for at, (group, (colour, _)) in enumerate(_GROUPS.items())
    )
    title = html_text(words["picture"])
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{title}" '
        'xmlns="http://www.w3.org/2000/svg" style="width:100%;height:auto;max-width:720px" font-size="12" '
        f'font-family="inherit" fill="currentColor"><title>{title}</title>{keys}{axis}{"".join(bars)}</svg>'
    )

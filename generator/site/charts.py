"""The pictures of the site: timeline, taxonomy, cost. Each stands beside a list or table that says the same."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from generator.escape import html_text, md_link
from generator.escape import width as columns
from generator.site.drawing import Element, cut, element, link, picture, text
from generator.site.figures import CHANNELS, SIDE, number
from generator.site.paper import Subject
from generator.site.words import TERMS, Language, term, words

_ACROSS = 9
"""Squares of a cell of the taxonomy side by side."""
_PLUGS = ("insert", "replace", "none")


def timeline(found: Mapping[str, Subject], language: Language) -> str:
    """A column of names for each year, coloured by how the mechanism enters a network."""
    t = words(language)
    years: dict[int, list[Subject]] = {}
    for subject in sorted(found.values(), key=lambda s: s.paper.id, reverse=True):
        years.setdefault(subject.paper.venue.year, []).append(subject)
    tallest = max(map(len, years.values()), default=0)
    column, line, top = 118.0, 16.0, 34.0
    wide, high = column * len(years) + 8, top + tallest * line + 34
    base = high - 30
    parts: list[Element] = [element("path", d=f"M0 {base:g}H{wide:g}", class_="aa-axis")]
    for at, (year, members) in enumerate(sorted(years.items())):
        x = at * column + 8
        parts.append(text(str(year), x, base + 20, "aa-axis-label"))
        count = t["paper_count" if len(members) == 1 else "papers_count"].format(count=len(members))
        parts.append(text(count, x + 40, base + 20, "aa-muted"))
        for step, subject in enumerate(members):
            parts.append(_name(subject, x, base - 8 - step * line))
    for at, plug in enumerate(_PLUGS):
        parts.append(element("circle", cx=16 + at * 170, cy=12, r=5, class_=f"aa-plug-{plug}"))
        parts.append(text(term("plug", plug, language), 28 + at * 170, 16))
    most = max(years, key=lambda year: len(years[year]), default=0)
    label = t["timeline_label"].format(
        first=min(years, default=0), last=max(years, default=0), most=most, count=tallest
    )
    return _figure(picture(wide, high, label, parts, classes="aa-chart aa-wide", links=True), label)


def _name(subject: Subject, x: float, y: float) -> Element:
    return link(
        f"../papers/{subject.paper.id}/",
        element("title", f"{subject.paper.title} ({subject.paper.venue.name} {subject.paper.venue.year})"),
        element("circle", cx=x + 4, cy=y - 4, r=4, class_=f"aa-plug-{subject.paper.facets.plug}"),
        text(cut(subject.paper.id, 15), x + 12, y, "aa-chart-link"),
    )


def taxonomy(found: Mapping[str, Subject], language: Language) -> str:
    """Kinds by context: one square a paper, filled where it is built."""
    t = words(language)
    members: dict[tuple[str, str], list[Subject]] = {}
    for subject in sorted(found.values(), key=lambda s: (s.unit is None, s.paper.id)):
        members.setdefault((subject.paper.kind, subject.paper.facets.context), []).append(subject)
    cells = Counter({cell: len(subjects) for cell, subjects in members.items()})
    kinds = [kind for kind in TERMS["kind"] if any(cell[0] == kind for cell in cells)]
    contexts = [c for c in TERMS["context"] if any(cell[1] == c for cell in cells)]
    square, left, top = 16.0, 190.0, 60.0
    most = [min(max(cells[kind, c] for kind in kinds), _ACROSS) for c in contexts]
    names = [term("context", c, language) for c in contexts]
    widths = [max(count * square, columns(name) * 7.0) + 24 for count, name in zip(most, names, strict=True)]
    starts = [left + sum(widths[:at]) for at in range(len(contexts))]
    parts = list(_levels(found, language))
    parts += [text(name, start, top - 12, "aa-axis-label") for name, start in zip(names, starts, strict=True)]
    y = top
    for kind in kinds:
        rows = max(1, *(math.ceil(cells[kind, c] / _ACROSS) for c in contexts))
        parts.append(element("path", d=f"M0 {y:g}H{left + sum(widths):g}", class_="aa-grid"))
        parts.append(text(term("kind", kind, language), 0, y + 16))
        for c, start in zip(contexts, starts, strict=True):
            for at, subject in enumerate(members.get((kind, c), ())):
                down, across = divmod(at, _ACROSS)
                parts.append(_square(subject, start + across * square, y + 5 + down * square, square - 2))
        y += rows * square + 10
    label = t["map_label"].format(count=len(found))
    return _figure(picture(left + sum(widths), y + 4, label, parts, classes="aa-chart", links=True), label)


def _levels(found: Mapping[str, Subject], language: Language) -> Iterator[Element]:
    """What the colours say: a square and a name for each level that occurs; levels of one colour share a square."""
    t = words(language)
    present = {subject.level for subject in found.values()}
    x = 0.0
    for levels in (("parity",), ("figures", "runs"), ("unverified",), ("stub", "nothing-to-build")):
        chosen = [level for level in levels if level in present]
        if not chosen:
            continue
        name = t["or"].join(term("level", level, language) for level in chosen)
        built = "aa-open" if levels[0] == "stub" else "aa-built"
        yield element("rect", x=x, y=4, width=14, height=14, rx=2, class_=f"aa-square aa-level--{levels[0]} {built}")
        yield text(name, x + 20, 16)
        x += 20 + columns(name) * 7.0 + 20


def _square(subject: Subject, x: float, y: float, side: float) -> Element:
    built = "aa-built" if subject.unit is not None else "aa-open"
    return link(
        f"../papers/{subject.paper.id}/",
        element("title", subject.short),
        element("rect", x=x, y=y, width=side, height=side, rx=2, class_=f"aa-square aa-level--{subject.level} {built}"),
    )


def scatter(found: Mapping[str, Subject], language: Language) -> str:
    """Parameters against multiply-accumulates at one shape, beside a 3×3 convolution of that shape; with a table."""
    t = words(language)
    shape = f"{CHANNELS}×{SIDE}×{SIDE}"
    points = [(subject, cost) for subject in found.values() if (cost := subject.equal_cost) is not None]
    if not points:
        return t["not_measured"] + "\n"
    convolution = (9.0 * CHANNELS**2, 9.0 * CHANNELS**2 * SIDE**2)
    wide, high, left, bottom, top = 860.0, 460.0, 60.0, 46.0, 36.0
    ends = [_decades([cost[at] for _, cost in points] + [convolution[at]]) for at in (0, 1)]

    def place(cost: tuple[float, float]) -> tuple[float, float]:
        across, up = (_share(value, *end) for value, end in zip(cost, ends, strict=True))
        return left + across * (wide - left - 110), high - bottom - up * (high - bottom - top)

    parts: list[Element] = []
    for power in range(ends[0][0], ends[0][1] + 1):
        x, _ = place((10.0**power, 1.0))
        parts.append(element("path", d=f"M{x:.1f} {top:g}V{high - bottom:g}", class_="aa-grid"))
        label = "0" if power == ends[0][0] and ends[0][2] else number(10.0**power)
        parts.append(text(label, x, high - bottom + 18, "aa-muted", text_anchor="middle"))
    for power in range(ends[1][0], ends[1][1] + 1):
        _, y = place((1.0, 10.0**power))
        parts.append(element("path", d=f"M{left:g} {y:.1f}H{wide:g}", class_="aa-grid"))
        label = "0" if power == ends[1][0] and ends[1][2] else number(10.0**power)
        parts.append(text(label, left - 8, y + 4, "aa-muted", text_anchor="end"))
    parts.append(text(t["scatter_x"], wide, high - 6, "aa-axis-label", text_anchor="end"))
    parts.append(text(t["scatter_y"], 0, 12, "aa-axis-label"))
    x, y = place(convolution)
    parts.append(element("path", d=f"M{x - 6:.1f} {y:.1f}h12m-6 -6v12", class_="aa-reference"))
    parts.append(text("3×3", x + 10, y + 4, "aa-muted"))
    # A name stands where there is room for it; the others show when pointed at, and in the table below.
    room = _Room({place(cost) for _, cost in points})
    room.take(x, y, x + 40)
    for subject, cost in sorted(points, key=lambda item: item[1]):
        x, y = place(cost)
        end = x + 14 + 6.7 * len(subject.paper.id)
        heights = (y + 4, y - 8, y + 16)
        name_y = next((line for line in heights if line < high - bottom + 8 and room.free(x, line, end)), None)
        circle = element("circle", cx=x, cy=y, r=5, class_=f"aa-plug-{subject.paper.facets.plug}")
        name = [] if name_y is None else [text(subject.paper.id, x + 9, name_y, "aa-chart-link")]
        if name_y is not None:
            room.take(x, name_y, end)
        title = element("title", f"{subject.short}: {number(cost[0])}, {number(cost[1])}")
        parts.append(link(f"../papers/{subject.paper.id}/", title, circle, *name))
    label = t["scatter_label"].format(count=len(points), shape=shape)
    svg = picture(wide, high, label, parts, classes="aa-chart aa-wide", links=True)
    rows = "".join(
        f"| {md_link(s.short, f'papers/{s.paper.id}.md')} | {number(cost[0])} | {number(cost[1])} |\n"
        for s, cost in sorted(points, key=lambda item: item[1][1])
    )
    table = f"| {t['paper']} | {t['scatter_x']} | {t['scatter_y']} |\n|---|--:|--:|\n{rows}"
    return f"{_figure(svg, label)}\n{table}"


class _Room:
    """Where names may stand: neither over another name nor over a dot, both found by the row in which they are."""

    _ROW = 20.0

    def __init__(self, dots: Iterable[tuple[float, float]]) -> None:
        self._names: dict[int, list[tuple[float, float, float]]] = {}
        self._dots: dict[int, list[tuple[float, float]]] = {}
        for across, down in sorted(dots):
            self._dots.setdefault(int(down // self._ROW), []).append((across, down))

    def take(self, x: float, y: float, end: float) -> None:
        """A name stands from ``x`` to ``end`` at the height ``y``."""
        self._names.setdefault(int(y // self._ROW), []).append((x, y, end))

    def free(self, x: float, y: float, end: float) -> bool:
        """Whether a name would cover nothing there."""
        row = int(y // self._ROW)
        for near in (row - 1, row, row + 1):
            if any(abs(y - at) < 12 and x < right and left < end for left, at, right in self._names.get(near, ())):
                return False
            dots = self._dots.get(near, [])
            first, last = bisect_right(dots, (x + 6, math.inf)), bisect_left(dots, (end, -math.inf))
            if any(-3 < y - down < 14 for _, down in dots[first:last]):
                return False
        return True


def _decades(values: list[float]) -> tuple[int, int, bool]:
    """First and last power of ten of an axis, and whether its first place stands for zero."""
    positive = [value for value in values if value > 0]
    first = math.floor(math.log10(min(positive)))
    last = math.ceil(math.log10(max(positive)))
    zero = len(positive) < len(values)
    return first - zero, max(last, first + 1), zero


def _share(value: float, first: int, last: int, zero: bool) -> float:
    return 0.0 if value <= 0 else (math.log10(value) - first) / (last - first)


def _figure(svg: str, caption: str) -> str:
    return (
        f'<figure class="aa-figure"><div class="aa-scroll" tabindex="0" role="group" aria-label="{html_text(caption)}">'
        f"{svg}</div><figcaption>{html_text(caption)}</figcaption></figure>\n"
    )

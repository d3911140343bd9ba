"""Two sets of runs beside each other, so that noise is not taken for news.

Compared are the ratios to the 3x3 convolution of the same run (seconds where there is no such ratio), since they hold
still when the machine does not. A difference counts if it exceeds what the module shows against itself (A/A) in either
set, and if it shows in at least two runs: what was seen once is called *once*, and asks to be measured again.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from generator.bench.record import Row, Run

Verdict = Literal["slower", "slower once", "same", "faster once", "faster"]
# Below this nothing is called a difference, however quiet the machine was.
_LEAST = 0.05
# How many times the quartile distance of a module against itself is still noise.
_FACTOR = 3.0
_REPEATS = 2


@dataclass(frozen=True)
class Change:
    """One case in both sets: ``ratio`` is new to old, ``threshold`` what it has to differ from 1 by."""

    key: tuple[str, ...]
    ratio: float
    threshold: float
    runs: int
    verdict: Verdict


def compare(old: Sequence[Run], new: Sequence[Run]) -> Iterator[Change]:
    """Every case that both sets have, in the order of the new one."""
    before, after = _by_key(old), _by_key(new)
    for key, rows in after.items():
        if key in before:
            yield _change(key, before[key], rows)


def apart(old: Sequence[Run], new: Sequence[Run]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The cases that only the old set has, and those that only the new one has."""
    before, after = _by_key(old), _by_key(new)
    return [key for key in before if key not in after], [key for key in after if key not in before]


def _by_key(runs: Sequence[Run]) -> dict[tuple[str, ...], list[Row]]:
    """One row a run for every case: what one run measured twice has not been repeated."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for run in runs:
        rows: dict[tuple[str, ...], list[Row]] = {}
        for row in run.rows:
            rows.setdefault(row.key, []).append(row)
        for key, same in rows.items():
            same.sort(key=lambda row: row.ratio_conv3x3 or row.median_s)
            found.setdefault(key, []).append(same[(len(same) - 1) // 2])
    return found


def _change(key: tuple[str, ...], old: list[Row], new: list[Row]) -> Change:
    rated = all(row.ratio_conv3x3 is not None for row in (*old, *new))
    values = [[(row.ratio_conv3x3 or row.median_s) if rated else row.median_s for row in rows] for rows in (old, new)]
    reference = statistics.median(values[0])
    threshold = max(_LEAST, *(_FACTOR * _noise(row) for row in (*old, *new)))
    ratios = [value / reference for value in values[1]]
    verdict: Verdict = "same"
    slower = sum(ratio > 1 + threshold for ratio in ratios)
    faster = sum(ratio < 1 / (1 + threshold) for ratio in ratios)
    # Seen in some runs and not in others is noise that the spread did not tell of.
    if slower == len(ratios):
        verdict = "slower" if slower >= _REPEATS else "slower once"
    elif faster == len(ratios):
        verdict = "faster" if faster >= _REPEATS else "faster once"
    return Change(key, statistics.median(ratios), threshold, len(ratios), verdict)


def _noise(row: Row) -> float:
    """Half the quartile distance of the module against itself, and how far its median is from 1."""
    if row.ratio_self is None:
        return (row.q3_s - row.q1_s) / 2 / row.median_s
    first, median, third = row.ratio_self
    return max((third - first) / 2, abs(median - 1))

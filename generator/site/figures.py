"""Numbers of the pages: how they are written, and where they come from (reports of runs, and closed forms)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from generator.bench import record as bench
from generator.catalogue import cost, quantity, shapes
from generator.catalogue.cost import Expression
from generator.catalogue.model import Figure, Module, Paper
from generator.inline import Parameter
from generator.site.examples import axis_expression, defaults, sizes
from generator.verification import CountedFigure, Row

CHANNELS, SIDE = 256, 14
"""The feature map at which costs stand beside each other."""
_UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " K"))


def number(value: float) -> str:
    """A count for reading: four digits at most, with its unit."""
    for unit, name in _UNITS:
        if abs(value) >= unit:
            return f"{value / unit:.3g}{name}" if value < 1000 * unit else f"{value / unit:.0f}{name}"
    return f"{value:.4g}"


def exact(value: int) -> str:
    """A count with its digits in groups of three, parted by thin spaces."""
    return f"{value:,}".replace(",", "\u202f")


def beside(counted: int, printed: str | None) -> str:
    """A count in the unit and with the decimals of what was ``printed``, where anything was."""
    if printed is None:
        return number(counted)
    quantity_ = quantity.parse(printed)
    unit = quantity_.amount / quantity_.value if quantity_.value else 1
    return f"{counted / unit:.{quantity_.decimals}f}{quantity_.unit}"


class Published(NamedTuple):
    """A published row: its place in the record, and what was counted for it."""

    at: int
    figure: Figure
    counted: CountedFigure | None


def published(paper: Paper, row: Row | None) -> list[Published]:
    """The published rows, each with its place and what was counted for it, if that is current."""
    counted: list[CountedFigure | None] = [None] * len(paper.reported)
    rebuilt = [at for at, figure in enumerate(paper.reported) if figure.built]
    if row is not None and len(row.figures) == len(rebuilt):
        for at, figure in zip(rebuilt, row.figures, strict=True):
            counted[at] = figure
    pairs = zip(paper.reported, counted, strict=True)
    return [Published(at, figure, found) for at, (figure, found) in enumerate(pairs)]


def calculator(module: Module, parameters: tuple[Parameter, ...]) -> dict[str, Any] | None:
    """What the page's calculator needs, as JSON can hold it; ``None`` if there is no closed form.

    ``fields`` are what the reader fills in, ``axes`` the shape letters that follow from them, ``params`` and ``macs``
    the trees of the closed forms. ``start`` is the result at the fields' own values, for readers without scripts.
    """
    if module.cost is None:
        return None
    values = {**defaults(parameters), **module.example}
    forms = {"params": cost.parse(module.cost.params), "macs": cost.parse(module.cost.macs)}
    wanted = {name for form in forms.values() for name in form.names()}
    letters = shapes.parse(module.shape).letters()
    convolution = [letter for letter in ("C", "H", "W") if letter in letters]
    axes: dict[str, Expression] = {}
    for letter in letters:
        expression = axis_expression(module, letter, values)
        if expression is not None and (letter in wanted or letter in convolution):
            axes[letter] = cost.parse(expression)
            wanted.update(axes[letter].names())
            wanted.discard(letter)
    free = [letter for letter in letters if letter in wanted and letter not in axes]
    if {"H", "W"} <= set(letters) and "C" in axes and not {"H", "W"} & set(axes):
        free = [*free, *(letter for letter in ("H", "W") if letter not in free)]
    chosen = sizes(module, values)
    names = [name for name in (*(parameter.name for parameter in parameters), *free) if name in {*wanted, *free}]
    start: dict[str, Any] = {name: values.get(name, chosen.get(name)) for name in names}
    if not all(isinstance(start.get(name), (int, float)) for name in wanted if name not in axes):
        return None
    fields = [
        {"name": name, "value": int(start[name]) if isinstance(start[name], bool) else start[name],
         "flag": isinstance(start[name], bool), "axis": name in letters,
         "letter": next((letter for letter, form in axes.items() if form.text == name), None)}
        for name in names
    ]  # fmt: skip
    everything = {**values, **start, **{letter: form.evaluate({**values, **start}) for letter, form in axes.items()}}
    return {
        "fields": fields,
        "axes": {letter: form.to_json() for letter, form in axes.items()},
        "params": forms["params"].to_json(),
        "macs": forms["macs"].to_json(),
        "convolution": len(convolution) == 3,
        "start": {name: form.evaluate(everything) for name, form in forms.items()},
        "sizes": {name: everything[name] for name in dict.fromkeys((*axes, *free))},
    }


def at_equal_shape(
    module: Module, parameters: tuple[Parameter, ...], *, channels: int, side: int
) -> tuple[float, float] | None:
    """Parameters and multiply-accumulates of a module on ``channels`` x ``side`` x ``side``, from its closed forms.

    ``None`` where it has none, maps something else than one feature map, or needs more than its width to be told.
    """
    if module.cost is None or not module.shape.startswith("B C H W ->"):
        return None
    values = {**defaults(parameters), **module.example}
    width = axis_expression(module, "C", values)
    if width is None or width not in values:
        return None
    values.update({width: channels, "C": channels, "H": side, "W": side})
    try:
        return cost.parse(module.cost.params).evaluate(values), cost.parse(module.cost.macs).evaluate(values)
    except ValueError:
        return None


class Timing(NamedTuple):
    """One measurement of a paper's module on a device, the latest of its kind."""

    device: str
    row: bench.Row

    @property
    def form(self) -> str:
        """How it ran, where that is not the plain way."""
        flags = ("compile",) * self.row.compiled + ("channels_last",) * self.row.channels_last
        return ", ".join((self.row.dtype, *flags))


def timings(folder: Path) -> dict[str, list[Timing]]:
    """What the records in ``folder`` hold, by paper: of every case its latest measurement on each device.

    Raises:
        GeneratorError: if a file there is no record.
    """
    found: dict[str, dict[tuple[str, ...], Timing]] = {}
    for path in sorted(folder.glob("*.json")):
        record = bench.read(path)
        for row in (row for run in record.runs for row in run.rows):
            found.setdefault(row.id, {})[(record.device, *row.key)] = Timing(record.device, row)
    return {id: list(timings.values()) for id, timings in found.items()}

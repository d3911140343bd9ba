"""The data-flow diagram of a core module, from the shapes that ``verify`` measured inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from generator.site.drawing import Element, cut, element, picture, text
from generator.verification import Layer, Row

_MOST = 14
_WIDE = 420.0
_BOX = 46.0
_GAP = 20.0
_END = 34.0


class Step(NamedTuple):
    """One box of the diagram."""

    name: str
    type: str
    given: str
    result: str


def steps(row: Row) -> list[Step]:
    """What runs, in order: the parts without parts of their own or, where these are too many, what they belong to."""
    layers = row.layers
    names = {layer.name for layer in layers}
    chosen: list[Layer] = []
    for depth in (99, 3, 2, 1):
        chosen = []
        for layer in layers:
            # A part is drawn unless something inside it is, or something around it.
            if any(other.startswith(f"{layer.name}.") for other in names if other.count(".") < depth):
                continue
            parents = [layer.name.rsplit(".", up)[0] for up in range(1, layer.name.count(".") + 1)]
            if layer.name.count(".") >= depth and any(parent in names for parent in parents):
                continue
            chosen.append(layer)
        if len(chosen) <= _MOST:
            break
    return [
        Step(layer.name, layer.type, _shapes(layer.inputs, row.sizes), _shapes(layer.outputs, row.sizes))
        for layer in chosen
    ]


def _shapes(shapes: Sequence[Sequence[int]], sizes: Mapping[str, int]) -> str:
    return ", ".join(shape(item, sizes) for item in shapes) or "–"


def shape(axes: Sequence[int], sizes: Mapping[str, int]) -> str:
    """A shape with letters where an axis is as long as one of the input; B only as the first."""
    letters = {size: letter for letter, size in sizes.items() if letter != "B"}
    named = ["B" if not at and axis == sizes.get("B") else letters.get(axis, str(axis)) for at, axis in enumerate(axes)]
    return "×".join(named) or "()"


class Flow(NamedTuple):
    """What runs, and the drawing of it, which is the same in every language but for its two ends."""

    shown: list[Step]
    missing: int
    """How many steps the drawing leaves out."""
    boxes: Element
    height: float

    @classmethod
    def of(cls, row: Row) -> Flow:
        """The flow that was measured."""
        found = steps(row)
        parts: list[Element] = []
        y = _END
        for step in found[:_MOST]:
            parts += [_arrow(y), _box(step, y + _GAP)]
            y += _GAP + _BOX
        parts.append(_arrow(y))
        return cls(found[:_MOST], max(0, len(found) - _MOST), Element("").join(parts), y + _GAP)

    def picture(self, given: str, result: str, labels: Mapping[str, str]) -> str:
        """The drawing.

        Args:
            given: the signature's inputs.
            result: the signature's outputs.
            labels: ``input``, ``output`` and ``label``, the last with what is to be seen.
        """
        parts = [_end(labels["input"], given, 4.0), self.boxes, _end(labels["output"], result, self.height)]
        return picture(_WIDE, self.height + 36, labels["label"], parts, classes="aa-flow", links=False)


def _end(label: str, shape: str, y: float) -> Element:
    return element(
        "g",
        element("rect", x=90, y=y, width=_WIDE - 180, height=30, rx=15, class_="aa-flow-end"),
        text(f"{label}  {cut(shape, 30)}", _WIDE / 2, y + 20, "aa-flow-shape", text_anchor="middle"),
    )


def _arrow(y: float) -> Element:
    middle = _WIDE / 2
    return element("path", d=f"M{middle:g} {y + 2:g}v{_GAP - 6:g}m-4 -5l4 5l4 -5", class_="aa-flow-arrow", fill="none")


def _box(step: Step, y: float) -> Element:
    # A change of shape is what the eye should find first.
    changed = step.given != step.result
    line = f"{step.given} → {step.result}" if changed else step.given
    return element(
        "g",
        element("rect", x=20, y=y, width=_WIDE - 40, height=_BOX, rx=6, class_="aa-flow-box"),
        text(cut(step.type, 24), 34, y + 19, "aa-flow-type"),
        text(cut(step.name, 28), _WIDE - 34, y + 19, "aa-flow-name", text_anchor="end"),
        text(cut(line, 56), 34, y + 37, "aa-flow-shape aa-flow-changed" if changed else "aa-flow-shape"),
    )

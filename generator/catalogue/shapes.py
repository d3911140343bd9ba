"""The shape grammar: ``B C H W -> B C H/2 W/2``.

::

    signature = items "->" items
    items     = item {"," item}
    item      = axis {axis}                one tensor
              | "()"                       a scalar
              | "[" items "]"              a Python list
              | "(" items ")"              a tuple
    axis      = INTEGER | [INTEGER "*"] LETTER ["/" INTEGER]        LETTER: one letter, perhaps a digit
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Set
from functools import cache
from typing import Literal, NamedTuple

Shape = tuple[int, ...] | list["Shape"] | tuple["Shape", ...]
"""A bound item: a tensor is a tuple of sizes (a scalar the empty one), a list or tuple of items is a list or tuple."""

_LARGEST = 100_000
_DEEPEST = 3
_TOKEN = re.compile(r"\s*(?:(?P<mark>->|[][(),])|(?P<axis>[A-Za-z0-9*/]+))")
_AXIS = re.compile(
    r"(?P<number>[1-9][0-9]*)|(?:(?P<factor>[1-9][0-9]*)\*)?(?P<letter>[A-Za-z][0-9]?)(?:/(?P<divisor>[1-9][0-9]*))?"
)


class Axis(NamedTuple):
    """``factor * letter / divisor``, or the number ``factor`` where there is no letter."""

    factor: int
    letter: str | None = None
    divisor: int = 1

    def size(self, sizes: Mapping[str, int]) -> int:
        """The length of the axis; ``KeyError`` without a size for its letter, ``ValueError`` if it does not divide."""
        if self.letter is None:
            return self.factor
        product = self.factor * sizes[self.letter]
        if product % self.divisor:
            raise ValueError(f"axis {self}: {self.letter} = {sizes[self.letter]} does not divide by {self.divisor}")
        return product // self.divisor

    def __str__(self) -> str:
        if self.letter is None:
            return str(self.factor)
        factor = f"{self.factor}*" if self.factor > 1 else ""
        divisor = f"/{self.divisor}" if self.divisor > 1 else ""
        return f"{factor}{self.letter}{divisor}"


class Tensor(NamedTuple):
    """One tensor; without axes a scalar."""

    axes: tuple[Axis, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.axes)) or "()"


class Group(NamedTuple):
    """Several items in a Python list or tuple."""

    kind: Literal["list", "tuple"]
    items: tuple[Item, ...]

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.items))
        return f"[{inside}]" if self.kind == "list" else f"({inside})"


Item = Tensor | Group


class Signature(NamedTuple):
    """What goes into a module and what comes out; several outputs come as a tuple."""

    inputs: tuple[Item, ...]
    outputs: tuple[Item, ...]

    def letters(self) -> tuple[str, ...]:
        """Every letter once, in the order of the text."""
        return tuple(dict.fromkeys(axis.letter for axis in self._axes() if axis.letter))

    def divisors(self) -> dict[str, int]:
        """What each letter's size must divide by, for every axis to be whole."""
        found: dict[str, int] = {}
        for axis in self._axes():
            if axis.letter:
                needed = axis.divisor // math.gcd(axis.factor, axis.divisor)
                found[axis.letter] = math.lcm(found.get(axis.letter, 1), needed)
        return found

    def _axes(self) -> Iterator[Axis]:
        pending: list[Item] = [*self.inputs, *self.outputs][::-1]
        while pending:
            item = pending.pop()
            if isinstance(item, Tensor):
                yield from item.axes
            else:
                pending.extend(item.items[::-1])

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.inputs))} -> {', '.join(map(str, self.outputs))}"


class Bound(NamedTuple):
    """The shapes of a signature at given sizes."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


@cache
def parse(text: str) -> Signature:
    """Read a signature; ``ValueError`` names the position (from one) and what was expected there.

    Each is read by the model, by the rules and by several pages in two languages: one reading serves them all.
    """
    return _Parser(text).signature()


def bind(signature: Signature, sizes: Mapping[str, int]) -> Bound:
    """The shapes at ``sizes``; ``ValueError`` names a letter without a size or one that does not divide."""
    if unbound := [letter for letter in signature.letters() if letter not in sizes]:
        raise ValueError(f"no size for {', '.join(unbound)} of {signature}")
    return Bound(_bind_all(signature.inputs, sizes), _bind_all(signature.outputs, sizes))


def choose(
    signature: Signature, known: Mapping[str, int], multiple_of: Mapping[str, int], *, avoid: Set[int] = frozenset()
) -> dict[str, int]:
    """Sizes for every letter: those of ``known``, and for the others primes times what they must divide by.

    All sizes differ from each other (so that no two axes can be taken for one another) and from ``avoid``; B is 2 where
    nothing else is asked of it.
    """
    divisors = signature.divisors()
    sizes = {letter: known[letter] for letter in signature.letters() if letter in known}
    taken = {*sizes.values(), *avoid}
    for letter in signature.letters():
        if letter in sizes:
            continue
        step = math.lcm(divisors[letter], multiple_of.get(letter, 1))
        size = next(step * prime for prime in _primes(2 if letter == "B" else 5) if step * prime not in taken)
        sizes[letter] = size
        taken.add(size)
    return sizes


def _primes(smallest: int) -> Iterator[int]:
    number = smallest
    while True:
        if all(number % factor for factor in range(2, math.isqrt(number) + 1)):
            yield number
        number += 1


def _bind_all(items: tuple[Item, ...], sizes: Mapping[str, int]) -> tuple[Shape, ...]:
    return tuple(_bind(item, sizes) for item in items)


def _bind(item: Item, sizes: Mapping[str, int]) -> Shape:
    if isinstance(item, Tensor):
        return tuple(axis.size(sizes) for axis in item.axes)
    inside = _bind_all(item.items, sizes)
    return list(inside) if item.kind == "list" else inside


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._scan())
        self.next = 0

    def signature(self) -> Signature:
        inputs = self._items(0)
        self._take("->", "'->'")
        outputs = self._items(0)
        if self._peek() is not None:
            raise self._expected("',' or the end" if self._peek() != "->" else "the end ('->' stands once)")
        return Signature(inputs, outputs)

    def _scan(self) -> Iterator[tuple[str, int]]:
        position = 0
        while position < len(self.text.rstrip()):
            found = _TOKEN.match(self.text, position)
            if not found:
                start = len(self.text) - len(self.text[position:].lstrip())
                raise ValueError(f"shape, position {start + 1}: unexpected {self.text[start]!r}")
            group = found.lastgroup or ""
            yield found[group], found.start(group)
            position = found.end()

    def _items(self, depth: int) -> tuple[Item, ...]:
        items = [self._item(depth)]
        while self._peek() == ",":
            self.next += 1
            items.append(self._item(depth))
        return tuple(items)

    def _item(self, depth: int) -> Item:
        opening = self._peek()
        if opening in ("[", "("):
            if depth == _DEEPEST:
                raise ValueError(f"shape, position {self._position()}: brackets are nested more than {_DEEPEST} deep")
            self.next += 1
            if opening == "(" and self._peek() == ")":
                self.next += 1
                return Tensor(())
            items = self._items(depth + 1)
            closing = "]" if opening == "[" else ")"
            self._take(closing, f"an axis, ',' or {closing!r}")
            return Group("list" if opening == "[" else "tuple", items)
        axes: list[Axis] = []
        while (token := self._peek()) is not None and (token[0].isalnum() or token[0] in "*/"):
            axes.append(self._axis(token))
        if not axes:
            raise self._expected("an axis such as B, 3, 2*C or H/2, or a bracket")
        return Tensor(tuple(axes))

    def _axis(self, token: str) -> Axis:
        found = _AXIS.fullmatch(token)
        if not found:
            raise ValueError(
                f"shape, position {self._position()}: {token!r} is not an axis; expected a letter (C, C1), a number, "
                "or a multiple or quotient of a letter (2*C, H/2)"
            )
        numbers = [int(found[name] or 1) for name in ("number", "factor", "divisor")]
        if max(numbers) > _LARGEST:
            raise ValueError(f"shape, position {self._position()}: {token!r} is larger than {_LARGEST}")
        self.next += 1
        return Axis(numbers[0] * numbers[1], found["letter"], numbers[2])

    def _peek(self) -> str | None:
        return self.tokens[self.next][0] if self.next < len(self.tokens) else None

    def _position(self) -> int:
        return self.tokens[self.next][1] + 1 if self.next < len(self.tokens) else len(self.text.rstrip()) + 1

    def _take(self, mark: str, wanted: str) -> None:
        if self._peek() != mark:
            raise self._expected(wanted)
        self.next += 1

    def _expected(self, wanted: str) -> ValueError:
        token = self._peek()
        found = "the end" if token is None else repr(token)
        return ValueError(f"shape, position {self._position()}: expected {wanted}, found {found}")

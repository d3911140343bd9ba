"""The cost grammar: ``C*C/r + 2*C`` in shape letters and parameters, as Python writes arithmetic.

Allowed are ``+ - * / // **``, ``ceil floor min max``, numbers, names and brackets. An expression is never run: it is
read with :mod:`ast`, kept as a small tree and evaluated by walking it, here and (as JSON) in the reader's browser.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

Tree = int | float | str | tuple["Tree", ...]
"""A number, a name, or ``(operator, argument, …)``."""
Json = int | float | str | list["Json"]
Number = int | float

_LONGEST = 600
_DEEPEST = 50
_HIGHEST_POWER = 8
_LARGEST = 10**30
_TOKEN = re.compile(r"[ ]+|(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?![\w.])|[A-Za-z_][A-Za-z0-9_]*|\*\*|//|[-+*/(),]")
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Pow: "**",
}
_ARGUMENTS = {"ceil": (1, 1), "floor": (1, 1), "min": (2, 20), "max": (2, 20)}


class Expression(NamedTuple):
    """A cost in closed form."""

    text: str
    tree: Tree

    def names(self) -> tuple[str, ...]:
        """Every shape letter and parameter once, in the order of the text."""
        found: dict[str, None] = {}

        def walk(tree: Tree) -> None:
            if isinstance(tree, str):
                found.setdefault(tree)
            elif isinstance(tree, tuple):
                for part in tree[1:]:
                    walk(part)

        walk(self.tree)
        return tuple(found)

    def evaluate(self, values: Mapping[str, object]) -> Number:
        """The number at ``values`` (booleans count as 0 and 1; whole where the division leaves no rest).

        Raises:
            ValueError: a name has no number, a division by zero, a power or a result out of bounds.
        """
        return _evaluate(self.tree, values)

    def to_json(self) -> Json:
        """The tree as nested lists: ``["+", ["*", 2, "C"], 1]``; a text outside first place is a name."""
        return _to_json(self.tree)


@cache
def parse(text: str) -> Expression:
    """Read an expression; ``ValueError`` says what is not allowed and where (positions count from one).

    Each is read by the model, by the rules and by several pages in two languages: one reading serves them all.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"expression of {len(text)} characters; at most {_LONGEST} are allowed")
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(f"expression, position {position + 1}: unexpected {text[position]!r}")
        position = found.end()
    try:
        body = ast.parse(text.strip(" "), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"{_short(text)!r} is not an arithmetic expression such as 'C*C/r + 2*C'") from None
    return Expression(text, _tree(body, 1))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _tree(node: ast.expr, depth: int) -> Tree:
    if depth > _DEEPEST:
        raise ValueError(f"expression nested more than {_DEEPEST} deep")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # pyright: ignore[reportReturnType]  -- the line above admits numbers only
    if isinstance(node, ast.Name):
        if node.id in _ARGUMENTS:
            raise ValueError(f"{node.id!r} is a function here and needs arguments in brackets")
        return node.id
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return ("neg", _tree(node.operand, depth + 1))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _tree(node.left, depth + 1), _tree(node.right, depth + 1)
        if isinstance(node.op, ast.Pow) and isinstance(right, (int, float)) and right > _HIGHEST_POWER:
            raise ValueError(f"power {right}; at most {_HIGHEST_POWER} is allowed")
        return (_BINARY[type(node.op)], left, right)
    if isinstance(node, ast.Call):
        return _call(node, depth)
    raise ValueError("only numbers, names, + - * / // **, ceil, floor, min and max are allowed in an expression")


def _call(node: ast.Call, depth: int) -> Tree:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name not in _ARGUMENTS:
        raise ValueError("only the functions ceil, floor, min and max can be called in an expression")
    fewest, most = _ARGUMENTS[name]
    if node.keywords or not fewest <= len(node.args) <= most:
        wanted = "one argument" if most == 1 else "two arguments or more"
        raise ValueError(f"{name} takes {wanted}")
    return (name, *(_tree(argument, depth + 1) for argument in node.args))


def _evaluate(tree: Tree, values: Mapping[str, object]) -> Number:
    if isinstance(tree, str):
        if tree not in values:
            raise ValueError(f"no value for {tree!r}")
        value = values[tree]
        if not isinstance(value, (int, float)):
            raise ValueError(f"{tree} = {value!r} is not a number")
        result = int(value) if isinstance(value, bool) else value
    elif isinstance(tree, tuple):
        result = _apply(str(tree[0]), [_evaluate(part, values) for part in tree[1:]])
    else:
        result = tree
    if not abs(result) <= _LARGEST:
        raise ValueError(f"result beyond {_LARGEST:.0e}")
    return result


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _power(base: Number, exponent: Number) -> Number:
    if not 0 <= exponent <= _HIGHEST_POWER:
        raise ValueError(f"power {exponent}; it must lie between 0 and {_HIGHEST_POWER}")
    if base < 0 and exponent != int(exponent):
        raise ValueError("a negative number to a broken power")
    return base**exponent


_OPERATORS: dict[str, Callable[..., Number]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "//": lambda left, right: left // right,
    "**": _power,
    "neg": lambda value: -value,
    "ceil": math.ceil,
    "floor": math.floor,
    "min": min,
    "max": max,
}


def _apply(operator: str, arguments: Sequence[Number]) -> Number:
    try:
        return _OPERATORS[operator](*arguments)
    except ZeroDivisionError:
        raise ValueError("division by zero") from None


def _to_json(tree: Tree) -> Json:
    return [_to_json(part) for part in tree] if isinstance(tree, tuple) else tree

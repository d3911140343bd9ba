"""Snippets of the pages: what a reader copies, and what the tests run."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalogue import cost, shapes
from generator.catalogue.model import Insertion, Module
from generator.escape import py_value
from generator.inline import Parameter

# Where nothing says which parameter gives an axis its size.
_USUAL = {"C": ("channels", "in_channels", "dim"), "D": ("dim",)}
# Parameters of modules that hold something for each row and column.
_LARGEST = {"H": "height", "W": "width"}
_FRIENDLY = {"B": 2, "H": 32, "W": 32, "N": 196, "T": 8}


def defaults(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Default values that are constants, by parameter."""
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.default is not None:
            try:
                found[parameter.name] = ast.literal_eval(parameter.default)
            except ValueError:
                continue
    return found


def axis_expression(module: Module, letter: str, values: Mapping[str, Any]) -> str | None:
    """The expression over parameters that gives ``letter`` its size; ``None`` if the input is free to choose it."""
    if letter in module.axes:
        return module.axes[letter]
    return next((name for name in _USUAL.get(letter, ()) if isinstance(values.get(name), int)), None)


def sizes(module: Module, values: Mapping[str, Any]) -> dict[str, int]:
    """Sizes that a reader would choose, for every letter of the module's shape."""
    signature = shapes.parse(module.shape)
    divisors = signature.divisors()
    known: dict[str, int] = {}
    for letter in signature.letters():
        if (expression := axis_expression(module, letter, values)) is not None:
            known[letter] = int(cost.parse(expression).evaluate(values))
        elif letter in _FRIENDLY:
            step = math.lcm(divisors[letter], module.multiple_of.get(letter, 1))
            friendly = _FRIENDLY[letter]
            if isinstance(largest := values.get(_LARGEST.get(letter, "")), int) and largest > 0:
                friendly = min(friendly, largest)
            known[letter] = step * math.ceil(friendly / step)
    return shapes.choose(signature, known, module.multiple_of)


def usage(id: str, module: Module, parameters: tuple[Parameter, ...]) -> str:
    """Build the module and call it once; the shapes that come out stand behind the call."""
    values = {**defaults(parameters), **module.example}
    bound = shapes.bind(shapes.parse(module.shape), sizes(module, values))
    arguments = "".join(f", {name}={py_value(value, tuples=True)}" for name, value in module.example.items())
    names = ["x"] if len(bound.inputs) == 1 else [f"x{at}" for at in range(1, len(bound.inputs) + 1)]
    lines = ["import torch", "import attention_atlas as atlas", "", f'module = atlas.create("{id}"{arguments})']
    lines += [f"{name} = {_random(item)}" for name, item in zip(names, bound.inputs, strict=True)]
    result = bound.outputs[0] if len(bound.outputs) == 1 else bound.outputs
    lines.append(f"y = module({', '.join(names)})  # {_shown(result)}")
    return "\n".join(lines)


def _random(shape: Any) -> str:
    if isinstance(shape, list):
        return f"[{', '.join(_random(item) for item in shape)}]"
    if shape and not all(isinstance(axis, int) for axis in shape):
        inside = ", ".join(_random(item) for item in shape)
        return f"({inside},)" if len(shape) == 1 else f"({inside})"
    return f"torch.randn({', '.join(map(str, shape))})" if shape else "torch.randn(())"


def _shown(shape: Any) -> str:
    if isinstance(shape, list):
        return f"[{', '.join(_shown(item) for item in shape)}]"
    if len(shape) and not all(isinstance(axis, int) for axis in shape):
        return f"({', '.join(_shown(item) for item in shape)})"
    return "×".join(map(str, shape)) or "()"


def recipes(id: str, insertions: tuple[Insertion, ...]) -> Iterator[tuple[tuple[Insertion, ...], str]]:
    """For each backbone its insertions, which belong together, and the code that makes them all."""
    for backbone in dict.fromkeys(insertion.backbone for insertion in insertions):
        chosen = tuple(insertion for insertion in insertions if insertion.backbone == backbone)
        calls = [f'"{id}", where="{insertion.where}"{_more(insertion)})' for insertion in chosen]
        if len(calls) == 1:
            lines = [f"network = insert({backbone}(), {calls[0]}"]
        else:
            lines = [f"network = {backbone}()", *(f"insert(network, {call}" for call in calls)]
        head = ["import torch"] if any(insertion.input for insertion in chosen) else []
        head += ["from attention_atlas import insert", f"from attention_atlas.hosts import {backbone}", ""]
        yield chosen, "\n".join([*head, *lines])


def _more(insertion: Insertion) -> str:
    arguments = "".join(f", {name}={py_value(value, tuples=True)}" for name, value in insertion.arguments.items())
    if insertion.input:
        arguments += f", example=torch.randn(1, 3, {insertion.input[0]}, {insertion.input[1]})"
    return arguments

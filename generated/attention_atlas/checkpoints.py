"""Loading what the authors released into the modules of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import torch
from torch import Tensor, nn

Entry = str | Mapping[str, Any]

_STEPS = {
    "chunk": lambda x, n, dim, index: x.chunk(n, dim)[index],
    "narrow": lambda x, dim, start, length: x.narrow(dim, start, length),
    "reshape": lambda x, *sizes: x.reshape(*sizes),
    "permute": lambda x, *dims: x.permute(*dims),
    "squeeze": lambda x, dim: x.squeeze(dim),
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
    "flip": lambda x, dim: x.flip(dim),
    "diagonal": lambda x: torch.stack([row[i % len(row)] for i, row in enumerate(x)]).unsqueeze(1),
}
_JOINS = {"cat": torch.cat, "stack": torch.stack}


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in text.split("*")))


def matches(name: str, patterns: Iterable[str]) -> str | None:
    """The first of ``patterns`` that fits ``name`` whole, or ``None``."""
    return next((pattern for pattern in patterns if _pattern(pattern).fullmatch(name)), None)


class KeyMap:
    """The key map of one class.

    Args:
        entries: ``ours: theirs`` as the module's docstring describes it.
        constant: names (patterns) of our buffers that their state does not hold, since the constructor makes them.
        dead: names of our parameters that do not change the output and that their code does not have.
        upstream_only: names of their tensors that ours does not need.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry],
        constant: Iterable[str] = (),
        dead: Iterable[str] = (),
        upstream_only: Iterable[str] = (),
    ) -> None:
        self.entries = dict(entries)
        self.constant = tuple(constant)
        self.dead = tuple(dead)
        self.upstream_only = tuple(upstream_only)

    def sources(self, name: str) -> Iterator[tuple[list[str], list[list[Any]]]]:
        """Which of their tensors may make up our ``name``, and by which steps: a pair for each entry that fits."""
        for ours, theirs in self.entries.items():
            found = _pattern(ours).fullmatch(name)
            if found is None:
                continue
            origin: str | list[str] = theirs if isinstance(theirs, str) else theirs["from"]
            steps = [] if isinstance(theirs, str) else [list(step) for step in theirs.get("steps", [])]
            names = [origin] if isinstance(origin, str) else list(origin)
            yield [_fill_in(text, found.groups()) for text in names], steps

    def translate(self, ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Their state in our names and layouts.

        Args:
            ours: state dict of the module that is to be filled: names and shapes.
            theirs: the authors' state dict.

        Raises:
            ValueError: if a tensor is missing, left over or of the wrong shape; all of them are named.
        """
        state: dict[str, Tensor] = {}
        used: set[str] = set()
        wrong: list[str] = []
        for name, target in ours.items():
            candidates = list(self.sources(name))
            found = next((pair for pair in candidates if all(source in theirs for source in pair[0])), None)
            if found is None:
                if not matches(name, self.constant + self.dead) and not name.endswith("num_batches_tracked"):
                    wanted = " or ".join(" and ".join(names) for names, _ in candidates) or "an entry of the key map"
                    wrong.append(f"{name}: expected {wanted}, got nothing")
                continue
            used.update(found[0])
            sources, steps = found
            if name.endswith("num_batches_tracked"):
                # A counter has no channels to join or move; layers that are joined have counted the same batches.
                sources, steps = sources[:1], []
            value = _run(steps, [theirs[source] for source in sources])
            if value.shape != target.shape:
                wrong.append(f"{name}: expected shape {tuple(target.shape)}, got {tuple(value.shape)} from {sources}")
            state[name] = value
        for name in theirs:
            if name not in used and not matches(name, self.upstream_only) and not name.endswith("num_batches_tracked"):
                wrong.append(f"{name}: not used by any entry of the key map")
        if wrong:
            raise ValueError("the state does not fit the module:\n  " + "\n  ".join(wrong))
        return state


def _fill_in(pattern: str, groups: tuple[str, ...]) -> str:
    """``pattern`` with its stars replaced by the texts that its partner's stars stood for."""
    head, *tail = pattern.split("*")
    if len(tail) > len(groups):
        raise ValueError(f"key map: {pattern!r} has more '*' than its partner")
    return head + "".join(group + part for group, part in zip(groups, tail, strict=False))


def _run(steps: list[list[Any]], tensors: list[Tensor]) -> Tensor:
    value: Tensor | None = tensors[0] if len(tensors) == 1 else None
    for name, *arguments in steps:
        if name in _JOINS:
            value = _JOINS[name](tensors, *arguments)
        elif value is None:
            raise ValueError(f"key map: several tensors need 'cat' or 'stack' before {name!r}")
        elif name in _STEPS:
            value = _STEPS[name](value, *arguments)
        else:
            raise ValueError(f"key map: unknown step {name!r}, expected one of {[*_JOINS, *_STEPS]}")
    if value is None:
        raise ValueError("key map: several tensors need 'cat' or 'stack'")
    return value


@cache
def _key_maps() -> dict[str, dict[str, dict[str, Any]]]:
    text = resources.files(__package__ or "attention_atlas").joinpath("key_maps.json").read_text(encoding="utf-8")
    return json.loads(text)


def load_official(module: nn.Module, state_dict: Mapping[str, Tensor], *, prefix: str = "") -> nn.Module:
    """Fill ``module`` with weights in the authors' own layout.

    Args:
        module: a module of this package for which a key map exists (``info(id).key_maps`` names the classes).
        state_dict: the authors' state dict, or that of a network that contains their module.
        prefix: what stands before the module's names in ``state_dict``, such as ``"module.layer1.0.se."``.

    Returns:
        ``module`` itself.

    Raises:
        ValueError: if there is no key map for the class, or if names or shapes do not fit; each one is named.
    """
    id = type(module).__module__.rpartition(".")[2]
    _refuse_no_state(state_dict)
    maps = _key_maps().get(id, {})
    name = type(module).__name__
    if name not in maps:
        known = ", ".join(maps) or "none"
        raise ValueError(f"there is no key map for {name} of {id!r}; known there: {known}")
    if not state_dict and module.state_dict():
        raise ValueError("the state dict is empty")
    theirs = {key[len(prefix) :]: value for key, value in state_dict.items() if key.startswith(prefix)}
    if not theirs and module.state_dict():
        raise ValueError(f"no name of the state dict begins with {prefix!r}")
    for key, value in theirs.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"{prefix}{key}: expected a tensor, got a {type(value).__name__}")
    try:
        state = KeyMap(**maps[name]).translate(module.state_dict(), theirs)
    except ValueError as error:
        for head in (".", "module."):
            if theirs and all(key.startswith(head) for key in theirs):
                more = f"all names begin with {prefix + head!r}; give prefix={prefix + head!r}"
                raise ValueError(f"{error}\n  {more}") from None
        raise
    module.load_state_dict(state, strict=False)
    return module


def _refuse_no_state(state_dict: object) -> None:
    """Say what to hand over instead of a whole checkpoint."""
    if not isinstance(state_dict, Mapping):
        raise ValueError(f"expected a state dict, got a {type(state_dict).__name__}")
    for key, value in state_dict.items():
        if isinstance(value, Mapping):
            raise ValueError(f"expected a state dict, got a checkpoint; hand over what it holds under {key!r}")

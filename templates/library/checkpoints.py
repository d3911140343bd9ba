"""Loading what the authors released into the modules of this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from torch import Tensor, nn

from templates.blocks.key_map import KeyMap


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

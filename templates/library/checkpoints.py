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
    maps = _key_maps().get(id, {})
    name = type(module).__name__
    if name not in maps:
        known = ", ".join(maps) or "none"
        raise ValueError(f"there is no key map for {name} of {id!r}; known there: {known}")
    theirs = {key[len(prefix) :]: value for key, value in state_dict.items() if key.startswith(prefix)}
    if not theirs and module.state_dict():
        raise ValueError(f"no name of the state dict begins with {prefix!r}")
    state = KeyMap(**maps[name]).translate(module.state_dict(), theirs)
    module.load_state_dict(state, strict=False)
    return module

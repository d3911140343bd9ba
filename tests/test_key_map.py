"""Key maps between two layouts of the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.blocks.key_map import KeyMap


def _numbered(count: int) -> dict[str, Tensor]:
    return {f"parts.{index}.weight": torch.full((2,), float(index)) for index in range(count)}


@pytest.mark.parametrize("join", ["cat", "stack"])
def test_several_of_their_tensors_become_one(join: str) -> None:
    key_map = KeyMap({"weight": {"from": ["parts.1.weight", "parts.0.weight"], "steps": [[join, 0], ["reshape", -1]]}})
    state = key_map.translate({"weight": torch.empty(4)}, _numbered(2))
    assert state["weight"].tolist() == [1, 1, 0, 0]


def test_several_tensors_need_a_join() -> None:
    with pytest.raises(ValueError, match=r"key map: several tensors need 'cat' or 'stack'"):
        KeyMap({"weight": {"from": ["parts.0.weight", "parts.1.weight"]}}).translate(
            {"weight": torch.empty(4)}, _numbered(2)
        )


def test_what_is_missing_left_over_or_of_another_shape_is_named() -> None:
    with pytest.raises(ValueError, match="the state does not fit") as error:
        KeyMap({"*": "*"}).translate(
            {"a": torch.empty(1), "b": torch.empty(2)}, {"b": torch.empty(3), "c": torch.empty(1)}
        )
    assert str(error.value).splitlines()[1:] == [
        "  a: expected a, got nothing",
        "  b: expected shape (2,), got (3,) from ['b']",
        "  c: not used by any entry of the key map",
    ]


def test_counters_of_joined_layers_are_taken_as_they_are() -> None:
    key_map = KeyMap({"norm.*": {"from": ["a.*", "b.*"], "steps": [["cat", 0]]}})
    theirs = {f"{name}.weight": torch.ones(2) for name in "ab"}
    theirs |= {f"{name}.num_batches_tracked": torch.tensor(7) for name in "ab"}
    ours = {"norm.weight": torch.empty(4), "norm.num_batches_tracked": torch.tensor(0)}
    state = key_map.translate(ours, theirs)
    assert state["norm.weight"].shape == (4,)
    assert state["norm.num_batches_tracked"].item() == 7

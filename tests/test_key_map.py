"""Key maps between two layouts of the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from templates.blocks.key_map import KeyMap


def _numbered(count: int) -> dict[str, Tensor]:
    return {f"parts.{index}.weight": torch.full((2,), float(index)) for index in range(count)}


@pytest.mark.parametrize("count", [1, 2, 12])
def test_a_star_without_partner_stands_for_all_in_the_order_of_their_numbers(count: int) -> None:
    key_map = KeyMap({"weight": {"from": "parts.*.weight", "steps": [["cat", 0]]}})
    state = key_map.translate({"weight": torch.empty(2 * count)}, _numbered(count))
    assert state["weight"].tolist() == [float(index) for index in range(count) for _ in range(2)]


def test_a_star_with_a_partner_is_what_the_partner_stands_for() -> None:
    theirs = {
        f"{block}.parts.{index}": torch.full((1,), float(f"{block}{index}")) for block in (1, 2) for index in (3, 4)
    }
    key_map = KeyMap({"layer*.weight": {"from": "*.parts.*", "steps": [["stack", 0], ["squeeze", 1]]}})
    state = key_map.translate({f"layer{block}.weight": torch.empty(2) for block in (1, 2)}, theirs)
    assert {name: value.tolist() for name, value in state.items()} == {
        "layer1.weight": [13, 14],
        "layer2.weight": [23, 24],
    }


def test_a_star_that_fits_nothing_is_named() -> None:
    key_map = KeyMap({"weight": {"from": "parts.*.weight", "steps": [["cat", 0]]}})
    with pytest.raises(ValueError, match=r"weight: expected parts\.\*\.weight, got nothing"):
        key_map.translate({"weight": torch.empty(2)}, {})


def test_several_tensors_need_a_join() -> None:
    with pytest.raises(ValueError, match=r"key map: several tensors need 'cat' or 'stack'"):
        KeyMap({"weight": "parts.*.weight"}).translate({"weight": torch.empty(4)}, _numbered(2))


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

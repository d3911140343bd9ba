"""Whether two titles name the same paper: preprints and proceedings seldom agree to the letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Words that half the titles of the field share: agreeing on them says nothing.
_COMMON_WORDS = (
    "a an and are as at attention based by convolution convolutional deep efficient fast for from image in is it its "
    "learning mechanism model models module network networks neural of on or recognition self the to transformer "
    "transformers using via vision visual with"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_ENOUGH = 0.5


def words(title: str) -> tuple[str, ...]:
    """The words of a title without case, accents, TeX and punctuation."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"\\[a-z]+|[$^{}~'’`]", "", plain)
    return tuple(re.findall(r"[^\W_]+", plain))


def same(one: str, other: str) -> bool:
    """Whether two titles may name one paper: half of the telling words of the shorter one stand in the other."""
    ours, theirs = _telling(one), _telling(other)
    return len(ours & theirs) >= _ENOUGH * min(len(ours), len(theirs))


def wrong(expected: str, found: str, others: Iterable[str] = ()) -> bool:
    """Whether ``found`` is the title of another paper than ``expected``; ``others`` are titles it may be instead."""
    spelled = words(found)
    if not spelled or spelled == words(expected):
        return False
    return any(words(other) == spelled for other in others) or not same(expected, found)


def _telling(title: str) -> frozenset[str]:
    every = frozenset(words(title))
    return every - _COMMON or every

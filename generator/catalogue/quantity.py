"""Published quantities with the precision they were published in: ``28.09M``, ``24.37Mi``, ``4.14G``."""

from __future__ import annotations

import re
from typing import NamedTuple

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


class Quantity(NamedTuple):
    """A number, its unit and how many decimals were printed. ``Mi`` counts in 2^20, as some tables do."""

    value: float
    unit: str
    decimals: int

    @property
    def amount(self) -> float:
        """The number in units of one."""
        return self.value * _UNITS[self.unit]

    def prints_as(self, counted: int) -> bool:
        """Whether ``counted`` rounds (or is cut, as some tables do) to what was printed."""
        distance = abs(counted / _UNITS[self.unit] - self.value)
        cut = int(counted / _UNITS[self.unit] * 10**self.decimals) == round(self.value * 10**self.decimals)
        return cut or distance <= 0.5 * 10**-self.decimals * (1 + 1e-9)

    def within(self, counted: int, share: float) -> bool:
        """Whether ``counted`` is within ``share`` of the amount, or rounds to what was printed."""
        return self.prints_as(counted) or abs(counted - self.amount) <= share * self.amount


def parse(text: str) -> Quantity:
    """Read a quantity; ``ValueError`` if it is none."""
    found = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))?((?:[KMG]i?)?)", text)
    if not found:
        raise ValueError(f"expected a number with K, M, G, Ki, Mi or Gi such as 25.56M, got {text!r}")
    whole, decimals, unit = found[1], found[2] or "", found[3]
    return Quantity(float(f"{whole}.{decimals or 0}"), unit, len(decimals))

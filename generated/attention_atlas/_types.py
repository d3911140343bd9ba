"""What the package knows of a paper without loading its module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """Where the paper puts its module into a reference network of :mod:`attention_atlas.hosts`.

    Recipes of one backbone belong together. ``input`` is the height and width of the images where a module is built for
    one size; ``note`` says in both languages where a recipe is a usual place instead.
    """

    backbone: str
    where: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    input: tuple[int, int] | None = None
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A named configuration of a full network."""

    cls: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    input: int = 224


@dataclass(frozen=True)
class PaperInfo:
    """One paper of the catalogue.

    ``level`` is the evidence behind the module: ``stub``, ``runs``, ``figures`` or ``parity``. ``axes`` tells which
    parameter gives an axis of ``shape`` its size, ``multiple_of`` what an axis must divide by.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    venue: str
    year: int
    kind: str
    sections: tuple[str, ...]
    paper_url: str
    code_url: str | None
    official_code: bool
    idea: Mapping[str, str]
    level: str
    implemented: bool
    nothing_to_build: str | None = None
    cls: str | None = None
    shape: str | None = None
    axes: Mapping[str, str] = field(default_factory=dict)
    multiple_of: Mapping[str, int] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recipes: tuple[Recipe, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    key_maps: tuple[str, ...] = ()

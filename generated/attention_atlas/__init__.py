"""Attention Atlas: reference implementations of computer-vision attention papers.

>>> import attention_atlas as atlas
>>> gate = atlas.create("cbam", channels=256)
>>> atlas.insert(network, "eca_net", where="after:*.bn3")
"""

from __future__ import annotations

import difflib
import importlib
import re
from types import ModuleType
from typing import Any

from torch import nn

from ._registry import PAPERS
from ._types import PaperInfo, Recipe, Variant
from ._version import __version__
from .checkpoints import load_official
from .insertion import insert

__all__ = [
    "PaperInfo",
    "Recipe",
    "Variant",
    "__version__",
    "create",
    "info",
    "insert",
    "list_papers",
    "load",
    "load_official",
]


def info(id: str) -> PaperInfo:
    """What is known of the paper ``id``.

    Raises:
        ValueError: if there is no such paper; near names are suggested.
    """
    if not isinstance(id, str):
        raise ValueError(f"expected the id of a paper, such as 'cbam', got {id!r}")
    if id not in PAPERS:
        near = difflib.get_close_matches(re.sub("[^a-z0-9]+", "_", id.lower()), PAPERS, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "; list_papers() names them all"
        raise ValueError(f"there is no paper {id!r}{hint}")
    return PAPERS[id]


def list_papers(*, kind: str | None = None, section: str | None = None, implemented: bool | None = None) -> list[str]:
    """Ids of the papers that fit every condition given, sorted.

    Raises:
        ValueError: if no paper at all has that kind or section.
    """
    for name, value, known in (
        ("kind", kind, {paper.kind for paper in PAPERS.values()}),
        ("section", section, {section for paper in PAPERS.values() for section in paper.sections}),
    ):
        if value is not None and value not in known:
            raise ValueError(f"{name}: expected one of {', '.join(sorted(known))}, got {value!r}")
    return [
        id
        for id, paper in PAPERS.items()
        if (kind is None or paper.kind == kind)
        and (section is None or section in paper.sections)
        and (implemented is None or paper.implemented == implemented)
    ]


def load(id: str) -> ModuleType:
    """The Python module of the paper ``id``, with everything its file defines."""
    return importlib.import_module(f".papers.{info(id).id}", __package__)


def create(id: str, *, variant: str | None = None, **kwargs: Any) -> nn.Module:
    """Build the module of a paper.

    Args:
        id: of the paper.
        variant: one of ``info(id).variants``: a full network of the paper instead of its core module.
        kwargs: arguments of the module.

    Raises:
        ValueError: if there is no such paper or variant, or if an argument does not fit.
        NotImplementedError: if the paper has no implementation yet; the message has its address.
    """
    paper = info(id)
    module = load(id)
    if variant is None:
        return getattr(module, paper.cls or module.__all__[0])(**kwargs)
    if variant not in paper.variants:
        known = ", ".join(paper.variants) or "none"
        raise ValueError(f"variant of {id}: expected one of {known}, got {variant!r}")
    chosen = paper.variants[variant]
    return getattr(module, chosen.cls)(**{**chosen.arguments, **kwargs})

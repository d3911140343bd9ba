"""A record and an implementation to begin with: what is known is filled in, the rest is marked blank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from generator.catalogue.source import BLANK


@dataclass(frozen=True)
class Draft:
    """What is known of a paper that is to get a record; ``None`` and empty are blanks."""

    id: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    venue: str | None = None
    year: int | None = None
    sections: tuple[str, ...] = ()
    kind: str | None = None
    identifier: tuple[str, str] | None = None
    """``arxiv``, ``doi``, ``openreview`` or ``url``, and its value."""
    repo: str | None = None
    blog: str | None = None
    idea_zh: str | None = None
    idea_en: str | None = None
    cls: str | None = None
    """Name of the class to implement; without one the record describes no module."""


def record(draft: Draft) -> str:
    """The record as YAML, one list entry; every text in quotes, so that none can be more than a text."""
    return "\n".join(_record(draft)) + "\n"


def _record(draft: Draft) -> Iterator[str]:
    yield f"- id: {draft.id}"
    yield f"  title: {_text(draft.title)}"
    yield f"  authors: [{', '.join(map(_text, draft.authors or (None,)))}]"
    yield f"  venue: {{name: {_text(draft.venue)}, year: {draft.year or BLANK}}}"
    yield f"  sections: [{', '.join(draft.sections or (BLANK,))}]"
    yield f"  kind: {draft.kind or BLANK}"
    yield "  facets:"
    for name in ("domain", "cost", "context", "parameter_free", "plug"):
        yield f"    {name}: {BLANK}"
    yield f"    modality: [{BLANK}]"
    yield f"    tasks: [{BLANK}]"
    scheme, value = draft.identifier or ("url", BLANK)
    yield f"  ids: {{{scheme}: {_text(value)}}}" if scheme != "url" else "  ids: {}"
    yield from _links(draft, value if scheme == "url" else None)
    for name, english, chinese in (("idea", draft.idea_en, draft.idea_zh), ("use", None, None)):
        yield f"  {name}:"
        yield f"    en: {_text(english)}"
        yield f"    zh: {_text(chinese)}"
    if draft.cls:
        yield from _module(draft.cls)


def _links(draft: Draft, paper: str | None) -> Iterator[str]:
    if not (paper or draft.repo or draft.blog):
        yield "  links: {}"
        return
    yield "  links:"
    if paper:
        yield f"    paper: {_text(paper)}"
    if draft.repo:
        yield f"    code: {{repo: {_text(draft.repo)}, official: {BLANK}}}"
    if draft.blog:
        yield f"    blog: {_text(draft.blog)}"


def _module(cls: str) -> Iterator[str]:
    yield "  formula:"
    yield f"    tex: {_text(None)}"
    yield "    symbols:"
    yield "      x:"
    yield f"        en: {_text(None)}"
    yield f"        zh: {_text(None)}"
    yield "  module:"
    yield f"    class: {cls}"
    yield '    shape: "B C H W -> B C H W"'
    yield "    axes: {C: channels}"
    yield "    parameters:"
    yield "      channels:"
    yield '        en: "channels of the input"'
    yield '        zh: "输入通道数"'
    yield "    example: {channels: 64}"


def _text(text: str | None) -> str:
    return json.dumps(text or BLANK, ensure_ascii=False)


def skeleton(cls: str) -> str:
    """An implementation to begin with; it passes the linter, is built, and says so when it is called.

    Nothing that was looked up stands in it: text from elsewhere never becomes Python.
    """
    return _SKELETON.replace("CLASS", cls)


_SKELETON = '''\
"""TODO: what the module does, in one sentence."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["CLASS"]


class CLASS(nn.Module):
    """TODO: what it does, in one sentence.

    Shape:
        x: ``(B, C, H, W)`` -> ``(B, C, H, W)``
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 1:
            raise ValueError(f"channels: expected at least 1, got {channels}")
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("CLASS is not written yet")
'''

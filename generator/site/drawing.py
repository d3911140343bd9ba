"""SVG as markup: what is not yet marked as such is escaped, in attributes and in texts.

Two drawing libraries were tried (drawsvg 2.4, svg.py 1.10): the one leaves attributes, the other leaves texts as they
are, so that a name of the catalogue could become markup. A tree of ElementTree's takes three times as long to build and
write. Colours are classes of the site's style sheet, so that one drawing serves light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from markupsafe import Markup

from generator.escape import html_text
from generator.escape import width as columns

Element = Markup
Attribute = str | float | int


def element(tag: str, *children: Element | str, **attributes: Attribute) -> Element:
    """An element; ``class_`` becomes ``class`` and ``stroke_width`` becomes ``stroke-width``."""
    names = "".join([f' {_name(key)}="{_value(value)}"' for key, value in attributes.items()])
    return Markup(f"<{tag}{names}>{''.join(map(_escaped, children))}</{tag}>" if children else f"<{tag}{names}/>")


def picture(wide: float, high: float, label: str, children: Iterable[Element], *, classes: str, links: bool) -> str:
    """A whole drawing on one line.

    Args:
        wide: width of the drawing's own coordinates.
        high: height of them.
        label: what is to be seen, for those who do not see it.
        children: what it is made of.
        classes: for the style sheet.
        links: whether parts of it are links; an image could have none.
    """
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {_value(wide)} {_value(high)}",
        role="group" if links else "img",
        aria_label=label,
        class_=classes,
        style=f"--w:{_value(wide)}px",
    )


def link(address: str, *children: Element) -> Element:
    """A link around a part of a drawing; lists beside the drawing lead to the same for those who use a keyboard.

    The older form of the attribute: the theme's script takes ``href`` for that of an HTML link and fails on it.
    """
    return element("a", *children, tabindex=-1, xlink_href=address)


def text(content: str, x: float, y: float, classes: str = "", **attributes: Attribute) -> Element:
    """One line of text."""
    return element("text", content, x=x, y=y, **({"class_": classes} if classes else {}), **attributes)


def cut(content: str, longest: int) -> str:
    """``content`` in at most ``longest`` columns, with an ellipsis where something is missing."""
    if columns(content) <= longest:
        return content
    kept = ""
    for character in content:
        if columns(kept + character) > longest - 1:
            break
        kept += character
    return kept + "…"


def _escaped(text: str) -> str:
    return text if isinstance(text, Markup) else html_text(text)


@cache
def _name(key: str) -> str:
    return _NAMES.get(key) or key.replace("_", "-")


_NAMES = {"class_": "class", "viewBox": "viewBox", "xlink_href": "xlink:href"}


def _value(value: Attribute) -> str:
    if isinstance(value, str):
        return _escaped(value)
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)

"""Formulas of the catalogue as MathML, made when pages are rendered: readers' browsers need no script for them."""

from __future__ import annotations

from functools import cache

from math_core import LatexError, LatexToMathML

from generator.errors import TemplateError


@cache
def mathml(tex: str, *, display: bool = False) -> str:
    """The ``math`` element of ``tex``, on one line; every text in it is escaped.

    Raises:
        TemplateError: if the typesetter does not know a command; ``check`` says so earlier, with the line.
    """
    try:
        # Local state: a formula neither numbers nor names anything for the next one.
        markup = LatexToMathML().convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise TemplateError(f"the formula {tex!r} cannot be typeset: {error}") from None
    return " ".join(markup.split("\n"))

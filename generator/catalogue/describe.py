"""What a model refuses, in plain words: what is wrong, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from generator.catalogue import model
from generator.catalogue.source import BLANK, Path_, kind_of, short


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of ``words`` that ``word`` was most likely meant to be."""
    import difflib  # only a mistake needs it

    by_lower = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def choice(word: str, words: Iterable[str]) -> str:
    """A hint for a word that must be one of ``words``."""
    allowed = list(words)
    close = nearest(word, allowed)
    listed = f"allowed: {', '.join(allowed)}"
    return f"did you mean {close!r}? {listed}" if close else listed


def mistake(detail: ErrorDetails, path: Path_) -> tuple[str, str | None]:
    """Message and hint for one of pydantic's errors about the value at ``path`` of the catalogue."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing", _purpose(path)
    if kind == "extra_forbidden":
        record = model.strip(_annotation(path[:-1]))
        return "is not a field of this record", choice(str(path[-1]), model.fields(record))
    if value == BLANK:
        return "is still blank", _wanted(path, context)
    if kind == "value_error":
        return _split(str(context["error"]))
    if kind == "literal_error":
        return _literal(value, context["expected"])
    if kind == "string_pattern_mismatch":
        looks, example = model.LOOKS[context["pattern"]]
        return f"{short(value)} is not {looks}", f"for example {example}"
    if isinstance(value, (dict, list)) and kind in ("too_short", "too_long"):
        return "must not be empty", "add at least one entry"
    if model.strip(_annotation(path)) == model.Value or _in_arguments(path):
        return f"{kind_of(value)} cannot be an argument", "use true, false, a number, a text, null or a list of these"
    return _plain_type(kind, value, context, path)


def _plain_type(kind: str, value: Any, context: dict[str, Any], path: Path_) -> tuple[str, str | None]:
    wanted = {
        "string_type": "a text",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
        "tuple_type": "a list",
        "list_type": "a list",
    }.get(kind)
    if wanted:
        return f"must be {wanted}, not {kind_of(value)}", _cure(wanted, value)
    if kind == "string_too_short":
        return "must not be empty", _wanted(path, context)
    if kind == "string_too_long":
        return f"has {len(value)} characters", f"at most {context['max_length']} are allowed"
    if kind == "greater_than_equal":
        return f"{value} is too small", f"at least {context['ge']}"
    if kind == "less_than_equal":
        return f"{value} is too large", f"at most {context['le']}"
    raise KeyError(f"no words for pydantic's error {kind!r}")


def _cure(wanted: str, value: Any) -> str | None:
    if wanted == "a text" and isinstance(value, (bool, int, float)):
        spelled = str(value).lower() if isinstance(value, bool) else str(value)
        return f'quote it: "{spelled}"'
    if wanted == "a list" and value is not None and not isinstance(value, dict):
        return "put it in square brackets"
    if wanted == "a mapping":
        return "write 'key: value' lines"
    if wanted != "a text" and isinstance(value, str) and re.fullmatch(r"[0-9.]+|true|false", value):
        return "remove the quotes"
    if wanted == "a whole number":
        return "leave the fraction out" if isinstance(value, float) else "write it in digits"
    return None


def _literal(value: Any, expected: str) -> tuple[str, str]:
    allowed = re.findall(r"'([^']*)'", expected)
    if not isinstance(value, str):
        return f"must be one of the allowed words, not {kind_of(value)}", f"allowed: {', '.join(allowed)}"
    return f"{short(value)} is not one of the allowed words", choice(value, allowed)


def _split(text: str) -> tuple[str, str | None]:
    """A validator's message ends in its hint: ``what is wrong (what to do)``."""
    found = re.fullmatch(r"(.*) \((.*)\)", text, re.DOTALL)
    if found:
        return found[1], found[2]
    return text, "for example B C H W -> B C H W" if text.startswith("shape, ") else None


def _purpose(path: Path_) -> str:
    record = model.strip(_annotation(path[:-1]))
    return f"add {path[-1]}: {model.fields(record)[str(path[-1])].description}"


def _wanted(path: Path_, context: dict[str, Any]) -> str:
    """What belongs into a blank: the purpose of its field, and the words that are allowed if they are few."""
    field = path if isinstance(path[-1], str) else path[:-1]
    record = model.strip(_annotation(field[:-1]))
    if record is model.Bilingual:
        return f"{_about(field[:-1])}; in {'Chinese' if field[-1] == 'zh' else 'English'}"
    known = model.fields(record).get(str(field[-1])) if isinstance(record, type) else None
    purpose = known.description if known and known.description else "write what belongs here"
    allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
    return f"{purpose}; allowed: {', '.join(allowed)}" if allowed else purpose


def _about(path: Path_) -> str:
    """The purpose of the field that ``path`` is or lies in."""
    while path:
        record = model.strip(_annotation(path[:-1]))
        if isinstance(record, type) and issubclass(record, model.Record):
            return model.fields(record)[str(path[-1])].description or "write what belongs here"
        path = path[:-1]
    return "write what belongs here"


def _annotation(path: Path_) -> Any:
    annotation: Any = model.Catalogue
    for part in path:
        annotation = model.inside(annotation, part)
    return annotation


def _in_arguments(path: Path_) -> bool:
    return any(part in ("arguments", "example") for part in path[2:-1])

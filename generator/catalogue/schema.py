"""The JSON Schema of ``catalog.yaml``: editors complete and check with it while somebody types.

It says what one value may be. What holds between values and records only ``check`` knows.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from generator.catalogue import model


class _Schema(GenerateJsonSchema):
    """Without a title for every field: editors would show it in place of the description."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the whole file."""
    schema = model.Catalogue.model_json_schema(schema_generator=_Schema)
    for definition in [schema, *schema["$defs"].values()]:
        definition.pop("title", None)
        if "description" in definition:
            definition["description"] = " ".join(definition["description"].replace("``", "'").split())
    return {
        "$schema": _Schema.schema_dialect,
        "title": "Attention Atlas catalogue",
        **_completed(schema),
    }


def schema_text() -> str:
    """The schema as the text of ``generated/catalog.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _completed(schema: Any) -> Any:
    """Every pattern beside a value that fits, and no key beside those that fit."""
    if isinstance(schema, list):
        return [_completed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _completed(part) for key, part in schema.items()}
    if isinstance(pattern := schema.get("pattern"), str) and pattern in model.LOOKS:
        result["examples"] = [model.LOOKS[pattern][1]]
    if isinstance(schema.get("patternProperties"), dict):
        result["additionalProperties"] = False
    return result

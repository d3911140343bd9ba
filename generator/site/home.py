"""What the home page shows of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.site.paper import Subject
from generator.site.words import Language, term, words


def context(found: Mapping[str, Subject], language: Language) -> dict[str, Any]:
    """Counts, and of the papers whose evidence is strongest those that most others point to."""
    proved = [subject for subject in found.values() if subject.level == "parity"]
    proved.sort(key=lambda subject: (-len(subject.incoming), subject.paper.id))
    insertable = [subject for subject in proved if subject.paper.module and subject.paper.module.insert]
    return {
        "t": words(language),
        "papers": len(found),
        "built": sum(subject.unit is not None for subject in found.values()),
        "proved": len(proved),
        "shown": [
            {
                "id": subject.paper.id,
                "short": subject.short,
                "kind": term("kind", subject.paper.kind, language),
                "idea": getattr(subject.paper.idea, language),
                "level": subject.level,
                "level_name": subject.level_name(language),
            }
            for subject in (insertable or proved)[:6]
        ],
    }

"""Where the parts of a checkout lie."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from generator.errors import GeneratorError


class Project(NamedTuple):
    """A checkout of Attention Atlas: every path the generator reads or writes, from its root."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The checkout that ``start`` (the working directory) lies in; ``GeneratorError`` if it lies in none."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "catalog.yaml").is_file() and (folder / "generator").is_dir():
                return cls(folder)
        raise GeneratorError(
            "this folder is not part of an Attention Atlas checkout: no catalog.yaml beside generator/ here or above",
            hint="change into the checkout",
        )

    @property
    def catalogue(self) -> Path:
        """The one hand-written list of papers."""
        return self.root / "catalog.yaml"

    @property
    def templates(self) -> Path:
        """All hand-written sources of what is generated."""
        return self.root / "templates"

    @property
    def papers_templates(self) -> Path:
        """The implementations, one file per paper."""
        return self.templates / "papers"

    @property
    def blocks(self) -> Path:
        """The ideas that several papers share, one per file."""
        return self.templates / "blocks"

    @property
    def library_templates(self) -> Path:
        """The package around the papers."""
        return self.templates / "library"

    @property
    def generated(self) -> Path:
        """Everything that is generated and committed."""
        return self.root / "generated"

    @property
    def package(self) -> Path:
        """The installable package."""
        return self.generated / "attention_atlas"

    @property
    def reports(self) -> Path:
        """Results of links, verify and bench; read by build, never written by it."""
        return self.generated / "reports"

    @property
    def evidence(self) -> Path:
        """The records that implementations are replayed against."""
        return self.root / "tests" / "evidence"

    @property
    def site(self) -> Path:
        """The source of the documentation site."""
        return self.root / "site"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time and is never committed."""
        return self.root / ".cache"

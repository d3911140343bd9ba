"""What the outputs should hold: paths to texts, computed in memory and checked before anything is written."""

from __future__ import annotations

import difflib
import os
import symtable
import traceback
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import jinja2

from generator import escape, exports, package, verification
from generator.catalogue import cost
from generator.catalogue.loader import Loaded
from generator.catalogue.model import Module, Paper, Record, Variant
from generator.errors import Findings, GeneratorError, Location, OutputError, TemplateError
from generator.evidence.record import EvidenceRecord, load_record
from generator.inline import Inliner, Unit, exported_order
from generator.project import Project
from generator.site.words import Language, level_name

PACKAGE = "generated/attention_atlas"
PAGE_FOLDERS = ("site/zh/papers", "site/en/papers")
READMES: dict[str, Language] = {"README.md": "en", "README.zh.md": "zh"}
_EVIDENCE = {
    ("parity", "official"): "parity: outputs and input gradients equal those of the authors' code",
    ("parity", "peer"): "parity: outputs and input gradients equal those of another implementation",
    ("figures", None): "figures: parameters and multiply-adds equal the published ones",
    ("runs", None): "runs: it keeps the contract that the tests check; there was no code to compare with",
    ("unverified", None): "not verified since it last changed; run python -m generator verify",
}


@dataclass
class Plan:
    """Texts of the committed outputs by path, and what each one is made of."""

    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, path: str, text: str, *sources: str, parsed: bool = False) -> None:
        """Plan one output.

        Args:
            path: from the root of the project.
            text: what it should hold.
            sources: what it is made of; the last one is where a mistake in its Python would be.
            parsed: whether it is known to be Python.

        Raises:
            OutputError: if the path is planned already or leaves the project.
            TemplateError: if a Python file does not parse.
        """
        parts = path.split("/")
        if ".." in parts or "" in parts or "\\" in path or ":" in path:
            raise OutputError(f"{path!r} is no path inside the project", Location(sources[0] if sources else path))
        if path in self.texts:
            first = " and ".join(self.sources[path])
            raise OutputError(f"{path} is planned twice: from {first} and from {' and '.join(sources)}", Location(path))
        if path.endswith((".py", ".pyi")) and not parsed:
            _check(path, text, sources)
        self.texts[path] = text
        self.sources[path] = sources


def plan(project: Project, loaded: Loaded) -> Plan:
    """All committed outputs.

    Raises:
        Findings: every mistake in the templates, and wherever a template and its record disagree.
    """
    return Renderer(project, loaded).plan()


def check_templates(project: Project) -> list[GeneratorError]:
    """What is wrong with the papers and blocks by themselves, for when the catalogue cannot be read."""
    inliner = Inliner(project)
    errors: list[GeneratorError] = []
    for path in _paper_files(project):
        try:
            unit = inliner.unit(path)
        except Findings as found:
            errors += found.errors
        else:
            errors += _mistakes(project, (unit.file, *unit.blocks))
    return _once(errors)


class _Environment(jinja2.Environment):
    """Jinja whose complaints name the template's own line, as all others here do."""

    def get_template(
        self, name: str | jinja2.Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> jinja2.Template:
        """The template; ``TemplateError`` if it is missing, or is none."""
        try:
            return super().get_template(name, parent, globals)
        except jinja2.TemplateNotFound as error:
            raise TemplateError("is missing", Location(f"templates/{error.name}"), "put it back") from None
        except UnicodeDecodeError:
            raise TemplateError("not UTF-8", Location(f"templates/{name}"), "save the file as UTF-8") from None

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """What Jinja calls with every mistake, in the text of a template or while it is filled in."""
        try:
            super().handle_exception(source)
        except jinja2.TemplateError as error:
            frames = reversed([*traceback.walk_tb(error.__traceback__)])
            paths = ((frame.f_code.co_filename.replace(os.sep, "/"), line) for frame, line in frames)
            places = ((path.rpartition("/templates/"), line) for path, line in paths)
            where = next((Location(f"templates/{path[2]}", line) for path, line in places if path[1]), None)
            raise TemplateError(str(error.message), where, "mend the template") from None


def environment(project: Project) -> jinja2.Environment:
    """Jinja as every template here expects it: undefined names are errors, texts are escaped by filters only."""
    # Autoescape knows HTML only; each template names the format of each text.
    jinja = _Environment(
        loader=jinja2.FileSystemLoader(project.templates),
        undefined=jinja2.StrictUndefined,
        bytecode_cache=_bytecode_cache(project.cache / "jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    jinja.filters.update(
        docstring=escape.py_docstring,
        value=escape.py_value,
        wrap=escape.wrap,
        md=escape.md,
        md_code=escape.md_code,
        md_fence=escape.md_fence,
        link=escape.md_link,
        html=escape.html_text,
        script_json=escape.script_json,
        yaml_string=escape.yaml_string,
    )
    return jinja


def _bytecode_cache(folder: Path) -> jinja2.BytecodeCache | None:
    """Where compiled templates are kept, if anything can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return jinja2.FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


class Renderer:
    """Renders the outputs of one catalogue; files are read once, and only when asked for."""

    def __init__(self, project: Project, loaded: Loaded) -> None:
        self.project = project
        self.loaded = loaded
        self.catalogue = loaded.catalogue
        self.inliner = Inliner(project)
        self.units: dict[str, Unit] = {}
        self.records = _records(project)
        self.verification = verification.read(project.reports / "verification.json")
        self.levels: dict[str, str] = {}
        self.rows: dict[str, verification.Row] = {}
        self.exported: dict[str, tuple[str, ...]] = {}
        self.usages: dict[str, str] = {}
        self.calculators: dict[str, dict[str, Any] | None] = {}
        self.jinja = environment(project)
        self._template = {
            name: self.jinja.get_template(name)
            for name in ("module.py.j2", "stub.py.j2", "benchmark.py.j2", "readme.md.j2")
        }

    def check(self) -> None:
        """All that a build could stumble over, and what it would not even look at; writes nothing.

        Raises:
            Findings: every mistake.
        """
        errors: list[GeneratorError] = []
        for path in sorted((self.project.templates / "pages").glob("*.j2")):
            try:
                self.jinja.get_template(f"pages/{path.name}")
            except TemplateError as error:
                errors.append(error)
        for path in sorted(self.project.blocks.glob("*.py")):
            file = path.relative_to(self.project.root).as_posix()
            errors += self.inliner.source(file).errors or _mistakes(self.project, [file])
        try:
            self.plan(exports=False)
        except Findings as found:
            errors += found.errors
        if errors:
            raise Findings(_once(errors))

    def plan(self, ids: Iterable[str] = (), *, exports: bool = True) -> Plan:
        """The committed outputs.

        Args:
            ids: if there are any, only what belongs to these papers.
            exports: whether the catalogue's other formats and the READMEs are among them.

        Raises:
            Findings: every mistake in the templates, and wherever a template and its record disagree.
        """
        chosen = set(ids)
        papers = [paper for paper in self.catalogue.papers if not chosen or paper.id in chosen]
        result = Plan()
        self.validate(papers, strays=not chosen)
        errors: list[GeneratorError] = []
        for paper in papers:
            try:
                self.paper(paper, result)
            except Findings as found:
                errors += found.errors
        if errors:
            raise Findings(_once(errors))
        if not chosen:
            self.library(result)
            if exports:
                self.exports(result)
        return result

    def pages(self, plan: Plan, ids: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """The pages of the site, one after the other: path and text. Written with every build, but not committed."""
        from generator.pages import pages  # a check does without

        return pages(self, plan, ids)

    def explain(self, id: str) -> dict[str, Any]:
        """The outputs of one paper with what each is made of, and what its templates are filled with."""
        result = self.plan([id])
        return {
            "id": id,
            "level": self.levels[id],
            "outputs": {path: list(sources) for path, sources in result.sources.items()},
            "context": _plain(self.context(self.catalogue.paper(id))),
        }

    # --- checks that need record and template ------------------------------------------------------------------------

    def validate(self, papers: Iterable[Paper], *, strays: bool) -> None:
        """Inline every implemented paper of ``papers`` and compare it with its record.

        Args:
            papers: the records.
            strays: whether a template without a record is a mistake.

        Raises:
            Findings: every mistake, each once.
        """
        errors: list[GeneratorError] = []
        for paper in papers:
            path = self.project.papers_templates / f"{paper.id}.py"
            if not path.is_file():
                errors.extend(self._missing(paper, path))
                continue
            try:
                self.units[paper.id] = self.inliner.unit(path)
            except Findings as found:
                errors.extend(found.errors)
            else:
                errors.extend(self._disagreements(paper, self.units[paper.id]))
        if strays:
            errors.extend(self._strays())
        if errors:
            raise Findings(_once(errors))

    def _missing(self, paper: Paper, path: Path) -> Iterator[GeneratorError]:
        if paper.implemented:
            file = path.relative_to(self.project.root).as_posix()
            where = self.loaded.locate(("papers", paper.id, "module"), key=True)
            hint = "write the file, or take module out of the record"
            yield TemplateError(f"papers.{paper.id}.module: there is no {file}", where, hint)

    def _strays(self) -> Iterator[GeneratorError]:
        known = {paper.id for paper in self.catalogue.papers}
        for path in _paper_files(self.project):
            if path.stem not in known:
                near = difflib.get_close_matches(path.stem, known, n=1)
                hint = f"did you mean {near[0]}.py?" if near else "add a record to catalog.yaml, or remove the file"
                where = Location(path.relative_to(self.project.root).as_posix())
                yield TemplateError(f"no record of catalog.yaml has the id {path.stem!r}", where, hint)

    def _disagreements(self, paper: Paper, unit: Unit) -> Iterator[GeneratorError]:
        at = ("papers", paper.id, "module")
        module = paper.module
        if module is None:
            where = self.loaded.locate(at[:2])
            hint = "add module (python -m generator new shows its fields), or remove the file"
            yield TemplateError(f"papers.{paper.id}: {unit.file} exists, but the record has no module", where, hint)
            return
        here = f"papers.{paper.id}.module"
        if module.cls not in unit.names or unit.class_of(module.cls) is None:
            what = "is not in __all__" if unit.class_of(module.cls) else "is not defined"
            near = difflib.get_close_matches(module.cls, unit.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"__all__ stands at {unit.names_at}"
            where = self.loaded.locate((*at, "class"))
            yield TemplateError(f"{here}.class: {module.cls} {what} in {unit.file}", where, hint)
            return
        yield from self._parameters(paper, unit)
        yield from self._closed_forms(paper, module, unit)
        for name, variant in module.variants.items():
            yield from self._variant((*at, "variants", name), name, variant, unit)

    def _variant(self, at: tuple[str, ...], name: str, variant: Variant, unit: Unit) -> Iterator[GeneratorError]:
        here = ".".join(at)
        if reason := package.name_taken(name, unit):
            where = self.loaded.locate(at, key=True)
            hint = "a function gets this name: choose another"
            yield TemplateError(f"{here}: {name!r} {reason}", where, hint)
        found = unit.class_of(variant.cls)
        if found is None:
            near = difflib.get_close_matches(variant.cls, [name for item in unit.sources for name in item.classes], n=1)
            hint = f"did you mean {near[0]!r}?" if near else None
            where = self.loaded.locate((*at, "class"))
            yield TemplateError(f"{here}.class: {unit.file} defines no class {variant.cls!r}", where, hint)
            return
        known = [parameter.name for parameter in unit.parameters(variant.cls)]
        for argument in variant.arguments:
            if argument not in known:
                near = difflib.get_close_matches(argument, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known) or 'none'}"
                where = self.loaded.locate((*at, "arguments", argument), key=True)
                message = f"{here}.arguments.{argument}: {variant.cls} at {found.where} has no such parameter"
                yield TemplateError(message, where, hint)

    def _parameters(self, paper: Paper, unit: Unit) -> Iterator[GeneratorError]:
        module = paper.module
        found = unit.class_of(module.cls) if module else None
        if module is None or found is None:
            return
        taken = {parameter.name: parameter for parameter in unit.parameters(module.cls)}
        at = ("papers", paper.id, "module", "parameters")
        here = f"papers.{paper.id}.module.parameters"
        for name in module.parameters:
            if name not in taken:
                near = difflib.get_close_matches(name, taken, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(taken) or 'none'}"
                where = self.loaded.locate((*at, name), key=True)
                yield TemplateError(f"{here}.{name}: {module.cls} at {found.where} has no such parameter", where, hint)
        for name, parameter in taken.items():
            if name not in module.parameters:
                where = self.loaded.locate(at, key=True)
                hint = f"describe {name} in both languages"
                yield TemplateError(f"{here}: {module.cls} also takes {name!r} at {parameter.where}", where, hint)

    def _closed_forms(self, paper: Paper, module: Module, unit: Unit) -> Iterator[GeneratorError]:
        """Closed forms that have no value where a page shows one: at the module's example."""
        from generator.site import examples, figures

        parameters = unit.parameters(module.cls)
        at = ("papers", paper.id, "module")
        hint = "at module.example; correct the expression or the example"
        values = {**examples.defaults(parameters), **module.example}
        for letter, expression in module.axes.items():
            try:
                cost.parse(expression).evaluate(values)
            except ValueError as error:
                path = (*at, "axes", letter)
                yield TemplateError(f"{'.'.join(path)}: {error}", self.loaded.locate(path), hint)
                return
        try:
            self.usages[paper.id] = examples.usage(paper.id, module, parameters)
        except ValueError as error:
            path = (*at, "shape")
            yield TemplateError(f"{'.'.join(path)}: no example fits: {error}", self.loaded.locate(path), hint)
            return
        try:
            self.calculators[paper.id] = figures.calculator(module, parameters)
            return
        except ValueError:
            forms = module.cost
        for name in ("params", "macs"):
            if forms is None:
                continue
            other = {"params": "macs", "macs": "params"}[name]
            alone = module.model_copy(update={"cost": forms.model_copy(update={other: "0"})})
            try:
                figures.calculator(alone, parameters)
            except ValueError as error:
                path = (*at, "cost", name)
                yield TemplateError(f"{'.'.join(path)}: {error}", self.loaded.locate(path), hint)

    # --- outputs -----------------------------------------------------------------------------------------------------

    def paper(self, paper: Paper, result: Plan) -> None:
        """The module of one paper and, if it is implemented, its benchmark."""
        path = f"{PACKAGE}/papers/{paper.id}.py"
        unit = self.units.get(paper.id)
        if unit is None:
            self.levels[paper.id] = "nothing-to-build" if paper.nothing_to_build else "stub"
            result.add(path, self._stub(paper), "catalog.yaml", "templates/stub.py.j2")
            return
        self.levels[paper.id] = "unverified"
        context = self.context(paper, level="unverified")
        text = self._template["module.py.j2"].render(context)
        if row := self.verification.current(paper.id, text):
            self.rows[paper.id] = row
            self.levels[paper.id] = row.level
            # The level follows from the rest of the text, and one line of the head states it.
            lines = (_evidence("unverified", None), _evidence(row.level, row.source))
            before, after = (f"\n{line}\nGenerated from " for line in lines)
            text = text.replace(before, after, 1)
        self._add(result, path, text, "catalog.yaml", unit.file, *unit.blocks, "templates/module.py.j2")
        self.exported[paper.id] = tuple(context["names"])
        benchmark = self._template["benchmark.py.j2"].render(self.context(paper))
        result.add(f"generated/benchmarks/test_{paper.id}.py", benchmark, "catalog.yaml", "templates/benchmark.py.j2")

    def _add(self, result: Plan, path: str, text: str, *sources: str) -> None:
        """Plan an output that is made of Python files; a mistake in one of them is named where it stands there."""
        try:
            result.add(path, text, *sources)
        except TemplateError:
            if own := list(_mistakes(self.project, sources)):
                raise Findings(own) from None
            raise

    def _stub(self, paper: Paper) -> str:
        return self._template["stub.py.j2"].render(self.context(paper))

    def context(self, paper: Paper, *, level: str | None = None) -> dict[str, Any]:
        """What the templates of one paper are filled with."""
        unit = self.units.get(paper.id)
        context: dict[str, Any] = {
            "paper": paper,
            "summary": _summary(paper),
            "facts": list(_facts(paper, level)),
        }
        if unit is None or paper.module is None:
            cls = package.class_name(paper)
            reason = paper.nothing_to_build.en if paper.nothing_to_build else "it is not implemented yet"
            return {
                **context,
                "cls": cls,
                "description": f"{cls} is a stub: its constructor raises ``NotImplementedError``.",
                "message": f"{paper.title}: {reason} ({paper.paper_url})",
            }
        factories = [package.factory(name, variant, unit) for name, variant in paper.module.variants.items()]
        origins = [unit.file, *unit.blocks, "catalog.yaml"]
        return {
            **context,
            "unit": unit,
            "origins": f"{', '.join(origins[:-1])} and {origins[-1]}",
            "names": sorted([*unit.names, *(factory.name for factory in factories)], key=exported_order),
            "factories": factories,
            "cases": {
                "example": {"arguments": paper.module.example, "sizes": {}},
                **{name: case.model_dump() for name, case in paper.module.cases.items()},
            },
        }

    def library(self, result: Plan) -> None:
        """The package around the papers."""
        root = self.project.library_templates
        for path in _python_files(root):
            file = path.relative_to(self.project.root).as_posix()
            target = f"{PACKAGE}/{path.relative_to(root).as_posix()}"
            text = _read(path, file)
            if "templates.blocks" in text:
                unit = self.inliner.library(path)
                self._add(result, target, _library_text(unit), file, *unit.blocks)
            else:
                self._add(result, target, text, file)
        benchmarks = self.project.templates / "benchmarks"
        for path in _python_files(benchmarks):
            file = path.relative_to(self.project.root).as_posix()
            self._add(result, f"generated/benchmarks/{path.name}", _read(path, file), file)
        papers = self.catalogue.papers
        built = {
            paper.id: (paper.module, self.units[paper.id])
            for paper in papers
            if paper.module is not None and paper.id in self.units
        }
        init = root / "__init__.py"
        init_file = init.relative_to(self.project.root).as_posix()
        registry = package.Registry(papers, self.levels, self.records)
        for piece in registry.pieces:
            # Statements that all parse if it does: of ten thousand papers the whole would take half a gigabyte.
            _check(f"{PACKAGE}/_registry.py", piece, ("catalog.yaml",))
        result.add(f"{PACKAGE}/_registry.py", registry.text, "catalog.yaml", parsed=True)
        result.add(f"{PACKAGE}/__init__.pyi", package.stub(init.read_text(encoding="utf-8"), built), init_file)
        result.add(f"{PACKAGE}/py.typed", "", "catalog.yaml")
        result.add(f"{PACKAGE}/key_maps.json", package.key_maps_json(self.records), "tests/evidence")

    def exports(self, result: Plan) -> None:
        """The catalogue in other formats, and the READMEs."""
        from generator.catalogue import schema  # a build of single papers does without

        result.add("generated/catalog.json", exports.catalog_json(self.catalogue, self.levels), "catalog.yaml")
        result.add("generated/catalog.csv", exports.catalog_csv(self.catalogue, self.levels), "catalog.yaml")
        result.add("generated/catalog.bib", exports.catalog_bib(self.catalogue), "catalog.yaml")
        result.add("generated/catalog.schema.json", schema.schema_text(), "generator/catalogue/model.py")
        for file, language in READMES.items():
            try:
                text = (self.project.root / file).read_text(encoding="utf-8")
            except FileNotFoundError:
                hint = f"write it with {exports.BEGIN} and {exports.END} where the tables belong"
                raise OutputError("is missing", Location(file), hint) from None
            template = self._template["readme.md.j2"]
            names = {
                id: level_name(level, row.source if (row := self.rows.get(id)) else None, language)
                for id, level in self.levels.items()
            }
            whole = exports.readme(text, file, self.catalogue, names, language, template)
            result.add(file, whole, "catalog.yaml", "templates/readme.md.j2")


def _summary(paper: Paper) -> str:
    """The first line of a module: the title where it fits, else what it is called here, the title below."""
    line = f"{paper.title} ({paper.venue.name} {paper.venue.year})."
    if escape.width(line) <= escape.WIDTH - 4:
        return line
    return f"{paper.id} ({paper.venue.name} {paper.venue.year}).\n\n{escape.wrap(paper.title)}"


def _facts(paper: Paper, level: str | None) -> Iterator[str]:
    names = paper.authors
    yield f"Authors: {names[0]} et al." if len(names) > 2 else f"Authors: {' and '.join(names)}"
    yield f"Paper: {paper.paper_url}"
    if code := paper.links.code:
        whose = "the authors'" if code.official else "not the authors'"
        licence = f", licence: {code.licence}" if code.licence else ""
        yield f"Code ({whose}{licence}): {paper.code_url}"
    if paper.module:
        yield f"Shape: {paper.module.shape}"
        if level is not None:
            yield _evidence(level, None)


def _evidence(level: str, source: str | None) -> str:
    return f"{verification.EVIDENCE}{_EVIDENCE[level, source if level == 'parity' else None]}"


def _library_text(unit: Unit) -> str:
    names = sorted(unit.names, key=exported_order)
    exported = f"__all__ = {escape.py_value(names, before=10)}" if names else ""
    head = [escape.py_docstring(unit.docstring), unit.imports, exported]
    gap = "\n\n" if names or unit.body.startswith(("class ", "def ", "@", "#")) else "\n"
    return "\n\n".join(part for part in head if part) + "\n" + gap + unit.body + "\n"


def _paper_files(project: Project) -> list[Path]:
    return sorted(path for path in project.papers_templates.glob("*.py") if path.stem != "__init__")


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it; source code shrinks to where it stands."""
    if isinstance(value, Record):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Unit):
        parts = [{"file": part.file, "line": part.line, "lines": part.text.count("\n") + 1} for part in value.parts]
        return {"file": value.file, "docstring": value.docstring, "imports": value.imports, "parts": parts}
    if isinstance(value, package.Factory):
        return {"name": value.name, "head": value.head, "call": escape.py_value(value.call)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _python_files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if "__pycache__" not in path.parts)


def _check(path: str, text: str, sources: tuple[str, ...]) -> None:
    """Parse ``text`` as Python; by the parser of ``ast``, whose tree never becomes objects here: a quarter faster."""
    try:
        symtable.symtable(text, path, "exec")
    except SyntaxError as error:
        where = Location(sources[-1] if sources else path)
        line = text.split("\n")[(error.lineno or 1) - 1].strip()
        message = f"line {error.lineno} of {path} would not be Python: {error.msg}: {line!r}"
        raise TemplateError(message, where, "mend the template") from None


def _mistakes(project: Project, files: Iterable[str]) -> Iterator[GeneratorError]:
    """What is no Python in the Python files among ``files``, though the parser of ``ast`` may let it pass."""
    for file in files:
        if file.endswith(".py"):
            try:
                symtable.symtable((project.root / file).read_text(encoding="utf-8"), file, "exec")
            except SyntaxError as error:
                yield TemplateError(f"syntax error: {error.msg}", Location(file, error.lineno, error.offset or None))


def _read(path: Path, file: str) -> str:
    data = path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TemplateError("not UTF-8", Location(file, line), "save the file as UTF-8") from None


def _once(errors: Iterable[GeneratorError]) -> list[GeneratorError]:
    return list({str(error): error for error in errors}.values())


def _records(project: Project) -> dict[str, EvidenceRecord]:
    return {path.stem: load_record(path) for path in sorted(project.evidence.glob("*.json"))}

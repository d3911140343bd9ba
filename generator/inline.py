"""Papers and blocks: ordinary Python whose imports of blocks are replaced by the blocks' text.

A file below ``templates/papers`` or ``templates/blocks`` is a docstring, imports, and then definitions and assignments
only. :func:`inline` takes the text of each part as it stands, in dependency order, and merges the imports; nothing is
renamed, flattened or left out, and whatever could change its meaning that way is refused at its own line.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import functools
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generator.errors import Findings, GeneratorError, Location, TemplateError
from generator.project import Project

BLOCKS = "templates.blocks."
WIDTH = 120
BUILTINS = frozenset(dir(builtins))
_DIGITS = re.compile(r"(\d+)")
Natural = tuple[tuple[int, int, str], ...]


class Import(NamedTuple):
    """One name that an import binds: ``name`` is ``None`` for a plain ``import module``."""

    module: str
    name: str | None
    alias: str | None
    where: Location

    @property
    def bound(self) -> str:
        """The name in the file's namespace."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def form(self) -> tuple[str, str | None, str | None]:
        """What is imported and how: equal for the same import in two files."""
        plain = self.name is None and self.alias is None
        return (self.bound if plain else self.module, self.name, self.alias)


class Parameter(NamedTuple):
    """A parameter of a class: its annotation and default as they are written, ``None`` where there are none."""

    name: str
    annotation: str | None
    default: str | None
    where: Location


class Class(NamedTuple):
    """A class of a part; ``parameters`` is ``None`` if it has no constructor of its own. Holds no syntax tree."""

    where: Location
    bases: tuple[str, ...]
    parameters: tuple[Parameter, ...] | None


class Definition(NamedTuple):
    """A class, a function or an assignment at module level: its lines with the comment above, and the names in it."""

    first: int
    last: int
    uses: tuple[str, ...]


class Part(NamedTuple):
    """A stretch of a source file, verbatim: ``text`` begins at line ``line`` of ``file``."""

    file: str
    line: int
    text: str


class Source(NamedTuple):
    """One file, parsed once."""

    file: str
    docstring: str
    imports: tuple[Import, ...]
    blocks: tuple[tuple[str, str, Location], ...]
    """``(block, name, place)`` for every name that is imported from a block."""
    parts: tuple[Part, ...]
    names: dict[str, Location]
    exported: tuple[str, ...] | None
    exported_at: Location
    classes: dict[str, Class]
    definitions: dict[str, Definition]
    """By what they define, in the order of the file."""
    errors: tuple[TemplateError, ...]
    library: bool = False


class Unit(NamedTuple):
    """A paper with everything it needs but torch: what the module's shell is filled with."""

    file: str
    docstring: str
    imports: str
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    """``__all__``, in its order."""
    names_at: Location
    sources: tuple[Source, ...]
    """The required blocks in dependency order, then the paper itself."""
    externals: dict[str, Import]

    @property
    def blocks(self) -> tuple[str, ...]:
        """Files of the required blocks."""
        return tuple(source.file for source in self.sources[:-1])

    @property
    def body(self) -> str:
        """The parts as they follow each other in the output, two blank lines between them."""
        return "\n\n\n".join(part.text for part in self.parts)

    def origin(self, line: int, first: int = 1) -> Location:
        """Where a line of an output comes from whose body begins at line ``first``.

        Raises:
            LookupError: if the line belongs to no part: the head, or the space between two parts.
        """
        start = first
        for part in self.parts:
            length = part.text.count("\n") + 1
            if start <= line < start + length:
                return Location(part.file, part.line + line - start)
            start += length + 2
        raise LookupError(f"line {line} belongs to no part")

    def class_of(self, name: str) -> Class | None:
        """The class that the parts define under ``name``."""
        return next((source.classes[name] for source in self.sources if name in source.classes), None)

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """What the constructor of class ``name`` takes, found along its bases as far as they are in the unit."""
        seen: set[str] = set()
        while name not in seen and (found := self.class_of(name)):
            if found.parameters is not None:
                return found.parameters
            seen.add(name)
            name = next((base for base in found.bases if self.class_of(base)), "")
        return ()


class Inliner:
    """Inlines the files of one project; every file is read and parsed once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._sources: dict[str, Source] = {}

    def unit(self, path: Path) -> Unit:
        """The paper at ``path`` with its blocks.

        Raises:
            Findings: every mistake of the paper and of the blocks that it uses.
        """
        file = path.relative_to(self._project.root).as_posix()
        errors: list[GeneratorError] = []
        sources = self._closure(file, errors)
        paper = sources[-1]
        if paper.exported is None and not paper.errors and not paper.library:
            first = ', "'.join([next((name for name in paper.names if not name.startswith("_")), "Name")])
            errors.append(
                TemplateError("__all__ is missing", Location(file, 1), f'add __all__ = ["{first}"] below the imports')
            )
        errors.extend(error for source in sources for error in source.errors)
        externals = _merge(sources, errors)
        if errors:
            raise Findings(errors)
        return Unit(
            file=file,
            docstring=paper.docstring,
            imports=format_imports(item for source in sources for item in source.imports),
            parts=tuple(part for source in sources for part in source.parts),
            names=paper.exported or (),
            names_at=paper.exported_at,
            sources=tuple(sources),
            externals=externals,
        )

    def library(self, path: Path) -> Unit:
        """A file of the package around the papers: it may do what it likes, but blocks are inlined in it too.

        Raises:
            Findings: every mistake of the file and of the blocks that it uses.
        """
        file = path.relative_to(self._project.root).as_posix()
        self._sources[file] = scan(file, path.read_bytes(), library=True)
        return self.unit(path)

    def source(self, file: str) -> Source:
        """The file at the project-relative path ``file``, parsed."""
        if file not in self._sources:
            self._sources[file] = scan(file, (self._project.root / file).read_bytes())
        return self._sources[file]

    def _closure(self, file: str, errors: list[GeneratorError]) -> list[Source]:
        """The blocks that ``file`` needs, each after what it needs itself, and ``file`` last."""
        order: list[Source] = []
        done: set[str] = set()

        def visit(file: str, trail: tuple[str, ...]) -> None:
            done.add(file)
            source = self.source(file)
            for block, name, where in source.blocks:
                target = f"templates/blocks/{block}.py"
                if target in trail:
                    path = " → ".join([*trail[trail.index(target) :], target])
                    errors.append(TemplateError(f"blocks import each other: {path}", where, "move what both need"))
                    continue
                if not (self._project.root / target).is_file():
                    errors.append(TemplateError(f"there is no block {target}", where, self._near_block(block)))
                    continue
                if target not in done:
                    visit(target, (*trail, target))
                defined = self.source(target)
                if name not in defined.names and not defined.errors:
                    hint = _did_you_mean(name, defined.names) or f"it defines {', '.join(defined.names) or 'nothing'}"
                    errors.append(TemplateError(f"{target} does not define {name!r}", where, hint))
            order.append(source)

        visit(file, (file,))
        return order

    def _near_block(self, block: str) -> str:
        known = sorted(path.stem for path in (self._project.root / "templates/blocks").glob("[!_]*.py"))
        return _did_you_mean(block, known) or f"the blocks are {', '.join(known) or 'none yet'}"


def inline(path: Path, project: Project) -> Unit:
    """The paper at ``path`` with its blocks; for many papers of one project use one :class:`Inliner`.

    Raises:
        Findings: every mistake of the paper and of the blocks that it uses.
    """
    return Inliner(project).unit(path)


def scan(file: str, data: bytes, *, library: bool = False) -> Source:
    """Parse one file and note every way in which it could not be inlined.

    Args:
        file: its name in messages.
        data: its text.
        library: whether it belongs to the package around the papers, which takes blocks but is none.
    """
    try:
        text = data.decode("utf-8")
        tree = ast.parse(text, filename=file)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _unusable(file, TemplateError("not UTF-8", Location(file, line), "save the file as UTF-8"))
    except SyntaxError as error:
        where = Location(file, error.lineno, error.offset or None)
        return _unusable(file, TemplateError(f"syntax error: {error.msg}", where))
    except ValueError as error:  # a null byte, before Python 3.12
        return _unusable(file, TemplateError(f"syntax error: {error}", Location(file)))
    if "\r" in text or "\f" in text:
        return _unusable(
            file, TemplateError("a carriage return or form feed", Location(file), "end lines with a line feed only")
        )
    return _Scanner(file, text, tree, library).source()


class _Scanner:
    """Reads the statements of one module in order."""

    def __init__(self, file: str, text: str, tree: ast.Module, library: bool) -> None:
        self.file = file
        self.library = library
        self.text = text
        self.lines = text.split("\n")
        self.tree = tree
        self.imports: list[Import] = []
        self.blocks: list[tuple[str, str, Location]] = []
        self.names: dict[str, Location] = {}
        self.classes: dict[str, Class] = {}
        self.definitions: dict[str, Definition] = {}
        self.exported: tuple[str, ...] | None = None
        self.exported_node: ast.stmt | None = None
        self.errors: list[TemplateError] = []

    def source(self) -> Source:
        body = list(self.tree.body)
        docstring = ast.get_docstring(self.tree, clean=True) or ""
        head = 0  # last line of the docstring and the imports
        if body and docstring:
            head = body.pop(0).end_lineno or 0
        started = False
        for statement in body:
            if statement.col_offset:
                self.refuse(statement, "two statements on one line", "give each its own line")
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if started:
                    self.refuse(statement, "an import below the first definition", "move it to the top of the file")
                else:
                    head = max(head, statement.end_lineno or 0)
                self.read_import(statement)
            else:
                started = True
                self.read_statement(statement)
        self.refuse_lost_comments(head)
        self.check_exported()
        return Source(
            file=self.file,
            docstring=docstring,
            imports=tuple(self.imports),
            blocks=tuple(self.blocks),
            parts=tuple(self.parts(head)),
            names=self.names,
            exported=self.exported,
            exported_at=self.place(self.exported_node) if self.exported_node else Location(self.file, 1),
            classes=self.classes,
            definitions=self.definitions,
            errors=tuple(self.errors),
            library=self.library,
        )

    def place(self, node: ast.stmt | ast.expr | ast.alias) -> Location:
        # ast counts bytes, editors count characters.
        line = self.lines[node.lineno - 1]
        return Location(self.file, node.lineno, len(line.encode()[: node.col_offset].decode(errors="replace")) + 1)

    def refuse(self, node: ast.stmt | ast.expr | ast.alias, message: str, hint: str | None = None) -> None:
        self.errors.append(TemplateError(message, self.place(node), hint))

    def read_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if self.allowed(node, alias.name):
                    self.imports.append(Import(alias.name, None, alias.asname, self.place(alias)))
            return
        module = node.module or ""
        if node.level and self.library:
            module = "." * node.level + module
            self.imports += [Import(module, alias.name, alias.asname, self.place(alias)) for alias in node.names]
            return
        if node.level:
            self.refuse(node, "a relative import", f"write from {BLOCKS}NAME import …")
            return
        for alias in node.names:
            if alias.name == "*":
                self.refuse(node, f"from {module} import *", "name what you need")
            elif module.startswith(BLOCKS):
                if alias.asname:
                    self.refuse(alias, f"{alias.name!r} of a block gets another name", "blocks keep their names")
                elif "." in module[len(BLOCKS) :]:
                    self.refuse(node, f"{module} is no block", "a block is one file in templates/blocks")
                else:
                    self.blocks.append((module[len(BLOCKS) :], alias.name, self.place(alias)))
            elif module == "__future__" and alias.name != "annotations":
                self.refuse(alias, f"from __future__ import {alias.name}", "only annotations is used here")
            elif self.allowed(node, module):
                self.imports.append(Import(module, alias.name, alias.asname, self.place(alias)))

    def allowed(self, node: ast.stmt, module: str) -> bool:
        top = module.partition(".")[0]
        if top == "torch" or top in sys.stdlib_module_names:
            return True
        if module.startswith("templates.papers"):
            self.refuse(node, f"import of the paper {module}", "what two papers share is a file in templates/blocks")
        elif f"{module}.".startswith(BLOCKS):
            self.refuse(node, f"import of {module} as a module", f"write from {BLOCKS}NAME import …")
        else:
            allowed = f"only torch, the standard library and {BLOCKS}* may be imported"
            self.refuse(node, f"import of {module!r}", allowed)
        return False

    def read_statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.bind(node.name, node)
            self.definitions[node.name] = self.definition(node)
            if isinstance(node, ast.ClassDef):
                self.classes[node.name] = self.read_class(node)
            for inner in _statements(node.body):
                if isinstance(inner, (ast.Import, ast.ImportFrom)) and not self.library:
                    self.refuse(inner, f"an import inside {node.name}", "move it to the top of the file")
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                self.read_exported(node)
                return
            definition = self.definition(node)
            for target in targets:
                for inner in ast.walk(target):
                    if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                        self.bind(inner.id, node)
                        self.definitions.setdefault(inner.id, definition)
        elif not self.library and not _is_text(node):
            self.refuse_statement(node)

    def definition(self, node: ast.stmt) -> Definition:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]) - 1
        while first and self.lines[first - 1].startswith("#"):
            first -= 1
        return Definition(first + 1, node.end_lineno or first + 1, _names(node))

    def read_class(self, node: ast.ClassDef) -> Class:
        constructor = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
        bases = tuple(base.id for base in node.bases if isinstance(base, ast.Name))
        parameters = tuple(_parameters(self.file, constructor.args)) if constructor else None
        return Class(self.place(node), bases, parameters)

    def refuse_statement(self, node: ast.stmt) -> None:
        hint = "a file holds a docstring, imports, definitions and assignments"
        test = ast.unparse(node.test) if isinstance(node, ast.If) else ""
        if "__name__" in test:
            self.refuse(node, "an `if __name__` block", "remove it; a test or a benchmark runs the module")
            return
        inner = next((n for n in _statements([node]) if isinstance(n, (ast.Import, ast.ImportFrom))), None)
        if inner is not None:
            kind = "if TYPE_CHECKING" if "TYPE_CHECKING" in test else type(node).__name__.lower()
            self.refuse(inner, f"an import inside `{kind}`", "move it to the top of the file")
        else:
            self.refuse(node, f"`{type(node).__name__.lower()}` at module level", hint)

    def bind(self, name: str, node: ast.stmt) -> None:
        self.names.setdefault(name, self.place(node))

    def read_exported(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        value = node.value
        items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else None
        if isinstance(node, ast.AugAssign) or items is None or self.exported_node is not None:
            self.refuse(node, "__all__ is not one plain list", 'write __all__ = ["Name", …] once')
            return
        names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if len(names) != len(items):
            self.refuse(node, "__all__ holds something else than names", 'write __all__ = ["Name", …]')
            return
        self.exported_node = node
        self.exported = tuple(names)

    def check_exported(self) -> None:
        if self.exported_node is None:
            return
        for name in self.exported or ():
            if name not in self.names:
                hint = _did_you_mean(name, self.names) or "list what this file defines itself"
                self.refuse(self.exported_node, f"__all__ names {name!r}, which is not defined here", hint)

    def refuse_lost_comments(self, head: int) -> None:
        """A comment among the imports stands in no part, and would vanish without a word."""
        text = "\n".join(self.lines[:head]) + "\n"
        if "#" not in text:
            return
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                where = Location(self.file, token.start[0], token.start[1] + 1)
                self.errors.append(
                    TemplateError("a comment above or among the imports would be lost", where, "move it below them")
                )

    def parts(self, head: int) -> Iterator[Part]:
        """What follows the imports, without ``__all__``, in one or two stretches."""
        node = self.exported_node
        cuts = [(head, len(self.lines))]
        if node is not None:
            cuts = [(head, node.lineno - 1), (node.end_lineno or node.lineno, len(self.lines))]
        for start, stop in cuts:
            while start < stop and not self.lines[start].strip():
                start += 1
            while start < stop and not self.lines[stop - 1].strip():
                stop -= 1
            if start < stop:
                yield Part(self.file, start + 1, "\n".join(self.lines[start:stop]))


def _unusable(file: str, error: TemplateError) -> Source:
    return Source(file, "", (), (), (), {}, None, Location(file, 1), {}, {}, (error,))


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a bare string: what an assignment above it means."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements at any depth; expressions hold none."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            for inner in getattr(node, field, ()):
                if isinstance(inner, (ast.ExceptHandler, ast.match_case)):
                    yield from _statements(inner.body)
                else:
                    yield from _statements([inner])


def _names(node: ast.AST) -> tuple[str, ...]:
    # Four times as fast as ast.walk, and a build walks everything that its templates define.
    found: set[str] = set()
    pending: list[Any] = [node]
    while pending:
        item = pending.pop()
        kind = item.__class__
        if kind is ast.Name:
            found.add(item.id)
            continue
        for field in _FIELDS.get(kind, ()):
            part = getattr(item, field, None)
            if isinstance(part, list):
                pending += part
            elif part is not None and part.__class__ is not str:
                pending.append(part)
    return tuple(found)  # less memory than a set, and there are tens of thousands


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: kind._fields for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)
} | {ast.Constant: ()}
"""The fields of each kind of node; below a constant there are no names."""


def _parameters(file: str, arguments: ast.arguments) -> Iterator[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults.extend(arguments.defaults)
    pairs = [*zip(positional, defaults, strict=True)][1:]
    pairs.extend(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    for argument, default in pairs:
        yield Parameter(
            argument.arg,
            ast.unparse(argument.annotation) if argument.annotation else None,
            ast.unparse(default) if default else None,
            Location(file, argument.lineno, argument.col_offset + 1),
        )


def _merge(sources: list[Source], errors: list[GeneratorError]) -> dict[str, Import]:
    """The imported names of all parts; whatever two parts bind differently is an error."""
    externals: dict[str, Import] = {}
    defined: dict[str, Location] = {}
    for source in sources:
        for item in source.imports:
            if item.module == "__future__":
                continue
            known = externals.setdefault(item.bound, item)
            if known.form != item.form:
                errors.append(_clash(item.bound, item.where, known.where, "import it in the same way in both"))
            if item.bound in BUILTINS:
                errors.append(
                    TemplateError(f"the import of {item.bound!r} hides a builtin", item.where, "import its module")
                )
        for name, where in source.names.items():
            if name in defined:
                errors.append(_clash(name, where, defined[name], "give one of them another name"))
            elif name in BUILTINS:
                errors.append(TemplateError(f"{name!r} hides a builtin", where, "give it another name"))
            defined.setdefault(name, where)
    for name in defined.keys() & externals.keys():
        errors.append(_clash(name, defined[name], externals[name].where, "give the definition another name"))
    return externals


def _clash(name: str, where: Location, other: Location, hint: str) -> TemplateError:
    return TemplateError(f"{name!r} is also defined at {other}, and both come into one file", where, hint)


def _did_you_mean(name: str, known: Iterable[str]) -> str | None:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else None


def format_imports(imports: Iterable[Import]) -> str:
    """The imports merged and sorted as the linter sorts them: ``__future__``, standard library, torch, relative."""
    plain: dict[str, set[tuple[str, str | None]]] = {}
    members: dict[tuple[str, str | None, str | None], None] = {}
    for item in imports:
        if item.name is None:
            plain.setdefault(item.module, set()).add((item.module, item.alias))
        else:
            members[(item.module, item.name, item.alias)] = None
    sections: dict[int, list[str]] = {}
    for module in sorted(plain, key=natural):
        for _, alias in sorted(plain[module], key=lambda pair: pair[1] or ""):
            line = f"import {module} as {alias}" if alias else f"import {module}"
            sections.setdefault(_section(module), []).append(line)
    for module in sorted({key[0] for key in members}, key=natural):
        lines = sections.setdefault(_section(module), [])
        names = sorted({name for m, name, alias in members if m == module and not alias and name}, key=member_order)
        renamed = sorted(
            {(name, alias) for m, name, alias in members if m == module and alias and name},
            key=lambda pair: member_order(pair[0]),
        )
        statements = [(member_order(name), _from(module, [f"{name} as {alias}"])) for name, alias in renamed]
        if names:
            statements.append((member_order(names[0]), _from(module, names)))
        lines.extend(text for _, text in sorted(statements))
    return "\n\n".join("\n".join(sections[number]) for number in sorted(sections))


def _from(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


@functools.cache
def _section(module: str) -> int:
    top = module.partition(".")[0]
    if top == "__future__":
        return 0
    return 1 if top in sys.stdlib_module_names else 2 if top else 3


def natural(text: str) -> Natural:
    """A key under which ``conv2`` stands before ``conv10``."""
    return tuple((0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in _DIGITS.split(text) if piece)


def exported_order(name: str) -> tuple[int, Natural]:
    """The linter's order of names in ``__all__``: constants, classes, the rest."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    return kind, natural(name)


def member_order(name: str) -> tuple[int, Natural, Natural]:
    """The linter's order of names in an import: as in ``__all__``, but first without regard to case."""
    kind, exact = exported_order(name)
    return kind, natural(name.lower()), exact

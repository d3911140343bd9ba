"""The generated files of the package around the papers: registry, type stub, key maps, and the variants' factories."""

from __future__ import annotations

import ast
import itertools
import json
import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from generator import escape
from generator.catalogue.model import Insertion, Module, Paper, Variant
from generator.errors import Location
from generator.escape import Call, Code
from generator.evidence.record import EvidenceRecord, key_maps
from generator.inline import BUILTINS, WIDTH, Import, Parameter, Unit, format_imports


def class_name(paper: Paper) -> str:
    """The class that stands for ``paper``: its module's, or for a stub the id in capitals."""
    return paper.module.cls if paper.module else "".join(part.capitalize() for part in paper.id.split("_"))


# --- registry --------------------------------------------------------------------------------------------------------


class Registry:
    """``_registry.py``: what the package knows of every paper without loading its module.

    ``text`` is the file, ``pieces`` are parts of it that can be parsed one by one, once.
    """

    def __init__(
        self, papers: Iterable[Paper], levels: Mapping[str, str], records: Mapping[str, EvidenceRecord]
    ) -> None:
        rows: list[str] = []
        for paper in papers:
            key = escape.py_string(paper.id)
            info = Call("PaperInfo", dict(_info(paper, levels[paper.id], records.get(paper.id))))
            rows.append(f"    {key}: {escape.py_value(info, 4, len(key) + 3, tuples=True)},\n")
        types = ["PaperInfo", *(name for name in ("Recipe", "Variant") if any(f"{name}(" in row for row in rows))]
        head = (
            '"""Every paper of the catalogue. Generated from catalog.yaml: edit that."""\n\n'
            f"from __future__ import annotations\n\nfrom ._types import {', '.join(types)}\n\n"
            "PAPERS: dict[str, PaperInfo] = "
        )
        self.text = f"{head}{{\n{''.join(rows)}}}\n" if rows else f"{head}{{}}\n"
        self.pieces: Iterable[str] = itertools.chain([f"{head}{{}}\n"], (f"{{\n{row}}}" for row in rows))


def _info(paper: Paper, level: str, record: EvidenceRecord | None) -> Iterator[tuple[str, Any]]:
    yield "id", paper.id
    yield "title", paper.title
    yield "authors", tuple(paper.authors)
    yield "venue", paper.venue.name
    yield "year", paper.venue.year
    yield "kind", paper.kind
    yield "sections", tuple(paper.sections)
    yield "paper_url", paper.paper_url
    yield "code_url", paper.code_url
    yield "official_code", bool(paper.links.code and paper.links.code.official)
    yield "idea", {"en": paper.idea.en, "zh": paper.idea.zh}
    yield "level", level
    yield "implemented", paper.implemented
    if paper.nothing_to_build:
        yield "nothing_to_build", paper.nothing_to_build.en
    if paper.module:
        yield from _module_info(paper.module)
    if record:
        yield "key_maps", tuple(sorted(record.maps))


def _module_info(module: Module) -> Iterator[tuple[str, Any]]:
    yield "cls", module.cls
    yield "shape", module.shape
    if module.axes:
        yield "axes", module.axes
    if module.multiple_of:
        yield "multiple_of", module.multiple_of
    yield "example", module.example
    if module.cases:
        yield "cases", {name: case.arguments for name, case in module.cases.items()}
    if module.insert:
        yield (
            "recipes",
            tuple(Call("Recipe", _recipe(item)) for item in module.insert),
        )
    if module.variants:
        yield "variants", {name: Call("Variant", _variant(item)) for name, item in module.variants.items()}


def _recipe(insertion: Insertion) -> dict[str, Any]:
    recipe: dict[str, Any] = {"backbone": insertion.backbone, "where": insertion.where}
    if insertion.arguments:
        recipe["arguments"] = insertion.arguments
    if insertion.input:
        recipe["input"] = insertion.input
    if insertion.note:
        recipe["note"] = {"en": insertion.note.en, "zh": insertion.note.zh}
    return recipe


def _variant(variant: Variant) -> dict[str, Any]:
    return {"cls": variant.cls, "arguments": variant.arguments, "input": variant.input}


def key_maps_json(records: Mapping[str, EvidenceRecord]) -> str:
    """``key_maps.json``: how the authors' checkpoints map onto the classes, paper by paper."""
    maps = {id: key_maps(record) for id, record in sorted(records.items())}
    return json.dumps(maps, ensure_ascii=False, indent=1) + "\n"


# --- factories -------------------------------------------------------------------------------------------------------


class Factory(NamedTuple):
    """A function that builds a named configuration."""

    name: str
    head: str
    docstring: str
    call: Call


def name_taken(name: str, unit: Unit) -> str | None:
    """Why no function beside the code of ``unit`` can be called ``name``: it would hide what the code uses."""
    if keyword.iskeyword(name):
        return "is a word of the Python language"
    if name in BUILTINS:
        return "hides a builtin"
    if known := unit.externals.get(name):
        return f"is also imported at {known.where}"
    places = (source.names[name] for source in unit.sources if name in source.names)
    return next((f"is also defined at {where}" for where in places), None)


def factory(name: str, variant: Variant, unit: Unit) -> Factory:
    """The function for one variant; where its class has ``num_classes`` that can be chosen, everything else is given.

    Class and arguments are known to fit.
    """
    parameters = {item.name: item for item in unit.parameters(variant.cls)}
    arguments = {key: _typed(value, parameters[key]) for key, value in variant.arguments.items()}
    head = f"def {name}() -> {variant.cls}:"
    classes = parameters.get("num_classes")
    if classes is not None:
        default = arguments.get("num_classes", Code(classes.default or "1000"))
        head = f"def {name}(num_classes: int = {escape.py_value(default)}) -> {variant.cls}:"
        arguments["num_classes"] = Code("num_classes")
    docstring = f"{variant.cls} in the configuration {name}, for inputs of {variant.input} x {variant.input}."
    return Factory(name, head, docstring, Call(variant.cls, arguments))


def _typed(value: Any, parameter: Parameter) -> Any:
    """YAML has lists only: they become tuples where the signature says so."""
    if isinstance(value, list):
        items = [_typed(item, parameter) for item in value]
        return items if "list" in (parameter.annotation or "").lower() else tuple(items)
    return value


# --- type stub -------------------------------------------------------------------------------------------------------


def stub(init: str, units: Mapping[str, tuple[Module, Unit]]) -> str:
    """``__init__.pyi``: what ``__init__.py`` offers, with an overload of ``create`` for every implemented paper.

    Args:
        init: text of the package's ``__init__.py``.
        units: module and source of the implemented papers, by id.
    """
    return _Stub(init, units).text()


class _Stub:
    def __init__(self, init: str, units: Mapping[str, tuple[Module, Unit]]) -> None:
        self.tree = ast.parse(init)
        self.units = units
        self.imports: list[Import] = []
        self.body: list[str] = []

    def text(self) -> str:
        self.read()
        used: set[str] = set()
        for node in (node for item in self.body for node in ast.walk(ast.parse(item))):
            if isinstance(node, ast.Name):
                used.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)  # of __all__
        body = "\n".join(self.body)
        imports = format_imports(item for item in self.imports if item.bound in used)
        return f"{_STUB_HEAD}\n\n{imports}\n\n{body}\n"

    def read(self) -> None:
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                self.imports += [Import(alias.name, None, alias.asname, _HERE) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                module = "." * node.level + (node.module or "")
                self.imports += [
                    Import(module, alias.name, alias.asname, _HERE) for alias in node.names if alias.name != "create"
                ]
                if any(alias.name == "create" for alias in node.names):
                    self.create()
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.assign(node.targets[0].id, node.value)
            elif isinstance(node, ast.FunctionDef):
                if node.name == "create":
                    self.create()
                elif not node.name.startswith("_"):
                    self.body.append(_function(node.name, *_signature(node)))

    def assign(self, name: str, value: ast.expr) -> None:
        if name == "__all__":
            names = [item.value for item in getattr(value, "elts", []) if isinstance(item, ast.Constant)]
            self.body.insert(0, f"__all__ = {escape.py_value(names, before=10)}\n")
        elif not name.startswith("_") or name == "__version__":
            self.body.append(f"{name}: {type(value.value).__name__ if isinstance(value, ast.Constant) else 'object'}")

    def create(self) -> None:
        self.imports += [Import("typing", name, None, _HERE) for name in ("Any", "Literal", "overload")]
        self.imports.append(Import("torch", "nn", None, _HERE))
        for id, (module, unit) in self.units.items():
            self.imports.append(Import(".papers", id, f"_{id}", _HERE))
            qualify = _Qualify(f"_{id}", unit)
            parameters = unit.parameters(module.cls)
            arguments = [f"id: Literal[{escape.py_string(id)}]", *(["*"] if parameters else [])]
            arguments += [qualify.parameter(parameter) for parameter in parameters]
            self.imports += qualify.imports
            self.body.append("@overload\n" + _function("create", arguments, f"_{id}.{module.cls}"))
            self.variants(id, module, unit, qualify)
        # An id that is only known at run time; last, so that the checker tries it when nothing else fits.
        self.body.append("@overload\n" + _function("create", ["id: str", "**kwargs: Any"], "nn.Module"))

    def variants(self, id: str, module: Module, unit: Unit, qualify: _Qualify) -> None:
        """An overload for each class that has named configurations: every argument may be left out."""
        for cls in dict.fromkeys(variant.cls for variant in module.variants.values()):
            names = [escape.py_string(name) for name, variant in module.variants.items() if variant.cls == cls]
            arguments = [f"id: Literal[{escape.py_string(id)}]", "*", f"variant: Literal[{', '.join(names)}]"]
            arguments += [
                f"{parameter} = ..." if " = " not in parameter else parameter.partition(" = ")[0] + " = ..."
                for parameter in map(qualify.parameter, unit.parameters(cls))
            ]
            self.imports += qualify.imports
            self.body.append("@overload\n" + _function("create", arguments, f"_{id}.{cls}"))


_HERE = Location("templates/library/__init__.py")
_STUB_HEAD = '"""The package as type checkers see it. Generated from templates/library/__init__.py and the papers."""'


class _Quotes(ast.NodeTransformer):
    """Writes texts in the formatter's quotes: a name is written as it is, whatever it holds."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Name(escape.py_string(node.value)) if isinstance(node.value, str) else node


class _Qualify(_Quotes):
    """Writes the names of an annotation so that they mean the same in another file."""

    def __init__(self, prefix: str, unit: Unit) -> None:
        self.prefix = prefix
        self.unit = unit
        self.imports: list[Import] = []

    def parameter(self, parameter: Parameter) -> str:
        written = parameter.annotation or "object"
        if written not in _PLAIN:
            written = ast.unparse(self.visit(ast.parse(written, mode="eval")))
        text = f"{parameter.name}: {written}"
        if parameter.default is None:
            return text
        if parameter.default in _CONSTANTS or parameter.default.isdecimal():
            return f"{text} = {parameter.default}"
        default = ast.parse(parameter.default, mode="eval").body
        return f"{text} = {ast.unparse(self.visit(default)) if isinstance(default, ast.Constant) else '...'}"

    def visit_Name(self, node: ast.Name) -> ast.expr:
        known = self.unit.externals.get(node.id)
        if known is not None:
            plain = known.name is None and known.alias is None
            module = known.module.partition(".")[0] if plain else known.module
            self.imports.append(Import(module, None, None, _HERE))
            return _dotted(module if known.name is None else f"{module}.{known.name}")
        if any(node.id in source.names for source in self.unit.sources):
            return _dotted(f"{self.prefix}.{node.id}")
        return node


# Most parameters are of these, and reading each as Python would take half of the time.
_PLAIN = {"bool", "float", "int", "str"}
_CONSTANTS = {"True", "False", "None"}


def _dotted(path: str) -> ast.expr:
    return ast.parse(path, mode="eval").body


def _signature(node: ast.FunctionDef) -> tuple[list[str], str]:
    """The parameters and the result of a function, as written."""
    return _split(node.args), _source(node.returns) if node.returns else "object"


def _split(arguments: ast.arguments) -> list[str]:
    """The parameters one by one, each as it is written between the commas."""
    items: list[str] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        items.append(_argument(argument, default))
        if arguments.posonlyargs and index + 1 == len(arguments.posonlyargs):
            items.append("/")
    if arguments.vararg:
        items.append(f"*{ast.unparse(arguments.vararg)}")
    elif arguments.kwonlyargs:
        items.append("*")
    items += [_argument(item, value) for item, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        items.append(f"**{ast.unparse(arguments.kwarg)}")
    return items


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = _source(argument.annotation) if argument.annotation else "object"
    text = f"{argument.arg}: {annotation}"
    return text if default is None else f"{text} = ..."


def _function(name: str, arguments: list[str], result: str) -> str:
    line = f"def {name}({', '.join(arguments)}) -> {result}: ..."
    if escape.width(line) <= WIDTH:
        return line
    return f"def {name}(\n" + "".join(_argument_lines(item) for item in arguments) + f") -> {result}: ..."


def _argument_lines(item: str) -> str:
    """A parameter on a line of its own, or its annotation's arguments each on theirs, as the formatter has it."""
    line = f"    {item},\n"
    if escape.width(line) - 1 <= WIDTH:
        return line
    function = ast.parse(f"def _({item}): ...").body[0]
    if not isinstance(function, ast.FunctionDef) or not function.args.args:
        return line
    arguments = function.args
    annotation = arguments.args[0].annotation
    if not isinstance(annotation, ast.Subscript):
        return line
    inside = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    comma = "," if len(inside) > 1 else ""
    rows = "".join(f"        {_source(element)}{comma}\n" for element in inside)
    default = f" = {_source(arguments.defaults[0])}" if arguments.defaults else ""
    return f"    {arguments.args[0].arg}: {_source(annotation.value)}[\n{rows}    ]{default},\n"


def _source(node: ast.expr) -> str:
    return ast.unparse(_Quotes().visit(node))

"""The catalogue as frozen pydantic models: the shape of one record, field by field.

What can be said of one value stands here; what needs several values or records, in :mod:`generator.catalogue.rules`.
"""

from __future__ import annotations

import keyword
import re
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from generator.catalogue import cost, shapes
from generator.catalogue.source import BLANK, FORBIDDEN

Kind = Literal[
    "activation",
    "channel-attention",
    "channel-spatial-attention",
    "convolution",
    "dynamic-convolution",
    "dynamic-network",
    "fusion",
    "loss",
    "nas",
    "non-local",
    "normalization",
    "pooling-context",
    "regularization",
    "self-attention",
    "spatial-attention",
    "survey",
    "task-specific",
    "transformer-backbone",
    "transformer-block",
]
Section = Literal["attention-mechanism", "dynamic-networks", "plug-and-play", "vision-transformer"]
Domain = Literal[
    "channel", "spatial", "channel-spatial", "temporal", "token", "kernel", "branch", "layer", "frequency", "none"
]
Growth = Literal["constant", "linear", "log-linear", "sub-quadratic", "quadratic", "none"]
Context = Literal["global", "local", "window", "sparse", "none"]
Plug = Literal["insert", "replace", "none"]
Modality = Literal["image", "video", "point-cloud", "text", "audio", "multimodal"]
Relation = Literal["cheaper", "extends", "same-idea", "combines", "contrasts", "special-case", "successor", "uses"]
Check = Literal[
    "autocast",
    "batch-independence",
    "bfloat16",
    "channels-last",
    "compile",
    "determinism",
    "export",
    "float16",
    "float64",
    "gradient",
    "shapes",
    "state",
]
Host = Literal["resnet18", "resnet50", "resnet50_s16", "resnet101", "mobilenet_v2", "deit_s", "edsr"]

LOOKS: dict[str, tuple[str, str]] = {}
"""For every pattern of the catalogue: what a value that fits looks like, and an example."""

_ADDRESS_CHARACTERS = r"[^\s<>\"'`{}|\\^]+"


def _like(pattern: str, looks: str, example: str, longest: int | None = None) -> StringConstraints:
    LOOKS[pattern] = looks, example
    return StringConstraints(pattern=pattern, max_length=longest)


def _one_line(text: str) -> str:
    if text.isprintable():  # nothing that is forbidden can be printed, and this is how most texts are
        return text
    if found := FORBIDDEN.search(text) or re.search(r"[\t\n]", text):
        raise ValueError(f"character U+{ord(found[0]):04X} is not allowed in a one-line text (remove it)")
    return text


def _written(text: str) -> str:
    _one_line(text)
    if text == BLANK:
        raise ValueError("is still blank")
    return text


def _plain(text: str) -> str:
    _written(text)
    if text[:1] in ("=", "+", "-", "@"):
        raise ValueError(f"begins with {text[0]!r}, which a spreadsheet would run (reword it)")
    if text != text.strip():
        raise ValueError("begins or ends with a space (remove it)")
    return text


def _paper_id(text: str) -> str:
    # The class of a stub is the id in capitals: none, true and false would be words of the language too.
    if keyword.iskeyword(text) or keyword.iskeyword(text.capitalize()):
        raise ValueError(f"{text!r} is a word of the Python language, and no module can be called so (choose another)")
    if text == "index":
        raise ValueError("'index' is the address of the page that lists all papers (choose another)")
    return text


def _shape(text: str) -> str:
    _one_line(text)
    shapes.parse(text)
    return text


def _cost(text: str) -> str:
    cost.parse(text)
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_plain)]
Tex = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_written)]
Symbol = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
Id = Annotated[
    str, _like(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "lower-case words and digits joined by underscores", "eca_net", 60)
]
PaperId = Annotated[Id, AfterValidator(_paper_id)]
Identifier = Annotated[str, _like(r"^[A-Za-z_][A-Za-z0-9_]*$", "a Python name", "kernel_size", 80)]
Letter = Annotated[str, _like(r"^[A-Za-z][0-9]?$", "a shape letter, perhaps with a digit", "C1")]
Slug = Annotated[
    str, _like(r"^[a-z0-9]+(-[a-z0-9]+)*$", "lower-case words and digits joined by hyphens", "large-kernel", 60)
]
Task = Annotated[str, _like(r"^[a-z]+(-[a-z]+)*$", "lower-case words joined by hyphens", "semantic-segmentation", 60)]
Url = Annotated[
    str,
    _like(rf"^https?://{_ADDRESS_CHARACTERS}$", "a web address", "https://arxiv.org/abs/1910.03151", 500),
    AfterValidator(_plain),
]
Arxiv = Annotated[str, _like(r"^[0-9]{4}\.[0-9]{4,5}$", "an arXiv identifier without version", "1910.03151")]
Doi = Annotated[
    str,
    _like(rf"^10\.[0-9]{{4,9}}/{_ADDRESS_CHARACTERS}$", "a DOI", "10.1109/CVPR.2018.00745", 200),
    AfterValidator(_one_line),
]
OpenReview = Annotated[str, _like(r"^[A-Za-z0-9_-]{5,20}$", "the id in an OpenReview address", "YicbFdNTTy")]
Repo = Annotated[
    str,
    _like(r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", "owner/name of a GitHub repository", "BangguWu/ECANet", 140),
]
RepoPath = Annotated[
    str,
    _like(rf"^{_ADDRESS_CHARACTERS}$", "a path inside the repository", "models/eca_module.py", 300),
    AfterValidator(_one_line),
]
Where = Annotated[
    str,
    _like(
        r"^(after|before|replace):[A-Za-z0-9_.*?!\[\]-]+$",
        "after:, before: or replace: and a pattern of module names",
        "after:*.bn3",
        120,
    ),
]
Quantity = Annotated[
    str,
    _like(r"^[0-9]{1,12}(\.[0-9]{1,9})?([KMG]i?)?$", "a number with K, M or G (Ki, Mi, Gi for powers of 2)", "24.37M"),
]
Date = Annotated[str, _like(r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$", "a date", "2027-06-30")]
ShapeText = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_shape)]
CostText = Annotated[str, StringConstraints(min_length=1, max_length=600), AfterValidator(_cost)]
Size = Annotated[int, Field(ge=1, le=100_000)]
Argument = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)]
Scalar = TypeAliasType("Scalar", bool | int | float | Argument | None)
Value = TypeAliasType("Value", Scalar | list[Scalar | list[Scalar | list[Scalar]]])
"""What an argument of a module can be: a constant, or lists of constants, three deep at most."""


class Record(BaseModel):
    """What every part of the catalogue has in common: nothing unknown, nothing coerced, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bilingual(Record):
    """One text in both languages."""

    en: Text = Field(description="English, without Chinese characters")
    zh: Text = Field(description="Chinese")


class Venue(Record):
    """Where a paper appeared first in archival form (``arXiv`` only if nowhere else)."""

    name: Text = Field(description="short name of the venue, such as CVPR")
    year: int = Field(ge=1980, le=2100, description="year of publication there")


class Facets(Record):
    """What readers filter by."""

    domain: Domain = Field(description="what is weighed or selected")
    cost: Growth = Field(description="how cost grows with the number of positions")
    context: Context = Field(description="how far one position sees")
    parameter_free: bool = Field(description="whether the mechanism adds no parameters")
    plug: Plug = Field(description="how it enters an existing network: inserted, replacing a layer, or not at all")
    modality: tuple[Modality, ...] = Field(min_length=1, strict=False, description="what it was shown on")
    tasks: tuple[Task, ...] = Field(min_length=1, strict=False, description="the tasks of the paper")


class Ids(Record):
    """Persistent identifiers; addresses are derived from them."""

    arxiv: Arxiv | None = Field(default=None, description="arXiv identifier without version, quoted")
    doi: Doi | None = Field(default=None, description="DOI without https://doi.org/")
    openreview: OpenReview | None = Field(default=None, description="the id in an OpenReview address")


class Code(Record):
    """The repository readers are sent to; ``official`` says that the authors released it."""

    repo: Repo = Field(description="owner/name on GitHub")
    official: bool = Field(description="whether the authors released it")
    path: RepoPath | None = Field(default=None, description="where in the repository the method stands")
    licence: Text | None = Field(default=None, description="licence of the repository, as a fact")


class Links(Record):
    """Addresses beyond the identifiers."""

    paper: Url | None = Field(default=None, description="open page of the paper where no identifier gives one")
    code: Code | None = Field(default=None, description="the repository readers are sent to")
    blog: Url | None = Field(default=None, description="an explanation worth reading")


class Neighbour(Record):
    """A related paper: ``relation`` as seen from this record (``cheaper``: this one is the cheaper)."""

    id: Id = Field(description="id of the other paper")
    relation: Relation = Field(description="what this paper is to the other")
    how: Bilingual = Field(description="words that stand before the other paper's name")


class Formula(Record):
    """The central equation, in the TeX subset that becomes MathML, and what its symbols mean."""

    tex: Tex = Field(description="the equation in TeX")
    symbols: dict[Symbol, Bilingual] = Field(min_length=1, description="meaning of each symbol, by its TeX")


class Insertion(Record):
    """A recipe: where the paper puts the module into a reference network; those of one backbone belong together."""

    backbone: Host = Field(description="the reference network")
    where: Where = Field(description="after:, before: or replace: and a pattern of module names")
    arguments: dict[Identifier, Value] = Field(
        default_factory=dict, description="arguments beside those inferred from the place"
    )
    input: tuple[Size, Size] | None = Field(
        default=None, strict=False, description="height and width of the image, where the module is built for one size"
    )
    note: Bilingual | None = Field(
        default=None, description="how this differs from what the paper does, where it is a usual place only"
    )


class Cost(Record):
    """Closed forms of the core module, in the shape letters and the parameters."""

    params: CostText = Field(description="number of parameters")
    macs: CostText = Field(description="multiply-accumulates for one item of the batch")


class Variant(Record):
    """A named configuration of a full network; a factory function is generated for each."""

    cls: Identifier = Field(alias="class", description="class of the full network")
    arguments: dict[Identifier, Value] = Field(default_factory=dict, description="arguments of the class")
    input: int = Field(default=224, ge=1, le=4096, description="height and width the published counts are for")


class Case(Record):
    """A further configuration that benchmarks and contract tests run beside ``example``."""

    arguments: dict[Identifier, Value] = Field(description="arguments of the class")
    sizes: dict[Letter, Size] = Field(default_factory=dict, description="fixed sizes of shape letters")


class Exemption(Record):
    """A contract check that the method itself cannot pass, with the reason."""

    check: Check = Field(description="the check that is left out")
    reason: Bilingual = Field(description="why the method cannot pass it")


class Module(Record):
    """The core module: how it is built, what it maps to what, what it costs and where it goes."""

    cls: Identifier = Field(alias="class", description="class in templates/papers")
    shape: ShapeText = Field(description="what goes in and what comes out, such as 'B C H W -> B C H W'")
    axes: dict[Letter, CostText] = Field(
        default_factory=dict, description="size of a shape letter as an expression over the parameters"
    )
    multiple_of: dict[Letter, Size] = Field(default_factory=dict, description="what a letter's size must divide by")
    parameters: dict[Identifier, Bilingual] = Field(description="meaning of each parameter of the class")
    example: dict[Identifier, Value] = Field(description="arguments of the smallest sensible instance")
    cases: dict[Slug, Case] = Field(default_factory=dict, description="further configurations to test and time")
    insert: tuple[Insertion, ...] = Field(
        default=(), strict=False, description="where the paper puts the module; absent: not a drop-in"
    )
    cost: Cost | None = Field(default=None, description="closed forms of parameters and operations")
    variants: dict[Id, Variant] = Field(default_factory=dict, description="named configurations of the full network")
    exempt: tuple[Exemption, ...] = Field(
        default=(), strict=False, description="contract checks the method cannot pass"
    )


class Built(Record):
    """How a published figure is rebuilt: a variant of the full network, or the module put into a host."""

    variant: Id | None = Field(default=None, description="a name of module.variants")
    recipe: Insertion | None = Field(default=None, description="the module put into a reference network")

    @model_validator(mode="after")
    def _one(self) -> Built:
        if (self.variant is None) == (self.recipe is None):
            raise ValueError("must name either a variant or a recipe (not both, not neither)")
        return self


class Metric(Record):
    """A published result; ``baseline`` is the same network without the method, in the same table."""

    name: Text = Field(description="what was measured, such as ImageNet top-1")
    value: float = Field(description="the published result")
    baseline: float | None = Field(default=None, description="the same network without the method, same table")


class Figure(Record):
    """A row of a published table, with the precision it was published in (``24.37Mi`` = 24.37 · 2^20)."""

    model: Text = Field(description="name of the network in the table")
    source: Text = Field(description="where it is published, such as Table 2")
    params: Quantity | None = Field(default=None, description="parameters, as published")
    macs: Quantity | None = Field(default=None, description="multiply-accumulates, as published")
    input: int | None = Field(default=None, ge=1, description="height and width of the input")
    metric: Metric | None = Field(default=None, description="a published result")
    built: Built | None = Field(default=None, description="how the network is rebuilt and counted")
    note: Bilingual | None = Field(default=None, description="what a reader must know of this row")


class Paper(Record):
    """One paper of the catalogue."""

    id: PaperId = Field(description="short name in snake_case: file name, registry name and address of the page")
    title: Text = Field(description="title as published, without full stop")
    authors: tuple[Text, ...] = Field(min_length=1, strict=False, description="all authors in the paper's order")
    venue: Venue = Field(description="where it appeared first in archival form")
    sections: tuple[Section, ...] = Field(min_length=1, strict=False, description="the list's sections it stands in")
    kind: Kind = Field(description="what kind of method it is")
    facets: Facets = Field(description="what readers filter by")
    ids: Ids = Field(description="persistent identifiers; addresses are derived from them")
    links: Links = Field(description="addresses beyond the identifiers")
    related: tuple[Neighbour, ...] = Field(default=(), strict=False, description="neighbouring papers")
    idea: Bilingual = Field(description="what it does, in one or two sentences")
    use: Bilingual = Field(description="when to reach for it, and when not")
    nothing_to_build: Bilingual | None = Field(default=None, description="why there is no module, as for a survey")
    formula: Formula | None = Field(default=None, description="the central equation")
    module: Module | None = Field(default=None, description="the core module, once it is implemented")
    reported: tuple[Figure, ...] = Field(default=(), strict=False, description="published figures")

    @property
    def implemented(self) -> bool:
        """Whether the record describes a module, and so a file in ``templates/papers`` must exist."""
        return self.module is not None

    @property
    def paper_url(self) -> str:
        """The address of the paper: its arXiv page, else its own link, else its DOI."""
        if self.ids.arxiv:
            return f"https://arxiv.org/abs/{self.ids.arxiv}"
        if self.links.paper:
            return self.links.paper
        if self.ids.openreview:
            return f"https://openreview.net/forum?id={self.ids.openreview}"
        return f"https://doi.org/{self.ids.doi}"

    @property
    def code_url(self) -> str | None:
        """The address of the code repository."""
        return f"https://github.com/{self.links.code.repo}" if self.links.code else None


class LinkRule(Record):
    """Addresses the link checker leaves alone, why, and until when (a rule that is over fails the run)."""

    url: Annotated[
        str,
        _like(r"^https?://\S+$", "a web address or the beginning of one", "https://dl.acm.org/", 500),
        AfterValidator(_one_line),
    ] = Field(description="the address")
    reason: Text = Field(description="why it is left alone")
    expires: Date = Field(description="the last day of the rule, quoted: '2027-06-30'")


class Catalogue(Record):
    """All papers, sorted by id, and what holds for all of them."""

    ignore_links: tuple[LinkRule, ...] = Field(
        default=(), strict=False, description="addresses the link checker leaves alone"
    )
    papers: tuple[Paper, ...] = Field(strict=False, description="one record per paper, sorted by id")

    def paper(self, id: str) -> Paper:
        """The record of ``id``; ``KeyError`` if there is none."""
        for paper in self.papers:
            if paper.id == id:
                return paper
        raise KeyError(id)


def fields(record: type[Record]) -> dict[str, FieldInfo]:
    """The fields of ``record`` by the name they have in the file, in canonical order."""
    return {field.alias or name: field for name, field in record.model_fields.items()}


def inside(annotation: Any, part: str | int) -> Any:
    """The type of what stands at ``part`` in a value of the type ``annotation``; ``None`` where nothing is known."""
    annotation = strip(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        field = fields(annotation).get(str(part))
        return field.annotation if field else None
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    if get_origin(annotation) in (tuple, list):
        return get_args(annotation)[0]
    return None


def strip(annotation: Any) -> Any:
    """``annotation`` without ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return strip(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return strip(members[0]) if len(members) == 1 else annotation
    return annotation

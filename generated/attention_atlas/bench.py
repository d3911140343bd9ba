"""Measuring a module beside references of the same shape, after a check that it computes what it should.

Each module is timed in turns with an identity, a 3x3 convolution of its width and, where it mixes tokens, global
self-attention. Seconds belong to one machine; the ratios mostly hold on others.

Multiply-accumulates are counted by :mod:`torch.utils.flop_counter` on the ``meta`` device: convolutions, linear layers
and products of matrices, those of attention among them. It cannot see element-wise work, normalisation, pooling,
sampling, sorting and Fourier transforms, nor anything of a module whose path depends on its data.
"""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from . import timing
from ._types import PaperInfo
from .timing import Clock

__all__ = ["BRIEF", "Case", "Failure", "Row", "Setup", "bench", "case_for", "count", "measure"]

Mode = Literal["forward", "forward+backward"]
Dtype = Literal["float32", "tf32", "float16", "bfloat16"]
DTYPES: dict[str, torch.dtype] = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
BRIEF = (
    "id", "device", "dtype", "shape", "mode", "median_s", "q1_s", "q3_s", "peak_bytes", "params", "macs",
    "ratio_conv3x3", "torch",
)  # fmt: skip
"""The fields of a row that say what was measured; the others say how."""

# Relative to the norm of the reference: what rounding alone explains, with room for deep modules.
_TOLERANCES = {"float32": 1e-3, "tf32": 2e-2, "float16": 3e-2, "bfloat16": 1e-1}
_TOKEN_MIXERS = {"self-attention", "non-local", "transformer-backbone", "transformer-block"}
_WIDTHS = {"C": ("channels", "in_channels", "dim"), "D": ("dim",)}
_AXIS = re.compile(r"(?P<number>\d+)|(?:(?P<factor>\d+)\*)?(?P<letter>[A-Za-z]\d?)(?:/(?P<divisor>\d+))?")
# Beyond this many tokens global self-attention says nothing that one would wait for.
_MOST_TOKENS = 16_384


@dataclass(frozen=True)
class Setup:
    """How to measure.

    Args:
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        dtype: ``tf32`` is float32 with products of matrices and convolutions rounded to TF32, on CUDA only.
        channels_last: whether maps lie in memory with their channels together.
        compile: whether to time the module compiled by ``torch.compile`` as well.
        backward: whether to time forward and backward as well.
        budget: seconds for one module and mode with all its references.
    """

    device: str = "cpu"
    dtype: str = "float32"
    channels_last: bool = False
    compile: bool = False
    backward: bool = True
    budget: float = 1.0

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype: expected one of {', '.join(DTYPES)}, got {self.dtype!r}")
        if self.dtype == "tf32" and self.device == "cpu":
            raise ValueError("dtype tf32: a CPU has no TF32; use float32")
        timing.check_device(self.device)
        if not 0 <= self.budget < math.inf:
            raise ValueError(f"budget: expected seconds, none or more, got {self.budget}")


@dataclass(frozen=True)
class Case:
    """A module to measure: how it is built, and the shapes of what it is given."""

    id: str
    name: str
    build: Callable[[], nn.Module]
    inputs: tuple[Any, ...]
    map: tuple[int, int, int, int] | None = None
    """Batch, channels, height, width of the references; ``None`` where the input is no map and no square of tokens."""
    out_channels: int | None = None
    mixes_tokens: bool = False

    @property
    def shape(self) -> list[Any]:
        """The shape of the input, or of each where there are several."""
        shapes = _lists(self.inputs)
        return shapes[0] if len(shapes) == 1 else shapes


@dataclass(frozen=True)
class Row:
    """One measurement. Ratios are medians over turns in which both were timed, with quartiles behind them.

    ``macs`` are those of one forward pass of the whole input; ``None`` if the module cannot run on ``meta``.
    ``ratio_self`` compares the module with itself: what differs by less than its quartiles do is noise.
    ``floor_fraction`` is the time that copying inputs, outputs and parameters alone would take, over the median.
    """

    id: str
    device: str
    dtype: str
    shape: list[Any]
    mode: Mode
    median_s: float
    q1_s: float
    q3_s: float
    peak_bytes: int
    params: int
    macs: int | None
    ratio_conv3x3: float | None
    torch: str
    case: str = "example"
    compiled: bool = False
    channels_last: bool = False
    samples: int = 0
    quartiles_conv3x3: tuple[float, float] | None = None
    ratio_identity: float | None = None
    ratio_attention: float | None = None
    quartiles_attention: tuple[float, float] | None = None
    ratio_self: tuple[float, float, float] | None = None
    floor_fraction: float | None = None

    def brief(self) -> dict[str, Any]:
        """What was measured, without how."""
        return {name: value for name, value in asdict(self).items() if name in BRIEF}


@dataclass(frozen=True)
class Failure:
    """Something that could not be measured; ``kind`` tells whether that says anything about the module."""

    id: str
    what: str
    kind: Literal["shape", "wrong", "out-of-memory", "compile", "failed"]
    reason: str

    def __str__(self) -> str:
        return f"{self.id}: {self.what}: {self.kind.replace('-', ' ')}: {self.reason}"


class _Wrong(Exception):
    """The result is not that of the reference."""


def bench(
    ids: Iterable[str], setup: Setup, *, shape: Sequence[int] | None = None, clock: Clock | None = None
) -> Iterator[Row | Failure]:
    """Measure the modules of papers, one after the other; a failure of one does not end the run.

    Args:
        ids: of papers that are implemented.
        setup: how to measure.
        shape: of the first input; the module's width follows it. Default: the example's width, sizes by device.
        clock: of the device, where one is to be shared.

    Raises:
        ValueError: if there is no such paper or device.
    """
    from . import info

    papers = [info(id) for id in ids]
    for paper in papers:
        if not paper.implemented:
            raise ValueError(f"{paper.id} has no implementation to measure; see {paper.paper_url}")
    clock = clock or timing.clock_for(setup.device)
    bandwidth = timing.copy_bandwidth(clock, setup.device)
    for paper in papers:
        try:
            case = case_for(paper, setup.device, shape=shape)
        except (ValueError, TypeError) as error:
            yield Failure(paper.id, "example", "shape", _line(error))
            continue
        yield from measure(case, setup, clock, bandwidth=bandwidth)


# --- what to measure -------------------------------------------------------------------------------------------------


def case_for(
    paper: PaperInfo,
    device: str,
    *,
    name: str = "example",
    shape: Sequence[int] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Case:
    """The example of a paper, or another of its cases, at a shape.

    Args:
        paper: an implemented one.
        device: larger sizes are chosen for CUDA.
        name: of the case.
        shape: of the first input.
        sizes: of single shape letters.

    Raises:
        ValueError: if there is no such case, or if the module cannot take the shape.
    """
    from . import load

    cases = {"example": paper.example, **paper.cases}
    if name not in cases:
        near = difflib.get_close_matches(name, cases, n=1)
        raise ValueError(f"{paper.id}: there is no case {name!r}{f'; did you mean {near[0]!r}?' if near else ''}")
    factory = getattr(load(paper.id), paper.cls or "")
    arguments = {key: _tuples(value) for key, value in cases[name].items()}
    source, _, target = (paper.shape or "").partition("->")
    items = _items(source)
    given = {**(sizes or {}), **(_from_shape(paper, items, shape) if shape else {})}
    arguments = _follow(paper, factory, arguments, given) if shape else arguments
    known = _known(paper, factory, arguments)
    for letter, size in given.items():
        if known.get(letter, size) != size:
            raise ValueError(f"{letter} = {known[letter]} follows from the arguments of {paper.cls}, got {size}")
    bound = {**_defaults(paper, device), **known, **given}
    _fix_map(factory, arguments, bound, given)
    # Several maps in one list or tuple: no single convolution has their shape.
    first = items[0].split() if isinstance(items[0], str) else []
    inputs = tuple(_bind(item, bound) for item in items)
    return Case(
        paper.id,
        name,
        lambda: factory(**arguments),
        inputs,
        _as_map(first, bound),
        _out_channels(next(_tensors(_items(target)), "").split(), first, bound),
        paper.kind in _TOKEN_MIXERS,
    )


def _items(text: str) -> list[Any]:
    """One side of a shape: tensors as texts, lists and tuples of them as such."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "[(") - (sign in "])")
        if sign == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    found: list[Any] = []
    for part in (item.strip() for item in [*parts, text[start:]]):
        inside = part[1:-1]
        if part.startswith("["):
            found.append(_items(inside))
        elif part.startswith("(") and inside:
            found.append(tuple(_items(inside)))
        else:
            found.append("" if part == "()" else part)
    return found


def _tensors(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, str):
            yield item
        else:
            yield from _tensors(item)


def _parts(axis: str) -> tuple[int, str | None, int]:
    found = _AXIS.fullmatch(axis)
    if not found:
        raise ValueError(f"{axis!r} is not an axis")
    return int(found["number"] or found["factor"] or 1), found["letter"], int(found["divisor"] or 1)


def _size(axis: str, sizes: Mapping[str, int]) -> int:
    factor, letter, divisor = _parts(axis)
    product = factor * (sizes[letter] if letter else 1)
    if product % divisor:
        raise ValueError(f"{letter} = {sizes[letter or '']} does not divide by {divisor}")
    return product // divisor


def _bind(item: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(item, str):
        return tuple(_size(axis, sizes) for axis in item.split())
    return type(item)(_bind(part, sizes) for part in item)


def _from_shape(paper: PaperInfo, items: list[Any], shape: Sequence[int]) -> dict[str, int]:
    first = next(_tensors(items)).split()
    if len(first) != len(shape):
        raise ValueError(f"shape: expected {len(first)} axes ({' '.join(first)}), got {len(shape)}: {tuple(shape)}")
    sizes: dict[str, int] = {}
    for axis, size in zip(first, shape, strict=True):
        factor, letter, divisor = _parts(axis)
        whole, rest = divmod(size * divisor, factor)
        if rest or size < 1 or (letter is None and size != factor) or (letter and sizes.get(letter, whole) != whole):
            raise ValueError(f"shape: {size} does not fit {axis} of {paper.shape}")
        if letter:
            sizes[letter] = whole
    return sizes


def _follow(
    paper: PaperInfo, factory: Callable[..., nn.Module], arguments: dict[str, Any], sizes: Mapping[str, int]
) -> dict[str, Any]:
    """``arguments`` with the widths of ``sizes``; widths that were equal stay equal (output and input channels)."""
    accepted = inspect.signature(factory).parameters
    widths = {letter: name for letter, name in paper.axes.items() if name in accepted}
    for letter, names in _WIDTHS.items():
        if letter not in paper.axes and (name := next((n for n in names if n in accepted), None)):
            widths[letter] = name
    changed = dict(arguments)
    for letter, name in widths.items():
        if letter in sizes and name in arguments:
            twins = [other for other in widths.values() if arguments.get(other) == arguments[name]]
            changed |= dict.fromkeys([name, *twins], sizes[letter])
    return changed


def _fix_map(
    factory: Callable[..., nn.Module], arguments: dict[str, Any], sizes: dict[str, int], given: Mapping[str, int]
) -> None:
    """Modules built for one map (a table of positions, say) are built for this one, unless the case says for which."""
    accepted = inspect.signature(factory).parameters
    for letter, name in (("H", "height"), ("W", "width")):
        if letter not in sizes or name not in accepted:
            continue
        if isinstance(arguments.get(name), int) and letter not in given:
            sizes[letter] = arguments[name]
        elif isinstance(arguments.get(name, accepted[name].default), int):
            arguments[name] = sizes[letter]


def _known(paper: PaperInfo, factory: Callable[..., nn.Module], arguments: Mapping[str, Any]) -> dict[str, int]:
    """Sizes of shape letters that follow from the arguments."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(factory).parameters.items()}
    values = {**defaults, **arguments}
    known = {letter: int(_evaluate(ast.parse(text, mode="eval").body, values)) for letter, text in paper.axes.items()}
    for letter, names in _WIDTHS.items():
        found = [values[name] for name in names if isinstance(values.get(name), int)]
        if letter not in known and found:
            known[letter] = found[0]
    return known


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"ceil": math.ceil, "floor": math.floor, "min": min, "max": max}


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> float:
    """The cost grammar of the catalogue, walked."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.Name) and isinstance(values.get(node.id), (int, float)):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left, values), _evaluate(node.right, values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_evaluate(argument, values) for argument in node.args))
    raise ValueError(f"cannot tell the size of {ast.unparse(node)}")


def _defaults(paper: PaperInfo, device: str) -> dict[str, int]:
    """Sizes of free letters: a feature map of a ResNet's second stage on CUDA, of its third on a CPU."""
    side = 28 if device == "cpu" else 56
    usual = {"B": 2 if device == "cpu" else 16, "C": 64, "D": 64, "H": side, "W": side, "N": 196, "T": 8, "K": 21}
    steps: dict[str, int] = dict(paper.multiple_of)
    for text in _tensors(_items((paper.shape or "").replace("->", ","))):
        for factor, letter, divisor in map(_parts, text.split()):
            if letter:
                steps[letter] = math.lcm(steps.get(letter, 1), divisor // math.gcd(factor, divisor))
    return {letter: -(-usual.get(letter, 16) // step) * step for letter, step in steps.items()}


def _as_map(axes: list[str], sizes: Mapping[str, int]) -> tuple[int, int, int, int] | None:
    letters = [_parts(axis)[1] for axis in axes]
    lengths = [_size(axis, sizes) for axis in axes]
    if "H" in letters and "W" in letters:
        height, width = lengths[letters.index("H")], lengths[letters.index("W")]
        batch = math.prod(n for letter, n in zip(letters, lengths, strict=True) if letter in ("B", "T"))
        return batch, math.prod(lengths) // (batch * height * width), height, width
    if len(lengths) == 3 and math.isqrt(lengths[1]) ** 2 == lengths[1]:
        side = math.isqrt(lengths[1])
        return lengths[0], lengths[2], side, side
    return None


def _out_channels(axes: list[str], source: list[str], sizes: Mapping[str, int]) -> int | None:
    """Channels of the output, where it has the axes of the input but for one."""
    different = [(a, b) for a, b in zip(axes, source, strict=False) if a != b]
    if len(axes) != len(source) or len(different) != 1 or _parts(different[0][0])[1] in ("B", "H", "W", "N", "T"):
        return None
    return _size(different[0][0], sizes)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value


def _lists(value: Any) -> list[Any]:
    return [_lists(item) if isinstance(item, (list, tuple)) else item for item in value]


# --- the references --------------------------------------------------------------------------------------------------


class _GlobalAttention(nn.Module):
    """Multi-head softmax attention of every position to every position of a map.

    Shape:
        x: (B, C, H, W) -> (B, C, H, W)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // 32) if channels % 32 == 0 else 1
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)  # (B, H*W, C)
        q, k, v = self.qkv(tokens).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).contiguous().unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # (B, H*W, C)
        return self.proj(mixed).transpose(1, 2).unflatten(2, x.shape[2:])  # (B, C, H, W)


def _references(case: Case) -> dict[str, nn.Module]:
    found: dict[str, nn.Module] = {"identity": nn.Identity()}
    if case.map is not None:
        _, channels, height, width = case.map
        found["conv3x3"] = nn.Conv2d(channels, case.out_channels or channels, 3, padding=1, bias=False)
        if case.mixes_tokens and height * width <= _MOST_TOKENS:
            found["attention"] = _GlobalAttention(channels)
    return found


# --- measuring -------------------------------------------------------------------------------------------------------


def measure(
    case: Case,
    setup: Setup,
    clock: Clock,
    *,
    bandwidth: float | None = None,
    compiler: Callable[[nn.Module], Callable[..., Any]] = torch.compile,
) -> Iterator[Row | Failure]:
    """Measure one case in every mode that ``setup`` asks for; what fails is told, what was measured before is kept.

    Args:
        case: what to measure.
        setup: how.
        clock: of the device.
        bandwidth: bytes per second that a copy moves, for the fraction of the memory-bound floor.
        compiler: makes the compiled form.
    """
    with precision(setup.dtype):
        try:
            subject = _Subject(case, setup)
            subject.check(subject.module)
        except Exception as error:
            yield _failure(case, "correctness", error)
            return
        params, macs = count(case)
        forms: list[tuple[bool, Callable[..., Any]]] = [(False, subject.module)]
        if setup.compile:
            try:
                compiled = compiler(subject.module)
                subject.check(compiled)
                forms.append((True, compiled))
            except Exception as error:
                # Whatever a compiler raises is reported; the module itself is measured all the same.
                yield replace(_failure(case, "compiled", error), kind="compile")
        modes: tuple[Mode, ...] = ("forward", "forward+backward") if setup.backward else ("forward",)
        for is_compiled, form in forms:
            for mode in modes:
                try:
                    row = subject.row(form, mode, clock, bandwidth)
                except Exception as error:
                    # One mode that fails (out of memory in the backward pass, say) leaves the others as they are.
                    yield _failure(case, f"compiled {mode}" if is_compiled else mode, error)
                else:
                    yield replace(row, params=params, macs=macs, compiled=is_compiled)


def count(case: Case) -> tuple[int, int | None]:
    """Parameters, and multiply-accumulates of one forward pass; these are ``None`` if it cannot run on ``meta``."""
    try:
        with torch.device("meta"):
            module = case.build().eval()
    except Exception:
        # A constructor that reads numbers, of a schedule of rates say, finds none on ``meta``.
        with torch.random.fork_rng(devices=[]):
            return _parameters(case.build()), None
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            module(*(_fill(item, lambda shape: torch.empty(shape, device="meta")) for item in case.inputs))
    except Exception:
        # Whatever a module raises there says nothing of it: where it has numbers it was found to run.
        return _parameters(module), None
    return _parameters(module), counter.get_total_flops() // 2


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@dataclass
class _Subject:
    """A module on the device with its inputs and references."""

    case: Case
    setup: Setup
    module: nn.Module = field(init=False)
    inputs: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.original = self.case.build()
        self.module = self._place(copy.deepcopy(self.original))
        self.inputs = [self._tensors(item) for item in self.case.inputs]
        self.references = {name: self._place(module) for name, module in _references(self.case).items()}

    def _place(self, module: nn.Module) -> nn.Module:
        module = module.to(device=self.setup.device, dtype=DTYPES[self.setup.dtype])
        if self.setup.channels_last:
            for parameter in module.parameters():
                if parameter.dim() == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        return module

    def _tensors(self, item: Any) -> Any:
        return _fill(item, lambda shape: self._tensor(_uniform(shape)))

    def _tensor(self, x: Tensor) -> Tensor:
        x = x.to(device=self.setup.device, dtype=DTYPES[self.setup.dtype])
        return x.contiguous(memory_format=torch.channels_last) if self.setup.channels_last and x.dim() == 4 else x

    def check(self, form: Callable[..., Any]) -> None:
        """Raises unless ``form`` gives what the module gives in double precision on the CPU, for two items at most."""
        few = max(1, min(2, _batch(self.case.inputs)))
        shapes = [_first_items(item, _batch(self.case.inputs), few) for item in self.case.inputs]
        exact = [_fill(item, lambda shape: _uniform(shape).double()) for item in shapes]
        with torch.no_grad():
            wanted = list(_leaves(copy.deepcopy(self.original).double().eval()(*exact)))
            self.module.eval()
            given = [self._tensors(item) for item in shapes]
            output = form(*given)
            got = list(_leaves(output))
        if not wanted and not got:
            raise TypeError(f"the output is a {type(output).__name__} without a tensor: nothing to check")
        if len(got) != len(wanted):
            raise _Wrong(f"{len(got)} outputs, in double precision on the CPU {len(wanted)}")
        tolerance = _TOLERANCES[self.setup.dtype]
        for index, (a, b) in enumerate(zip(got, wanted, strict=True)):
            a, b = a.double().cpu(), b.double()
            off = float((a - b).norm() / b.norm().clamp_min(1e-12)) if a.shape == b.shape else math.inf
            if not off <= tolerance:
                reference = "double precision on the CPU"
                raise _Wrong(f"output {index} is off by {off:.2g} from {reference}, allowed {tolerance:g}")

    def row(self, form: Callable[..., Any], mode: Mode, clock: Clock, bandwidth: float | None) -> Row:
        """Time ``form`` in turns with itself and with the references."""
        for module in (self.module, *self.references.values()):
            module.train(mode != "forward")
        main = self._call(form, self.module, self.inputs, mode)
        calls = {"module": main, "again": self._call(form, self.module, self.inputs, mode)}
        size = self.case.map
        maps = [self._tensor(_uniform(size))] if size else self.inputs[:1]
        for name, reference in self.references.items():
            call = self._call(reference, reference, self.inputs[:1] if name == "identity" else maps, mode)
            if _runs(call):
                calls[name] = call
        clock.warm_up(main)
        peak = clock.peak_bytes(main)
        samples = timing.take_turns(calls, clock, self.setup.budget)
        first, median, third = samples.quartiles("module")
        conv, attention = samples.ratio("module", "conv3x3"), samples.ratio("module", "attention")
        identity = samples.ratio("module", "identity")
        floor = self._moved() / bandwidth / median if bandwidth and mode == "forward" else None
        return Row(
            id=self.case.id,
            device=_device_name(self.setup.device),
            dtype=self.setup.dtype,
            shape=self.case.shape,
            mode=mode,
            median_s=median,
            q1_s=first,
            q3_s=third,
            peak_bytes=peak,
            params=0,
            macs=None,
            ratio_conv3x3=conv[1] if conv else None,
            torch=torch.__version__,
            case=self.case.name,
            channels_last=self.setup.channels_last,
            samples=len(samples.seconds["module"]),
            quartiles_conv3x3=(conv[0], conv[2]) if conv else None,
            ratio_identity=identity[1] if identity else None,
            ratio_attention=attention[1] if attention else None,
            quartiles_attention=(attention[0], attention[2]) if attention else None,
            ratio_self=samples.ratio("again", "module"),
            floor_fraction=floor,
        )

    def _call(self, form: Callable[..., Any], module: nn.Module, inputs: list[Any], mode: Mode) -> Callable[[], object]:
        if mode == "forward":

            def forward() -> object:
                with torch.no_grad():
                    return form(*inputs)

            return forward
        leaves = [x.detach().requires_grad_() for x in _leaves(inputs)]
        pending = iter(leaves)
        given = [_map(item, lambda _: next(pending)) for item in inputs]
        wanted = [*leaves, *(parameter for parameter in module.parameters() if parameter.requires_grad)]

        def both() -> object:
            outputs = [out for out in _leaves(form(*given)) if out.requires_grad]
            if not outputs:
                raise RuntimeError("no output depends on an input or a parameter by a gradient: there is no backward")
            gradients = [torch.ones_like(out) for out in outputs]
            return torch.autograd.grad(outputs, wanted, gradients, allow_unused=True)

        return both

    def _moved(self) -> int:
        """Bytes of everything that has to be read or written once in a forward pass."""
        self.module.eval()
        with torch.no_grad():
            outputs = list(_leaves(self.module(*self.inputs)))
        tensors = [*_leaves(self.inputs), *outputs, *self.module.parameters()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@contextmanager
def precision(dtype: str) -> Iterator[None]:
    """TF32 on for ``tf32`` and off for everything else; as it was afterwards."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = dtype == "tf32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def _runs(call: Callable[[], object]) -> bool:
    """Whether there is memory enough for a reference; without it the module is measured all the same."""
    try:
        call()
    except RuntimeError as error:
        if _out_of_memory(error):
            return False
        raise
    return True


def _failure(case: Case, what: str, error: Exception) -> Failure:
    if isinstance(error, _Wrong):
        return Failure(case.id, what, "wrong", str(error))
    if _out_of_memory(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return Failure(case.id, what, "out-of-memory", _line(error))
    kind = "shape" if isinstance(error, ValueError) else "failed"
    return Failure(case.id, what, kind, f"{type(error).__name__}: {_line(error)}")


def _out_of_memory(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in said or "not enough memory" in said)
    )


def _line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


def _device_name(device: str) -> str:
    return device if device == "cpu" else torch.cuda.get_device_name(device)


def _uniform(shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(math.prod(shape))
    return torch.rand(shape, generator=generator) * 2 - 1


def _fill(item: Any, make: Callable[[tuple[int, ...]], Tensor]) -> Any:
    """``item`` with a tensor in the place of every shape."""
    if isinstance(item, tuple) and all(isinstance(size, int) for size in item):
        return make(item)
    return type(item)(_fill(part, make) for part in item)


def _map(item: Any, change: Callable[[Tensor], Tensor]) -> Any:
    return change(item) if isinstance(item, Tensor) else type(item)(_map(part, change) for part in item)


def _leaves(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, Mapping):
        yield from _leaves(list(value.values()))


def _batch(items: Any) -> int:
    """The length of the first axis of the first tensor."""
    while not isinstance(items, int):
        if not items:
            return 1
        items = items[0]
    return items


def _first_items(item: Any, batch: int, few: int) -> Any:
    """Shapes with ``few`` in the place of a first axis of length ``batch``."""
    if isinstance(item, tuple) and all(isinstance(size, int) for size in item):
        return (few, *item[1:]) if item and item[0] == batch else item
    return type(item)(_first_items(part, batch, few) for part in item)

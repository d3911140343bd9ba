"""The contract of every module: what must hold whatever the paper is.

Each check takes a :class:`Subject` and raises :class:`ContractError`. A method that cannot pass one (a layer that mixes
the items of a batch, say) is exempted in the catalogue, with the reason.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from generator.catalogue import cost, shapes
from generator.catalogue.model import Module, Paper
from generator.evidence.fill import uniform
from generator.evidence.replay import leaves

_DEFAULT_AXES = {"C": ("channels", "in_channels", "dim"), "D": ("dim",)}


class ContractError(Exception):
    """A module breaks its contract; the message says what was expected and what came."""


@dataclass(frozen=True)
class Subject:
    """One configuration of a paper's core module."""

    id: str
    case: str
    factory: Callable[..., nn.Module]
    arguments: Mapping[str, Any]
    module: Module
    fixed: Mapping[str, int]

    def build(self) -> nn.Module:
        """The module, with its initial weights drawn from a fixed seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.factory(**self.arguments)

    def sizes(self, which: int = 0) -> dict[str, int]:
        """Sizes of all letters; the free ones of two values of ``which`` differ."""
        signature = shapes.parse(self.module.shape)
        known = self._known()
        sizes = shapes.choose(signature, known, self.module.multiple_of)
        for _ in range(which):
            taken = {size for letter, size in sizes.items() if letter not in known}
            sizes = shapes.choose(signature, known, self.module.multiple_of, avoid=taken)
        return sizes

    def inputs(
        self, sizes: Mapping[str, int] | None = None, dtype: torch.dtype = torch.float32, grad: bool = False
    ) -> list[Any]:
        """Arguments of the call, drawn from their position."""
        bound = shapes.bind(shapes.parse(self.module.shape), sizes or self.sizes())
        return [_tensors(shape, f"input.{index}", dtype, grad) for index, shape in enumerate(bound.inputs)]

    def exempt(self, check: str) -> bool:
        """Whether the catalogue says why this check cannot hold."""
        return any(exemption.check == check for exemption in self.module.exempt)

    def _known(self) -> dict[str, int]:
        defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(self.factory).parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        values = {**defaults, **self.arguments}
        known: dict[str, int] = {}
        for letter in shapes.parse(self.module.shape).letters():
            if letter in self.module.axes:
                known[letter] = int(cost.parse(self.module.axes[letter]).evaluate(values))
            else:
                names = [name for name in _DEFAULT_AXES.get(letter, ()) if isinstance(values.get(name), int)]
                if names:
                    known[letter] = values[names[0]]
        return {**known, **self.fixed}


def subjects(paper: Paper, namespace: ModuleType) -> list[Subject]:
    """The example and every further case of a paper; ``namespace`` is its Python module."""
    module = paper.module
    if module is None:
        return []
    factory = getattr(namespace, module.cls)
    found = [Subject(paper.id, "example", factory, _tuples(module.example), module, {})]
    for name, case in module.cases.items():
        found.append(Subject(paper.id, name, factory, _tuples(case.arguments), module, case.sizes))
    return found


def check_shapes(subject: Subject) -> None:
    """What comes out has the shapes that the catalogue states, at two sizes with H ≠ W, in both modes."""
    signature = shapes.parse(subject.module.shape)
    for which in (0, 1):
        sizes = subject.sizes(which)
        expected = shapes.bind(signature, sizes).outputs
        for training in (True, False):
            result = subject.build().train(training)(*subject.inputs(sizes))
            _expect_shapes(result, expected[0] if len(expected) == 1 else expected, sizes)


def check_gradient(subject: Subject) -> None:
    """Every parameter gets a finite gradient."""
    module = subject.build().train()
    inputs = subject.inputs(grad=True)
    total = sum(
        (out.float() * uniform(f"g{i}", tuple(out.shape), -1, 1, torch.float32)).sum()
        for i, out in _outputs(module, inputs)
    )
    if not isinstance(total, Tensor):
        raise ContractError("no output depends on a parameter or an input")
    total.backward()
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:
            raise ContractError(f"no gradient for {name}")
        if not parameter.grad.isfinite().all():
            raise ContractError(f"the gradient for {name} is not finite")


def check_determinism(subject: Subject) -> None:
    """In eval mode the same input gives the same output."""
    module, inputs = subject.build().eval(), subject.inputs()
    with torch.no_grad():
        first, second = list(leaves(module(*inputs))), list(leaves(module(*inputs)))
    for index, (a, b) in enumerate(zip(first, second, strict=True)):
        if not torch.equal(a, b):
            raise ContractError(f"output {index} differs between two runs in eval mode")


def check_batch_independence(subject: Subject) -> None:
    """In eval mode an item's output does not depend on the others of its batch."""
    module, sizes = subject.build().eval().double(), subject.sizes()
    if "B" not in sizes:
        return
    signature = shapes.parse(subject.module.shape)
    batched_in, batched_out = _batched(signature.inputs), _batched(signature.outputs)
    whole = subject.inputs(sizes, torch.float64)
    with torch.no_grad():
        together = list(leaves(module(*whole)))
        for item in range(sizes["B"]):
            flags = iter(batched_in)
            alone = module(*_map(whole, lambda x, i=item, f=flags: _share(x, sizes["B"], i) if next(f) else x))
            for out, single, batched in zip(together, leaves(alone), batched_out, strict=True):
                if batched:
                    _expect_close(_share(out, sizes["B"], item), single, f"item {item} of a batch", 1e-9)


def check_float64(subject: Subject) -> None:
    """Double precision in, double precision out, finite."""
    _check_dtype(subject, torch.float64)


def check_bfloat16(subject: Subject) -> None:
    """bfloat16 in, bfloat16 out, finite, forward and backward."""
    _check_dtype(subject, torch.bfloat16)


def check_float16(subject: Subject) -> None:
    """Half precision in, half precision out, finite, forward and backward."""
    _check_dtype(subject, torch.float16)


def check_autocast(subject: Subject) -> None:
    """Runs under autocast with finite results and gradients."""
    module, inputs = subject.build().train(), subject.inputs(grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = _outputs(module, inputs)
    _expect_finite(outputs)
    sum((out.float().sum() for _, out in outputs), torch.zeros(())).backward()


def check_channels_last(subject: Subject) -> None:
    """The memory format of maps, and of weights, changes nothing but the order of rounding."""
    module, inputs = subject.build().eval().double(), subject.inputs(dtype=torch.float64)
    if not any(tensor.dim() == 4 for tensor in leaves(inputs)):
        return
    strided = _map(inputs, lambda x: x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x)
    with torch.no_grad():
        expected = list(leaves(module(*inputs)))
        results = [("channels_last maps", leaves(module(*strided)))]
        if not any(parameter.dim() == 5 for parameter in module.parameters()):  # torch refuses those
            module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
            results += [("channels_last weights", leaves(module(*given))) for given in (inputs, strided)]
        for what, outputs in results:
            for a, b in zip(expected, outputs, strict=True):
                _expect_close(b, a, what, 1e-9)


def check_compile(subject: Subject) -> None:
    """``torch.compile(fullgraph=True)`` gives the same outputs and input gradients."""
    module = subject.build().eval().double()
    torch.compiler.reset()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    results = []
    for call in (module, compiled):
        inputs = subject.inputs(dtype=torch.float64, grad=True)
        outputs = [out for _, out in _outputs(call, inputs)]
        sum((out.sum() for out in outputs if out.requires_grad), torch.zeros((), dtype=torch.float64)).backward()
        results.append([*(out.detach() for out in outputs), *(x.grad for x in leaves(inputs) if x.grad is not None)])
    torch.compiler.reset()
    for a, b in zip(*results, strict=True):
        _expect_close(b, a, "compiled", 1e-9)


def check_export(subject: Subject) -> None:
    """``torch.export`` at a static shape gives a program with the same outputs."""
    module, inputs = subject.build().eval(), subject.inputs()
    program = torch.export.export(module, tuple(inputs))
    with torch.no_grad():
        for a, b in zip(leaves(module(*inputs)), leaves(program.module()(*inputs)), strict=True):
            _expect_close(b, a, "exported", 1e-5)


def check_state(subject: Subject) -> None:
    """A state dict and a deep copy carry everything that the output depends on."""
    module, inputs = subject.build().eval(), subject.inputs()
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.01)
    fresh = subject.factory(**subject.arguments).eval()
    fresh.load_state_dict(module.state_dict())
    with torch.no_grad():
        for twin in (fresh, copy.deepcopy(module)):
            for a, b in zip(leaves(module(*inputs)), leaves(twin(*inputs)), strict=True):
                _expect_close(b, a, type(twin).__name__, 0.0)


CHECKS: dict[str, Callable[[Subject], None]] = {
    "shapes": check_shapes,
    "gradient": check_gradient,
    "determinism": check_determinism,
    "batch-independence": check_batch_independence,
    "float64": check_float64,
    "bfloat16": check_bfloat16,
    "float16": check_float16,
    "autocast": check_autocast,
    "channels-last": check_channels_last,
    "compile": check_compile,
    "export": check_export,
    "state": check_state,
}


def _tensors(shape: Any, name: str, dtype: torch.dtype, grad: bool) -> Any:
    if isinstance(shape, list) or (shape and isinstance(shape[0], (tuple, list))):
        items = [_tensors(item, f"{name}.{index}", dtype, grad) for index, item in enumerate(shape)]
        return items if isinstance(shape, list) else tuple(items)
    return uniform(name, tuple(shape), -1.0, 1.0, dtype).requires_grad_(grad)


def _map(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    return type(value)(_map(item, change) for item in value)


def _batched(items: tuple[shapes.Item, ...]) -> list[bool]:
    """For each tensor whether its first axis counts the items of the batch."""
    flags: list[bool] = []
    for item in items:
        if isinstance(item, shapes.Group):
            flags.extend(_batched(item.items))
        else:
            flags.append(bool(item.axes) and item.axes[0].letter == "B")
    return flags


def _share(tensor: Tensor, batch: int, item: int) -> Tensor:
    """What belongs to one item where the first axis holds ``batch`` equal shares."""
    return tensor.unflatten(0, (batch, -1))[item]


def _outputs(call: Callable[..., Any], inputs: list[Any]) -> list[tuple[int, Tensor]]:
    return list(enumerate(leaves(call(*inputs))))


def _flat_shapes(shape: Any) -> Iterator[tuple[int, ...]]:
    if isinstance(shape, tuple) and all(isinstance(size, int) for size in shape):
        yield shape
        return
    for item in shape:
        yield from _flat_shapes(item)


def _expect_shapes(result: Any, expected: Any, sizes: Mapping[str, int]) -> None:
    got = [tuple(tensor.shape) for tensor in leaves(result)]
    wanted = list(_flat_shapes(expected))
    if got != wanted:
        raise ContractError(f"at {dict(sizes)}: expected {wanted}, got {got}")
    if isinstance(expected, list) != isinstance(result, list):
        raise ContractError(f"expected a {type(expected).__name__}, got a {type(result).__name__}")


def _expect_close(got: Tensor, wanted: Tensor, what: str, tolerance: float) -> None:
    if got.numel() != wanted.numel():
        raise ContractError(f"{what}: expected shape {tuple(wanted.shape)}, got {tuple(got.shape)}")
    scale = max(float(wanted.abs().max()) if wanted.numel() else 0.0, 1.0)
    off = float((got.reshape(wanted.shape) - wanted).abs().max()) if wanted.numel() else 0.0
    if not off <= tolerance * scale:
        raise ContractError(f"{what}: differs by {off:.3g}, allowed {tolerance * scale:.3g}")


def _expect_finite(outputs: list[tuple[int, Tensor]]) -> None:
    for index, out in outputs:
        if not out.isfinite().all():
            raise ContractError(f"output {index} is not finite")


def _check_dtype(subject: Subject, dtype: torch.dtype) -> None:
    module, inputs = subject.build().to(dtype).train(), subject.inputs(dtype=dtype, grad=True)
    outputs = _outputs(module, inputs)
    _expect_finite(outputs)
    for index, out in outputs:
        if out.is_floating_point() and out.dtype != dtype:
            raise ContractError(f"output {index}: expected {dtype}, got {out.dtype}")
    sum((out.float().sum() for _, out in outputs if out.requires_grad), torch.zeros(())).backward()
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            raise ContractError(f"the gradient for {name} is not finite in {dtype}")


def _tuples(value: Any) -> Any:
    """YAML has lists only; constructors are given them as tuples, which are accepted wherever a sequence is."""
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value

"""Replaying a record: build our module, fill it through the key map, compare with what the authors' code gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from generator.errors import EvidenceError, Location
from generator.evidence.fill import sample_positions, state_tensor, uniform
from generator.evidence.record import EvidenceRecord, Input, RecordedCase, Sample, key_maps
from templates.blocks.key_map import KeyMap, matches

POSITIONS = 24
"""Entries of a tensor that a sample states."""
# For rounding, in float32 records as well.
_ROOM = 1e-3


@dataclass(frozen=True)
class Comparison:
    """How far one case is from its record; ``error`` is relative to each sample's scale, infinite if shapes differ."""

    case: str
    error: float
    worst: str

    def within(self, tolerance: float) -> bool:
        """Whether the error is a number that does not exceed ``tolerance``."""
        return self.error <= tolerance


def leaves(value: Any) -> Iterator[Tensor]:
    """The tensors of nested lists, tuples and dicts, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)


def make_inputs(specs: list[Input], dtype: torch.dtype, prefix: str = "input") -> list[Any]:
    """The arguments of the call, each tensor drawn from its position and ready for a gradient."""
    arguments: list[Any] = []
    for index, spec in enumerate(specs):
        name = f"{prefix}.{index}"
        if spec.items is not None:
            arguments.append(make_inputs(spec.items, dtype, name))
        else:
            tensor = uniform(name, tuple(spec.shape or ()), spec.low, spec.high, dtype)
            arguments.append(tensor.requires_grad_())
    return arguments


def upstream_state(case: RecordedCase, dtype: torch.dtype) -> dict[str, Tensor]:
    """Their floating-point state, drawn from its names."""
    return {
        name: state_tensor(name, torch.empty(shape, dtype=dtype, device="cpu"))
        for name, shape in case.upstream_state.items()
    }


def run(call: Callable[[], Any], inputs: list[Any]) -> tuple[list[Tensor], list[Tensor]]:
    """Outputs of ``call`` and the gradients at ``inputs`` under fixed gradients of the outputs."""
    outputs = list(leaves(call()))
    tensors = list(leaves(inputs))
    cotangents = [
        uniform(f"cotangent.{index}", tuple(out.shape), -1.0, 1.0, out.dtype) for index, out in enumerate(outputs)
    ]
    pairs = [(out, given) for out, given in zip(outputs, cotangents, strict=True) if out.requires_grad]
    gradients = torch.autograd.grad(
        [out for out, _ in pairs], tensors, [given for _, given in pairs], allow_unused=True, materialize_grads=True
    )
    return [out.detach() for out in outputs], list(gradients)


def sample(name: str, tensor: Tensor, against: Tensor | None) -> Sample:
    """A tensor in brief; its scale is its distance from ``against`` where that has the same shape."""
    flat = tensor.detach().double().flatten()
    positions = sample_positions(name, POSITIONS, flat.numel())
    return Sample(
        shape=list(tensor.shape),
        norm=float(flat.norm()),
        total=float(flat.sum()),
        scale=_scale(tensor, against),
        positions=positions,
        values=[float(flat[position]) for position in positions],
    )


def _scale(tensor: Tensor, against: Tensor | None) -> float:
    flat = tensor.detach().double().flatten()
    if against is not None and against.shape == tensor.shape:
        flat = flat - against.detach().double().flatten()
    return float(flat.abs().max()) if flat.numel() else 0.0


def distance(tensor: Tensor, expected: Sample, against: Tensor | None) -> float:
    """The largest deviation of values, norm and sum from ``expected``, relative to its scale.

    It is infinite if the scale is larger than that of ``tensor``: by too large a one any error would look small.
    """
    if list(tensor.shape) != expected.shape or expected.scale > _scale(tensor, against) * (1 + _ROOM):
        return float("inf")
    flat = tensor.detach().double().flatten()
    values = flat[torch.tensor(expected.positions, dtype=torch.long)]
    count = max(1, flat.numel())
    deviations = [
        float((values - torch.tensor(expected.values, dtype=torch.float64)).abs().max()) if flat.numel() else 0.0,
        abs(float(flat.norm()) - expected.norm) / count**0.5,
        abs(float(flat.sum()) - expected.total) / count,
    ]
    worst = float("nan") if any(map(math.isnan, deviations)) else max(deviations)
    # A gradient that is zero everywhere has no scale of its own.
    return worst / expected.scale if expected.scale > 0 else worst


def build(record: EvidenceRecord, case: RecordedCase, namespace: ModuleType) -> nn.Module:
    """Our module of ``case``, filled through the key map.

    Raises:
        EvidenceError: if the class is missing, its arguments are wrong or the state does not fit.
    """
    where = Location(f"tests/evidence/{record.id}.json")
    factory = getattr(namespace, case.cls, None)
    if factory is None:
        raise EvidenceError(f"case {case.name!r}: {namespace.__name__} has no class {case.cls!r}", where)
    if case.cls not in record.maps:
        raise EvidenceError(f"case {case.name!r}: no key map for class {case.cls!r}", where)
    dtype = getattr(torch, record.dtype)
    module: nn.Module = factory(**_tuples(case.arguments)).to(dtype)
    module.train(case.train)
    key_map = KeyMap(**key_maps(record)[case.cls])
    try:
        state = key_map.translate(module.state_dict(), upstream_state(case, dtype))
        for name, value in module.state_dict().items():
            if matches(name, key_map.dead):
                state[name] = state_tensor(f"dead.{name}", value)
        module.load_state_dict(state, strict=False)
    except ValueError as error:
        raise EvidenceError(f"case {case.name!r}: {error}", where) from None
    return module


def compare(record: EvidenceRecord, case: RecordedCase, module: nn.Module, *, gradients: bool = True) -> Comparison:
    """Run ``module`` on the inputs of ``case`` and compare outputs, then input gradients, with the record."""
    inputs = make_inputs(case.inputs, getattr(torch, record.dtype))
    if gradients:
        outputs, grads = run(lambda: module(*inputs), inputs)
    else:
        with torch.no_grad():
            outputs, grads = list(leaves(module(*inputs))), []
    pairs = [("output", outputs, case.outputs, list(leaves(inputs)))]
    if gradients:
        pairs.append(("input gradient", grads, case.input_gradients, []))
    error, worst = 0.0, "nothing"
    for kind, tensors, samples, given in pairs:
        if len(tensors) != len(samples):
            return Comparison(case.name, float("inf"), f"{len(tensors)} {kind}s, expected {len(samples)}")
        for index, (tensor, expected) in enumerate(zip(tensors, samples, strict=True)):
            off = distance(tensor, expected, given[index] if index < len(given) else None)
            if math.isnan(off):
                return Comparison(case.name, off, f"{kind} {index}")
            if off > error:
                error, worst = off, f"{kind} {index}"
    return Comparison(case.name, error, worst)


def replay(record: EvidenceRecord, namespace: ModuleType) -> list[Comparison]:
    """Every case of ``record`` against the classes of ``namespace``."""
    return [compare(record, case, build(record, case, namespace)) for case in record.cases]


def _tuples(value: Any) -> Any:
    """JSON has lists only; constructors are given them as tuples, which are accepted wherever a sequence is."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

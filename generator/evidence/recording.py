"""Making a record: run existing code beside ours, keep what it gave.

The code that is compared with stays outside the repository; what this module keeps of it is numbers. In a scratch
folder::

    recorder = Recorder("cbam", source="official", repo="…", commit="…", file="…", cls="CBAM", licence="MIT")
    recorder.map("CBAM", {"mlp.0.*": "ChannelGate.mlp.1.*", …})
    recorder.case("default", TheirCBAM(64), cls="CBAM", arguments={"channels": 64}, inputs=[[2, 64, 7, 5]])
    recorder.speed("default", lambda: TheirCBAM(64), shape=[[8, 64, 56, 48]])
    recorder.write(project.evidence, namespace)
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from generator.evidence.fill import state_tensor
from generator.evidence.record import EvidenceRecord, Input, load_record
from generator.evidence.replay import Comparison, leaves, make_inputs, replay, run, sample
from templates.blocks.key_map import matches
from templates.blocks.peak_memory import peak_bytes

Call = Callable[..., Any]


class Recorder:
    """Collects the cases of one record.

    Args:
        id: the paper.
        source: ``official`` for the authors' own code, ``peer`` for a faithful implementation by others.
        repo, commit, file, cls, licence: where the code stands, and its licence as a fact.
        patches: what was changed to make it run, one sentence each.
        notes: known faults of the code and the choice made here, as ``{"en": …, "zh": …}``.
        dtype: float64 unless their code forces float32, for the reason ``reason_for_float32``.
    """

    def __init__(
        self,
        id: str,
        *,
        source: str,
        repo: str,
        commit: str,
        file: str,
        cls: str,
        licence: str,
        patches: Sequence[str] = (),
        notes: Sequence[Mapping[str, str]] = (),
        dtype: torch.dtype = torch.float64,
        reason_for_float32: str | None = None,
    ) -> None:
        self.dtype = dtype
        self._maps: dict[str, dict[str, Any]] = {}
        self._cases: list[dict[str, Any]] = []
        self._speed: list[dict[str, Any]] = []
        self._head: dict[str, Any] = {
            "id": id,
            "source": source,
            "upstream": {"repo": repo, "commit": commit, "file": file, "class": cls, "licence": licence},
            "patches": list(patches),
            "notes": [dict(note) for note in notes],
            "torch": torch.__version__.partition("+")[0],
            "dtype": str(dtype).rpartition(".")[2],
            "reason_for_float32": reason_for_float32,
        }

    def map(
        self,
        cls: str,
        entries: Mapping[str, str | Mapping[str, Any]],
        *,
        constant: Mapping[str, str] | None = None,
        dead: Mapping[str, str] | None = None,
        upstream_only: Mapping[str, str] | None = None,
        inert: Mapping[str, str] | None = None,
        alike: Mapping[str, str] | None = None,
    ) -> None:
        """State the key map of our class ``cls``; every exception (a name or pattern) is given with its reason."""
        self._maps[cls] = {
            "entries": {ours: theirs if isinstance(theirs, str) else dict(theirs) for ours, theirs in entries.items()},
            "constant": dict(constant or {}),
            "dead": dict(dead or {}),
            "upstream_only": dict(upstream_only or {}),
            "inert": dict(inert or {}),
            "alike": dict(alike or {}),
        }

    def case(
        self,
        name: str,
        upstream: nn.Module,
        *,
        cls: str,
        arguments: Mapping[str, Any],
        inputs: Sequence[Any],
        upstream_arguments: Mapping[str, Any] | None = None,
        train: bool = False,
        call: Call | None = None,
    ) -> None:
        """Run ``upstream`` and keep what it gives.

        Args:
            name: of the case, in kebab-case.
            upstream: their module; it is cast, filled by name and put into ``train`` mode or not.
            cls, arguments: how ours is built.
            inputs: a shape, a list of inputs, or ``{"shape": …, "low": …, "high": …}`` for each argument of the call.
            upstream_arguments: how theirs was built, for the reader; ``arguments`` if absent.
            train: whether both run in training mode.
            call: how theirs is called, ``module(*inputs)`` if absent.

        Raises:
            ValueError: if a tensor that is said to be theirs alone has an effect.
        """
        specs = [_spec(value) for value in inputs]
        upstream = upstream.to(self.dtype).train(train)
        state = {key: value for key, value in upstream.state_dict().items() if value.dtype.is_floating_point}
        with torch.no_grad():
            for key, value in state.items():
                value.copy_(state_tensor(key, value))
        arguments_ = make_inputs(specs, self.dtype)
        outputs, gradients = run(lambda: (call or _plain_call)(upstream, *arguments_), arguments_)
        self._prove_unused(upstream, cls, specs, call)
        given = [tensor.detach() for tensor in leaves(arguments_)]
        self._cases.append(
            {
                "name": name,
                "class": cls,
                "arguments": dict(arguments),
                "upstream_arguments": dict(arguments if upstream_arguments is None else upstream_arguments),
                "train": train,
                "inputs": [spec.model_dump(exclude_none=True, exclude_defaults=True) for spec in specs],
                "upstream_state": {key: list(value.shape) for key, value in state.items()},
                "outputs": [
                    sample(f"output.{index}", out, given[index] if index < len(given) else None).model_dump()
                    for index, out in enumerate(outputs)
                ],
                "input_gradients": [
                    sample(f"input_gradient.{index}", gradient, None).model_dump()
                    for index, gradient in enumerate(gradients)
                ],
            }
        )

    def speed(
        self,
        name: str,
        upstream: Callable[[], nn.Module],
        ours: Callable[[], nn.Module],
        shape: Sequence[Any],
        *,
        call: Call | None = None,
        seconds: float = 6.0,
    ) -> None:
        """Time ours against theirs, interleaved: float32 on one thread, forward and with backward; keep the ratios.

        Measured is processor time, which other processes on the machine disturb less than they do the wall clock.
        """
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        theirs_, ours_ = upstream().float(), ours().float()
        specs = [_spec(value) for value in shape]
        for mode in ("forward", "forward+backward"):
            train = mode != "forward"
            theirs_.train(train)
            ours_.train(train)
            run_theirs = _timed(theirs_, specs, train, call)
            run_ours = _timed(ours_, specs, train, None)
            ratios, controls = _interleave(run_ours, run_theirs, seconds)
            self._speed.append(
                {
                    "case": name,
                    "shape": [_plain(spec) for spec in specs],
                    "mode": mode,
                    "ratio": _short(statistics.median(ratios)),
                    "quartiles": _quartiles(ratios),
                    "spread": _quartiles(controls),
                    "memory": _short(peak_bytes(run_ours) / max(1, peak_bytes(run_theirs))),
                }
            )
        torch.set_num_threads(threads)

    def record(self) -> EvidenceRecord:
        """The record so far, validated."""
        data = {**self._head, "maps": self._maps, "cases": self._cases, "speed": self._speed}
        return EvidenceRecord.model_validate_json(json.dumps(data))

    def write(self, folder: Path, namespace: ModuleType) -> list[Comparison]:
        """Write ``<id>.json`` if ours agrees with every case; earlier timings are kept if there are no new ones.

        Raises:
            ValueError: if a case does not agree; nothing is written then.
        """
        path = folder / f"{self._head['id']}.json"
        if not self._speed and path.exists():
            self._speed = [speed.model_dump() for speed in load_record(path).speed]
        record = self.record()
        comparisons = replay(record, namespace)
        wrong = [c for c in comparisons if not c.within(record.tolerance)]
        if wrong:
            raise ValueError("\n".join(f"case {c.case}: relative error {c.error:.3g} at {c.worst}" for c in wrong))
        data = json.loads(record.model_dump_json(by_alias=True, exclude_none=True))
        path.write_text(_layout(data) + "\n", encoding="utf-8")
        return comparisons

    def _prove_unused(self, upstream: nn.Module, cls: str, specs: list[Input], call: Call | None) -> None:
        """What is listed as theirs alone must have no effect on their own output."""
        patterns = tuple(self._maps[cls]["upstream_only"])
        names = [name for name, _ in upstream.named_parameters() if matches(name, patterns)]
        if not names:
            return
        inputs = make_inputs(specs, self.dtype)
        outputs = [out for out in leaves((call or _plain_call)(upstream, *inputs)) if out.requires_grad]
        parameters = [upstream.get_parameter(name) for name in names]
        gradients = torch.autograd.grad([out.sum() for out in outputs], parameters, allow_unused=True)
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is not None and float(gradient.abs().max()) > 1e-12:
                raise ValueError(f"{name} is listed as without effect, but its gradient is not zero")


def _plain_call(module: nn.Module, *inputs: Any) -> Any:
    return module(*inputs)


def _spec(value: Any) -> Input:
    if isinstance(value, Input):
        return value
    if isinstance(value, dict):
        return Input(**value)
    if all(isinstance(item, int) for item in value):
        return Input(shape=list(value))
    return Input(items=[_spec(item) for item in value])


def _plain(spec: Input) -> list[Any]:
    return list(spec.shape or ()) if spec.items is None else [_plain(item) for item in spec.items]


def _timed(module: nn.Module, specs: list[Input], backward: bool, call: Call | None) -> Callable[[], None]:
    inputs = make_inputs(specs, torch.float32)
    invoke = call or _plain_call

    def once() -> None:
        if not backward:
            with torch.no_grad():
                invoke(module, *inputs)
            return
        outputs: list[Tensor] = [out for out in leaves(invoke(module, *inputs)) if out.requires_grad]
        torch.autograd.backward([out.sum() for out in outputs])

    return once


def _interleave(
    ours: Callable[[], None], theirs: Callable[[], None], seconds: float
) -> tuple[list[float], list[float]]:
    """Ratios ours/theirs of neighbouring runs, and of ours/ours as control, for about ``seconds``."""
    for warm in (ours, theirs, ours, theirs):
        warm()
    ratios: list[float] = []
    controls: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(ratios) < 10:
        first, other, second = _seconds(ours), _seconds(theirs), _seconds(ours)
        ratios.append((first + second) / 2 / other)
        controls.append(first / second)
    return ratios, controls


def _seconds(action: Callable[[], None]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _short(value: float) -> float:
    return round(value, 3)


def _quartiles(values: list[float]) -> list[float]:
    first, _, third = statistics.quantiles(values, n=4)
    return [_short(first), _short(third)]


def _layout(value: Any, indent: int = 0) -> str:
    """JSON with every list and mapping of plain values on one line, so that a diff shows which tensor changed."""
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if all(not isinstance(item, (dict, list)) for item in items):
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(key)}: {_layout(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    rows = [f"{pad}{_layout(item, indent + 1)}" for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"

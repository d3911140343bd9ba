"""Timing calls beside each other: what :mod:`attention_atlas.bench` and the pytest fixture ``gpu_benchmark`` rest on.

Calls that are to be compared run in turns, so that a clock that drifts drifts for all of them. On CUDA each sample lies
between two device events behind a flush of the L2 cache; on the CPU :mod:`torch.utils.benchmark` takes it.

So far the CUDA clock has only been run on a stand-in for ``torch.cuda``, which checks the order of the calls.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.benchmark import Timer

__all__ = [
    "Clock",
    "CpuClock",
    "CudaClock",
    "Samples",
    "check_device",
    "clock_for",
    "copy_bandwidth",
    "quartiles",
    "take_turns",
]


def peak_bytes(call: Callable[[], object]) -> int:
    """The most bytes that tensors made by ``call`` occupy at a time, on the CPU.

    From the profiler's records of what the allocator gave and took back.
    """
    # The profiler tells of its every start and stop on stderr unless asked not to before it first starts.
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        call()
    events = getattr(profile.profiler, "kineto_results").events()  # noqa: B009  the typed interface hides it
    now = peak = 0
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


Call = Callable[[], object]
_RAMP_SECONDS = 0.3
_WARM_UP = 3
# A sample on the CPU lasts at least this long, so that the timer's own grain does not matter.
_GRAIN = 2e-3
# Beyond this multiple of the budget no more samples are waited for.
_PATIENCE = 5
_FEWEST = 5
# Without a figure from the driver: more than the L2 cache of any card so far.
_L2_BYTES = 64 << 20


class Clock(Protocol):
    """What has to be done to a device around a sample."""

    enough: int
    """How many samples a result rests on, where the budget allows for them."""

    def ramp(self) -> None:
        """Keep the device busy until its clocks have risen."""
        ...

    def warm_up(self, call: Call) -> None:
        """Run ``call`` until nothing is built or tuned any more."""
        ...

    def sample(self, calls: Sequence[Call]) -> list[float]:
        """Seconds that each of ``calls`` takes, in turns."""
        ...

    def peak_bytes(self, call: Call) -> int:
        """The most memory that ``call`` holds at a time beyond what was held before."""
        ...


class CudaClock:
    """Device events on the current CUDA stream.

    Args:
        device: such as ``cuda`` or ``cuda:1``.
        api: the part of ``torch.cuda`` that is used; a stand-in shows the order of calls where there is no card.
        buffer: makes the buffer that flushes the L2 cache, from its bytes.
    """

    enough = 100

    def __init__(
        self, device: str = "cuda", *, api: Any = torch.cuda, buffer: Callable[[int], Tensor] | None = None
    ) -> None:
        self.device = device
        self.api = api
        properties = api.get_device_properties(device)
        size = 2 * (getattr(properties, "L2_cache_size", 0) or _L2_BYTES)
        make = buffer or (lambda count: torch.empty(count, dtype=torch.int8, device=device))
        self.buffer = make(size)

    def ramp(self) -> None:
        """Overwrite the buffer until the clocks have risen."""
        until = time.perf_counter() + _RAMP_SECONDS
        while time.perf_counter() < until:
            for _ in range(20):
                self.buffer.zero_()
            self.api.synchronize(self.device)

    def warm_up(self, call: Call) -> None:
        """Run ``call`` a few times and wait."""
        for _ in range(_WARM_UP):
            call()
        self.api.synchronize(self.device)

    def sample(self, calls: Sequence[Call]) -> list[float]:
        """One sample of each call; the flush before it also hides how long its launch takes on the host."""
        pairs = []
        for call in calls:
            self.buffer.zero_()
            start, end = self.api.Event(enable_timing=True), self.api.Event(enable_timing=True)
            start.record()
            call()
            end.record()
            pairs.append((start, end))
        self.api.synchronize(self.device)
        return [start.elapsed_time(end) / 1000 for start, end in pairs]

    def peak_bytes(self, call: Call) -> int:
        """From the statistics of the caching allocator."""
        self.api.synchronize(self.device)
        before = self.api.memory_allocated(self.device)
        self.api.reset_peak_memory_stats(self.device)
        call()
        self.api.synchronize(self.device)
        return self.api.max_memory_allocated(self.device) - before


class CpuClock:
    """The timer of :mod:`torch.utils.benchmark`, with the threads that torch is set to."""

    enough = 15

    def __init__(self) -> None:
        self._numbers: dict[Call, int] = {}

    def ramp(self) -> None:
        """Nothing to do: warming up is enough."""

    def warm_up(self, call: Call) -> None:
        """Run ``call`` once, then find how many runs make up a sample."""
        call()
        took = max(_timer(call).timeit(1).median, 1e-9)
        self._numbers[call] = max(1, round(_GRAIN / took))

    def sample(self, calls: Sequence[Call]) -> list[float]:
        """One sample of each call."""
        return [_timer(call).timeit(self._numbers.get(call, 1)).median for call in calls]

    def peak_bytes(self, call: Call) -> int:
        """From the profiler's records."""
        return peak_bytes(call)


def _timer(call: Call) -> Timer:
    return Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())


def check_device(device: str) -> None:
    """Refuse what is no name of a device to measure on.

    Raises:
        ValueError: unless it is ``cpu``, ``cuda`` or ``cuda:N``.
    """
    if not re.fullmatch(r"cpu|cuda(?::[0-9]{1,4})?", device):
        raise ValueError(f"device: expected cpu, cuda or cuda:N, got {device!r}")


def clock_for(device: str) -> Clock:
    """The clock of a device: ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        ValueError: if that is no name of a device, or this machine has none.
    """
    check_device(device)
    if device == "cpu":
        return CpuClock()
    if not torch.cuda.is_available():
        raise ValueError(f"device {device!r}: torch finds no CUDA device here; use cpu")
    index, count = int(device.partition(":")[2] or 0), torch.cuda.device_count()
    if index >= count:
        raise ValueError(f"device {device!r}: torch finds {count} here, the last is cuda:{count - 1}")
    return CudaClock(device)


@dataclass(frozen=True)
class Samples:
    """Seconds by name; samples of equal position were taken in the same turn."""

    seconds: Mapping[str, tuple[float, ...]]

    def quartiles(self, name: str) -> tuple[float, float, float]:
        """First quartile, median and third quartile of the seconds of ``name``."""
        return quartiles(self.seconds[name])

    def ratio(self, name: str, other: str) -> tuple[float, float, float] | None:
        """The same of the ratios ``name`` to ``other``, turn by turn; ``None`` where one was not timed."""
        if name not in self.seconds or other not in self.seconds:
            return None
        pairs = zip(self.seconds[name], self.seconds[other], strict=True)
        return quartiles([a / b for a, b in pairs])


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median and third quartile; of a single value that value."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, median, third


def take_turns(
    calls: Mapping[str, Call], clock: Clock, budget: float, *, now: Callable[[], float] = time.perf_counter
) -> Samples:
    """Time ``calls`` in turns until ``budget`` seconds are over and there are enough samples of each.

    A slow call ends it earlier: five samples are always taken, more only within five times the budget.

    Args:
        calls: by name; each is run with no arguments.
        clock: of the device.
        budget: in seconds, for all calls together, warm-up not counted.
        now: tells the time in seconds.
    """
    names = list(calls)
    clock.ramp()
    for call in calls.values():
        clock.warm_up(call)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    begin, turn = now(), 0
    while True:
        # Each turn begins with another call: what follows an expensive one is at no standing disadvantage.
        order = names[turn % len(names) :] + names[: turn % len(names)]
        for name, value in zip(order, clock.sample([calls[name] for name in order]), strict=True):
            seconds[name].append(value)
        turn += 1
        spent = now() - begin
        if (turn >= clock.enough and spent >= budget) or (turn >= _FEWEST and spent >= _PATIENCE * budget):
            return Samples({name: tuple(values) for name, values in seconds.items()})


def copy_bandwidth(clock: Clock, device: str, *, size: int = 64 << 20) -> float:
    """Bytes per second that a plain copy moves, read and written bytes both counted."""
    source = torch.empty(size, dtype=torch.int8, device=device).zero_()
    target = torch.empty_like(source)
    samples = take_turns({"copy": lambda: target.copy_(source)}, clock, 0.1)
    return 2 * size / samples.quartiles("copy")[1]

"""How much memory a call holds at a time."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch


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

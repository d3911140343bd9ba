"""The pytest fixture ``gpu_benchmark``; pytest finds it by itself where this package is installed.

>>> def test_mine(gpu_benchmark):
...     rows = gpu_benchmark("cbam", shape=(8, 256, 56, 56))
...     assert rows[0].peak_bytes < 1 << 30
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from . import info
from .bench import Case, Failure, Row, Setup, case_for, measure
from .timing import Clock, clock_for

__all__ = ["GpuBenchmark", "gpu_benchmark"]


class GpuBenchmark:
    """Measures on one device; every measurement begins with the check that the module computes what it should."""

    def __init__(self, setup: Setup, clock: Clock) -> None:
        self.setup = setup
        self.clock = clock

    def __call__(
        self,
        subject: str | Case,
        *,
        case: str = "example",
        shape: Sequence[int] | None = None,
        sizes: Mapping[str, int] | None = None,
        **setup: Any,
    ) -> list[Row]:
        """Measure the module of a paper, or a :class:`attention_atlas.bench.Case` of one's own.

        Args:
            subject: id of a paper, or a case.
            case: one of the paper's; its example by default.
            shape: of the first input.
            sizes: of single shape letters.
            setup: fields of :class:`attention_atlas.bench.Setup` that differ from the fixture's.

        Returns:
            A row for each mode. A module that gives wrong results or cannot run fails the test; one that there is no
            memory for skips it.
        """
        if isinstance(subject, str):
            subject = case_for(info(subject), self.setup.device, name=case, shape=shape, sizes=sizes)
        rows: list[Row] = []
        for result in measure(subject, replace(self.setup, **setup), self.clock):
            if not isinstance(result, Failure):
                rows.append(result)
            elif result.kind == "out-of-memory":
                pytest.skip(str(result))
            else:
                pytest.fail(str(result), pytrace=False)
        return rows


@pytest.fixture
def gpu_benchmark(request: pytest.FixtureRequest) -> GpuBenchmark:
    """Measures modules on the first CUDA device; without one the test is skipped.

    Where a ``conftest.py`` defines an option ``--device``, its value is the device; so ``--device cpu`` runs anyway.
    """
    device = request.config.getoption("--device", default=None) or "cuda"
    if not isinstance(device, str):
        raise pytest.UsageError(f"--device: expected a name such as cpu or cuda:0, got {device!r}")
    if device.startswith("cuda") and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device here; run with --device cpu to measure on the CPU")
    return GpuBenchmark(Setup(device), clock_for(device))

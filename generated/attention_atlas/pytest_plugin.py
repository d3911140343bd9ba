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

_OPTIONS = ("--gpu-benchmark-device", "--device")
_ABSENT = object()


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
        chosen = replace(self.setup, **setup)
        clock = self.clock if chosen.device == self.setup.device else clock_for(chosen.device)
        if isinstance(subject, str):
            subject = case_for(info(subject), chosen.device, name=case, shape=shape, sizes=sizes)
        rows: list[Row] = []
        for result in measure(subject, chosen, clock):
            if not isinstance(result, Failure):
                rows.append(result)
            elif result.kind == "out-of-memory":
                pytest.skip(str(result))
            else:
                pytest.fail(str(result), pytrace=False)
        return rows


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option of its own name: a plugin that took ``--device`` would stop every ``conftest.py`` that defines it."""
    parser.addoption(_OPTIONS[0], metavar="DEVICE", help="of the fixture gpu_benchmark: cpu, cuda or cuda:N")


@pytest.fixture
def gpu_benchmark(request: pytest.FixtureRequest) -> GpuBenchmark:
    """Measures modules on the first CUDA device; without one the test is skipped.

    ``--gpu-benchmark-device cpu`` runs anyway. Where a ``conftest.py`` defines an option ``--device``, its value counts
    as well.
    """
    given = {name: request.config.getoption(name, default=_ABSENT) for name in _OPTIONS}
    known = [name for name, value in given.items() if value is not _ABSENT]
    device = next((given[name] for name in known if given[name]), "cuda")
    if not isinstance(device, str):
        raise pytest.UsageError(f"--device: expected a name such as cpu or cuda:0, got {device!r}")
    if device.startswith("cuda") and not torch.cuda.is_available():
        hint = f"; run with {known[-1]} cpu to measure on the CPU" if known else ""
        pytest.skip(f"torch finds no CUDA device here{hint}")
    return GpuBenchmark(Setup(device), clock_for(device))

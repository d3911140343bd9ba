"""Options of the benchmarks: ``pytest generated/benchmarks -k cbam --device cpu -s`` prints what was measured."""

from __future__ import annotations

import pytest
from attention_atlas.bench import DTYPES
from attention_atlas.pytest_plugin import gpu_benchmark

__all__ = ["gpu_benchmark"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", help="cpu, cuda or cuda:N; default: cuda, skipped where there is none")
    parser.addoption("--dtype", choices=sorted(DTYPES), action="append", help="several times for several")
    parser.addoption("--channels-last", action="store_true", help="lay maps out with their channels together")
    parser.addoption("--compile", action="store_true", help="also time the compiled module")
    parser.addoption("--budget", type=float, default=1.0, help="seconds for each module and mode")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dtype" in metafunc.fixturenames:
        metafunc.parametrize("dtype", metafunc.config.getoption("--dtype") or ["float32"])

"""Benchmark of ocrnet on the cases of the catalogue.

Generated from templates/benchmark.py.j2 and catalog.yaml: edit those.
"""

from __future__ import annotations

import pytest
from attention_atlas.pytest_plugin import GpuBenchmark

# Sizes of shape letters by case; all others are chosen by device.
CASES: dict[str, dict[str, int]] = {"example": {}, "pooled": {"H": 9, "W": 11}, "wide": {"H": 14, "W": 10, "K": 19}}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, dtype: str, gpu_benchmark: GpuBenchmark, request: pytest.FixtureRequest) -> None:
    """Checks the result, then times it; no time is too long to pass."""
    option = request.config.getoption
    rows = gpu_benchmark(
        "ocrnet",
        case=name,
        sizes=CASES[name],
        dtype=dtype,
        channels_last=option("--channels-last"),
        compile=option("--compile"),
        budget=option("--budget"),
    )
    for row in rows:
        print(row.brief())  # noqa: T201  shown by pytest -s

"""The harness: order of calls on a stand-in for CUDA, failures that do not end a run, the rows, the command lines.

No timing is ever asserted: only that there is one, and what stands beside it.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import attention_atlas as atlas
import pytest
import torch
from attention_atlas import bench, pytest_plugin, timing
from attention_atlas.__main__ import main
from click.testing import CliRunner
from torch import Tensor, nn

from generator.bench import command, record
from generator.bench.compare import compare
from generator.errors import GeneratorError
from generator.project import Project
from tests.checkout import ROOT

pytest_plugins = ["pytester"]

QUICK = bench.Setup(budget=0.0)


class FakeCuda:
    """Stands in for ``torch.cuda``: writes down what is called and in which order."""

    def __init__(self, log: list[str], l2: int = 1000) -> None:
        self.log = log
        self.l2 = l2
        self.clock = 0.0

    def get_device_properties(self, device: str) -> SimpleNamespace:
        return SimpleNamespace(L2_cache_size=self.l2)

    def synchronize(self, device: str) -> None:
        self.log.append("synchronize")

    def memory_allocated(self, device: str) -> int:
        self.log.append("allocated")
        return 100

    def reset_peak_memory_stats(self, device: str) -> None:
        self.log.append("reset")

    def max_memory_allocated(self, device: str) -> int:
        self.log.append("peak")
        return 350

    def Event(self, *, enable_timing: bool) -> Any:  # noqa: N802  the name is torch's
        assert enable_timing
        return _Event(self)


class _Event:
    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda
        self.at = math.nan

    def record(self) -> None:
        self.cuda.log.append("record")
        self.cuda.clock += 1.0
        self.at = self.cuda.clock

    def elapsed_time(self, other: _Event) -> float:
        assert self.cuda.log[-1] == "synchronize"
        return other.at - self.at


class _Buffer:
    def __init__(self, log: list[str], size: int) -> None:
        self.log = log
        self.size = size

    def zero_(self) -> None:
        self.log.append("flush")


def fake_clock(log: list[str], **options: Any) -> timing.CudaClock:
    buffers: list[_Buffer] = []

    def make(size: int) -> Any:
        buffers.append(_Buffer(log, size))
        return buffers[-1]

    clock = timing.CudaClock(api=FakeCuda(log, **options), buffer=make)
    assert len(buffers) == 1
    return clock


# --- CUDA, through the seam ------------------------------------------------------------------------------------------


def test_a_sample_flushes_then_records_around_the_call_then_waits() -> None:
    log: list[str] = []
    clock = fake_clock(log)
    seconds = clock.sample([lambda: log.append("a"), lambda: log.append("b")])
    once = ["flush", "record", "{}", "record"]
    assert log == [*(s.format("a") for s in once), *(s.format("b") for s in once), "synchronize"]
    assert seconds == [0.001, 0.001]


def test_calls_are_warmed_up_after_the_ramp_and_before_any_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_RAMP_SECONDS", 1e-3)
    log: list[str] = []
    samples = timing.take_turns(
        {"a": lambda: log.append("a")}, fake_clock(log), 30.0, now=partial(next, itertools.count())
    )
    assert log[:20] == ["flush"] * 20
    ramp = log.index("a")
    assert set(log[:ramp]) == {"flush", "synchronize"}
    assert log[ramp : ramp + 4] == ["a", "a", "a", "synchronize"]
    assert log[ramp + 4 : ramp + 9] == ["flush", "record", "a", "record", "synchronize"]
    assert len(samples.seconds["a"]) == 100


def test_the_flush_is_larger_than_the_cache_of_the_card() -> None:
    assert cast(_Buffer, fake_clock([], l2=50 << 20).buffer).size == 100 << 20
    assert cast(_Buffer, fake_clock([], l2=0).buffer).size >= 64 << 20


def test_peak_memory_is_reset_before_the_call_and_read_after_it_is_done() -> None:
    log: list[str] = []
    assert fake_clock(log).peak_bytes(lambda: log.append("call")) == 250
    assert log == ["synchronize", "allocated", "reset", "call", "synchronize", "peak"]


# --- turns and budgets -----------------------------------------------------------------------------------------------


class Steps:
    """A clock on which every sample takes as long as it is told to."""

    enough = 100

    def __init__(self, takes: float) -> None:
        self.takes = takes
        self.now = 0.0
        self.orders: list[list[str]] = []

    def ramp(self) -> None: ...

    def warm_up(self, call: Callable[[], object]) -> None: ...

    def sample(self, calls: Any) -> list[float]:
        self.now += self.takes * len(calls)
        self.orders.append([str(call()) for call in calls])
        return [self.takes] * len(calls)

    def peak_bytes(self, call: Callable[[], object]) -> int:
        return 0


@pytest.mark.parametrize(("takes", "turns"), [(1e-5, 1000), (1e-2, 100), (0.3, 17), (60.0, 5)])
def test_slow_calls_end_the_turns_early_and_fast_ones_fill_the_budget(takes: float, turns: int) -> None:
    steps = Steps(takes)
    samples = timing.take_turns({"a": lambda: "a"}, steps, max(1.0, 0) if takes > 1e-5 else 0.01, now=lambda: steps.now)
    assert abs(len(samples.seconds["a"]) - turns) <= 1


def test_each_turn_begins_with_another_call() -> None:
    steps = Steps(1.0)
    timing.take_turns({"a": lambda: "a", "b": lambda: "b"}, steps, 0.0, now=lambda: steps.now)
    assert steps.orders[:3] == [["a", "b"], ["b", "a"], ["a", "b"]]


def test_ratios_are_taken_turn_by_turn() -> None:
    samples = timing.Samples({"a": (2.0, 4.0, 6.0), "b": (1.0, 2.0, 2.0)})
    assert samples.ratio("a", "b") == (2.0, 2.0, 2.5)
    assert samples.ratio("a", "c") is None


def test_a_missing_device_is_an_answer() -> None:
    with pytest.raises(ValueError, match="expected cpu, cuda or cuda:N, got 'tpu'"):
        timing.clock_for("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch finds no CUDA device here; use cpu"):
            timing.clock_for("cuda:1")


# --- rows and failures -----------------------------------------------------------------------------------------------


class Scale(nn.Module):
    """Multiplies by a weight; fails as it is told."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))
        self.fault = fault

    def forward(self, x: Tensor) -> Tensor:
        if self.fault == "memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")
        if self.fault == "memory-in-training" and self.training:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        if self.fault == "interrupt" and self.training:
            raise KeyboardInterrupt
        if self.fault == "wrong" and x.dtype == torch.float32:
            return x * self.weight * 1.1
        return x * self.weight


def case_of(fault: str = "") -> bench.Case:
    return bench.Case("scale", "example", lambda: Scale(fault), ((2, 4, 6, 5),), (2, 4, 6, 5))


def measure(case: bench.Case, setup: bench.Setup = QUICK, **options: Any) -> list[bench.Row | bench.Failure]:
    return list(bench.measure(case, setup, timing.CpuClock(), **options))


def test_a_row_says_what_was_measured_and_how() -> None:
    forward, both = measure(case_of(), bandwidth=1e9)
    assert isinstance(forward, bench.Row)
    assert isinstance(both, bench.Row)
    assert tuple(forward.brief()) == bench.BRIEF
    assert (forward.mode, both.mode) == ("forward", "forward+backward")
    assert forward.shape == [2, 4, 6, 5]
    assert (forward.params, forward.macs) == (1, 0)
    assert forward.torch == torch.__version__
    assert forward.peak_bytes >= 2 * 4 * 6 * 5 * 4
    assert forward.q1_s <= forward.median_s <= forward.q3_s
    assert forward.ratio_conv3x3 is not None
    assert forward.quartiles_conv3x3 is not None
    assert forward.ratio_self is not None
    assert forward.ratio_attention is None
    assert forward.floor_fraction is not None
    assert both.floor_fraction is None


def test_a_wrong_result_is_never_timed() -> None:
    (failure,) = measure(case_of("wrong"))
    assert isinstance(failure, bench.Failure)
    assert failure.kind == "wrong"
    assert "output 0 is off by 0.1 from double precision on the CPU, allowed 0.001" in str(failure)


def test_out_of_memory_is_told_as_such_and_what_fits_is_kept() -> None:
    (failure,) = measure(case_of("memory"))
    assert isinstance(failure, bench.Failure)
    assert failure.kind == "out-of-memory"
    row, failure = measure(case_of("memory-in-training"))
    assert isinstance(row, bench.Row)
    assert isinstance(failure, bench.Failure)
    assert (failure.what, failure.kind) == ("forward+backward", "out-of-memory")


def test_a_module_that_does_not_compile_keeps_its_eager_rows() -> None:
    def refuse(module: nn.Module) -> Any:
        raise RuntimeError("no compiler\nand a long trace")

    failure, *rows = measure(case_of(), bench.Setup(budget=0.0, compile=True), compiler=refuse)
    assert str(failure) == "scale: compiled: compile: RuntimeError: no compiler"
    assert [isinstance(row, bench.Row) and row.compiled for row in rows] == [False, False]


def test_compiled_rows_stand_beside_eager_ones() -> None:
    setup = bench.Setup(budget=0.0, compile=True)
    rows = measure(case_of(), setup, compiler=lambda module: torch.compile(module, backend="eager"))
    torch.compiler.reset()
    assert [isinstance(row, bench.Row) and (row.compiled, row.mode) for row in rows] == [
        (False, "forward"),
        (False, "forward+backward"),
        (True, "forward"),
        (True, "forward+backward"),
    ]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtypes_and_channels_last(dtype: str) -> None:
    rows = measure(case_of(), bench.Setup(dtype=dtype, channels_last=True, budget=0.0))
    assert [isinstance(row, bench.Row) and (row.dtype, row.channels_last) for row in rows] == [(dtype, True)] * 2


def test_tf32_is_set_for_its_rows_only() -> None:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    with bench.precision("tf32"):
        assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (True, True)
        with bench.precision("float32"):
            assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == (False, False)
    assert (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) == before
    with pytest.raises(ValueError, match="a CPU has no TF32"):
        bench.Setup(dtype="tf32")


def test_token_mixers_stand_beside_global_attention() -> None:
    rows = list(bench.bench(["swin_transformer"], QUICK))
    assert all(isinstance(row, bench.Row) and row.ratio_attention and row.quartiles_attention for row in rows)


def test_what_runs_on_no_meta_device_has_no_count() -> None:
    class Sorts(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[x > 0]

    assert bench.count(bench.Case("sorts", "example", Sorts, ((2, 3),))) == (0, None)


def test_what_cannot_be_built_on_the_meta_device_is_counted_as_it_is() -> None:
    class Rates(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rates = [rate.item() for rate in torch.linspace(0, 1, 3)]
            self.weight = nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.weight.sum()

    rows = measure(bench.Case("rates", "example", Rates, ((2, 3),)))
    assert [isinstance(row, bench.Row) and (row.params, row.macs) for row in rows] == [(4, None)] * 2


@pytest.mark.parametrize("error", [ValueError, TypeError, KeyError])
def test_whatever_a_module_raises_on_the_meta_device_does_not_end_the_run(error: type[Exception]) -> None:
    class Refuses(Scale):
        def forward(self, x: Tensor) -> Tensor:
            if x.device.type == "meta":
                raise error("no numbers")
            return super().forward(x)

    rows = measure(bench.Case("refuses", "example", Refuses, ((2, 3),)))
    assert [isinstance(row, bench.Row) and (row.params, row.macs) for row in rows] == [(1, None)] * 2


class Gives(Scale):
    """Hands on what ``make`` makes of the input and the weight's product."""

    def __init__(self, make: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.make = make

    def forward(self, x: Tensor) -> Any:
        return self.make(x * self.weight)


def gives(make: Callable[[Tensor], Any]) -> list[bench.Row | bench.Failure]:
    return measure(bench.Case("gives", "example", lambda: Gives(make), ((2, 3),)))


def test_the_tensors_of_a_mapping_are_checked() -> None:
    assert [isinstance(row, bench.Row) for row in gives(lambda y: {"y": y, "more": [y]})] == [True, True]
    (failure,) = gives(lambda y: {"y": y if y.dtype == torch.float64 else 2 * y})
    assert "gives: correctness: wrong: output 0 is off by" in str(failure)


def test_an_output_that_cannot_be_checked_is_a_failure() -> None:
    (failure,) = gives(lambda y: "nothing")
    assert str(failure) == (
        "gives: correctness: failed: TypeError: the output is a str without a tensor: nothing to check"
    )
    (failure,) = gives(lambda y: (y, y) if y.dtype == torch.float64 else y)
    assert str(failure) == "gives: correctness: wrong: 1 outputs, in double precision on the CPU 2"


@pytest.mark.parametrize("make", [lambda y: y.detach(), lambda y: y.argmax(1)])
def test_without_a_gradient_there_is_no_backward_row(make: Callable[[Tensor], Any]) -> None:
    row, failure = gives(make)
    assert isinstance(row, bench.Row)
    assert isinstance(failure, bench.Failure)
    assert (failure.what, failure.kind) == ("forward+backward", "failed")
    assert "no output depends on an input or a parameter by a gradient" in str(failure)


@pytest.mark.parametrize("budget", [math.nan, math.inf, -1.0])
def test_a_budget_that_never_ends_is_refused(budget: float) -> None:
    with pytest.raises(ValueError, match="budget: expected seconds, none or more, got"):
        bench.Setup(budget=budget)


@pytest.mark.parametrize("device", ["cpu:0", "cuda:", "cuda:x", "abacus"])
def test_a_device_of_another_name_is_refused(device: str) -> None:
    for refuse in (bench.Setup, timing.clock_for):
        with pytest.raises(ValueError, match=f"device: expected cpu, cuda or cuda:N, got '{device}'"):
            refuse(device)


def test_a_card_that_is_not_there_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ValueError, match="device 'cuda:2': torch finds 2 here, the last is cuda:1"):
        timing.clock_for("cuda:2")


# --- shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "shape"), [("cbam", (1, 32, 9, 7)), ("condconv", (2, 8, 5, 4)), ("simam", (1, 3, 4, 5))]
)
def test_the_width_of_a_module_follows_the_shape(id: str, shape: tuple[int, ...]) -> None:
    case = bench.case_for(atlas.info(id), "cpu", shape=shape)
    assert case.shape == list(shape)
    assert case.map == shape
    with torch.no_grad():
        assert case.build()(torch.zeros(shape)).shape[2:] == shape[2:]


def test_output_channels_follow_where_they_were_equal() -> None:
    module = bench.case_for(atlas.info("resnest"), "cpu", shape=(1, 32, 8, 8)).build().eval()
    assert module(torch.zeros(1, 32, 8, 8)).shape == (1, 32, 8, 8)


@pytest.mark.parametrize(
    ("id", "shape", "says"),
    [
        ("cbam", (8, 256), r"shape: expected 4 axes \(B C H W\), got 2: \(8, 256\)"),
        ("sge", (1, 30, 8, 8), "C = 16 follows from the arguments of SGE, got 30"),
    ],
)
def test_a_shape_that_does_not_fit_is_answered(id: str, shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bench.case_for(atlas.info(id), "cpu", shape=shape)


def test_an_unknown_case_is_answered_with_a_near_one() -> None:
    with pytest.raises(ValueError, match=r"cbam: there is no case 'small-kernal'; did you mean 'small-kernel'\?"):
        bench.case_for(atlas.info("cbam"), "cpu", name="small-kernal")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_case_of_the_catalogue_has_a_shape(device: str) -> None:
    for id in atlas.list_papers(implemented=True):
        case = bench.case_for(atlas.info(id), device)
        assert case.inputs
        assert bench.count(case)[0] >= 0


# --- command lines and the fixture -----------------------------------------------------------------------------------


def test_the_command_prints_json_rows(capsys: pytest.CaptureFixture[str]) -> None:
    done = main(["bench", "se_net", "--device", "cpu", "--shape", "1,32,8,8", "--budget", "0", "--json"])
    assert done == 0
    rows = json.loads(capsys.readouterr().out)
    assert [tuple(row) for row in rows] == [bench.BRIEF, bench.BRIEF]
    assert {row["device"] for row in rows} == {"cpu"}


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "simam", "--device", "cpu", "--shape", "1x8x8x8", "--budget", "0"]) == 0
    out = capsys.readouterr().out
    assert "ratio = time / time of a 3x3 convolution" in out
    assert out.count("simam") == 2


def test_the_command_goes_on_after_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "sge", "se_net", "--device", "cpu", "--shape", "1,30,8,8", "--budget", "0", "--json"]) == 1
    shown = capsys.readouterr()
    assert "sge: example: shape: C = 16 follows" in shown.err
    assert {row["id"] for row in json.loads(shown.out)} == {"se_net"}


def test_an_interrupt_keeps_what_was_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "case_for", lambda paper, device, shape=None: case_of("interrupt"))
    assert main(["bench", "se_net", "--device", "cpu", "--budget", "0", "--json"]) == 130
    shown = capsys.readouterr()
    assert [row["mode"] for row in json.loads(shown.out)] == ["forward"]
    assert "interrupted" in shown.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name papers, or give --all"),
        (["cbam", "--all"], "name papers, or give --all"),
        (["cban", "--device", "cpu"], "did you mean cbam"),
        (["attention_survey", "--device", "cpu"], "has no implementation to measure"),
        (["cbam", "--device", "cpu", "--dtype", "int8"], "dtype: expected one of float32, tf32"),
        (["cbam", "--device", "abacus"], "expected cpu, cuda or cuda:N"),
        (["cbam", "--device", "cpu", "--budget", "nan"], "budget: expected seconds, none or more, got nan"),
    ],
)
def test_wrong_arguments_exit_2(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *arguments]) == 2
    assert says in capsys.readouterr().err


BENCHMARKS = ROOT / "generated" / "benchmarks"


def _copy(pytester: pytest.Pytester, *names: str) -> None:
    for name in ("conftest", *names):
        (pytester.path / f"{name}.py").write_text((BENCHMARKS / f"{name}.py").read_text(encoding="utf-8"))


def test_generated_benchmarks_run_on_the_cpu_when_asked(pytester: pytest.Pytester) -> None:
    _copy(pytester, "test_se_net", "test_simam")
    done = pytester.runpytest_inprocess("--device", "cpu", "--budget", "0", "-s")
    done.assert_outcomes(passed=sum(1 + len(atlas.info(id).cases) for id in ("se_net", "simam")))
    done.stdout.fnmatch_lines(["*'id': 'se_net'*'ratio_conv3x3'*"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without a CUDA device")
def test_generated_benchmarks_skip_without_a_card_and_say_why(pytester: pytest.Pytester) -> None:
    _copy(pytester, "test_se_net")
    done = pytester.runpytest_inprocess("-rs")
    done.assert_outcomes(skipped=1 + len(atlas.info("se_net").cases))
    done.stdout.fnmatch_lines(["*torch finds no CUDA device here; run with --device cpu*"])


def test_the_fixture_serves_other_peoples_tests(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "from attention_atlas.pytest_plugin import gpu_benchmark\n"
        "def pytest_addoption(parser):\n    parser.addoption('--device', default='cpu')\n"
    )
    pytester.makepyfile(
        "def test_mine(gpu_benchmark):\n"
        "    row, _ = gpu_benchmark('se_net', shape=(1, 16, 8, 8), budget=0.0)\n"
        "    assert row.shape == [1, 16, 8, 8]\n"
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


PLUGIN = ("-p", "attention_atlas.pytest_plugin")


def test_a_project_of_its_own_can_measure_on_the_cpu(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_mine(gpu_benchmark):\n"
        "    row, _ = gpu_benchmark('se_net', shape=(1, 16, 8, 8), budget=0.0)\n"
        "    assert row.device == 'cpu'\n"
    )
    pytester.runpytest_inprocess(*PLUGIN, "--gpu-benchmark-device", "cpu").assert_outcomes(passed=1)
    if not torch.cuda.is_available():
        done = pytester.runpytest_inprocess(*PLUGIN, "-rs")
        done.stdout.fnmatch_lines(["*finds no CUDA device here; run with --gpu-benchmark-device cpu to measure*"])


def test_the_plugin_leaves_the_option_of_a_project_alone(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_addoption(parser):\n    parser.addoption('--device', default='cpu')\n")
    pytester.makepyfile("def test_mine(gpu_benchmark):\n    assert gpu_benchmark.setup.device == 'cpu'\n")
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)


def test_a_device_of_one_measurement_has_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = timing.CpuClock()
    monkeypatch.setattr(pytest_plugin, "clock_for", {"cpu": clock}.__getitem__)
    seen: list[Any] = []
    monkeypatch.setattr(pytest_plugin, "measure", lambda *given: seen.append(given) or [])
    measures = pytest_plugin.GpuBenchmark(bench.Setup("cuda"), fake_clock([]))
    measures("se_net", device="cpu")
    measures(case_of())
    assert [(setup.device, used is clock) for _, setup, used in seen] == [("cpu", True), ("cuda", False)]
    assert seen[0][0].shape[0] == 2, "a size for the CPU"


def test_every_implemented_paper_has_a_benchmark_and_no_stub_has_one() -> None:
    names = {path.stem.removeprefix("test_") for path in BENCHMARKS.glob("test_*.py")}
    assert names == set(atlas.list_papers(implemented=True))


def test_pytest_finds_the_fixture_through_the_package() -> None:
    text = Path(ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\nattention_atlas = "attention_atlas.pytest_plugin"\n' in text


# --- records ---------------------------------------------------------------------------------------------------------


def row_of(ratio: float | None = 1.0, noise: float = 0.01, **fields: Any) -> record.Row:
    data: dict[str, Any] = {
        "id": "cbam", "device": "cpu", "dtype": "float32", "shape": [2, 4, 6, 5], "mode": "forward", "median_s": 1e-3,
        "q1_s": 9e-4, "q3_s": 2e-3, "peak_bytes": 0, "params": 1, "macs": None, "ratio_conv3x3": ratio, "torch": "2",
        "samples": 5, "ratio_self": (1 - noise, 1.0, 1 + noise), **fields,
    }  # fmt: skip
    return record.Row(**data)


def run_of(*rows: record.Row, commit: str = "unknown") -> record.Run:
    return record.Run(
        commit=commit, changed=False, torch="2", driver=None, clocks=None, threads=1, complete=True, rows=list(rows)
    )


def test_a_run_is_appended_and_earlier_ones_stay_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a-card.json"
    path.write_text(record.appended(path, "A card", run_of(row_of(1.0))), encoding="utf-8")
    first = record.read(path)
    path.write_text(record.appended(path, "A card", run_of(row_of(2.0))), encoding="utf-8")
    assert record.read(path).runs == [*first.runs, run_of(row_of(2.0))]
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == record.SCHEMA
    with pytest.raises(GeneratorError, match="is a record of A card, not of Another"):
        record.appended(path, "Another", run_of())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "valid dictionary|instance of Record|object"),
        ("{", r"x\.json: Invalid JSON"),
        ('{"schema": 2, "device": "x", "runs": []}', "schema: Input should be 1"),
        ('{"schema": 1, "device": "x", "runs": [{}]}', "runs.0.commit: Field required"),
    ],
)
def test_what_is_no_record_is_answered(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GeneratorError, match=says):
        record.read(path)


def test_every_committed_record_keeps_the_schema_and_is_named_after_its_device() -> None:
    for path in sorted((ROOT / record.FOLDER).glob("*.json")):
        assert path.stem == record.slug(record.read(path).device)


def test_the_rows_of_the_harness_are_those_of_a_record() -> None:
    for row in measure(case_of()):
        assert isinstance(row, bench.Row)
        assert set(asdict(row)) == set(record.Row(**asdict(row)).model_dump())


@pytest.mark.parametrize(
    ("old", "new", "noise", "verdict"),
    [
        ([1.0], [1.02], 0.001, "same"),
        ([1.0], [1.5, 1.5], 0.01, "slower"),
        ([1.0], [1.5], 0.01, "slower once"),
        ([1.0], [1.5, 1.0], 0.01, "same"),
        ([1.0], [1.5, 1.5], 0.3, "same"),
        ([1.0, 1.1], [0.5, 0.6], 0.01, "faster"),
        ([1.0], [0.5], 0.01, "faster once"),
        ([None], [None, None], 0.01, "same"),
    ],
)
def test_a_difference_exceeds_the_noise_and_repeats(
    old: list[float | None], new: list[float | None], noise: float, verdict: str
) -> None:
    (change,) = compare([run_of(row_of(x, noise)) for x in old], [run_of(row_of(x, noise)) for x in new])
    assert change.verdict == verdict


def test_what_one_run_measured_twice_is_no_repeat() -> None:
    (change,) = compare([run_of(row_of(1.0))], [run_of(row_of(1.5), row_of(1.5))])
    assert (change.runs, change.verdict) == (1, "slower once")


def test_only_equal_cases_are_compared() -> None:
    assert list(compare([run_of(row_of(dtype="float16"))], [run_of(row_of())])) == []
    assert list(compare([run_of(row_of(compiled=True))], [run_of(row_of())])) == []


def _checkout(root: Path, *runs: record.Run) -> Project:
    (root / "generator").mkdir()
    (root / "catalog.yaml").touch()
    folder = root / "generated/reports/benchmarks"
    folder.mkdir(parents=True)
    text = record.dump(record.Record(schema=record.SCHEMA, device="A card", runs=list(runs)))
    (folder / "a-card.json").write_text(text, encoding="utf-8")
    return Project(root)


@pytest.mark.parametrize(("which", "status", "says"), [("a-card@-1", 0, "slower once"), ("a-card@bb", 1, "slower")])
def test_two_runs_of_a_record_are_compared(
    which: str, status: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [run_of(row_of(ratio), commit=commit * 40) for ratio, commit in ((1.0, "a"), (2.0, "b"), (2.0, "b"))]
    _checkout(tmp_path, *runs)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.bench, ["--compare", "a-card@1", which])
    assert done.exit_code == status
    assert f"cbam example forward float32 [2, 4, 6, 5]: {says}: 2.00 times (noise: ±5%)" in done.output


def test_a_run_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _checkout(tmp_path, run_of(row_of()))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.bench, ["--compare", "a-card@7", "a-card"])
    assert isinstance(done.exception, GeneratorError)
    assert str(done.exception) == "a-card@7: there is no such run; a-card.json has 1 (unknown)"


def test_a_folder_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=r"cannot be read: "):
        record.read(tmp_path)


def _add(root: Path, name: str, *runs: record.Run) -> None:
    text = record.dump(record.Record(schema=record.SCHEMA, device=f"The {name}", runs=list(runs)))
    (root / record.FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def test_what_only_one_record_has_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _checkout(tmp_path, run_of(row_of(dtype="float16"), row_of()))
    _add(tmp_path, "other", run_of(row_of(dtype="bfloat16")))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.bench, ["--compare", "a-card", "other"])
    assert done.exit_code == 1
    assert "the records are of two devices, A card and The other" in done.output
    first, second = "cbam example forward float16 [2, 4, 6, 5]", "cbam example forward float32 [2, 4, 6, 5]"
    assert f"only in a-card: 2: {first}, {second}\n" in done.output
    assert "only in other: 1: cbam example forward bfloat16 [2, 4, 6, 5]\n" in done.output
    assert "there is nothing to compare" in done.output
    same = CliRunner().invoke(command.bench, ["--compare", "a-card", "a-card"])
    assert same.exit_code == 0
    assert "two devices" not in same.output
    assert "only in" not in same.output


def test_a_recording_in_which_all_failed_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _checkout(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("generator.evidence.verify.import_library", lambda project: atlas)
    monkeypatch.setattr(bench, "case_for", lambda paper, device, shape=None: case_of("wrong"))
    done = CliRunner().invoke(command.bench, ["se_net", "--device", "cpu", "--budget", "0"])
    assert done.exit_code == 1
    assert "nothing could be measured" in done.output
    assert [path.stem for path in (tmp_path / record.FOLDER).glob("*.json")] == ["a-card"]


def test_an_interrupted_recording_keeps_its_rows_and_says_that_it_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _checkout(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("generator.evidence.verify.import_library", lambda project: atlas)
    monkeypatch.setattr(bench, "case_for", lambda paper, device, shape=None: case_of("interrupt"))
    done = CliRunner().invoke(command.bench, ["se_net", "--device", "cpu", "--budget", "0"])
    assert done.exit_code == 130, done.output
    (path,) = [path for path in (tmp_path / record.FOLDER).glob("*.json") if path.stem != "a-card"]
    (run,) = record.read(path).runs
    assert not run.complete
    assert [row.mode for row in run.rows] == ["forward"]

"""The package as its users meet it: find, create, copy, compare, load released weights."""

from __future__ import annotations

import ast
import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import attention_atlas as atlas
import pytest
import torch
from attention_atlas.__main__ import main, source
from torch import nn

from generator.evidence.record import load_record
from generator.evidence.replay import compare, upstream_state
from tests.conftest import real_catalogue, real_project

IMPLEMENTED = [paper for paper in real_catalogue().papers if paper.module is not None]


def test_every_paper_of_the_catalogue_is_there() -> None:
    assert atlas.list_papers() == [paper.id for paper in real_catalogue().papers]
    assert atlas.list_papers(implemented=True) == [paper.id for paper in IMPLEMENTED]


def test_filters_combine_and_refuse_what_no_paper_has() -> None:
    found = atlas.list_papers(kind="channel-attention", section="attention-mechanism", implemented=True)
    assert "se_net" in found
    assert {atlas.info(id).kind for id in found} == {"channel-attention"}
    with pytest.raises(ValueError, match=r"kind: expected one of .*channel-attention.*, got 'chanel'"):
        atlas.list_papers(kind="chanel")


def test_unknown_id_is_answered_with_near_ones() -> None:
    with pytest.raises(ValueError, match="there is no paper 'cban'; did you mean cbam"):
        atlas.create("cban")
    for written in ("CBAM", "Cbam", "CBAM "):
        with pytest.raises(ValueError, match=f"there is no paper '{written}'; did you mean cbam"):
            atlas.info(written)
    with pytest.raises(ValueError, match="did you mean eca_net"):
        atlas.create("ECA-Net")
    for wrong in (None, 3, ["cbam"]):
        with pytest.raises(ValueError, match="expected the id of a paper, such as 'cbam', got "):
            atlas.info(wrong)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("paper", IMPLEMENTED, ids=lambda paper: paper.id)
def test_create_builds_the_example(paper) -> None:  # pyright: ignore[reportMissingParameterType]
    assert type(atlas.create(paper.id, **paper.module.example)).__name__ == paper.module.cls


def test_create_builds_a_variant_with_other_classes() -> None:
    with torch.device("meta"):
        network = atlas.create("swin_transformer", variant="swin_t", num_classes=7)
    assert network(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 7)
    with pytest.raises(ValueError, match=r"variant of swin_transformer: expected one of swin_.*, got 'swin_x'"):
        atlas.create("swin_transformer", variant="swin_x")


def test_a_survey_says_that_there_is_nothing_to_build() -> None:
    paper = atlas.info("attention_survey")
    assert not paper.implemented
    assert paper.nothing_to_build
    with pytest.raises(NotImplementedError, match="survey"):
        atlas.create("attention_survey")


def test_importing_the_package_loads_no_paper() -> None:
    code = "import sys, attention_atlas; print([m for m in sys.modules if m.startswith('attention_atlas.papers.')])"
    assert _python("-c", code).stdout.strip() == "[]"


@pytest.mark.parametrize("id", [paper.id for paper in IMPLEMENTED][::9])
def test_a_copied_file_works_alone(id: str, tmp_path: Path) -> None:
    assert main(["copy", id, str(tmp_path)]) == 0
    example = dict(atlas.info(id).example)
    code = f"import {id}; print(type({id}.{atlas.info(id).cls}(**{example!r})).__name__)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = ['.']; {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == atlas.info(id).cls, done.stderr


def test_a_copy_carries_one_stamp_and_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "cbam", str(tmp_path)]) == 0
    text = (tmp_path / "cbam.py").read_text(encoding="utf-8")
    stamp, _, rest = text.partition("\n")
    assert stamp.startswith(f"# attention-atlas: cbam {atlas.__version__} sha256:")
    assert rest == source("cbam")
    ast.parse(text)
    assert main(["copy", "cbam", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["diff", str(tmp_path / "cbam.py")]) == 0


def test_diff_tells_who_changed_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["copy", "cbam", str(tmp_path)])
    path = tmp_path / "cbam.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import torch", "import torch  # mine", 1), encoding="utf-8")
    capsys.readouterr()
    assert main(["diff", str(path)]) == 1
    mine = capsys.readouterr().out
    assert "changed in the copy only" in mine
    assert "+import torch  # mine" in mine
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr("attention_atlas.__main__.source", lambda id: source(id) + "# newer\n")
    assert main(["diff", str(path)]) == 1
    theirs = capsys.readouterr().out
    assert "the copy is as it was" in theirs
    assert "+# newer" in theirs
    path.write_text("x = 1\n", encoding="utf-8")
    assert main(["diff", str(path)]) == 2


def test_a_stub_and_a_survey_have_no_file_to_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["copy", "attention_survey", str(tmp_path)]) == 2
    assert "there is no file to copy" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_show_and_list_print_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "cbam"]) == 0
    shown = capsys.readouterr().out
    assert "https://arxiv.org/abs/1807.06521" in shown
    assert "attention_atlas.create('cbam'" in shown
    assert main(["show", "wcd"]) == 0
    shown = capsys.readouterr().out
    assert "insert:    insert(resnet50, 'wcd', 'after:layer4')  # not quite as in the paper. " in shown
    assert set(atlas.info("wcd").recipes[0].note) == {"en", "zh"}
    assert main(["list", "--kind", "loss"]) == 0
    assert capsys.readouterr().out.startswith("review_kd")


@pytest.mark.parametrize("path", sorted(real_project().evidence.glob("*.json")), ids=lambda path: path.stem)
def test_released_weights_load(path: Path) -> None:
    """A state dict with the authors' names and shapes, inside a larger network, gives their output."""
    record = load_record(path)
    for case in record.cases:
        state = {f"module.{name}": tensor for name, tensor in upstream_state(case, torch.float64).items()}
        # Every batch normalisation of a real checkpoint also holds a counter, which is no number of the record.
        norms = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
        state |= {f"{norm}num_batches_tracked": torch.tensor(7) for norm in norms}
        namespace = atlas.load(record.id)
        module = (
            getattr(namespace, case.cls)(**_tuples(case.arguments)).to(getattr(torch, record.dtype)).train(case.train)
        )
        assert atlas.load_official(module, state, prefix="module.") is module
        if not record.maps[case.cls].dead:
            assert compare(record, case, module).within(record.tolerance), case.name


def test_a_state_that_does_not_fit_is_refused_with_every_name() -> None:
    module = atlas.create("cbam", channels=32)
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(ValueError, match="the state does not fit the module"):
        atlas.load_official(module, {"nothing.weight": torch.zeros(1)})
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def _state_of_cbam() -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """The module of CBAM's first recorded case, and its weights with the authors' names."""
    case = load_record(real_project().evidence / "cbam.json").cases[0]
    module = getattr(atlas.load("cbam"), case.cls)(**_tuples(case.arguments)).double()
    return module, upstream_state(case, torch.float64)


def test_what_is_no_state_dict_is_answered_with_what_is() -> None:
    module, state = _state_of_cbam()
    name = next(iter(state))
    wrong: list[tuple[object, str]] = [
        (None, "expected a state dict, got a NoneType"),
        ({}, "the state dict is empty"),
        ({"epoch": 3, "state_dict": state}, "got a checkpoint; hand over what it holds under 'state_dict'"),
        ({**state, name: 3}, f"{name}: expected a tensor, got a int"),
        ({**state, name: state[name].numpy()}, f"{name}: expected a tensor, got a ndarray"),
        ({f"module.{key}": value for key, value in state.items()}, "give prefix='module.'"),
    ]
    for given, says in wrong:
        with pytest.raises(ValueError, match=re.escape(says)):
            atlas.load_official(module, given)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=re.escape("give prefix='net.'")):
        atlas.load_official(module, {f"net.{key}": value for key, value in state.items()}, prefix="net")
    assert atlas.load_official(module, state) is module


@pytest.mark.parametrize("arguments", [["list"], ["show", "cbam"]])
@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way there")
def test_a_reader_that_stops_ends_the_command_quietly(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "attention_atlas", *arguments],
        cwd=real_project().generated,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_console_without_chinese_shows_the_rest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "attention_atlas", "show", "cbam"],
        cwd=real_project().generated,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"attention_atlas.create('cbam'" in done.stdout


def test_a_copy_writes_through_no_link_and_a_diff_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, elsewhere = tmp_path / "cbam.py", tmp_path / "elsewhere.py"
    path.symlink_to(elsewhere)
    assert main(["copy", "cbam", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert not elsewhere.exists()
    path.unlink()
    assert main(["copy", "cbam", str(tmp_path)]) == 0
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert main(["diff", str(path)]) == 0
    path.write_bytes(b"\xff\xfe#")
    assert main(["diff", str(path)]) == 2
    assert f"{path} is no text in UTF-8" in capsys.readouterr().err


def _tuples(value):  # pyright: ignore[reportMissingParameterType]
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=real_project().generated, capture_output=True, text=True, check=True
    )

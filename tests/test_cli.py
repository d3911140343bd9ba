"""The command line as a user meets it: what is printed where, and which code it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from generator import cli as command_line
from generator.cli import cli
from generator.errors import CatalogueError, Findings, Location, NetworkError
from tests.catalogue_fixtures import spoil
from tests.checkout import BAM, GATE, ROOT, generator, make, write

BUILT = "generated/attention_atlas/papers/bam.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small checkout."""
    return make(tmp_path).root


@pytest.fixture
def built(root: Path) -> Path:
    """The small checkout, built."""
    done = generator(root, "build")
    assert (done.returncode, done.stderr) == (0, "")
    return root


def test_build_then_nothing_to_do_then_check(root: Path) -> None:
    first = generator(root, "build")
    assert (first.returncode, first.stderr) == (0, "")
    assert "wrote README.md\n" in first.stdout
    assert "18 written, 0 removed" in first.stdout
    second = generator(root, "build")
    assert (second.returncode, second.stdout, second.stderr) == (0, "Everything is up to date.\n", "")
    third = generator(root, "build", "--check")
    assert (third.returncode, third.stdout, third.stderr) == (0, "Everything is up to date.\n", "")


def test_check_without_the_cache_agrees(built: Path) -> None:
    (built / ".cache/build.json").unlink()
    assert generator(built, "build", "--check").returncode == 0


def test_check_names_exactly_the_outputs_that_an_edited_title_changes(built: Path) -> None:
    write(built, "catalog.yaml", spoil(("Bottleneck Attention Module", "Bottle Attention Module")))
    before = {path: path.read_bytes() for path in built.rglob("*") if path.is_file() and ".cache" not in path.parts}
    done = generator(built, "build", "--check")
    assert done.returncode == 1
    named = [line.partition(": ") for line in done.stdout.splitlines() if line.endswith("(python -m generator build)")]
    assert {cause.split()[0] for _, _, cause in named} == {"stale"}
    assert [path for path, _, _ in named] == [
        "README.md",
        "README.zh.md",
        "generated/attention_atlas/_registry.py",
        BUILT,
        "generated/catalog.bib",
        "generated/catalog.csv",
        "generated/catalog.json",
        "generated/manifest.json",
    ]
    assert f"--- a/{BUILT}\n+++ b/{BUILT}\n" in done.stdout
    assert '-"""BAM: Bottleneck Attention Module (BMVC 2018).\n+"""BAM: Bottle Attention Module (BMVC 2018).\n' in (
        done.stdout
    )
    assert done.stderr == "8 outputs differ.\n"
    for path, data in before.items():
        assert path.read_bytes() == data


def test_a_hand_edited_output_is_called_so_and_overwritten(built: Path) -> None:
    text = (built / BUILT).read_text()
    write(built, BUILT, text.replace("in brief", "in short"))
    done = generator(built, "build", "--check")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{BUILT}: hand-edited (edit its sources instead, then python -m generator build)\n")
    done = generator(built, "build")
    assert (done.returncode, done.stderr) == (0, f"{BUILT}: was edited by hand; overwritten\n")
    assert f"wrote {BUILT}\n1 written, 0 removed" in done.stdout
    assert (built / BUILT).read_text() == text


def test_a_foreign_file_is_reported_each_time_and_stays(built: Path) -> None:
    write(built, "generated/notes.txt", "mine")
    line = "generated/notes.txt: was not generated; left alone (move it out of generated/, or remove it)\n"
    for _ in range(2):
        done = generator(built, "build")
        assert (done.returncode, done.stderr) == (0, line)
    done = generator(built, "build", "--check")
    assert done.returncode == 1
    assert done.stdout == "generated/notes.txt: foreign (move it out of generated/, or remove it)\n"
    assert (built / "generated/notes.txt").read_text() == "mine"


def test_a_paper_that_goes_takes_its_outputs_with_it(built: Path) -> None:
    text = (built / "catalog.yaml").read_text(encoding="utf-8")
    write(built, "catalog.yaml", text[: text.index("- id: survey_of_it")])
    done = generator(built, "build", "--check")
    assert "survey_of_it.py: orphaned (python -m generator build)\n" in done.stdout
    done = generator(built, "build")
    assert "removed generated/attention_atlas/papers/survey_of_it.py\n" in done.stdout
    assert not (built / "generated/attention_atlas/papers/survey_of_it.py").exists()


def test_a_deleted_bracket_is_named_at_its_own_line(built: Path) -> None:
    write(built, "templates/papers/bam.py", BAM.replace("math.prod((2, 4))", "math.prod((2, 4)"))
    for command in (["build"], ["build", "--check"], ["check"], ["build", "bam"]):
        done = generator(built, *command)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "templates/papers/bam.py:14:19: syntax error: '(' was never closed\n"


def test_a_build_of_one_paper_does_not_mind_the_others(built: Path) -> None:
    write(built, "templates/blocks/gate.py", GATE.replace("Multiplies by", "Scales by"))
    write(built, "templates/papers/se_net.py", "broken(")
    done = generator(built, "build", "bam")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"wrote {BUILT}\nwrote generated/manifest.json\n2 written, 0 removed" in done.stdout
    assert generator(built, "build", "bam", "--check").returncode == 0


def test_an_unknown_paper_is_answered_with_a_near_one(built: Path) -> None:
    for command in ("build", "explain"):
        done = generator(built, command, "bamm")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "there is no paper 'bamm' (did you mean 'bam'?)\n"


def test_check_says_that_all_is_well(root: Path) -> None:
    done = generator(root, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "3 papers, 1 of them implemented: no mistakes found.\n"
    assert not (root / "generated").exists()


def test_check_names_the_mistakes_of_catalogue_and_templates_in_one_run(root: Path) -> None:
    write(root, "catalog.yaml", spoil(("year: 2018", 'year: "2018"'), ("related:", "realted:")))
    write(root, "templates/papers/bam.py", BAM + "\n\nprint()\n")
    done = generator(root, "check")
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines if line.startswith("catalog.yaml:")] == [
        "papers.bam.venue.year",
        "papers.bam.realted",
    ]
    assert lines[-1].startswith("templates/papers/bam.py:41:1: `expr` at module level")


def test_explain_is_json(root: Path) -> None:
    done = generator(root, "explain", "bam")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["id"] == "bam"
    assert found["outputs"][BUILT][1] == "templates/papers/bam.py"
    assert found["context"]["paper"]["title"] == "BAM: Bottleneck Attention Module"


def test_fmt_brings_the_catalogue_into_order(root: Path) -> None:
    assert generator(root, "fmt").returncode == 0
    canonical = (root / "catalog.yaml").read_text(encoding="utf-8")
    assert generator(root, "fmt", "--check").stdout == "catalog.yaml is in its canonical layout.\n"
    untidy = canonical.replace("  title:", "  title:   ", 1)
    write(root, "catalog.yaml", untidy)
    done = generator(root, "fmt", "--check")
    assert done.returncode == 1
    assert "\n-  title:    " in done.stdout
    assert done.stderr == "catalog.yaml is not in its canonical layout; run python -m generator fmt\n"
    assert (root / "catalog.yaml").read_text(encoding="utf-8") == untidy
    assert generator(root, "fmt").stdout == "wrote catalog.yaml\n"
    assert (root / "catalog.yaml").read_text(encoding="utf-8") == canonical


def test_a_report_that_is_no_json_is_named(root: Path) -> None:
    write(root, "generated/reports/verification.json", "{")
    done = generator(root, "check")
    assert done.returncode == 2
    assert done.stderr.startswith("generated/reports/verification.json: Invalid JSON: ")


def test_outside_of_a_checkout_there_is_nothing_to_do(tmp_path: Path) -> None:
    done = generator(tmp_path, "build")
    assert done.returncode == 2
    assert done.stderr.startswith("this folder is not part of an Attention Atlas checkout")


def test_commands_work_from_a_folder_below(built: Path) -> None:
    assert generator(built / "templates/papers", "build", "--check").returncode == 0


# --- what is imported ------------------------------------------------------------------------------------------------

PROBE = """
import sys
sys.argv = ["generator", *sys.argv[1:]]
from generator.cli import main
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "httpx", "rich", "numpy", "mkdocs", "griffe", "pydantic", "jinja2", "yaml"}
print("imported", *sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def imported(root: Path, *arguments: str) -> set[str]:
    """Which heavy packages a command imports."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(done.stderr.splitlines()[-1].split()[1:])


def test_help_imports_nothing_heavy(root: Path) -> None:
    assert imported(root, "--help") == set()


def test_a_build_with_nothing_to_do_imports_nothing_heavy(built: Path) -> None:
    assert imported(built, "build") == set()


@pytest.mark.parametrize("command", [["build"], ["build", "--check"], ["build", "bam"], ["check"], ["explain", "bam"]])
def test_building_and_checking_need_neither_torch_nor_the_network(root: Path, command: list[str]) -> None:
    assert imported(root, *command).isdisjoint({"torch", "httpx", "numpy", "rich", "mkdocs"})


# --- exit codes ------------------------------------------------------------------------------------------------------


TWO = [CatalogueError("b", Location("y", 2)), CatalogueError("a", Location("y", 1))]


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (CatalogueError("is wrong", Location("x", 3, 4), "mend it"), 2, "x:3:4: is wrong (mend it)\n"),
        (Findings([*TWO]), 2, "y:1: a\ny:2: b\n"),
        (NetworkError("no network"), 3, "no network\n"),
    ],
)
def test_errors_have_one_exit_code_each(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, text: str
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setitem(cli.commands, "failing", failing)
    result = CliRunner().invoke(cli, ["failing"])
    assert (result.exit_code, result.stderr, result.stdout) == (code, text, "")


@pytest.mark.parametrize("path", ["README.md", "templates/papers/bam.py", "tests/evidence/bam.json"])
def test_a_folder_in_the_place_of_a_source_is_no_bug(root: Path, path: str) -> None:
    (root / path).unlink(missing_ok=True)
    (root / path).mkdir(parents=True)
    done = generator(root, "build")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert path in done.stderr


@pytest.mark.parametrize("path", [".cache", "generated"])
@pytest.mark.parametrize("command", [["build"], ["build", "--check"], ["check"]])
def test_a_file_in_the_place_of_a_folder_is_no_bug(root: Path, path: str, command: list[str]) -> None:
    write(root, path, "mine")
    done = generator(root, *command)
    assert "Traceback" not in done.stderr
    if command == ["build"] or (path == "generated" and "--check" in command):
        assert done.returncode == 2
        assert done.stderr.startswith(f"{path}: is in the way of {path}/")


def test_a_template_that_changes_makes_the_readmes_stale_and_nobody_an_editor(built: Path) -> None:
    file = built / "templates/readme.md.j2"
    file.write_text(file.read_text() + "\nMore.\n")
    done = generator(built, "build", "--check")
    assert done.returncode == 1
    assert "README.md: stale" in done.stdout
    assert "hand-edited" not in done.stdout
    done = generator(built, "build")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def buggy() -> None:
        raise KeyError("oops")

    monkeypatch.setitem(cli.commands, "buggy", buggy)
    with pytest.raises(KeyError, match="oops"):
        CliRunner().invoke(cli, ["buggy"], catch_exceptions=False)


def test_wrong_usage_ends_with_two() -> None:
    assert CliRunner().invoke(cli, ["build", "--chekc"]).exit_code == 2
    assert CliRunner().invoke(cli, ["biuld"]).exit_code == 2


# --- commands of other modules ---------------------------------------------------------------------------------------


def test_a_command_whose_module_is_not_there_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        command_line, "_ELSEWHERE", {"gone": ("generator.gone.command", "gone"), "none": ("generator.none", "x")}
    )
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert "gone" not in result.stdout
    assert CliRunner().invoke(cli, ["gone"]).exit_code == 2


def test_every_listed_command_has_help() -> None:
    with click.Context(cli) as context:
        for name in cli.list_commands(context):
            command = cli.get_command(context, name)
            assert command is not None
            assert command.get_short_help_str(), name
            assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0

"""What a build owns, and what it does to each kind of difference."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator import outputs
from generator.errors import GeneratorError, OutputError
from generator.fresh import State
from generator.outputs import MANIFEST, Difference, Outputs, digest
from generator.project import Project
from tests.checkout import ROOT, write

README = "# T\n<!-- papers:begin -->\nold\n<!-- papers:end -->\n"
TEXTS = {"generated/a.py": "a = 1\n", "generated/deep/b.json": "{}\n", "README.md": README}


def build(root: Path, texts: dict[str, str], *, partial: bool = False) -> dict[str, str]:
    """Bring ``root`` to ``texts``; returns the causes that were found."""
    planned = Outputs(Project(root), texts, partial)
    found = planned.differences()
    planned.write(found)
    return {item.path: item.cause for item in found}


def causes(root: Path, texts: dict[str, str], *, partial: bool = False) -> dict[str, str]:
    """The causes that a check finds, which must change nothing."""
    before = tree(root)
    found = Outputs(Project(root), texts, partial).differences()
    assert tree(root) == before
    return {item.path: item.cause for item in found}


def tree(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` and what it holds."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with the outputs in it."""
    build(tmp_path, TEXTS)
    return tmp_path


def test_a_first_build_writes_everything_and_a_manifest(tmp_path: Path) -> None:
    assert set(build(tmp_path, TEXTS).values()) == {"missing"}
    manifest = (tmp_path / MANIFEST).read_text()
    hashes = {path: digest(text.encode()) for path, text in TEXTS.items() if path != "README.md"}
    assert json.loads(manifest) == hashes
    assert list(json.loads(manifest)) == sorted(json.loads(manifest))
    assert tree(tmp_path) == {MANIFEST: manifest.encode(), **{path: text.encode() for path, text in TEXTS.items()}}


def test_twice_is_once(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*") if ".cache" not in path.parts}
    assert build(built, TEXTS) == {}
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*") if ".cache" not in path.parts} == before


def test_changed_sources_make_an_output_stale(built: Path) -> None:
    texts = {**TEXTS, "generated/a.py": "a = 2\n"}
    assert causes(built, texts) == {"generated/a.py": "stale", MANIFEST: "stale"}
    build(built, texts)
    assert (built / "generated/a.py").read_text() == "a = 2\n"
    assert causes(built, texts) == {}


def test_an_edited_output_is_hand_edited_and_overwritten(built: Path) -> None:
    write(built, "generated/a.py", "a = 3\n")
    assert causes(built, TEXTS) == {"generated/a.py": "hand-edited"}
    build(built, TEXTS)
    assert tree(built)["generated/a.py"] == b"a = 1\n"


def test_edited_and_stale_at_once_is_hand_edited(built: Path) -> None:
    write(built, "generated/a.py", "a = 3\n")
    assert causes(built, {**TEXTS, "generated/a.py": "a = 2\n"})["generated/a.py"] == "hand-edited"


def test_edited_to_what_it_should_be_is_no_difference_of_its_own(built: Path) -> None:
    write(built, "generated/a.py", "a = 2\n")
    assert causes(built, {**TEXTS, "generated/a.py": "a = 2\n"}) == {MANIFEST: "stale"}


def test_a_removed_output_is_missing(built: Path) -> None:
    (built / "generated/a.py").unlink()
    assert causes(built, TEXTS) == {"generated/a.py": "missing"}
    build(built, TEXTS)
    assert causes(built, TEXTS) == {}


def test_what_only_the_manifest_names_is_orphaned_and_removed_with_its_folder(built: Path) -> None:
    texts = {path: text for path, text in TEXTS.items() if "deep" not in path}
    assert causes(built, texts) == {"generated/deep/b.json": "orphaned", MANIFEST: "stale"}
    build(built, texts)
    assert not (built / "generated/deep").exists()
    assert causes(built, texts) == {}


def test_a_foreign_file_is_reported_and_stays(built: Path) -> None:
    write(built, "generated/notes.txt", "mine")
    write(built, "generated/deep/notes.txt", "mine too")
    found = {"generated/deep/notes.txt": "foreign", "generated/notes.txt": "foreign"}
    assert causes(built, TEXTS) == found
    assert build(built, TEXTS) == found
    texts = {path: text for path, text in TEXTS.items() if "deep" not in path}
    build(built, texts)
    assert (built / "generated/notes.txt").read_text() == "mine"
    assert (built / "generated/deep/notes.txt").read_text() == "mine too"


def test_a_foreign_file_in_the_way_stops_the_build_before_it_writes(built: Path) -> None:
    write(built, "generated/new.py", "mine = 1\n")
    before = tree(built)
    texts = {"generated/a.py": "a = 2\n", "generated/new.py": "ours = 1\n"}
    with pytest.raises(OutputError) as caught:
        build(built, texts)
    assert str(caught.value) == (
        "generated/new.py: a foreign file stands where an output belongs "
        "(move it away: it was not generated, and an output belongs there)"
    )
    assert tree(built) == before


def test_a_foreign_file_that_holds_what_belongs_there_is_adopted(built: Path) -> None:
    write(built, "generated/new.py", "ours = 1\n")
    texts = {**TEXTS, "generated/new.py": "ours = 1\n"}
    assert list(build(built, texts)) == [MANIFEST]
    assert causes(built, texts) == {}


def test_reports_and_leftovers_of_tools_are_nobodys_business(built: Path) -> None:
    write(built, "generated/reports/links.json", "{}")
    write(built, "generated/__pycache__/a.cpython-311.pyc", "")
    write(built, "generated/deep/.pytest_cache/README.md", "")
    assert causes(built, TEXTS) == {}


@pytest.mark.parametrize("text", ["<<<<<<< ours\n{}\n", "[]", '{"generated/a.py": 1}'])
def test_a_broken_manifest_is_written_anew(built: Path, text: str) -> None:
    write(built, MANIFEST, text)
    assert causes(built, TEXTS) == {MANIFEST: "stale"}
    texts = {**TEXTS, "generated/a.py": "a = 2\n"}
    assert causes(built, texts) == {"generated/a.py": "stale", MANIFEST: "stale"}
    build(built, texts)
    assert causes(built, texts) == {}


def test_a_readme_is_hand_edited_if_somebody_changed_what_stands_between_its_markers(built: Path) -> None:
    write(built, "README.md", README.replace("old", "mine"))
    assert causes(built, TEXTS) == {"README.md": "hand-edited"}
    assert causes(built, {**TEXTS, "README.md": README.replace("old", "new")})["README.md"] == "hand-edited"


def test_a_readme_is_stale_if_nobody_changed_what_stands_between_its_markers(built: Path) -> None:
    write(built, "README.md", README.replace("# T", "# U"))
    texts = {**TEXTS, "README.md": README.replace("# T", "# U").replace("old", "new")}
    assert causes(built, texts) == {"README.md": "stale"}
    build(built, texts)
    assert causes(built, texts) == {}


def test_a_readme_that_no_build_here_wrote_is_stale(built: Path) -> None:
    (built / ".cache/tables.json").unlink()
    texts = {**TEXTS, "README.md": README.replace("old", "new")}
    assert causes(built, texts) == {"README.md": "stale"}
    build(built, texts)
    assert causes(built, texts) == {}


def test_a_partial_build_leaves_the_rest_alone(built: Path) -> None:
    write(built, "generated/deep/b.json", "edited")
    assert build(built, {"generated/a.py": "a = 2\n"}, partial=True) == {"generated/a.py": "stale", MANIFEST: "stale"}
    assert tree(built)["generated/deep/b.json"] == b"edited"
    assert causes(built, {**TEXTS, "generated/a.py": "a = 2\n"}) == {"generated/deep/b.json": "hand-edited"}


def test_a_partial_build_needs_a_whole_one_before_it(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no manifest to add to"):
        build(tmp_path, TEXTS, partial=True)


@pytest.mark.parametrize("link", ["generated", "generated/deep"])
def test_a_link_out_of_the_project_is_refused(tmp_path: Path, link: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    with pytest.raises(OutputError, match="leads out of the project"):
        build(root, TEXTS)
    assert not any(outside.iterdir())


@pytest.mark.parametrize("path", ["generated/a.py", "README.md"])
def test_a_folder_in_the_way_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(OutputError) as caught:
        build(tmp_path, TEXTS)
    assert str(caught.value) == f"{path}: a folder stands where a file belongs (move it away)"


@pytest.mark.parametrize("path", ["generated", "generated/deep", ".cache"])
def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path, path: str) -> None:
    write(tmp_path, path, "mine")
    with pytest.raises(OutputError, match="move it away") as caught:
        build(tmp_path, TEXTS)
    assert str(caught.value).startswith(f"{path}: is in the way of {path}/")
    assert (tmp_path / path).read_text() == "mine"


def test_a_page_whose_folder_is_a_file_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, "site/en", "mine")
    with pytest.raises(OutputError, match=r"^site/en: is in the way of site/en/papers/a\.md: a folder belongs here"):
        Outputs(Project(tmp_path), TEXTS).write_pages([("site/en/papers/a.md", "a\n")], [])


def test_what_the_disk_refuses_is_named(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OutputError) as caught:
        outputs.replace(Project(built), built / "generated/a.py", b"")
    remedy = "(see who may read and write here, and whether there is room)"
    assert str(caught.value) == f"generated/a.py: cannot be written: permission denied {remedy}"
    monkeypatch.setattr("builtins.open", refused)
    with pytest.raises(OutputError) as caught:
        Outputs(Project(built), {"generated/a.py": ""}, partial=False).differences()
    assert str(caught.value) == f"generated/a.py: cannot be read: permission denied {remedy}"


def test_what_a_killed_build_was_writing_goes_with_the_next(built: Path) -> None:
    old, young = (write(built, f".cache/writing-{number}", "half") for number in (1, 2))
    os.utime(old, (1, 1))
    build(built, {**TEXTS, "generated/a.py": "a = 2\n"})
    assert (old.exists(), young.exists()) == (False, True)


def test_bytes_that_are_no_text_are_shown_all_the_same(built: Path) -> None:
    (built / "generated/a.py").write_bytes(b"\xff\n")
    found = Outputs(Project(built), TEXTS).differences()
    assert "-\ufffd\n+a = 1\n" in found[0].diff()


def test_a_diff_goes_from_what_is_to_what_should_be() -> None:
    assert Difference("x", "stale", b"a\nb", "a\nc\n").diff() == (
        "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
    assert Difference("x", "missing", None, "a\n").diff() == "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"
    assert Difference("x", "orphaned", b"a\n", None).diff() == "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    assert Difference("x", "foreign", b"a\n", None).diff() == ""


def test_pages_are_written_and_cleared_but_not_owned(tmp_path: Path) -> None:
    project = Project(tmp_path)
    folders = ("site/zh/papers", "site/en/papers")
    planned = Outputs(project, TEXTS)
    pages = {"site/zh/papers/a.md": "A\n", "site/en/papers/a.md": "a\n"}
    assert planned.write_pages(pages.items(), folders) == 2
    assert planned.write_pages(pages.items(), folders) == 0
    write(tmp_path, "site/en/papers/old.md", "")
    write(tmp_path, "site/en/index.md", "")
    assert planned.write_pages({**pages, "site/zh/papers/a.md": "B\n"}.items(), folders) == 2
    assert sorted(path.name for path in (tmp_path / "site").rglob("*.md")) == ["a.md", "a.md", "index.md"]
    assert "site" not in Path(MANIFEST).parts
    assert causes(tmp_path, {}) == {MANIFEST: "missing"}


# --- cut off in the middle -------------------------------------------------------------------------------------------

SLOWLY = """
import os, sys, time
from pathlib import Path
from generator import outputs
from generator.project import Project
real = os.replace
def slow(source, target):
    time.sleep(0.01)
    return real(source, target)
os.replace = slow
version = sys.argv[2]
texts = {f"generated/{n % 7}/f{n:03}.txt": version * 20000 for n in range(int(sys.argv[3]))}
planned = outputs.Outputs(Project(Path(sys.argv[1])), texts)
print("ready", flush=True)
planned.write(planned.differences())
"""


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.5])
def test_a_build_that_is_killed_leaves_whole_files_that_the_next_one_knows(tmp_path: Path, delay: float) -> None:
    command = [sys.executable, "-c", SLOWLY, str(tmp_path)]
    subprocess.run([*command, "a", "100"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    process = subprocess.Popen([*command, "b", "80"], cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert process.returncode == -signal.SIGKILL
    contents = {path.name: path.read_text() for path in (tmp_path / "generated").rglob("f*.txt")}
    assert set(contents.values()) <= {"a" * 20000, "b" * 20000}
    texts = {f"generated/{n % 7}/f{n:03}.txt": "c" * 20 for n in range(80)}
    found = causes(tmp_path, texts)
    assert {found[path] for path in texts} == {"stale"}
    assert set(found.values()) <= {"stale", "orphaned"}
    build(tmp_path, texts)
    assert causes(tmp_path, texts) == {}
    assert len(tree(tmp_path)) == 81


def test_a_build_that_fails_while_writing_can_be_repeated(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"generated/{n}.txt": f"{n}\n" for n in range(9)}
    real, count = outputs.replace, 0

    def failing(project: Project, target: Path, data: bytes) -> None:
        nonlocal count
        count += 1
        if count == 5:
            raise OSError("no space left")
        real(project, target, data)

    monkeypatch.setattr(outputs, "replace", failing)
    with pytest.raises(OSError, match="no space left"):
        build(built, texts)
    monkeypatch.setattr(outputs, "replace", real)
    assert set(causes(built, texts).values()) <= {"missing", "orphaned", "stale"}
    build(built, texts)
    assert causes(built, texts) == {}


# --- the way past a build that has nothing to do ---------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout that has just been built, long enough ago for clocks to have moved on."""
    write(tmp_path, "catalog.yaml", "papers: []\n")
    write(tmp_path, "templates/a.j2", "a")
    write(tmp_path, "generator/x.py", "x = 1\n")
    write(tmp_path, "site/zh/papers/a.md", "A\n")
    build(tmp_path, TEXTS)
    age()
    State(Project(tmp_path)).remember([])
    return tmp_path


def age() -> None:
    """Wait until the times of all files are so old that the next change cannot have the same."""
    time.sleep(0.05)


def unchanged(root: Path) -> bool:
    """Whether there is nothing to do."""
    return State(Project(root)).unchanged()


def test_nothing_changed(fresh: Path) -> None:
    assert unchanged(fresh)
    assert unchanged(fresh)


@pytest.mark.parametrize(
    "path",
    [
        "catalog.yaml", "templates/a.j2", "generator/x.py", "README.md", "generated/a.py", "generated/deep/b.json",
        MANIFEST, "site/zh/papers/a.md",
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["longer", "same length", "removed", "same length and time"])
def test_every_change_is_noticed(fresh: Path, path: str, way: str) -> None:
    file = fresh / path
    status, data = file.stat(), file.read_bytes()
    if way == "removed":
        file.unlink()
    else:
        file.write_bytes(data + b"\n" if way == "longer" else data[:-1] + b"#")
    if way == "same length and time":
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not unchanged(fresh)


@pytest.mark.parametrize(
    "path",
    [
        "templates/b.j2", "generator/y.py", "tests/evidence/a.json", "generated/reports/links.json",
        "generated/foreign", "site/glossary.yaml", "README.zh.md",
    ],
)  # fmt: skip
def test_every_new_file_is_noticed(fresh: Path, path: str) -> None:
    write(fresh, path, "")
    assert not unchanged(fresh)


def test_a_touched_file_is_read_and_found_the_same(fresh: Path) -> None:
    os.utime(fresh / "catalog.yaml")
    assert unchanged(fresh)


def test_other_tools_mean_another_build(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unchanged(fresh)
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert not unchanged(fresh)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tools": []}', "null"])
def test_a_broken_cache_means_another_build(fresh: Path, text: str) -> None:
    write(fresh, ".cache/build.json", text)
    assert not unchanged(fresh)


def test_a_source_that_changes_during_a_build_is_not_remembered(fresh: Path) -> None:
    age()
    state = State(Project(fresh))
    write(fresh, "catalog.yaml", "papers: [1]\n")
    state.remember([])
    assert not unchanged(fresh)


def test_a_link_to_nothing_is_no_obstacle(fresh: Path) -> None:
    (fresh / "templates/.#a.j2").symlink_to("nowhere")
    assert not unchanged(fresh)
    age()
    State(Project(fresh)).remember([])
    assert unchanged(fresh)


def test_a_source_that_cannot_be_read_is_named(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)
    with pytest.raises(GeneratorError) as caught:
        State(Project(fresh)).remember([])
    assert str(caught.value) == "catalog.yaml: cannot be read: permission denied (see what it is and who may read it)"


def test_foreign_files_are_remembered(fresh: Path) -> None:
    write(fresh, "generated/foreign", "")
    age()
    State(Project(fresh)).remember(["generated/foreign"])
    state = State(Project(fresh))
    assert state.unchanged()
    assert state.foreign == ["generated/foreign"]

"""The project around the code: workflows, forms, the worked example of CONTRIBUTING, the wheel, the version."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from generator.catalogue import model
from generator.catalogue.layout import insert_record
from tests.checkout import ROOT, generator, make, write

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def _run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)


# ---- what runs on GitHub ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("dependabot", [ROOT / ".github/dependabot.yml"]),
        ("github-issue-forms", [ROOT / f".github/ISSUE_TEMPLATE/{name}.yml" for name in ("paper", "mistake")]),
        ("github-issue-config", [ROOT / ".github/ISSUE_TEMPLATE/config.yml"]),
    ],
)
def test_files_for_github_fit_their_schema(schema: str, files: list[Path]) -> None:
    done = _run(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_workflows_are_safe() -> None:
    done = _run(BIN / "zizmor", "--offline", "--quiet", ROOT / ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def _jobs(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_rights_are_given_by_job(file: Path) -> None:
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["permissions"] == {}
    for job in _jobs(file).values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{'0' * 40}"))


def test_no_job_that_may_write_runs_code_of_a_pull_request() -> None:
    for file in WORKFLOWS:
        text = file.read_text(encoding="utf-8")
        assert "pull_request_target" not in text
        for job in _jobs(file).values():
            if "write" in job["permissions"].values():
                assert not re.search(r"checkout|python|make ", str(job["steps"])), file.name


def test_hooks_run_where_a_file_of_theirs_changes() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    assert set(hooks) == {"fmt", "check", "ruff", "ruff-format", "build"}
    for name, files in {
        "fmt": ["catalog.yaml"],
        "check": ["catalog.yaml", "site/glossary.yaml", "site/translations.json", "templates/papers/cbam.py"],
        "build": [
            "README.md",
            "README.zh.md",
            "generated/manifest.json",
            "generator/render.py",
            "tests/evidence/cbam.json",
        ],
    }.items():
        for file in files:
            assert (ROOT / file).exists()
            assert re.search(hooks[name]["files"], file), (name, file)
        assert not re.search(hooks[name]["files"], "LICENSE")


def test_dependabot_finds_what_it_updates() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    folders = {update["package-ecosystem"]: ROOT / update["directory"].strip("/") for update in updates}
    # Of files with other endings it takes no notice; beside an .in file it would make a lock of its own.
    (lock,) = folders["pip"].glob("*")
    assert lock.suffix == ".txt"
    assert f"-r {lock.relative_to(ROOT)}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = re.findall(r"^([A-Za-z0-9_.-]+)", (ROOT / "requirements.in").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.lower() for name in wanted} <= {name.lower() for name in pinned}


def test_the_form_asks_for_the_fields_of_a_record() -> None:
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/paper.yml").read_text(encoding="utf-8"))
    asked = {item["id"]: item for item in form["body"] if "id" in item}
    labels = {re.split(r"[. ]", item["attributes"]["label"])[0] for item in asked.values()}
    optional = {"id", "nothing_to_build", "formula", "module", "reported"}  # chosen or written in the pull request
    assert labels == set(model.fields(model.Paper)) - optional
    assert asked["sections"]["attributes"]["options"] == list(get_args(model.Section))
    assert asked["kind"]["attributes"]["options"] == list(get_args(model.Kind))
    for name in model.fields(model.Facets):
        assert f"{name}:" in asked["facets"]["attributes"]["value"]


# ---- CONTRIBUTING ----------------------------------------------------------------------------------------------------


def _examples(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- example: (\S+) -->\n```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


THEIRS = '''\
import MinkowskiEngine
import torch
from torch import nn

MinkowskiEngine.SparseTensor


class GRN(nn.Module):
    """Stands in for the authors' file: one image and one channel at a time."""

    def __init__(self, dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, dim))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, dim))

    def forward(self, x):
        images = []
        for image in x:
            norms = [image[..., c].square().sum().sqrt() for c in range(image.shape[-1])]
            mean = sum(norms) / len(norms) + 1e-6
            maps = [
                self.gamma[0, 0, 0, c] * image[..., c] * norm / mean + self.beta[0, 0, 0, c] + image[..., c]
                for c, norm in enumerate(norms)
            ]
            images.append(torch.stack(maps, -1))
        return torch.stack(images)
'''


def test_both_languages_hold_the_same_examples_and_commands() -> None:
    assert _examples("CONTRIBUTING.md") == _examples("CONTRIBUTING.zh.md")
    commands = [
        re.findall(r"^(?:python|git|PYTHONPATH)\b.*$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("CONTRIBUTING.md", "CONTRIBUTING.zh.md")
    ]
    assert commands[0] == commands[1]


def test_the_worked_example_works(tmp_path: Path) -> None:
    examples = _examples("CONTRIBUTING.md")
    root = make(tmp_path / "checkout").root
    before = (root / "catalog.yaml").read_text(encoding="utf-8")
    done = generator(root, "new", "2301.00808", "--class", "GRN", "--id", "convnext_v2", "--offline")
    assert done.returncode == 0, done.stderr
    assert generator(root, "check").returncode == 2

    write(root, "catalog.yaml", insert_record(before, examples["catalog.yaml"]))
    paper = write(root, "templates/papers/convnext_v2.py", examples["templates/papers/convnext_v2.py"])
    for command in (["check"], ["build"], ["build", "--check"], ["check"]):
        done = generator(root, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    assert examples["catalog.yaml"] in (root / "catalog.yaml").read_text(encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        done = _run(BIN / "ruff", *command, "--config", ROOT / "pyproject.toml", paper)
        assert done.returncode == 0, done.stdout

    authors = tmp_path / "ConvNeXt-V2"
    write(authors, "models/__init__.py", "")
    write(authors, "models/utils.py", THEIRS)
    (root / "tests/evidence").mkdir(parents=True)
    script = write(tmp_path, "record.py", examples["record.py"])
    # The script's own checkout is this one, where the example's paper is not; it is put beside the others.
    start = "import sys, templates.papers as p; p.__path__.append(sys.argv.pop(1)); import runpy; sys.argv.pop(0); "
    start += "runpy.run_path(sys.argv[0], run_name='__main__')"
    arguments = [root / "templates/papers", script, root, authors, "0" * 40]
    done = _run(sys.executable, "-c", start, *map(str, arguments), cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["default", "wide"]
    assert (root / "tests/evidence/convnext_v2.json").is_file()


# ---- the package -----------------------------------------------------------------------------------------------------


def test_the_version_stands_in_one_place() -> None:
    (version,) = re.findall(
        r'^__version__ = "(.+)"$', (ROOT / "templates/library/_version.py").read_text(), re.MULTILINE
    )
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'path = "templates/library/_version.py"' in project
    assert f"\n## {version} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not re.search(r"^version\s*=", project, re.MULTILINE)


def test_the_wheel_installs_and_works_where_nothing_else_is(tmp_path: Path) -> None:
    done = _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT)
    if done.returncode and re.search(r"hatchling|Connection|No matching distribution", done.stderr):
        pytest.skip("the build backend cannot be fetched: the package index is out of reach")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"attention_atlas"}
    assert _run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty").returncode == 0
    python = tmp_path / "empty/bin/python"
    target = next((tmp_path / "empty/lib").glob("python*/site-packages"))
    done = _run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel)
    assert done.returncode == 0, done.stderr
    code = """
        import attention_atlas, torch
        from attention_atlas.__main__ import main
        x = torch.rand(2, 8, 5, 7)
        assert attention_atlas.create("eca_net", channels=8)(x).shape == x.shape
        print(attention_atlas.__version__, attention_atlas.__file__)
    """
    outer = Path(pytest.importorskip("torch").__file__).parent.parent
    # torch comes from the environment of the tests; everything else is what the wheel brought.
    (target / "outer.pth").write_text(f"{outer}\n", encoding="utf-8")
    done = _run(python, "-W", "ignore", "-c", textwrap.dedent(code), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    version, file = done.stdout.split()
    assert wheel.name.startswith(f"attention_atlas-{version}-")
    assert Path(file).is_relative_to(target)


# ---- what readers of the source rely on ------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["generator", "templates"])
def test_what_is_public_is_described(folder: str) -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in _public(ast.parse(path.read_text(encoding="utf-8")))
        if not ast.get_docstring(node)
    ]
    assert missing == []


def _public(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    top = [node for node in module.body if isinstance(node, kinds) and not node.name.startswith(("_", "pytest_"))]
    methods = [
        node
        for owner in top
        if isinstance(owner, ast.ClassDef) and owner.bases == []  # what overrides is described where it comes from
        for node in owner.body
        if isinstance(node, kinds) and not node.name.startswith("_") and node.name != "forward"
    ]
    return [*top, *methods]

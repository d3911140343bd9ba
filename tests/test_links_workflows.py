"""The workflows of the link checker: valid, pinned, and without a right to write where strangers have a say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / ".github" / "workflows" / name for name in ("links.yml", "links-pr.yml")]
BIN = Path(sys.executable).parent


def jobs(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_is_valid_and_safe(file: Path) -> None:
    for command in (
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", file],
        [BIN / "zizmor", "--offline", "--quiet", file],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = [step["uses"] for job in jobs(file).values() for step in job["steps"] if "uses" in step]
    assert used
    assert not [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)]


def test_only_the_job_that_runs_no_code_of_ours_may_write() -> None:
    writing = {
        name: job
        for file in FILES
        for name, job in jobs(file).items()
        if "write" in job.get("permissions", {}).values()
    }
    assert list(writing) == ["report"]
    text = str(writing["report"]["steps"])
    assert "checkout" not in text
    assert "python" not in text
    assert "pull_request_target" not in "".join(file.read_text(encoding="utf-8") for file in FILES)


def test_the_workflows_install_what_a_run_imports() -> None:
    code = (
        "import sys; from generator.links.command import links\n"
        "try: links(['--offline'])\n"
        "except SystemExit: pass\n"
        "import generator.links.check, generator.links.fix, rich.table\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    for file in FILES:
        line = next(line for line in file.read_text(encoding="utf-8").splitlines() if "pip install" in line)
        names = line.partition("requirements/lock.txt")[2].lower()
        named = set(names.replace("-", "_").replace("pyyaml", "yaml").split())
        assert named <= imported
        # What else is imported comes with these; the heavy ones must not.
        assert not imported & {"torch", "numpy", "mkdocs", "jinja2", "griffe"}

"""A checkout of three papers in a temporary folder: one implemented, one stub, one survey."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from generator.project import Project
from tests.catalogue_fixtures import GOOD

ROOT = Path(__file__).parents[1]

GATE = '''\
"""A gate."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Gate(nn.Module):
    """Multiplies by a sigmoid.

    Shape:
        x: any -> the same
    """

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)
'''
BAM = '''\
"""BAM in brief: {{ not a placeholder }} and {% no tag %}."""

from __future__ import annotations

import math

from torch import Tensor, nn

from templates.blocks.gate import Gate

__all__ = ["BAM", "BAMResNet"]

# How wide at least.
_WIDTH = math.prod((2, 4))


class BAM(nn.Module):
    """Gates a linear map."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.gate = Gate()
        self.width = max(_WIDTH, channels // reduction)

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(x)


class BAMResNet(nn.Module):
    """A network of one layer."""

    def __init__(self, depth: int = 18, num_classes: int = 1000) -> None:
        super().__init__()
        self.depth = depth
        self.head = nn.Linear(3, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.mean((2, 3)))
'''
INIT = '''\
"""A package."""

from __future__ import annotations

from typing import Any

from torch import nn

from ._registry import PAPERS

__all__ = ["PAPERS", "create"]


def create(id: str, *, variant: str | None = None, **kwargs: Any) -> nn.Module:
    """Build a module."""
    raise NotImplementedError(PAPERS[id].title)
'''
README = "# Title\n\n<!-- papers:begin -->\n<!-- papers:end -->\n\nThe end.\n"


def write(root: Path, path: str, text: str) -> Path:
    """A file below ``root``, its folders made as needed."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def make(root: Path, catalogue: str = GOOD) -> Project:
    """The small checkout, below ``root``."""
    write(root, "catalog.yaml", catalogue)
    write(root, "generator/.keep", "")
    write(root, "templates/papers/bam.py", BAM)
    write(root, "templates/papers/__init__.py", "")
    write(root, "templates/blocks/gate.py", GATE)
    write(root, "templates/library/__init__.py", INIT)
    write(root, "templates/library/papers/__init__.py", '"""Papers."""\n')
    shutil.copy(ROOT / "templates/library/_types.py", root / "templates/library/_types.py")
    for template in (ROOT / "templates").glob("*.j2"):
        shutil.copy(template, root / "templates" / template.name)
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    if (ROOT / "templates/pages").exists():
        shutil.copytree(ROOT / "templates/pages", root / "templates/pages", dirs_exist_ok=True)
    for file in ("README.md", "README.zh.md"):
        write(root, file, README)
    return Project(root)


def generator(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m generator`` in the checkout at ``root``, with the code of this one."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "error", "-m", "generator", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)

"""The inliner: input texts and what comes out; every misuse beside its message."""

from __future__ import annotations

import ast
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Findings
from generator.inline import Inliner, Unit, exported_order, format_imports, inline, scan
from generator.project import Project
from tests.checkout import write


def unit(root: Path, paper: str, **blocks: str) -> Unit:
    """The paper ``paper`` with ``blocks`` beside it, inlined."""
    for name, text in blocks.items():
        write(root, f"templates/blocks/{name}.py", text)
    return inline(write(root, "templates/papers/paper.py", paper), Project(root))


def complaints(root: Path, paper: str, **blocks: str) -> list[str]:
    """What the inliner says of ``paper``."""
    with pytest.raises(Findings) as caught:
        unit(root, paper, **blocks)
    return str(caught.value).splitlines()


PAPER = '''\
"""What it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from templates.blocks.gate import Gate

__all__ = ["Net"]

# Why two.
SIZE = 2


class Net(nn.Module):
    """A net."""

    gate = Gate()  # {{ x }}
'''
GATE = '''\
"""A gate."""

import math

from torch import nn

from templates.blocks.base import BASE


# About the gate.
class Gate(nn.Module):
    """Gates."""

    half = math.pi / BASE
'''
BASE = '"""Base."""\n\nBASE = 2\n'


def test_blocks_come_before_the_paper_and_their_text_is_verbatim(tmp_path: Path) -> None:
    result = unit(tmp_path, PAPER, gate=GATE, base=BASE)
    assert result.body == (
        "BASE = 2\n\n\n"
        "# About the gate.\n"
        "class Gate(nn.Module):\n"
        '    """Gates."""\n\n'
        "    half = math.pi / BASE\n\n\n"
        "# Why two.\n"
        "SIZE = 2\n\n\n"
        "class Net(nn.Module):\n"
        '    """A net."""\n\n'
        "    gate = Gate()  # {{ x }}"
    )
    assert result.imports == (
        "from __future__ import annotations\n\nimport math\n\nimport torch\nfrom torch import Tensor, nn"
    )
    assert result.docstring == "What it is."
    assert result.names == ("Net",)
    assert result.blocks == ("templates/blocks/base.py", "templates/blocks/gate.py")


def test_every_line_of_the_body_knows_where_it_comes_from(tmp_path: Path) -> None:
    result = unit(tmp_path, PAPER, gate=GATE, base=BASE)
    lines = result.body.split("\n")
    for number, line in enumerate(lines, start=10):
        if not line:
            continue
        where = result.origin(number, first=10)
        source = (tmp_path / where.file).read_text().split("\n")
        assert source[(where.line or 0) - 1] == line
    for outside in (9, 10 + len(lines)):
        with pytest.raises(LookupError):
            result.origin(outside, first=10)


def test_a_block_used_twice_stands_once(tmp_path: Path) -> None:
    other = "from templates.blocks.base import BASE\n\nTWICE = 2 * BASE\n"
    paper = PAPER.replace("import Gate\n", "import Gate\nfrom templates.blocks.other import TWICE\n")
    assert unit(tmp_path, paper, gate=GATE, base=BASE, other=other).body.count("BASE = 2\n") == 1


def test_parameters_are_those_of_the_constructor_or_of_the_base_class(tmp_path: Path) -> None:
    base = (
        "class Base:\n    def __init__(self, width: int, *, names: tuple[str, ...] = (), bias=True) -> None:\n"
        "        self.width = width\n"
    )
    paper = (
        "from templates.blocks.base import Base\n\n__all__ = ['Net']\n\n\nclass Net(Base):\n    pass\n\n\n"
        "class Plain:\n    pass\n"
    )
    result = unit(tmp_path, paper, base=base)
    found = [(item.name, item.annotation, item.default, str(item.where)) for item in result.parameters("Net")]
    assert found == [
        ("width", "int", None, "templates/blocks/base.py:2:24"),
        ("names", "tuple[str, ...]", "()", "templates/blocks/base.py:2:39"),
        ("bias", None, "True", "templates/blocks/base.py:2:68"),
    ]
    assert result.parameters("Plain") == ()
    assert result.parameters("Unknown") == ()


ALL = '__all__ = ["A"]\n\n\nclass A:\n    pass\n'
AT = "templates/papers/paper.py"
MISUSES = {
    "forbidden import": (
        f"import einops\n\n{ALL}",
        f"{AT}:1:1: import of 'einops' (only torch, the standard library and templates.blocks.* may be imported)",
    ),
    "forbidden submodule": (
        f"from torchvision.ops import nms\n\n{ALL}",
        f"{AT}:1:1: import of 'torchvision.ops' "
        "(only torch, the standard library and templates.blocks.* may be imported)",
    ),
    "paper": (
        f"from templates.papers.bam import BAM\n\n{ALL}",
        f"{AT}:1:1: import of the paper templates.papers.bam (what two papers share is a file in templates/blocks)",
    ),
    "block as a module": (
        f"import templates.blocks.gate\n\n{ALL}",
        f"{AT}:1:1: import of templates.blocks.gate as a module (write from templates.blocks.NAME import …)",
    ),
    "blocks as a module": (
        f"from templates.blocks import gate\n\n{ALL}",
        f"{AT}:1:1: import of templates.blocks as a module (write from templates.blocks.NAME import …)",
    ),
    "no block": (
        f"from templates.blocks.gate.deep import Gate\n\n{ALL}",
        f"{AT}:1:1: templates.blocks.gate.deep is no block (a block is one file in templates/blocks)",
    ),
    "alias of a block": (
        f"from templates.blocks.base import BASE as B\n\n{ALL}",
        f"{AT}:1:35: 'BASE' of a block gets another name (blocks keep their names)",
    ),
    "star": (f"from torch import *\n\n{ALL}", f"{AT}:1:1: from torch import * (name what you need)"),
    "star of a block": (
        f"from templates.blocks.base import *\n\n{ALL}",
        f"{AT}:1:1: from templates.blocks.base import * (name what you need)",
    ),
    "relative": (
        f"from .bam import BAM\n\n{ALL}",
        f"{AT}:1:1: a relative import (write from templates.blocks.NAME import …)",
    ),
    "future": (
        f"from __future__ import division\n\n{ALL}",
        f"{AT}:1:24: from __future__ import division (only annotations is used here)",
    ),
    "import in a function": (
        f"{ALL}\n\ndef f():\n    import math\n",
        f"{AT}:9:5: an import inside f (move it to the top of the file)",
    ),
    "import deep in a class": (
        f"{ALL}\n\nclass C:\n    def f(self):\n        with self:\n            try:\n                x = 1\n"
        "            except E:\n                from torch import nn\n",
        f"{AT}:14:17: an import inside C (move it to the top of the file)",
    ),
    "import in a match": (
        f"{ALL}\n\ndef f(x):\n    match x:\n        case 1:\n            import math\n",
        f"{AT}:11:13: an import inside f (move it to the top of the file)",
    ),
    "import in try": (
        f"try:\n    import torch\nexcept ImportError:\n    torch = None\n\n{ALL}",
        f"{AT}:2:5: an import inside `try` (move it to the top of the file)",
    ),
    "import under TYPE_CHECKING": (
        f"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from torch import nn\n\n{ALL}",
        f"{AT}:4:5: an import inside `if TYPE_CHECKING` (move it to the top of the file)",
    ),
    "import below": (
        f"{ALL}\n\nimport math\n",
        f"{AT}:8:1: an import below the first definition (move it to the top of the file)",
    ),
    "main": (
        f"{ALL}\n\nif __name__ == '__main__':\n    A()\n",
        f"{AT}:8:1: an `if __name__` block (remove it; a test or a benchmark runs the module)",
    ),
    "loop": (
        f"{ALL}\n\nfor i in range(3):\n    pass\n",
        f"{AT}:8:1: `for` at module level (a file holds a docstring, imports, definitions and assignments)",
    ),
    "call": (
        f"{ALL}\n\nA()\n",
        f"{AT}:8:1: `expr` at module level (a file holds a docstring, imports, definitions and assignments)",
    ),
    "two on a line": (
        f"import math; x = 1\n\n{ALL}",
        f"{AT}:1:14: two statements on one line (give each its own line)",
    ),
    "comment among imports": (
        f"# Licence: none\nimport math  # why\n\n{ALL}",
        f"{AT}:1:1: a comment above or among the imports would be lost (move it below them)",
    ),
    "no __all__": (
        "class A:\n    pass\n",
        f'{AT}:1: __all__ is missing (add __all__ = ["A"] below the imports)',
    ),
    "__all__ names nothing": (
        f"{ALL.replace('A', 'Gate')}".replace('"Gate"', '"Gates"'),
        f"{AT}:1:1: __all__ names 'Gates', which is not defined here (did you mean 'Gate'?)",
    ),
    "__all__ names a block": (
        '"""Ä."""\n\nfrom templates.blocks.base import BASE\n\n__all__ = ["BASE"]\n',
        f"{AT}:5:1: __all__ names 'BASE', which is not defined here (list what this file defines itself)",
    ),
    "__all__ computed": (
        "__all__ = sorted(['A'])\n\n\nclass A:\n    pass\n",
        f'{AT}:1:1: __all__ is not one plain list (write __all__ = ["Name", …] once)',
    ),
    "__all__ of variables": (
        "N = 'A'\n__all__ = [N]\n\n\nclass A:\n    pass\n",
        f'{AT}:2:1: __all__ holds something else than names (write __all__ = ["Name", …])',
    ),
    "__all__ twice": (
        f"{ALL}\n\n__all__ += ['B']\n",
        f'{AT}:8:1: __all__ is not one plain list (write __all__ = ["Name", …] once)',
    ),
    "unknown block": (
        f"from templates.blocks.bass import BASE\n\n{ALL}",
        f"{AT}:1:35: there is no block templates/blocks/bass.py (did you mean 'base'?)",
    ),
    "unknown name": (
        f"from templates.blocks.base import BASSE\n\n{ALL}",
        f"{AT}:1:35: templates/blocks/base.py does not define 'BASSE' (did you mean 'BASE'?)",
    ),
    "name that the block only imports": (
        f"from templates.blocks.gate import math\n\n{ALL}",
        f"{AT}:1:35: templates/blocks/gate.py does not define 'math' (it defines Gate)",
    ),
    "clash of definitions": (
        f"from templates.blocks.base import BASE\n\n{ALL}\n\nBASE = 3\n",
        f"{AT}:10:1: 'BASE' is also defined at templates/blocks/base.py:3:1, and both come into one file "
        "(give one of them another name)",
    ),
    "clash with an import": (
        f"from templates.blocks.gate import Gate\n\n{ALL}\n\nmath = 3\n",
        f"{AT}:10:1: 'math' is also defined at templates/blocks/gate.py:3:8, and both come into one file "
        "(give the definition another name)",
    ),
    "clash of imports": (
        f"import torch.nn as nn\n\nfrom templates.blocks.gate import Gate\n\n{ALL}",
        f"{AT}:1:8: 'nn' is also defined at templates/blocks/gate.py:5:19, and both come into one file "
        "(import it in the same way in both)",
    ),
    "builtin defined": (f"{ALL}\n\nsum = 1\n", f"{AT}:8:1: 'sum' hides a builtin (give it another name)"),
    "builtin imported": (
        f"from math import pow\n\n{ALL}",
        f"{AT}:1:18: the import of 'pow' hides a builtin (import its module)",
    ),
    "syntax error": ("class A(:\n    pass\n", f"{AT}:1:9: syntax error: invalid syntax"),
    "unclosed bracket": (
        '"""中."""\n\nx = (1,\n\nclass A:\n    pass\n',
        f"{AT}:3:5: syntax error: '(' was never closed",
    ),
    "carriage returns": (
        "import math\r\n",
        f"{AT}: a carriage return or form feed (end lines with a line feed only)",
    ),
    "null byte": ("x = 1\0\n", f"{AT}: syntax error: source code string cannot contain null bytes"),
}


@pytest.mark.parametrize("case", MISUSES)
def test_misuse_is_refused_at_its_place(case: str, tmp_path: Path) -> None:
    paper, message = MISUSES[case]
    lines = complaints(tmp_path, paper, gate=GATE, base=BASE)
    if "null" in case and sys.version_info >= (3, 12):
        assert lines[0].startswith(f"{AT}:1")
    else:
        assert message in lines


def test_comments_above_an_import_that_stands_too_low_are_not_lost(tmp_path: Path) -> None:
    paper = f"{ALL}\n\n# Why two.\nB = 2  # two\n\nimport math\n\nimport einops\n"
    assert [line.partition(": ")[2] for line in complaints(tmp_path, paper)] == [
        "an import below the first definition (move it to the top of the file)",
        "an import below the first definition (move it to the top of the file)",
        "import of 'einops' (only torch, the standard library and templates.blocks.* may be imported)",
    ]


def test_columns_count_characters(tmp_path: Path) -> None:
    paper = "x = '注意力'; import einops\n\n" + ALL
    assert f"{AT}:1:12: import of 'einops'" in "\n".join(complaints(tmp_path, paper))


def test_all_mistakes_of_a_paper_and_its_blocks_are_named_in_one_run(tmp_path: Path) -> None:
    lines = complaints(
        tmp_path,
        f"import einops\nfrom templates.blocks.bad import Bad\n\n{ALL}\n\nA()\n",
        bad="import timm\n\n\ndef Bad():\n    import os\n",
    )
    assert [line.partition(": ")[0] for line in lines] == [
        "templates/blocks/bad.py:1:1",
        "templates/blocks/bad.py:5:5",
        f"{AT}:1:1",
        f"{AT}:11:1",
    ]


def test_a_cycle_is_shown_with_its_path(tmp_path: Path) -> None:
    a = "from templates.blocks.b import B\n\nA_ = B\n"
    b = "from templates.blocks.a import A_\n\nB = A_\n"
    assert complaints(tmp_path, f"from templates.blocks.a import A_\n\n{ALL}", a=a, b=b) == [
        "templates/blocks/b.py:1:32: blocks import each other: templates/blocks/a.py → templates/blocks/b.py → "
        "templates/blocks/a.py (move what both need)"
    ]


def test_bytes_that_are_no_text_name_their_line() -> None:
    source = scan("x.py", b"a = 1\nb = '\xff'\n")
    assert [str(error) for error in source.errors] == ["x.py:2: not UTF-8 (save the file as UTF-8)"]


def test_a_text_below_an_assignment_may_say_what_it_means(tmp_path: Path) -> None:
    paper = '__all__ = ["A"]\n\nA = 1\n"""One."""\n'
    assert unit(tmp_path, paper).body == 'A = 1\n"""One."""'


def test_a_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    parse = ast.parse

    def counting(text: str, filename: str = "", **options: Any) -> Any:
        calls.append(filename)
        return parse(text, filename=filename, **options)

    write(tmp_path, "templates/blocks/gate.py", GATE)
    write(tmp_path, "templates/blocks/base.py", BASE)
    papers = [write(tmp_path, f"templates/papers/p{i}.py", PAPER) for i in range(3)]
    monkeypatch.setattr(ast, "parse", counting)
    inliner = Inliner(Project(tmp_path))
    for paper in papers:
        inliner.unit(paper)
    assert sorted(calls) == sorted(
        ["templates/blocks/base.py", "templates/blocks/gate.py", *(f"templates/papers/p{i}.py" for i in range(3))]
    )


def test_the_package_may_do_what_papers_may_not(tmp_path: Path) -> None:
    write(tmp_path, "templates/blocks/base.py", BASE)
    text = (
        '"""Tools."""\n\nfrom torch import nn\n\nfrom templates.blocks.base import BASE\n\nfrom . import other\n\n'
        "if BASE:\n    other(nn)\n\n\ndef f():\n    import math\n"
    )
    path = write(tmp_path, "templates/library/tools.py", text)
    result = Inliner(Project(tmp_path)).library(path)
    assert result.imports == "from torch import nn\n\nfrom . import other"
    assert result.body.startswith("BASE = 2\n\n\nif BASE:\n    other(nn)\n")


def test_imports_are_sorted_as_the_linter_sorts_them() -> None:
    text = (
        "from torch.nn import functional as F, Parameter, init\nimport torch\nimport os, ast\n"
        "import torch.nn.functional\nfrom collections import OrderedDict, abc, X, deque\n"
        "from __future__ import annotations\nfrom torch import nn\n"
        "from math import e, pi\n"
    )
    assert format_imports(scan("x.py", text.encode()).imports) == (
        "from __future__ import annotations\n\n"
        "import ast\nimport os\nfrom collections import OrderedDict, X, abc, deque\nfrom math import e, pi\n\n"
        "import torch\nimport torch.nn.functional\nfrom torch import nn\n"
        "from torch.nn import Parameter, init\nfrom torch.nn import functional as F"
    )


def test_long_imports_are_wrapped() -> None:
    names = [f"a_rather_long_name_{i}" for i in range(8)]
    text = format_imports(scan("x.py", f"from torch import {', '.join(names)}".encode()).imports)
    assert text == "from torch import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def test_exported_names_are_sorted_as_the_linter_sorts_them() -> None:
    names = ["swin_t", "Swin10", "swin10", "Swin2", "swin2", "B", "SIZE", "_x"]
    assert sorted(names, key=exported_order) == ["SIZE", "B", "Swin2", "Swin10", "_x", "swin2", "swin10", "swin_t"]


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    """An acyclic set of blocks: which earlier blocks each one imports."""
    count = draw(st.integers(1, 6))
    return [sorted(draw(st.sets(st.integers(0, number - 1)))) if number else [] for number in range(count)]


@given(graphs(), st.sampled_from(["", "{{ x }} {% y %} '''", "\\N{BULLET} 中文"]))
def test_any_acyclic_set_of_blocks_runs_and_defines_each_name_once(
    tmp_path_factory: pytest.TempPathFactory, graph: list[list[int]], noise: str
) -> None:
    root = tmp_path_factory.mktemp("blocks")
    for number, needs in enumerate(graph):
        imports = "".join(f"from templates.blocks.b{need} import v{need}\n" for need in needs)
        body = f"v{number} = {' + '.join(['1', *(f'v{need}' for need in needs)])}  # {noise}\n"
        write(root, f"templates/blocks/b{number}.py", f'"""Block."""\n\nimport math\n{imports}\n{body}')
    last = len(graph) - 1
    result = unit(root, f"from templates.blocks.b{last} import v{last}\n\n__all__ = ['A']\n\nA = v{last}\n")
    module = ModuleType("inlined")
    exec(f"{result.imports}\n{result.body}", module.__dict__)  # noqa: S102  that it runs is the point
    values: list[int] = []
    for needs in graph:
        values.append(1 + sum(values[need] for need in needs))
    assert values[last] == module.A
    assert module.math is math
    for source in result.sources:
        for name in source.names:
            assert result.body.count(f"{name} = ") == 1

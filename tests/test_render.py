"""What is planned: every output parses, says what its record says, and passes the linter as it is written."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

from generator.catalogue.loader import load, parse
from generator.catalogue.model import Catalogue
from generator.errors import Findings, OutputError, TemplateError
from generator.escape import bibtex
from generator.exports import catalog_bib, catalog_csv
from generator.project import Project
from generator.render import Plan, Renderer, check_templates, environment, plan
from tests.catalogue_fixtures import GOOD, spoil
from tests.checkout import BAM, GATE, ROOT, make, write
from tests.test_escape import HOSTILE, braced, one_line, split_names, typeset, visible

PAPERS = "generated/attention_atlas/papers"


def render(root: Path) -> dict[str, str]:
    """All outputs of the checkout at ``root``."""
    project = Project(root)
    return plan(project, load(project.catalogue)).texts


def complaints(root: Path) -> list[str]:
    """What the checks of record against template say."""
    with pytest.raises(Findings) as caught:
        render(root)
    return str(caught.value).splitlines()


def run(text: str, name: str = "module") -> ModuleType:
    """The module that ``text`` is."""
    module = ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec(compile(text, name, "exec"), module.__dict__)  # noqa: S102  that it runs is the point
    return module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small checkout."""
    return make(tmp_path).root


# --- the outputs -----------------------------------------------------------------------------------------------------


def test_the_outputs_are_these(root: Path) -> None:
    assert sorted(render(root)) == [
        "README.md",
        "README.zh.md",
        "generated/attention_atlas/__init__.py",
        "generated/attention_atlas/__init__.pyi",
        "generated/attention_atlas/_registry.py",
        "generated/attention_atlas/_types.py",
        "generated/attention_atlas/key_maps.json",
        f"{PAPERS}/__init__.py",
        f"{PAPERS}/bam.py",
        f"{PAPERS}/se_net.py",
        f"{PAPERS}/survey_of_it.py",
        "generated/attention_atlas/py.typed",
        "generated/benchmarks/test_bam.py",
        "generated/catalog.bib",
        "generated/catalog.csv",
        "generated/catalog.json",
        "generated/catalog.schema.json",
    ]


def test_a_module_has_its_head_its_blocks_and_its_factories(root: Path) -> None:
    text = render(root)[f"{PAPERS}/bam.py"]
    assert text == (
        '"""BAM: Bottleneck Attention Module (BMVC 2018).\n\n'
        "Authors: Jongchan Park and Sanghyun Woo\n"
        "Paper: https://arxiv.org/abs/1807.06514\n"
        "Code (the authors', licence: MIT): https://github.com/Jongchan/attention-module\n"
        "Shape: B C H W -> B C H W\n"
        "Evidence: not verified since it last changed; run python -m generator verify\n"
        "Generated from templates/papers/bam.py, templates/blocks/gate.py and catalog.yaml: edit those.\n\n"
        "BAM in brief: {{ not a placeholder }} and {% no tag %}.\n"
        '"""\n\n'
        "from __future__ import annotations\n\nimport math\n\nimport torch\nfrom torch import Tensor, nn\n\n"
        '__all__ = ["BAM", "BAMResNet", "bam_resnet50"]\n\n\n'
        + GATE.partition("nn\n\n\n")[2]
        + "\n\n"
        + BAM.partition('"BAMResNet"]\n\n')[2]
        + "\n\ndef bam_resnet50(num_classes: int = 1000) -> BAMResNet:\n"
        '    """BAMResNet in the configuration bam_resnet50, for inputs of 224 x 224."""\n'
        "    return BAMResNet(depth=50, num_classes=num_classes)\n"
    )
    module = run(text)
    assert module.BAM(32)(torch.ones(1, 32, 2, 3)).shape == (1, 32, 2, 3)
    assert module.bam_resnet50(num_classes=7).head.out_features == 7


def test_a_stub_raises_with_the_title_and_the_link(root: Path) -> None:
    module = run(render(root)[f"{PAPERS}/se_net.py"])
    with pytest.raises(NotImplementedError) as caught:
        module.SeNet(64, reduction=2)
    assert str(caught.value) == (
        "Squeeze-and-Excitation Networks: it is not implemented yet (https://arxiv.org/abs/1709.01507)"
    )
    assert module.__all__ == ["SeNet"]


def test_a_survey_raises_with_the_reason(root: Path) -> None:
    module = run(render(root)[f"{PAPERS}/survey_of_it.py"])
    with pytest.raises(NotImplementedError, match=r"A Survey: It proposes no method\. \(https://openaccess"):
        module.SurveyOfIt()


def test_the_registry_holds_the_records(root: Path) -> None:
    texts = render(root)
    types = run(texts["generated/attention_atlas/_types.py"], "_types_here")
    source = texts["generated/attention_atlas/_registry.py"].replace("from ._types import", "from _types_here import")
    papers = run(source).PAPERS
    bam = papers["bam"]
    assert list(papers) == ["bam", "se_net", "survey_of_it"]
    assert (bam.title, bam.authors, bam.cls, bam.shape, bam.level, bam.implemented) == (
        "BAM: Bottleneck Attention Module", ("Jongchan Park", "Sanghyun Woo"), "BAM", "B C H W -> B C H W",
        "unverified", True,
    )  # fmt: skip
    assert bam.idea == {"en": "Two branches gate a bottleneck.", "zh": "两个分支对瓶颈处的特征加权。"}
    assert bam.recipes == (types.Recipe("resnet50", "after:layer[123]"),)
    assert bam.variants == {"bam_resnet50": types.Variant("BAMResNet", {"depth": 50}, 224)}
    assert bam.cases == {"wide": {"channels": 64, "reduction": 4}}
    assert (papers["se_net"].level, papers["se_net"].cls) == ("stub", None)
    assert papers["survey_of_it"].nothing_to_build == "It proposes no method."


def test_the_type_stub_types_create(root: Path) -> None:
    text = render(root)["generated/attention_atlas/__init__.pyi"]
    assert text.partition("\n\n")[2] == (
        "from typing import Any, Literal, overload\n\nfrom torch import nn\n\n"
        "from ._registry import PAPERS\nfrom .papers import bam as _bam\n\n"
        '__all__ = ["PAPERS", "create"]\n\n'
        "@overload\n"
        'def create(id: Literal["bam"], *, channels: int, reduction: int = 16) -> _bam.BAM: ...\n'
        "@overload\n"
        'def create(\n    id: Literal["bam"],\n    *,\n    variant: Literal["bam_resnet50"],\n    depth: int = ...,\n'
        "    num_classes: int = ...,\n) -> _bam.BAMResNet: ...\n"
        "@overload\n"
        "def create(id: str, **kwargs: Any) -> nn.Module: ...\n"
    )


def test_the_type_stub_writes_names_so_that_they_mean_the_same(root: Path) -> None:
    imports = "import math\nfrom collections.abc import Callable\nfrom typing import Literal\n"
    more = 'act: Callable[[Tensor], nn.Module] = nn.ReLU, mode: Gate | Literal["a"] = "a"'
    paper = BAM.replace("import math\n", imports).replace("reduction: int = 16", f"reduction: int = 16, {more}")
    write(root, "templates/papers/bam.py", paper)
    more = "      act:\n        en: a\n        zh: 甲\n      mode:\n        en: a\n        zh: 乙\n"
    write(root, "catalog.yaml", spoil(("    example: {channels: 32}\n", f"{more}    example: {{channels: 32}}\n")))
    text = render(root)["generated/attention_atlas/__init__.pyi"]
    act = "act: collections.abc.Callable[[torch.Tensor], torch.nn.Module] = ..."
    assert f'{act}, mode: _bam.Gate | typing.Literal["a"] = "a"' in " ".join(text.split())
    assert "import collections.abc\n" in text
    assert "import torch\n" in text


def test_long_annotations_of_the_type_stub_are_laid_out_as_the_formatter_does(root: Path) -> None:
    words = ", ".join(f'"word{n:02}"' for n in range(14))
    paper = BAM.replace("import math\n", "import math\nfrom typing import Literal\n")
    write(
        root, "templates/papers/bam.py", paper.replace("reduction: int = 16", f'reduction: Literal[{words}] = "word01"')
    )
    file = write(root, "x.pyi", render(root)["generated/attention_atlas/__init__.pyi"])
    assert '    reduction: typing.Literal[\n        "word00",\n        "word01",\n' in file.read_text()
    assert '        "word13",\n    ] = "word01",\n' in file.read_text()
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "format", "--check", "--no-cache", "x.pyi"], cwd=root, check=True, timeout=60)


def test_what_the_reports_say_is_shown_only_for_the_code_they_were_made_on(root: Path) -> None:
    from generator.verification import Row, code_hash, dump

    text = render(root)[f"{PAPERS}/bam.py"]
    row = Row(level="parity", source="official", hash=code_hash(text))
    write(root, "generated/reports/verification.json", dump({"bam": row}))
    texts = render(root)
    shown = "Evidence: parity: outputs and input gradients equal those of the authors' code\n"
    assert shown in texts[f"{PAPERS}/bam.py"]
    assert code_hash(texts[f"{PAPERS}/bam.py"]) == row.hash
    assert 'level="parity"' in texts["generated/attention_atlas/_registry.py"]
    write(root, "templates/blocks/gate.py", GATE.replace("x * torch", "2 * x * torch"))
    assert "Evidence: not verified" in render(root)[f"{PAPERS}/bam.py"]


def test_a_build_of_one_paper_plans_what_belongs_to_it(root: Path) -> None:
    project = Project(root)
    write(root, "templates/papers/stray.py", "broken(")
    texts = Renderer(project, load(project.catalogue)).plan(["bam"]).texts
    assert sorted(texts) == [f"{PAPERS}/bam.py", "generated/benchmarks/test_bam.py"]


def test_explain_names_sources_and_context(root: Path) -> None:
    project = Project(root)
    found = Renderer(project, load(project.catalogue)).explain("bam")
    assert found["outputs"][f"{PAPERS}/bam.py"] == [
        "catalog.yaml", "templates/papers/bam.py", "templates/blocks/gate.py", "templates/module.py.j2",
    ]  # fmt: skip
    assert found["context"]["unit"]["parts"][0] == {"file": "templates/blocks/gate.py", "line": 9, "lines": 9}
    assert json.loads(json.dumps(found)) == found


def test_the_readmes_show_every_paper_between_the_markers(root: Path) -> None:
    texts = render(root)
    for file, idea in (
        ("README.md", "Two branches gate a bottleneck."),
        ("README.zh.md", "两个分支对瓶颈处的特征加权。"),
    ):
        text = texts[file]
        assert text.startswith("# Title\n\n<!-- papers:begin -->\n")
        assert text.endswith("\n\n<!-- papers:end -->\n\nThe end.\n")
        page = visible(MarkdownIt("gfm-like", {"linkify": False}).render(text))
        assert idea in page.text
        assert ("a", (("href", "https://arxiv.org/abs/1807.06514"),)) in page.tags
        # BAM stands in two sections, the others in one.
        assert page.text.count("Bottleneck Attention Module") == 2
        assert page.text.count("Squeeze-and-Excitation Networks") == 1


@pytest.mark.parametrize(
    "text",
    ["# T\n", "<!-- papers:begin -->\n", "<!-- papers:end --><!-- papers:begin -->", 2 * "<!-- papers:begin -->"],
)
def test_a_readme_without_its_markers_is_refused(root: Path, text: str) -> None:
    write(root, "README.zh.md", text)
    with pytest.raises(OutputError, match=r"README\.zh\.md: the tables need their two markers, once each"):
        render(root)


def test_a_missing_readme_is_named(root: Path) -> None:
    (root / "README.md").unlink()
    with pytest.raises(OutputError, match=r"README\.md: is missing"):
        render(root)


# --- record against template -----------------------------------------------------------------------------------------

WRONG = {
    "class unknown": (
        ("class: BAM\n", "class: BAMM\n"),
        ("class: BAMM\n", 12),
        "papers.bam.module.class: BAMM is not defined in templates/papers/bam.py (did you mean 'BAM'?)",
    ),
    "class of a block": (
        ("class: BAM\n", "class: Gate\n"),
        ("class: Gate\n", 12),
        "papers.bam.module.class: Gate is not in __all__ in templates/papers/bam.py "
        "(__all__ stands at templates/papers/bam.py:11:1)",
    ),
    "variant of an unknown class": (
        ("class: BAMResNet", "class: ResNet"),
        ("class: ResNet", 29),
        "papers.bam.module.variants.bam_resnet50.class: templates/papers/bam.py defines no class 'ResNet' "
        "(did you mean 'BAMResNet'?)",
    ),
    "variant with an unknown argument": (
        ("{depth: 50}", "{dept: 50}"),
        ("{dept: 50}", 52),
        "papers.bam.module.variants.bam_resnet50.arguments.dept: BAMResNet at templates/papers/bam.py:29:1 "
        "has no such parameter (did you mean 'depth'?)",
    ),
    "variant called as an import": (
        ("bam_resnet50: {class", "nn: {class"),
        ("nn: {class", 7),
        "papers.bam.module.variants.nn: 'nn' is also imported at templates/blocks/gate.py:6:27 "
        "(a function gets this name: choose another)",
    ),
    "variant called as a function": (
        ("bam_resnet50: {class", "scale: {class"),
        ("scale: {class", 7),
        "papers.bam.module.variants.scale: 'scale' is also defined at templates/papers/bam.py:41:1 "
        "(a function gets this name: choose another)",
    ),
    "variant called as a builtin": (
        ("bam_resnet50: {class", "int: {class"),
        ("int: {class", 7),
        "papers.bam.module.variants.int: 'int' hides a builtin (a function gets this name: choose another)",
    ),
    "variant called as a keyword": (
        ("bam_resnet50: {class", "class: {class"),
        ("class: {class: BAMR", 7),
        "papers.bam.module.variants.class: 'class' is a word of the Python language "
        "(a function gets this name: choose another)",
    ),
}


def line(catalogue: str, mark: str) -> int:
    """The line of ``catalogue`` on which ``mark`` first stands."""
    return catalogue[: catalogue.index(mark)].count("\n") + 1


@pytest.mark.parametrize("case", WRONG)
def test_record_and_template_must_agree(root: Path, case: str) -> None:
    change, (mark, column), message = WRONG[case]
    catalogue = spoil(change)
    write(root, "catalog.yaml", catalogue.replace("built: {variant: bam_resnet50}", "input: 224"))
    write(root, "templates/papers/bam.py", f"{BAM}\n\ndef scale(x: Tensor) -> Tensor:\n    return x\n")
    assert f"catalog.yaml:{line(catalogue, mark)}:{column}: {message}" in complaints(root)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (
            "channels: int, reductoin: int = 16",
            "papers.bam.module.parameters.reduction: BAM at templates/papers/bam.py:17:1 has no such parameter "
            "(did you mean 'reductoin'?)",
        ),
        (
            "channels: int",
            "papers.bam.module.parameters.reduction: BAM at templates/papers/bam.py:17:1 has no such parameter "
            "(it has channels)",
        ),
        (
            "channels: int, reduction: int = 16, bias: bool = True",
            "papers.bam.module.parameters: BAM also takes 'bias' at templates/papers/bam.py:20:60 "
            "(describe bias in both languages)",
        ),
    ],
)
def test_parameters_are_those_of_the_signature(root: Path, signature: str, message: str) -> None:
    write(root, "templates/papers/bam.py", BAM.replace("channels: int, reduction: int = 16", signature))
    unknown = "parameters.reduction" in message
    where = f"{line(GOOD, '      reduction:')}:7" if unknown else f"{line(GOOD, '    parameters:')}:5"
    assert f"catalog.yaml:{where}: {message}" in complaints(root)


def test_an_implemented_record_without_a_file_is_named(root: Path) -> None:
    (root / "templates/papers/bam.py").unlink()
    assert complaints(root) == [
        f"catalog.yaml:{line(GOOD, '  module:')}:3: papers.bam.module: there is no templates/papers/bam.py "
        "(write the file, or take module out of the record)"
    ]


def test_a_file_without_a_record_is_named(root: Path) -> None:
    write(root, "templates/papers/bem.py", "__all__ = []\n")
    assert complaints(root) == [
        "templates/papers/bem.py: no record of catalog.yaml has the id 'bem' (did you mean bam.py?)"
    ]


def test_a_file_of_a_record_without_a_module_is_named(root: Path) -> None:
    write(root, "templates/papers/se_net.py", '__all__ = ["A"]\n\nA = 1\n')
    here = line(GOOD, "- id: se_net\n  title")
    assert complaints(root) == [
        f"catalog.yaml:{here}:3: papers.se_net: templates/papers/se_net.py exists, but the record has no module "
        "(add module (python -m generator new shows its fields), or remove the file)"
    ]


def test_every_mistake_is_named_in_one_run_and_once(root: Path) -> None:
    write(root, "templates/blocks/gate.py", "import einops\n")
    write(root, "templates/papers/se_net.py", f"{BAM}\n\nprint()\n")
    lines = complaints(root)
    assert [line.partition(": ")[0] for line in lines] == [
        "templates/blocks/gate.py:1:1",
        "templates/papers/se_net.py:41:1",
    ]


def test_templates_can_be_checked_without_a_catalogue(root: Path) -> None:
    write(root, "templates/papers/se_net.py", "x = (\n")
    assert list(map(str, check_templates(Project(root)))) == [
        "templates/papers/se_net.py:1:5: syntax error: '(' was never closed"
    ]


# What the parser of ``ast`` lets pass and the compiler does not.
LATE = {
    "def foo(a, a):\n    return a\n": (41, 12, "duplicate argument 'a' in function definition"),
    "def foo():\n    nonlocal x\n": (42, 5, "no binding for nonlocal 'x' found"),
    "def foo():\n    x = 1\n    global x\n": (43, 5, "name 'x' is assigned to before global declaration"),
}


@pytest.mark.parametrize("more", LATE)
def test_what_only_the_compiler_refuses_is_named_at_its_own_line(root: Path, more: str) -> None:
    row, column, message = LATE[more]
    write(root, "templates/papers/bam.py", f"{BAM}\n\n{more}")
    expected = [f"templates/papers/bam.py:{row}:{column}: syntax error: {message}"]
    assert complaints(root) == expected
    assert list(map(str, check_templates(Project(root)))) == expected
    write(root, "templates/papers/bam.py", BAM)
    write(root, "templates/blocks/gate.py", f"{GATE}\n\n{more}")
    row += GATE.count("\n") - BAM.count("\n")
    assert complaints(root) == [f"templates/blocks/gate.py:{row}:{column}: syntax error: {message}"]


@pytest.mark.parametrize("file", ["templates/library/tools.py", "templates/benchmarks/tools.py"])
@pytest.mark.parametrize("imports", ["", "from templates.blocks.gate import Gate\n"])
def test_a_mistake_in_the_package_is_named_at_its_own_line(root: Path, file: str, imports: str) -> None:
    write(root, file, f"{imports}x = 1\n\n\ndef foo(a, a):\n    return a\n")
    row = 5 if imports else 4
    assert complaints(root) == [f"{file}:{row}:12: syntax error: duplicate argument 'a' in function definition"]
    write(root, file, f"{imports}x = (\n")
    assert complaints(root) == [f"{file}:{row - 3}:5: syntax error: '(' was never closed"]


def test_a_file_of_the_package_that_is_no_text_is_named(root: Path) -> None:
    (root / "templates/library/tools.py").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(TemplateError) as caught:
        render(root)
    assert str(caught.value) == "templates/library/tools.py:2: not UTF-8 (save the file as UTF-8)"


# --- the plan --------------------------------------------------------------------------------------------------------


def test_a_path_planned_twice_is_refused() -> None:
    result = Plan()
    result.add("generated/x.py", "x = 1\n", "one.py")
    with pytest.raises(OutputError, match=r"generated/x\.py is planned twice: from one\.py and from two\.py and y"):
        result.add("generated/x.py", "x = 2\n", "two.py", "y")


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "generated/../../x", "generated//x", "c:\\x", "a\\b"])
def test_a_path_outside_of_the_project_is_refused(path: str) -> None:
    with pytest.raises(OutputError, match="is no path inside the project"):
        Plan().add(path, "", "here")


def test_python_that_does_not_parse_is_refused_at_its_template() -> None:
    with pytest.raises(TemplateError) as caught:
        Plan().add("generated/x.py", "x = 1\ny = (\n", "catalog.yaml", "templates/x.py.j2")
    assert str(caught.value) == (
        "templates/x.py.j2: line 2 of generated/x.py would not be Python: '(' was never closed: 'y = (' "
        "(mend the template)"
    )


BROKEN = {
    "{{ papr }}": "templates/x.j2:2: 'papr' is undefined (mend the template)",
    "{{ papr": ("templates/x.j2:2: unexpected end of template, expected 'end of print statement'. (mend the template)"),
    "{% include 'y.j2' %}": "templates/y.j2:3: 'papr' is undefined (mend the template)",
    "{% include 'z.j2' %}": "templates/z.j2: is missing (put it back)",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_template_is_named_at_its_own_line(root: Path, text: str) -> None:
    write(root, "templates/x.j2", f"\n{text}")
    write(root, "templates/y.j2", "\n\n{{ papr }}")
    for _ in range(2):  # compiled, and from the cache
        with pytest.raises(TemplateError) as caught:
            environment(Project(root)).get_template("x.j2").render(paper=1)
        assert str(caught.value) == BROKEN[text]


def test_a_template_that_is_missing_or_no_text_is_named(root: Path) -> None:
    (root / "templates/stub.py.j2").unlink()
    with pytest.raises(TemplateError, match=r"^templates/stub\.py\.j2: is missing \(put it back\)$"):
        render(root)
    (root / "templates/stub.py.j2").write_bytes(b"\xff")
    with pytest.raises(TemplateError, match=r"^templates/stub\.py\.j2: not UTF-8 \(save the file as UTF-8\)$"):
        render(root)


def test_a_check_looks_at_what_no_paper_needs(root: Path) -> None:
    write(root, "templates/pages/paper.md.j2", "\n{{ nope")
    write(root, "templates/blocks/lonely.py", "x = 1\n\n\ndef foo(a, a):\n    return a\n")
    write(root, "templates/blocks/other.py", "import einops\n")
    project = Project(root)
    with pytest.raises(Findings) as caught:
        Renderer(project, load(project.catalogue)).check()
    assert [line.partition(" (")[0] for line in str(caught.value).splitlines()] == [
        "templates/blocks/lonely.py:4:12: syntax error: duplicate argument 'a' in function definition",
        "templates/blocks/other.py:1:1: import of 'einops'",
        "templates/pages/paper.md.j2:2: unexpected end of template, expected 'end of print statement'.",
    ]


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        (("params: 2*C*C/reduction", "params: C//0"), 20, "cost.params: division by zero"),
        (("macs: C*C/reduction + H*W", "macs: H/(C-C)"), 43, "cost.macs: division by zero"),
        (("axes: {C: channels}", "axes: {C: channels//0}"), 15, "axes.C: division by zero"),
    ],
)
def test_a_closed_form_has_a_value_at_the_example(
    root: Path, change: tuple[str, str], column: int, message: str
) -> None:
    catalogue = spoil(change)
    write(root, "catalog.yaml", catalogue)
    assert complaints(root) == [
        f"catalog.yaml:{line(catalogue, change[1])}:{column}: papers.bam.module.{message} "
        "(at module.example; correct the expression or the example)"
    ]


def test_a_cache_that_cannot_be_written_is_done_without(root: Path) -> None:
    write(root, ".cache", "in the way")
    assert environment(Project(root)).bytecode_cache is None
    assert f"{PAPERS}/bam.py" in render(root)


def test_the_same_inputs_give_the_same_outputs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = make(tmp_path_factory.mktemp("other")).root
    assert render(root) == render(other)
    assert str(root) not in "".join(render(root).values())


# --- hostile records -------------------------------------------------------------------------------------------------


def hostile(title: str, author: str, idea: str) -> str:
    """The small catalogue with these texts in every record."""
    text = GOOD
    for old in ("BAM: Bottleneck Attention Module", "Squeeze-and-Excitation Networks", "A Survey"):
        text = text.replace(json.dumps(old), json.dumps(f"{title} {old[0]}", ensure_ascii=False), 1)
    for old in ("Jongchan Park", "Jie Hu", "Meng-Hao Guo"):
        text = text.replace(f"[{old}", f"[{json.dumps(author, ensure_ascii=False)}", 1)
    for old in ("Two branches gate a bottleneck.", "Reweights channels.", "Sorts the field."):
        text = text.replace(json.dumps(old), json.dumps(idea, ensure_ascii=False), 1)
    return text


def allowed(text: str) -> bool:
    """Whether ``check`` lets the text through: what it refuses needs no escaping."""
    try:
        parse(hostile(text, text, text))
    except Findings:
        return False
    return True


SURVIVORS = HOSTILE.filter(allowed)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
@given(SURVIVORS, SURVIVORS, SURVIVORS)
def test_hostile_texts_come_back_out_of_every_output(root: Path, title: str, author: str, idea: str) -> None:
    write(root, "catalog.yaml", hostile(title, author, idea))
    texts = render(root)
    title = f"{title} S"
    data = {paper["id"]: paper for paper in json.loads(texts["generated/catalog.json"])["papers"]}
    assert (data["se_net"]["title"], data["se_net"]["authors"][0]) == (title, author)
    assert data["se_net"]["idea"]["en"] == idea
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(texts["generated/catalog.csv"]))}
    assert (rows["se_net"]["title"], rows["se_net"]["authors"], rows["se_net"]["idea_en"]) == (
        title, f"{author}\nLi Shen", idea,
    )  # fmt: skip
    entry = read_bibtex(texts["generated/catalog.bib"])["se_net"]
    assert typeset(entry["title"][1:-1]) == title
    name = next(split_names(entry["author"]))
    assert typeset(name if name == bibtex(author) else name[1:-1]) == author
    registry = ast.parse(texts["generated/attention_atlas/_registry.py"])
    constants = {node.value for node in ast.walk(registry) if isinstance(node, ast.Constant)}
    assert {title, author, idea} <= constants
    for id in ("bam", "se_net"):
        head = ast.get_docstring(ast.parse(texts[f"{PAPERS}/{id}.py"])) or ""
        assert one_line(f"{title[:-1]}{'B' if id == 'bam' else 'S'}") in one_line(head)
        assert f"Authors: {one_line(author)} and " in one_line(head)
    with pytest.raises(NotImplementedError) as caught:
        run(texts[f"{PAPERS}/se_net.py"]).SeNet()
    assert str(caught.value).startswith(title)
    page = visible(MarkdownIt("gfm-like", {"linkify": False}).render(texts["README.md"]))
    assert one_line(title) in one_line(page.text)
    assert one_line(idea) in one_line(page.text)
    assert {tag for tag, _ in page.tags} <= {
        "h1",
        "h3",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "comment",
    }
    assert {attrs for tag, attrs in page.tags if tag == "a"} == {(("href", paper_url(data[id])),) for id in data} | {
        (("href", "https://github.com/Jongchan/attention-module"),)
    }


def paper_url(record: dict[str, Any]) -> str:
    """The address that a record's title links to."""
    return record["paper_url"]


def read_bibtex(text: str) -> dict[str, dict[str, str]]:
    """Entries of a BibTeX file, fields as they stand between their braces."""
    entries: dict[str, dict[str, str]] = {}
    rest = text
    while rest.strip():
        kind, _, rest = rest.strip().partition("{")
        assert kind in ("@misc", "@inproceedings", "@article")
        key, _, rest = rest.partition(",")
        fields = entries[key] = {}
        while not rest.strip().startswith("}"):
            name, _, rest = rest.strip().partition(" = ")
            fields[name] = braced(rest)
            rest = rest[len(fields[name]) + 2 :].lstrip(",")
        rest = rest.strip()[1:]
    return entries


def test_identifiers_and_venues_reach_bibtex() -> None:
    entries = read_bibtex(catalog_bib(parse(GOOD).catalogue))
    assert entries["bam"] == {
        "title": "{BAM: Bottleneck Attention Module}",
        "author": "Jongchan Park and Sanghyun Woo",
        "booktitle": "BMVC",
        "year": "2018",
        "eprint": "1807.06514",
        "archiveprefix": "arXiv",
        "doi": "10.5555/3327144",
        "url": "https://arxiv.org/abs/1807.06514",
    }


def test_a_paper_in_a_journal_is_an_article(catalogue: Catalogue) -> None:
    text = catalog_bib(parse(GOOD).catalogue)
    assert read_bibtex(text)["survey_of_it"]["journal"] == "CVMJ"
    assert "booktitle" not in read_bibtex(text)["survey_of_it"]
    assert [line.partition("{")[0] for line in text.splitlines() if line.startswith("@")] == [
        "@inproceedings", "@inproceedings", "@article",
    ]  # fmt: skip
    articles = {id for id, entry in read_bibtex(catalog_bib(catalogue)).items() if "journal" in entry}
    telling = re.compile(r"IEEE T|ACM T|Journal|Transactions|Letters|Neuro|Machine |Research|Applications|Review")
    assert articles == {paper.id for paper in catalogue.papers if telling.match(paper.venue.name)}


def test_csv_has_one_row_per_paper() -> None:
    catalogue = parse(GOOD).catalogue
    rows = list(csv.reader(io.StringIO(catalog_csv(catalogue, {paper.id: "stub" for paper in catalogue.papers}))))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[0] for row in rows] == ["id", "bam", "se_net", "survey_of_it"]


# --- the real checkout -----------------------------------------------------------------------------------------------


def test_the_linter_and_the_formatter_have_nothing_to_say_about_hostile_outputs(root: Path) -> None:
    write(
        root,
        "catalog.yaml",
        hostile('\\N{BULLET} """ it\'s {{ x }} 注意力', "A \\ B", 'Sorts "the" field, ' * 12 + "\\"),
    )
    for path, text in render(root).items():
        write(root, path, text)
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["check", "--no-cache"], ["format", "--no-cache", "--diff"]):
        done = subprocess.run(
            [ruff, *arguments, "generated"], cwd=root, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_templates_render(project: Project) -> None:
    texts = plan(project, load(project.catalogue)).texts
    count = sum(path.startswith(f"{PAPERS}/") for path in texts)
    assert count == len(load(project.catalogue).catalogue.papers) + 1
    assert project.root == ROOT

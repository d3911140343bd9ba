"""Translation debt and glossary: what goes stale, what confirms it, and which words are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from generator.catalogue.loader import load
from generator.project import Project
from generator.translation import GLOSSARY, PATH, pairs, read_lock, stale, unwanted
from tests.catalogue_fixtures import GOOD
from tests.checkout import ROOT, generator, make, write

EN, ZH = 'en: "Reweights channels."', 'zh: "对通道重新加权。"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The small checkout, its texts confirmed."""
    root = make(tmp_path).root
    assert generator(root, "fmt").returncode == 0
    return root


def _edit(root: Path, *changes: tuple[str, str]) -> None:
    text = (root / "catalog.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    write(root, "catalog.yaml", text)


def _stale(root: Path) -> dict[tuple[str, str], str]:
    project = Project(root)
    return dict(stale(project, load(project.catalogue).catalogue))


def test_a_changed_side_leaves_its_partner_stale_until_it_is_confirmed(root: Path) -> None:
    assert _stale(root) == {}
    _edit(root, (EN, 'en: "Scales channels."'))
    assert _stale(root) == {("se_net", "idea"): "zh"}
    done = generator(root, "check")
    assert done.returncode == 0
    line = next(n for n, row in enumerate((root / "catalog.yaml").read_text().splitlines(), 1) if ZH in row)
    assert done.stderr == (
        f"catalog.yaml:{line}:9: papers.se_net.idea.zh: is older than its en "
        "(bring it up to date, then python -m generator fmt --translated se_net)\n"
    )
    assert generator(root, "fmt").returncode == 0  # layout alone confirms nothing
    assert _stale(root)
    done = generator(root, "fmt", "--translated", "se_net")
    assert f"wrote {PATH}\n" in done.stdout
    assert _stale(root) == {}


def test_sides_that_change_together_are_no_debt(root: Path) -> None:
    _edit(root, (EN, 'en: "Scales channels."'), (ZH, 'zh: "缩放通道。"'))
    assert _stale(root) == {}
    assert generator(root, "fmt").returncode == 0
    _edit(root, ('zh: "缩放通道。"', 'zh: "缩放各通道。"'))
    assert _stale(root) == {("se_net", "idea"): "en"}


def test_sides_that_changed_together_are_noticed_before_one_changes_again(root: Path) -> None:
    done = generator(root, "fmt", "--check")
    assert (done.returncode, done.stderr) == (0, "")
    _edit(root, (EN, 'en: "Scales channels."'))
    assert generator(root, "fmt", "--check").returncode == 0  # a debt, which check names
    _edit(root, (ZH, 'zh: "缩放通道。"'))
    before = (root / PATH).read_bytes()
    done = generator(root, "fmt", "--check")
    assert done.returncode == 1
    assert done.stderr == f"{PATH} does not know all texts; run python -m generator fmt\n"
    assert '+ "se_net": ' in done.stdout
    assert (root / PATH).read_bytes() == before
    assert generator(root, "fmt").stdout.startswith(f"wrote {PATH}\n")
    assert generator(root, "fmt", "--check").returncode == 0


def test_a_check_confirms_nothing(root: Path) -> None:
    _edit(root, (EN, 'en: "Scales channels."'))
    done = generator(root, "fmt", "--check", "--translated", "se_net")
    assert done.returncode == 2
    assert "--check writes nothing" in done.stderr
    assert _stale(root)


def test_undone_is_undone(root: Path) -> None:
    _edit(root, (EN, 'en: "Scales channels."'))
    _edit(root, ('en: "Scales channels."', EN))
    assert _stale(root) == {}


def test_an_unknown_paper_cannot_be_confirmed(root: Path) -> None:
    done = generator(root, "fmt", "--translated", "se_nett")
    assert (done.returncode, done.stderr) == (2, "there is no paper 'se_nett' (did you mean 'se_net'?)\n")


def test_a_broken_lock_is_named(root: Path) -> None:
    write(root, PATH, "[]")
    done = generator(root, "check")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{PATH}: is not what was written there (restore it from git")


def test_the_lock_forgets_what_is_gone(root: Path) -> None:
    text = (root / "catalog.yaml").read_text(encoding="utf-8")
    write(root, "catalog.yaml", text[: text.index("\n- id: survey_of_it")])
    assert "survey_of_it" in read_lock(Project(root))
    assert generator(root, "fmt").returncode == 0
    assert sorted(read_lock(Project(root))) == ["bam", "se_net"]


def test_a_neighbour_keeps_its_name() -> None:
    names = {(pair.paper, pair.name) for pair in pairs(yaml.safe_load(GOOD))}
    assert ("bam", "related.se_net.how") in names
    assert ("bam", "module.parameters.reduction") in names


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            (ZH, 'zh: "用膨胀卷积加权。"'),
            "papers.se_net.idea.zh: '膨胀卷积' is not the glossary's word (write 空洞卷积)",
        ),
        (
            (EN, 'en: "Self attention."'),
            "papers.se_net.idea.en: 'Self attention' is not the glossary's word (write self-attention)",
        ),
    ],
)
def test_a_word_that_the_glossary_replaces_is_refused(root: Path, change: tuple[str, str], says: str) -> None:
    write(root, GLOSSARY, (ROOT / GLOSSARY).read_text(encoding="utf-8"))
    _edit(root, change)
    done = generator(root, "check")
    assert done.returncode == 2
    assert says in done.stderr


def test_the_texts_of_the_catalogue_use_the_words_of_the_glossary(project: Project) -> None:
    assert [str(error) for error in unwanted(project, load(project.catalogue))] == []


def test_no_term_of_the_glossary_is_one_to_avoid() -> None:
    glossary = yaml.safe_load((ROOT / GLOSSARY).read_text(encoding="utf-8"))
    for entry in glossary["avoid"]:
        for term in glossary["terms"]:
            assert entry.get("zh") != term["zh"]
            assert entry.get("en") != term["en"]

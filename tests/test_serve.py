"""``site --serve`` as its user meets it: the real command on a copy of the real sources, edited while it runs."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from generator.project import Project
from tests import site_browser
from tests.checkout import ROOT

PATIENCE = 120.0  # of a machine that many tests share; alone it takes seconds, and says how many


@dataclass
class Shown:
    """The running command: its sources, its address, and what it has said."""

    root: Path
    address: str
    said: list[str]

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text of a source; it has to be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert re.search(old, text)
        (self.root / path).write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    def page(self, path: str) -> str:
        with urlopen(self.address + path, timeout=30) as answer:
            return answer.read().decode("utf-8")

    def wait_for_page(self, path: str, text: str) -> str:
        """The page once it says ``text``; it can be looked at all the time until then."""
        end = time.monotonic() + PATIENCE
        while text not in (found := self.page(path)):
            assert time.monotonic() < end, f"{path} never said {text!r}: {self.said}"
            time.sleep(0.2)
        return found

    def wait_for_word(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while not any(text in line for line in self.said):
            assert time.monotonic() < end, f"it never said {text!r}: {self.said}"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def shown(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    # A path with the names of watched and of left-out folders in it must not matter.
    root = tmp_path_factory.mktemp("site") / "papers"
    site_browser.checkout(project, root)
    (root / "generator").mkdir()
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "generator", "site", "--serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        result = Shown(root, "", said)
        result.wait_for_word("http://127.0.0.1:")
        result.address = re.findall(r"http://127\.0\.0\.1:\d+/", "".join(said))[0]
        yield result
    finally:
        process.terminate()
        process.wait(30)
        reader.join(30)
        if process.stdout:
            process.stdout.close()


def test_a_changed_record_is_shown_in_both_languages(shown: Shown) -> None:
    revision = shown.page(".revision")
    record = r'(?ms)(^- id: cbam$.*?^  idea:\n    en: )"[^"]*"(\n    zh: )"[^"]*"'
    shown.edit("catalog.yaml", record, r'\1"Two gates, said anew."\2"两道门，换一种说法。"')
    shown.wait_for_page("en/papers/cbam/", "Two gates, said anew.")
    shown.wait_for_page("papers/cbam/", "两道门，换一种说法。")
    # Not on its own page alone: the table is a page, and the decision page takes in a part.
    shown.wait_for_page("en/papers/", "Two gates, said anew.")
    shown.wait_for_word("catalog.yaml: shown after ")
    assert shown.page(".revision") > revision, "pages would not reload"
    assert "/.revision" in shown.page("en/papers/cbam/")


def test_a_changed_implementation_is_shown(shown: Shown) -> None:
    shown.edit("templates/papers/cbam.py", r"(?m)^    def forward", "    # Said anew.\n    def forward")
    text = shown.wait_for_page("papers/cbam/", "# Said anew.")
    assert "未验证" in text, "it has changed since it was verified"
    shown.wait_for_word("templates/papers/cbam.py: shown after ")


def test_a_mistake_is_said_and_waits_to_be_mended(shown: Shown) -> None:
    shown.edit("templates/pages/levels.md.j2", r"\A", "{% nonsense %}")
    shown.wait_for_word("templates/pages/levels.md.j2:1: Encountered unknown tag 'nonsense'")
    assert "Two gates" in shown.page("en/papers/cbam/")
    shown.edit("templates/pages/levels.md.j2", r"\A\{% nonsense %\}", "<p>Mended.</p>\n")
    shown.wait_for_page("en/guides/evidence/", "Mended.")


def test_what_is_not_there_is_said_in_the_pages_language(shown: Shown) -> None:
    with pytest.raises(HTTPError, match="404") as caught:
        shown.page("en/no/such/page/")
    with caught.value as answer:
        assert "There is no such page" in answer.read().decode("utf-8")

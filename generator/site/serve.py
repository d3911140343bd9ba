"""``site --serve``: the site on a local port, kept in step with its sources.

The first build is whole; after that only the pages that changed are rendered, which takes seconds. The search index and
the table of contents of other pages stay as the first build made them.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from generator.errors import Findings, GeneratorError
from generator.project import Project
from generator.site import build, make
from generator.site.words import LANGUAGES

_WATCHED = ("catalog.yaml", "templates", "site", "tests/evidence", "generated/reports")
_CONFIGURATIONS = {"mkdocs.base.yml", *build.CONFIGURATIONS.values()}
_RELOAD = b"""<script>(async () => { const at = async () => (await fetch("/.revision")).text(); const was = await at();
setInterval(async () => { if (await at().catch(() => was) !== was) location.reload(); }, 1000); })();</script>"""
_INDEX = "search/search_index.json"


class Preview:
    """The two folders that are shown, and what they were made from."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.folders = {language: project.root / "build" / "preview" / language for language in LANGUAGES}
        self.files: dict[str, bytes] = {}
        self.revision = 0

    def update(self, *, dirty: bool) -> None:
        """Render what changed and build it; a mistake in a source is said and waits to be mended.

        Raises:
            GeneratorError: if the sources or the build have a mistake.
        """
        renderer, plan = make.pages(self.project)
        if dirty:
            self._age_takers()
        kept = {language: _read(folder / _INDEX) for language, folder in self.folders.items()} if dirty else {}
        for language, folder in build.html(self.project, dirty=dirty, folder="build/preview").items():
            # A partial build makes a partial index.
            if data := kept.get(language):
                (folder / _INDEX).write_bytes(data)
        self.files = make.shared(renderer, plan)
        self.revision += 1

    def _age_takers(self) -> None:
        """Make those built pages old that take in a part which is newer: the engine looks at a page's own time only."""
        for language, folder in self.folders.items():
            source = self.project.site / language
            newest = max((part.stat().st_mtime for part in source.glob("papers/_parts/*.md")), default=0.0)
            for page in [*source.glob("*.md"), *source.glob("guides/*.md")]:
                name = page.relative_to(source).with_suffix("")
                built = folder / ("" if name.name == "index" else name) / "index.html"
                if built.is_file() and built.stat().st_mtime < newest and "--8<--" in page.read_text(encoding="utf-8"):
                    os.utime(built, (0, 0))  # not removed: somebody may look at it while the next one is built

    def find(self, path: str) -> Path | None:
        """The file behind an address; ``None`` if there is none."""
        path = posixpath.normpath(unquote(urlsplit(path).path)).lstrip("/")
        language = "en" if path == "en" or path.startswith("en/") else "zh"
        root = self.folders[language].resolve()
        file = (root / (path[3:] if language == "en" else path)).resolve()
        if root != file and root not in file.parents:
            return None
        return file / "index.html" if file.is_dir() else file if file.is_file() else None


def serve(project: Project, port: int) -> None:
    """Build, show and watch until interrupted."""
    preview = Preview(project)
    click.echo("building both languages …", err=True)
    preview.update(dirty=False)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(preview))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    click.echo(f"http://127.0.0.1:{server.server_address[1]}/ (中文), /en/ (English); stop with Ctrl-C")
    try:
        watch(preview)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    finally:
        server.shutdown()
        shutil.rmtree(project.root / "build" / "preview", ignore_errors=True)


def watch(preview: Preview) -> None:
    """Look at the sources twice a second, and update when one has changed."""
    known = _stamps(preview.project)
    while True:
        time.sleep(0.5)
        now = _stamps(preview.project)
        if now == known:
            continue
        changed = sorted(path for path in {*now, *known} if now.get(path) != known.get(path))
        known = now
        start = time.monotonic()
        whole = any(path in _CONFIGURATIONS or path.startswith("site/theme") for path in changed)
        try:
            preview.update(dirty=not whole)
        except (GeneratorError, Findings) as error:
            click.echo(str(error), err=True)
        else:
            click.echo(f"{', '.join(changed[:3])}: shown after {time.monotonic() - start:.1f} s", err=True)


def _stamps(project: Project) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in (*_files(project.root), *_CONFIGURATIONS):
        try:
            found[str(path)] = os.stat(project.root / path).st_mtime_ns
        except FileNotFoundError:
            continue  # removed while we looked
    return found


def _files(root: Path) -> Iterator[str]:
    for name in _WATCHED:
        if (root / name).is_file():
            yield name
        for folder, folders, files in os.walk(root / name):
            # The pages below site/*/papers are outputs; templates/papers are sources.
            left = {"papers", "__pycache__"} if name == "site" else {"__pycache__"}
            folders[:] = [item for item in folders if item not in left]
            yield from (
                os.path.relpath(os.path.join(folder, file), root) for file in files if not file.endswith(".pyc")
            )


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _handler(preview: Preview) -> type[SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        """Answers from the preview's folders; pages get a line that reloads them after a build."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/.revision":
                self._send(200, str(preview.revision).encode(), "text/plain")
            elif path.lstrip("/") in preview.files:
                self._send(200, preview.files[path.lstrip("/")], self.guess_type(path))
            elif (file := preview.find(path)) is not None:
                if file.name == "index.html" and not path.endswith(("/", "index.html")):
                    self.send_response(301)
                    self.send_header("Location", path + "/")
                    self.end_headers()
                else:
                    self._send(200, _reloading(file), self.guess_type(str(file)))
            else:
                language = "en" if path.startswith("/en/") else "zh"
                self._send(404, _reloading(preview.folders[language] / "404.html"), "text/html")

        def _send(self, status: int, data: bytes, kind: str) -> None:
            self.send_response(status)
            charset = "; charset=utf-8" if kind.startswith(("text/", "application/javascript")) else ""
            self.send_header("Content-Type", kind + charset)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are no news."""

    return Handler


def _reloading(file: Path) -> bytes:
    data = file.read_bytes()
    return data.replace(b"</body>", _RELOAD + b"</body>") if file.suffix == ".html" else data

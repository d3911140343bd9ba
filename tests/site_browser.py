"""The built site, a server for it below a path of its own, and a browser: shared by all tests of the site."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from generator.project import Project
from generator.site import make

BELOW = "/attention-atlas/"
_PARTS = ("catalog.yaml", "templates", "site", "tests/evidence", "generated/reports", "mkdocs.yml", "mkdocs.en.yml")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def checkout(project: Project, root: Path) -> Project:
    """What the site is made of, copied below ``root``: a test never writes into the checkout it belongs to."""
    for part in (*_PARTS, "mkdocs.base.yml", "README.md", "README.zh.md", "CONTRIBUTING.md", "CONTRIBUTING.zh.md"):
        source, target = project.root / part, root / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".new"), dirs_exist_ok=True)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for language in ("zh", "en"):
        shutil.rmtree(root / "site" / language / "papers", ignore_errors=True)
    return Project(root)


def build_once(project: Project, shared: Path) -> Path:
    """The folder of the real site, built by whichever test process comes first."""
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / "done"
        if not done.exists():
            shutil.rmtree(shared / "checkout", ignore_errors=True)
            built = make.site(checkout(project, shared / "checkout"))
            done.write_text(str(built.folder), encoding="utf-8")
        return Path(done.read_text(encoding="utf-8"))


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a plain server of static files that shows ``folder`` below a path."""

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            path = path.split("?")[0].split("#")[0]
            return super().translate_path("/" + path.removeprefix(BELOW) if path.startswith(BELOW) else "/-")

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            """Like every host of static sites: the page for what is not there, in the language of its folder."""
            english = self.path.startswith(f"{BELOW}en/")
            body = (folder / ("en/404.html" if english else "404.html")).read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{BELOW}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one the test skips, or fails where it must run."""
    path = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        message = "no Chromium on this machine (make system installs it)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page in a fresh browser, with everything that it asked for and complained of."""

    page: Page
    context: BrowserContext
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        """Open a page of the site and wait until its script has run."""
        self.page.goto(self.base + path)
        self.page.wait_for_function("window.document$ !== undefined")
        return self.page

    def foreign(self) -> list[str]:
        """Requests that left the site."""
        inside = (self.base, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(inside)]


@contextlib.contextmanager
def visit(browser: Browser, base: str, *, scheme: Any = "light", width: int = 1280) -> Iterator[Visit]:
    """A fresh browser window on the site."""
    viewport: Any = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, permissions=["clipboard-read"])
    context.set_default_timeout(20_000)
    page = context.new_page()
    found = Visit(page, context, base)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("console", lambda line: found.complaints.append(line.text) if line.type in ("error", "warning") else None)
    try:
        yield found
    finally:
        context.close()

"""What the first 64 KiB of a page say about itself: its title, that it is not there, that it takes us for a robot.

Everything here is text from strangers; nothing of it is more than compared and, shortened, quoted.
"""

from __future__ import annotations

import html
import re
import unicodedata
import zlib
from dataclasses import dataclass

from generator.links import titles

MOST = 64 * 1024
"""Bytes of a body that are read, before and after decompression."""

_NOT_FOUND = re.compile(
    r"(?i)^\W*(?:(?:http )?(?:error|status)\W{0,3})?40[34]\b"
    r"|\b404\b.{0,30}\b(?:not found|error|page)|\b(?:error|page)\W{1,3}404\b|^\W*not found\W*$"
    r"|\b(?:page|file|document|paper|article|resource|content|object|item|site|repository|user|url|doi)s?"
    r" (?:you .{0,40} )?(?:was |were |is |are |could |can |has |have )?(?:not|cannot|can't|couldn't)(?: been| be)?"
    r" found\b"
    r"|\b(?:page|paper|file|document|site|article)s?\b.{0,30}\bno longer (?:available|exists?)"
    r"|\b(?:page|paper|file|document|site|article)s?\b.{0,30}\bdoes(?: not|n['’]t) exist"
    r"|页面?(?:不存在|未找到|丢失|走丢)|找不到.{0,8}(?:页|网址|文章|内容|文件)"
    r"|(?:文章|内容|回答|问题|文件)(?:不存在|已被?(?:作者)?删除)|没有知识存在的荒原|访问的页.{0,6}不存在"
)
_ROBOTS = re.compile(
    r"(?i)^\W*(?:just a moment|attention required|access (?:to this page has been )?denied|client challenge"
    r"|robot check|pardon our interruption|are you a robot|request rejected|checking your browser|please wait\W*$"
    r"|ddos-guard|forbidden)"
    r"|\b(?:security check|captcha|verify (?:that )?you are (?:a )?human|human verification|bot verification)\b"
    r"|安全验证|人机验证|访问异常|行为验证"
)
_TITLE = re.compile(r"(?is)<title\b[^>]{0,200}>(.{0,1000}?)</title")
_HEADING = re.compile(r"(?is)<h1\b[^>]{0,300}>(.{0,1000}?)</h1")
_META = re.compile(r"(?is)<meta\b([^>]{0,1000})>")
_CITATION = re.compile(r"(?is)\bname\s*=\s*[\"']citation_title[\"']")
_CONTENT = re.compile(r"(?is)\bcontent\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CHARSET = re.compile(rb"(?i)charset\s*=\s*[\"']?\s*([a-z0-9_.:-]{2,40})")


@dataclass(frozen=True)
class Page:
    """The telling parts of an HTML page, in plain text."""

    title: str
    heading: str
    citation: str | None

    @property
    def robot_wall(self) -> bool:
        """Whether the page asks for proof of being human."""
        return bool(_ROBOTS.search(self.title))

    def not_found(self, expected: str | None) -> bool:
        """Whether the page says that there is no such page; a title like the ``expected`` one proves the contrary."""
        if self.citation or (expected and self.title and titles.same(expected, self.title)):
            return False
        return any(_NOT_FOUND.search(text) for text in (self.title, self.heading))


def read(body: bytes, content_type: str, encoding: str) -> Page:
    """The page in a raw ``body``, of which the end may be missing; empty where it cannot be read."""
    text = _decode(_unpack(body, encoding), content_type)
    return Page(_first(_TITLE, text), _first(_HEADING, text), _citation(text))


def _unpack(body: bytes, encoding: str) -> bytes:
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # with a header; bare, as some servers send "deflate"
        try:
            return zlib.decompressobj(window).decompress(body, MOST)
        except zlib.error:
            continue
    return b""


def _decode(body: bytes, content_type: str) -> str:
    declared = _CHARSET.search(content_type.encode("latin-1", "replace")) or _CHARSET.search(body[:2048])
    charset = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # unknown, or not a character encoding at all
        return body.decode("utf-8", "replace")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return _plain(found[1]) if found else ""


def _citation(text: str) -> str | None:
    for tag in _META.finditer(text):
        if _CITATION.search(tag[1]) and (content := _CONTENT.search(tag[1])):
            return _plain(content[1] or content[2] or "") or None
    return None


def _plain(markup: str) -> str:
    return plain(html.unescape(re.sub(r"<[^>]{0,500}>", " ", markup)))


def plain(text: str) -> str:
    """A stranger's text on one line of at most 300 visible characters."""
    seen = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text[:3000])
    return " ".join(seen.split())[:300]

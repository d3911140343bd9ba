"""Web addresses of papers: which mean the same thing, and which mean nothing."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_SHORTENER = re.compile(
    r"b23\.tv|bit(?:ly)?\.(?:com|ly)|cutt\.ly|dwz\.cn|goo\.gl|is\.gd|ow\.ly|rb\.gy|suo\.im|t\.cn|t\.co|tiny\.cc|tinyurl\.com"
    r"|url\.cn"
)
_RESERVED = re.compile(r"(?:.*\.)?(?:example\.(?:com|org|net)|(?:example|invalid|local|localhost|test))")
_FILLER = re.compile(
    r"(?<![a-z0-9])(?:todo|tbd|fixme|changeme|placeholder|x{3,}|your[-_]?(?:blog|code|link|name|paper|repo|url)"
    r"|user(?:name)?/repo(?:sitory)?|owner/(?:name|repo))(?![a-z0-9])"
)
_ARXIV = re.compile(r"/(?:abs|pdf|html|format)/([0-9]{4}\.[0-9]{4,5})(?:v[0-9]+)?(?:\.pdf)?/?")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.([0-9]{4}\.[0-9]{4,5})")


def split(url: str) -> SplitResult:
    """The parts of ``url``; ``ValueError`` if it has no host or a port that is none."""
    parts = urlsplit(url)
    if not parts.hostname or (parts.port is not None and parts.port == 0):
        raise ValueError("it has no host")
    return parts


def identity(url: str) -> str:
    """What ``url`` leads to, whichever way it is written: ``arxiv:1910.03151``, ``doi:…`` or host and path."""
    parts = split(url)
    host = (parts.hostname or "").removeprefix("www.")
    path = unquote(parts.path)
    if host in ("arxiv.org", "export.arxiv.org", "cn.arxiv.org", "ar5iv.org") and (found := _ARXIV.fullmatch(path)):
        return f"arxiv:{found[1]}"
    if host in ("doi.org", "dx.doi.org") and len(path) > 1:
        return doi(path[1:])
    if host == "openreview.net" and path in ("/forum", "/pdf") and "id" in parse_qs(parts.query):
        return f"openreview:{parse_qs(parts.query)['id'][0]}"
    if host == "openaccess.thecvf.com":  # page and file of a paper share their last part and differ in the folders
        return f"cvf:{_without_suffix(path.rpartition('/')[2]).lower()}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{_without_suffix(path.rstrip('/'))}{query}"


def doi(text: str) -> str:
    """The identity of a DOI (arXiv's own DOIs are the arXiv identifier)."""
    found = _ARXIV_DOI.fullmatch(text.lower())
    return f"arxiv:{found[1]}" if found else f"doi:{text.lower()}"


def flaw(url: str) -> tuple[str, str] | None:
    """Why ``url`` cannot be what a reader is sent to, and what to do; ``None`` if nothing speaks against it."""
    try:
        parts = split(url)
    except ValueError as error:
        return f"is not a web address: {error}", "write it as https://host/path"
    host = parts.hostname or ""
    if parts.username is not None:
        return "carries a user name", "remove the part before the @"
    if _RESERVED.fullmatch(host) or _FILLER.search(f"{host}{parts.path}".lower()):
        return "is a placeholder", "write the real address or leave the field out"
    if _is_number(host) or "." not in host:
        return f"leads to {host}, which is not a public name", "write the real address or leave the field out"
    if _SHORTENER.fullmatch(host.removeprefix("www.")):
        return f"hides its target behind {host}", "write the address it leads to"
    if parts.path in ("", "/") and not parts.query:
        return "names a site, not a page on it", "write the address of the page"
    return None


def repository_flaw(repo: str) -> tuple[str, str] | None:
    """As :func:`flaw`, for ``owner/name`` on GitHub."""
    if repo.lower().endswith(".git"):
        return "ends in .git", f"write {repo[:-4]}"
    if _FILLER.search(repo.lower()) or repo.lower().startswith("example/") or repo.partition("/")[2] in (".", ".."):
        return "is a placeholder", "write the real repository or leave the field out"
    return None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+))*\.?", host))
    return True


def _without_suffix(path: str) -> str:
    return re.sub(r"\.(?:pdf|html?)$", "", path, flags=re.IGNORECASE)

"""What can be said of an address: the one list of verdicts, and how an HTTP status becomes one of them.

Exceptions become verdicts in :mod:`generator.links.failures`: pages that only read the ledger need no HTTP client.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]


class Verdict(str, Enum):
    """The state of an address after a check."""

    OK = "ok"
    REDIRECT_PERMANENT = "redirect-permanent"
    REDIRECT_TEMPORARY = "redirect-temporary"
    MOVED = "moved"
    ARCHIVED = "archived"
    GONE = "gone"
    SOFT_404 = "soft-404"
    BLOCKED = "blocked"
    TIMEOUT = "timeout"
    TLS = "tls"
    DNS = "dns"
    REFUSED = "refused"
    PRIVATE = "private"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def alive(self) -> bool:
        """Whether a reader who follows the address arrives at what it stands for."""
        return self in _ALIVE

    def meaning(self, language: Language) -> str:
        """The verdict in a few words."""
        return _MEANING[self][language]


_ALIVE = frozenset(
    (Verdict.OK, Verdict.REDIRECT_PERMANENT, Verdict.REDIRECT_TEMPORARY, Verdict.MOVED, Verdict.ARCHIVED)
)
_MEANING: dict[Verdict, dict[Language, str]] = {
    Verdict.OK: {"en": "answers", "zh": "正常"},
    Verdict.REDIRECT_PERMANENT: {"en": "redirects for good", "zh": "永久重定向"},
    Verdict.REDIRECT_TEMPORARY: {"en": "redirects for now", "zh": "临时重定向"},
    Verdict.MOVED: {"en": "the repository was renamed", "zh": "仓库已改名"},
    Verdict.ARCHIVED: {"en": "the repository is archived", "zh": "仓库已归档"},
    Verdict.GONE: {"en": "gone", "zh": "已失效"},
    Verdict.SOFT_404: {"en": "says 'not found' with a success status", "zh": "页面显示“未找到”，状态码却为成功"},
    Verdict.BLOCKED: {"en": "does not let a program look", "zh": "拒绝程序访问"},
    Verdict.TIMEOUT: {"en": "no answer in time", "zh": "超时未响应"},
    Verdict.TLS: {"en": "no trustworthy encryption", "zh": "证书或加密有误"},
    Verdict.DNS: {"en": "the host name does not resolve", "zh": "域名无法解析"},
    Verdict.REFUSED: {"en": "the connection is refused", "zh": "连接被拒绝"},
    Verdict.PRIVATE: {"en": "not a public address", "zh": "不是公网地址"},
    Verdict.ERROR: {"en": "does not answer as it should", "zh": "响应异常"},
    Verdict.SKIPPED: {"en": "left alone by a rule", "zh": "按规则跳过"},
}


class Hop(NamedTuple):
    """An address that answered with a redirect, and the status it did so with."""

    url: str
    status: int


class Outcome(NamedTuple):
    """What one check of one address found.

    ``status`` is the last HTTP status (``None``: no answer), ``final`` the last address that was asked, ``chain`` the
    redirects on the way there, ``title`` the title found when it is another paper's. ``reached`` says that some host
    reacted, if only by refusing; ``silent`` that nothing came back, as without a network.
    """

    url: str
    verdict: Verdict
    status: int | None = None
    final: str | None = None
    chain: tuple[Hop, ...] = ()
    detail: str = ""
    title: str | None = None
    reached: bool = False
    silent: bool = False


_BLOCKED = frozenset((401, 402, 403, 407, 418, 429, 451, 999))


def of_status(status: int) -> Verdict:
    """The verdict on a final HTTP status; redirects are judged where they are followed."""
    if 200 <= status < 300:
        return Verdict.OK
    if status in (404, 410):
        return Verdict.GONE
    return Verdict.BLOCKED if status in _BLOCKED else Verdict.ERROR

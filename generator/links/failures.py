"""How an exchange that brought no HTTP answer becomes a verdict."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpcore
import httpx

from generator.links.verdicts import Verdict


class NotPublic(httpcore.ConnectError):
    """An address that is not public was about to be connected to."""


class WrongPort(httpcore.ConnectError):
    """A port of another service than the web was about to be connected to."""


class NoSuchHost(httpcore.ConnectError):
    """A host name did not resolve."""


_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)


def of_failure(error: BaseException) -> tuple[Verdict, str]:
    """The verdict on an exchange that brought no answer, and the reason in words."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, WrongPort):
            return Verdict.ERROR, str(cause)
        if isinstance(cause, NotPublic):
            return Verdict.PRIVATE, str(cause)
        if isinstance(cause, (NoSuchHost, socket.gaierror)):
            return Verdict.DNS, str(cause)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Verdict.TLS, f"certificate refused: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return Verdict.TLS, f"encryption failed: {cause.reason or cause}"
        if isinstance(cause, ConnectionRefusedError):
            return Verdict.REFUSED, "connection refused"
        if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
            return Verdict.REFUSED, "the host cannot be reached"
    if any(isinstance(cause, (TimeoutError, httpcore.TimeoutException, httpx.TimeoutException)) for cause in causes):
        return Verdict.TIMEOUT, "no answer in time"
    if any(isinstance(cause, ConnectionError) for cause in causes):
        return Verdict.ERROR, "the connection was cut"
    return Verdict.ERROR, f"no HTTP answer: {error}" if str(error) else "no HTTP answer"


def silent(error: BaseException) -> bool:
    """Whether nothing at all came back, as without a network."""
    return any(
        isinstance(cause, (httpcore.ConnectTimeout, NoSuchHost))
        or (isinstance(cause, OSError) and cause.errno in _UNREACHABLE)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo: BaseException | None = error
    while todo is not None and id(todo) not in seen:
        seen.add(id(todo))
        yield todo
        todo = todo.__cause__ or todo.__context__

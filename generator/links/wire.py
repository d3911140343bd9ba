"""A TCP or TLS connection of asyncio as a network stream of httpcore.

httpcore's own stream goes through anyio, which costs several turns of the event loop for each read: with thousands of
requests that is half of all processor time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import httpcore

_MOST_UNREAD = 128 * 1024
_T = TypeVar("_T")


async def _bounded(wanted: asyncio.Future[_T], seconds: float | None) -> _T:
    return await (wanted if seconds is None else asyncio.wait_for(wanted, seconds))


class _Protocol(asyncio.Protocol):
    """Collects what arrives until somebody reads it; stops the sender when that is too much."""

    def __init__(self) -> None:
        self.unread = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self.transport: asyncio.Transport | None = None
        self.arrival: asyncio.Future[None] | None = None
        self.room: asyncio.Future[None] | None = None
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if len(self.unread) > _MOST_UNREAD and self.transport is not None and not self.paused:
            self.paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        self._wake()
        self.resume_writing()

    def pause_writing(self) -> None:
        self.room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self.room is not None and not self.room.done():
            self.room.set_result(None)
        self.room = None

    def _wake(self) -> None:
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)


class Stream(httpcore.AsyncNetworkStream):
    """One connection; made by :func:`connect`."""

    def __init__(self, transport: asyncio.Transport, protocol: _Protocol) -> None:
        self._transport = transport
        self._protocol = protocol

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at least one byte; nothing at the end."""
        protocol = self._protocol
        while not protocol.unread and not protocol.ended:
            protocol.arrival = asyncio.get_running_loop().create_future()
            try:
                await _bounded(protocol.arrival, timeout)
            except asyncio.TimeoutError as error:
                raise httpcore.ReadTimeout("no data in time") from error
            finally:
                protocol.arrival = None
        if not protocol.unread and protocol.error is not None:
            try:
                raise protocol.error
            except Exception as error:  # httpcore's pool erases a cause, but not the context that this leaves
                raise httpcore.ReadError(str(error)) from error
        data = bytes(protocol.unread[:max_bytes])
        del protocol.unread[:max_bytes]
        if protocol.paused and not protocol.unread:
            protocol.paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``."""
        if self._transport.is_closing():
            error = self._protocol.error
            raise httpcore.WriteError(str(error or "the connection is closed")) from error
        self._transport.write(buffer)
        if self._protocol.room is not None:
            try:
                await _bounded(asyncio.shield(self._protocol.room), timeout)
            except asyncio.TimeoutError as error:
                raise httpcore.WriteTimeout("data not taken in time") from error

    async def aclose(self) -> None:
        """Cut the connection: whatever is still on its way is not wanted."""
        self._transport.abort()
        await asyncio.sleep(0)  # the loop closes the socket in its next turn

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted."""
        protocol = _Protocol()
        shake = asyncio.get_running_loop().start_tls(
            self._transport, protocol, ssl_context, server_hostname=server_hostname
        )
        try:
            transport = await _bounded(asyncio.ensure_future(shake), timeout)
        except asyncio.TimeoutError as error:
            self._transport.abort()
            raise httpcore.ConnectTimeout("no encryption in time") from error
        except (OSError, ssl.SSLError, ssl.CertificateError) as error:
            self._transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        if transport is None:
            raise httpcore.ConnectError("the connection was cut")
        protocol.transport = transport
        return Stream(transport, protocol)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: above all whether an idle connection has something to read, its end say."""
        if info == "is_readable":
            return bool(self._protocol.unread) or self._protocol.ended
        names = {"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
        return self._transport.get_extra_info(names[info]) if info in names else None


async def connect(
    address: str,
    port: int,
    timeout: float | None = None,
    local_address: str | None = None,
    socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
) -> Stream:
    """A connection to a numeric address.

    Raises:
        httpcore.ConnectTimeout: it did not come about within ``timeout`` seconds.
        httpcore.ConnectError: it was refused or cut.
    """
    local = None if local_address is None else (local_address, 0)
    opening = asyncio.get_running_loop().create_connection(_Protocol, address, port, local_addr=local)
    try:
        transport, protocol = await _bounded(asyncio.ensure_future(opening), timeout)
    except asyncio.TimeoutError as error:
        raise httpcore.ConnectTimeout(f"no connection within {timeout:g} s") from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    connection = transport.get_extra_info("socket")
    for option in socket_options or ():
        connection.setsockopt(*option)
    return Stream(transport, protocol)

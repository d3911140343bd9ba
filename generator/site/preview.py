"""The picture that others show beside a link to the site: an attention map, drawn here as a PNG of four kilobytes.

It holds no words, so one picture serves both languages; the title beside it comes from each page.
"""

from __future__ import annotations

import math
import struct
import zlib

WIDTH, HEIGHT = 1200, 630
_PITCH, _SIDE = 30, 26
_GROUND, _LOW, _HIGH, _QUERY = (20, 66, 74), (33, 84, 92), (94, 200, 192), (242, 184, 75)
_SHADES = 24


def png() -> bytes:
    """The picture: one position of a grid, and how much it looks at every other."""
    columns, rows = WIDTH // _PITCH, HEIGHT // _PITCH
    query = (columns // 3, rows // 2)
    margin = (_PITCH - _SIDE) // 2
    blank = bytes(WIDTH)
    lines: list[bytes] = []
    for row in range(rows):
        line = bytearray(WIDTH)
        for column in range(columns):
            shade = _SHADES + 1 if (column, row) == query else 1 + round(_weight(column, row, query) * (_SHADES - 1))
            start = column * _PITCH + margin
            line[start : start + _SIDE] = bytes([shade]) * _SIDE
        lines += [blank] * margin + [bytes(line)] * _SIDE + [blank] * (_PITCH - _SIDE - margin)
    ramp = [_mixed(at / (_SHADES - 1)) for at in range(_SHADES)]
    palette = b"".join(bytes(colour) for colour in (_GROUND, *ramp, _QUERY))
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _weight(column: int, row: int, query: tuple[int, int]) -> float:
    """Near its own place, along its row and column, and at one object far away."""
    x, y = column - query[0], row - query[1]
    near = math.exp(-(x * x + y * y) / 14)
    cross = 0.45 * (math.exp(-abs(x) / 9) * (y == 0) + math.exp(-abs(y) / 6) * (x == 0))
    far = 0.8 * math.exp(-((x - 17) ** 2 / 20 + (y + 3) ** 2 / 9))
    return min(1.0, near + cross + far)


def _mixed(share: float) -> tuple[int, ...]:
    return tuple(round(low + share * (high - low)) for low, high in zip(_LOW, _HIGH, strict=True))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

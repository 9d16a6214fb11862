"""Read the latency histogram that a measurement keeps: HdrHistogram V2, compressed, base64. Pure.

Source: HdrHistogram's V2 encoding (a 40-byte header, then ZigZag LEB128 counts; a negative one is a run of zeros), as
the library `hdrhistogram` writes it; a test compares both.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lab.errors import BadInput

PERCENTILES: Final = (0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0)
_COMPRESSED: Final = 0x1C849304
_PLAIN: Final = 0x1C849303
_WORD_SIZE: Final = 0xF0  # bits of a cookie that say how wide a count is in memory
_HEADER: Final = struct.Struct(">iiiiqqd")
_MAX_BYTES: Final = 16_000_000  # a histogram of a minute to 3 digits has some 100 kB
_US_PER_MS: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts by latency: `counts[i]` successful requests took at most `highest_us[i]` and more than the one before."""

    highest_us: Sequence[int]
    counts: Sequence[int]

    @property
    def total(self) -> int:
        """Return how many requests are in it."""
        return sum(self.counts)


def decode(text: str) -> Histogram:
    """Return the histogram; an empty text is an empty one.

    Raises:
        BadInput: not such a histogram.
    """
    if not text:
        return Histogram(highest_us=(), counts=())
    try:
        return _decode(base64.b64decode(text, validate=True))
    except (binascii.Error, struct.error, zlib.error, ValueError, IndexError) as error:
        raise BadInput(f"histogram: not an HdrHistogram V2, compressed, base64: {error}") from None


def _decode(raw: bytes) -> Histogram:
    cookie, length = struct.unpack(">ii", raw[:8])
    if cookie & ~_WORD_SIZE != _COMPRESSED or length > len(raw) - 8:
        raise ValueError("another format, or truncated")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(raw[8 : 8 + length], _MAX_BYTES)
    plain, size, _, digits, lowest, _, _ = _HEADER.unpack(data[: _HEADER.size])
    body = data[_HEADER.size :]
    if plain & ~_WORD_SIZE != _PLAIN or len(body) != size or not 1 <= digits <= 5 or lowest < 1:
        raise ValueError("another format, or truncated")
    highest, counts = [], []
    for index, count in _counts(body):
        highest.append(_highest(index, digits, lowest))
        counts.append(count)
    return Histogram(highest_us=tuple(highest), counts=tuple(counts))


def _counts(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield (index, count) of what is not zero."""
    index = position = 0
    while position < len(body):
        value, position = _leb128(body, position)
        if value < 0:
            index -= value
            continue
        if value:
            yield index, value
        index += 1


def _leb128(body: bytes, position: int) -> tuple[int, int]:
    """Return a ZigZag number of up to nine bytes and where the next begins; the ninth byte has eight bits of it."""
    value = shift = 0
    while True:
        byte = body[position]
        position += 1
        if shift == 56:
            value |= byte << shift
            break
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
        shift += 7
    return (value >> 1) ^ -(value & 1), position


def _highest(index: int, digits: int, lowest: int) -> int:
    """Return the largest value that a slot stands for."""
    magnitude = (2 * int(10**digits) - 1).bit_length() - 1  # half of the slots of a bucket, as a power of two
    half = 1 << magnitude
    bucket, slot = (index >> magnitude) - 1, (index & (half - 1)) + half
    if bucket < 0:
        bucket, slot = 0, slot - half
    shift = bucket + lowest.bit_length() - 1
    return (slot << shift) + (1 << shift) - 1


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """Return the counts of several together: every request counts once."""
    found: dict[int, int] = {}
    for one in histograms:
        for value, count in zip(one.highest_us, one.counts, strict=True):
            found[value] = found.get(value, 0) + count
    values = sorted(found)
    return Histogram(highest_us=tuple(values), counts=tuple(found[value] for value in values))


def percentile_ms(histogram: Histogram, percent: float) -> float | None:
    """Return the latency that `percent` of 100 requests did not exceed, in milliseconds; None when there are none."""
    total = histogram.total
    if not total:
        return None
    wanted = max(1, int(percent / 100 * total + 0.5))
    seen = 0
    for value, count in zip(histogram.highest_us, histogram.counts, strict=True):
        seen += count
        if seen >= wanted:
            return value / _US_PER_MS
    return histogram.highest_us[-1] / _US_PER_MS

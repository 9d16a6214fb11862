"""Keep latencies in an HdrHistogram: whole microseconds, three significant digits. Pure, needs hdrhistogram."""

from array import array
from collections import Counter
from typing import Final

from hdrh.histogram import HdrHistogram

LOWEST_US: Final = 1
HIGHEST_US: Final = 120_000_000
DIGITS: Final = 3
_BUCKET_BITS: Final = 11


class Latencies:
    """A distribution of latencies that can be read in milliseconds and sent as base64.

    Recording one in the histogram takes more time than all other counting of a request, and the generator's time is part
    of what is measured. So a latency is only kept (4 bytes each) until somebody reads, which is after the window.
    """

    def __init__(self) -> None:
        self._recorded = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        self._kept_us = array("I")

    def add(self, latency_ms: float) -> None:
        """Record one latency; what exceeds two minutes counts as two minutes."""
        self._kept_us.append(min(max(round(latency_ms * 1000), LOWEST_US), HIGHEST_US))

    def merge(self, other: "Latencies") -> None:
        """Add everything that ``other`` holds."""
        self._histogram.add(other._histogram)

    @property
    def count(self) -> int:
        """Return how many latencies were recorded."""
        return int(self._histogram.get_total_count())

    def mean_ms(self) -> float | None:
        """Return the mean, or None when nothing was recorded."""
        return self._histogram.get_mean_value() / 1000 if self.count else None

    def percentile_ms(self, percent: float) -> float | None:
        """Return the value that ``percent`` of the latencies do not exceed, or None when nothing was recorded."""
        return self._histogram.get_value_at_percentile(percent) / 1000 if self.count else None

    def summary(self) -> dict[str, float | None]:
        """Return mean, p50, p95, p99 and max in milliseconds."""
        points = {f"p{percent}": self.percentile_ms(percent) for percent in (50, 95, 99)}
        return {"mean": self.mean_ms(), **points, "max": self.percentile_ms(100)}

    def encoded(self) -> str:
        """Return the histogram in HdrHistogram's own compressed format (V2, base64)."""
        return str(self._histogram.encode().decode("ascii"))

    def add_encoded(self, text: str) -> None:
        """Add everything that another histogram held, as it gave it by `encoded`."""
        self._histogram.decode_and_add(text.encode("ascii"))

    @property
    def _histogram(self) -> HdrHistogram:
        kept_us, self._kept_us = self._kept_us, array("I")
        for latency_us, count in Counter(map(_bucket_us, kept_us)).items():
            self._recorded.record_value(latency_us, count)
        return self._recorded


def _bucket_us(latency_us: int) -> int:
    """Return the lowest latency that an HdrHistogram of three digits does not tell from this one.

    A long window has millions of latencies in a few thousand buckets; recording each would keep the process silent for
    as long as one that hangs. Source: HdrHistogram, 2,048 buckets from a power of two to the next but one.
    """
    shift = max(0, latency_us.bit_length() - _BUCKET_BITS)
    return latency_us >> shift << shift

"""Turn counters into changes per second. Pure."""

from collections.abc import Iterable, Mapping


class Rates:
    """Remembers the last reading of one target's counters."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._last_s: float | None = None

    def per_second(
        self, values: Mapping[str, float], counters: Iterable[str], now_s: float
    ) -> dict[str, float]:
        """Return ``NAME_per_s`` for each counter in ``values`` seen before; ``now_s`` is a monotonic clock's time.

        A counter that fell was reset by a restart: it gets no rate this time rather than a negative one.
        """
        rates = {}
        present = {name: values[name] for name in counters if name in values}
        if self._last_s is not None and now_s > self._last_s:
            span_s = now_s - self._last_s
            for name, value in present.items():
                if name in self._last and value >= self._last[name]:
                    rates[f"{name}_per_s"] = round((value - self._last[name]) / span_s, 3)
        self._last = present
        self._last_s = now_s
        return rates

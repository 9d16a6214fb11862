"""Read MinIO's request metrics. Pure.

Source: MinIO metrics v3, path ``/api/requests``, in Prometheus' text format.
"""

import re
from collections.abc import Iterator
from typing import Final

COUNTERS: Final = ("requests", "errors", "errors_5xx", "sent_bytes", "received_bytes")
_NAMES: Final = {
    "minio_api_requests_total": "requests",
    "minio_api_requests_errors_total": "errors",
    "minio_api_requests_5xx_errors_total": "errors_5xx",
    "minio_api_requests_inflight_total": "in_flight",
    "minio_api_requests_waiting_total": "waiting",
    "minio_api_requests_traffic_sent_bytes": "sent_bytes",
    "minio_api_requests_traffic_received_bytes": "received_bytes",
}
_SAMPLE: Final = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(\S+)", re.MULTILINE)


def samples(text: str) -> Iterator[tuple[str, float]]:
    """Yield name and value of each sample, labels left out."""
    for name, value in _SAMPLE.findall(text):
        yield name, float(value)


def values(text: str) -> dict[str, float]:
    """Return the sums over all kinds of requests; a counter that MinIO has not started yet is 0.

    Before its first request MinIO answers with an empty text. Raises: ValueError when the text is something else.
    """
    if text.strip() and "minio_" not in text:
        raise ValueError("not MinIO's metrics: no minio_ name")
    sums = dict.fromkeys(_NAMES.values(), 0.0)
    for name, value in samples(text):
        if name in _NAMES:
            sums[_NAMES[name]] += value
    return sums

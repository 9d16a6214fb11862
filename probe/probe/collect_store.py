"""Collect the object store's requests, errors and traffic."""

from probe import parse_minio
from probe.collector import HttpSource, Reading


class StoreCollector(HttpSource):
    """Reads the request metrics of one MinIO (public: MINIO_PROMETHEUS_AUTH_TYPE=public)."""

    def __init__(self, target: str) -> None:
        super().__init__(target, 9000, "/minio/metrics/v3/api/requests")

    def read(self) -> Reading:
        """Return totals over all kinds of S3 requests."""
        return Reading(values=parse_minio.values(self.get()), counters=parse_minio.COUNTERS)

"""Apache + PHP replicas: one service each, so that any of them can be drained, stopped and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lab.model.cpu import quota
from lab.model.topology import Topology
from lab.tiers.base import Part, Service, image, one_service

NAME = "web"

WORK_UNITS: Final = 8000  # about 3.4 ms of CPU a page: php-app/src/Work.php says what it stands for


def _values(topology: Topology, name: str, web_image: str) -> dict[str, str]:
    share = quota(topology.web_cpu)
    published = not topology.has_balancer
    volumes = ['"credentials:/run/credentials:ro"']
    if topology.store == "local":
        volumes.append(f'"{name}-uploads:/var/lib/app/uploads"')
    return {
        "name": name,
        "image": web_image,
        "period_us": str(share.period_us),
        "quota_us": str(share.quota_us),
        "cores": f"{topology.web_cpu:g}",
        "sessions": "memcached" if topology.sessions == "cache" else "files",
        "cache": topology.cache,
        "stampede_lock": topology.stampede_lock,
        "cache_nodes": ",".join(topology.cache_names),
        "db_replicas": "db-replica" if topology.db_replicas else "",
        "primary_read_weight": f"{topology.db_cpu:g}",
        "replica_read_weight": f"{topology.db_replica_cpu:g}",
        "read_your_writes": topology.read_your_writes,
        "store": topology.store,
        "keepalive": "on" if topology.has_balancer else "off",
        "behind_balancer": "on" if topology.has_balancer else "off",
        "work_units": str(WORK_UNITS),
        "networks": "edge, web, data" if published else "web, data",
        "volumes": ", ".join(volumes),
    }


def _publish(service: Service) -> Service:
    """Return the only replica with the lab's port on it: without a balancer it is the front door."""
    text = service.text + '    ports: ["127.0.0.1:${LAB_PORT:-8080}:80"]\n'
    return replace(service, text=text, spec=service.spec + text)


def part(topology: Topology, web_image: str | None = None) -> Part:
    """Return the replicas. `web_image` replaces ours for `--app`."""
    reference = web_image or image("web")
    built = [
        one_service(NAME, name, _values(topology, name, reference), image_name=reference)
        for name in topology.web_names
    ]
    services = [service for _, service in built]
    if not topology.has_balancer:
        services = [_publish(service) for service in services]
    uploads = tuple(f"{name}-uploads" for name in topology.web_names) if topology.store == "local" else ()
    return Part(shared=built[0][0], services=tuple(services), volumes=uploads)

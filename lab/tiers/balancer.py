"""HAProxy: one explicit server line per possible replica, so that scaling reloads nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lab.assets import read
from lab.model.topology import Topology
from lab.model.topology_values import MAX_REPLICAS
from lab.tiers.base import Part, one_service
from lab.tiers.template import fill

NAME = "balancer"
_PATH: Final = "/usr/local/etc/haproxy/haproxy.cfg"

_ALGORITHM: Final = {
    "leastconn": "leastconn                   # the replica with the fewest requests in hand",
    "roundrobin": "roundrobin                  # one after the other",
    "random": "random                      # two drawn at random, the less busy of them",
    "source": "hash req.hdr(X-Forwarded-For)\n    hash-type consistent                # a client's address picks its replica",
}

_COOKIE: Final = """\
    cookie LABSRV insert indirect nocache httponly    # sticky sessions: a client stays with its first replica
"""

_MEDIA_RULE: Final = """\
    # Pictures come from the object store. Its presigned URLs carry their own permission, and the Host header
    # must reach the store unchanged because it is part of the signature.
    use_backend store if { path_beg /media/ } METH_GET
"""

_STORE_BACKEND: Final = """
backend store
    option httpchk
    http-check send meth GET uri /minio/health/live ver HTTP/1.1 hdr Host store
    default-server check inter 2s fall 2 rise 1 resolvers docker resolve-prefer ipv4 init-addr none
    server store store:9000
"""


def server_lines(topology: Topology) -> str:
    """Return one `server` line per possible replica: slot i is always `web-i`, whatever its address.

    Source: HAProxy configuration manual 3.0, section 5.2; docs/adr/0002-balancer-slots.md.
    """
    sticky = topology.sessions == "sticky"
    width = len(f"web-{MAX_REPLICAS}")
    lines = []
    for i in range(1, MAX_REPLICAS + 1):
        name = f"web-{i}"
        cookie = f" cookie {name}" if sticky else ""
        lines.append(f"    server {name:<{width}} {name}:80{cookie}")
    return "\n".join(lines)


def haproxy_cfg(topology: Topology) -> str:
    """Return HAProxy's configuration."""
    s3 = topology.store == "s3"
    return fill(
        read("haproxy/haproxy.cfg.tmpl"),
        {
            "balance": _ALGORITHM[topology.balance],
            "cookie": _COOKIE if topology.sessions == "sticky" else "",
            "media_rule": _MEDIA_RULE if s3 else "",
            "servers": server_lines(topology),
            "store_backend": _STORE_BACKEND if s3 else "",
        },
    )


def part(topology: Topology) -> Part:
    """Return the balancer and its configuration, or nothing for `--balance none`."""
    if not topology.has_balancer:
        return Part()
    cfg = haproxy_cfg(topology)
    _, service = one_service(NAME, NAME, {"path": _PATH}, image_name="balancer", extra_spec=cfg)
    return Part(services=(replace(service, files={_PATH: cfg}),), configs={"haproxy": cfg})

"""What helps when the build of an image has failed. Pure."""

from __future__ import annotations

from typing import Final

# What a failed build's last lines say, and what helps; the first match wins.
_ADVICE: Final = (
    (
        ("install arch-test", "can neither be executed natively", "exec format error"),
        "the engine's machine has another architecture: on Debian as root `apt-get install arch-test qemu-user-static`; or "
        + "build on a machine of that architecture and bring the images with `lab images save` and `load`",
    ),
    (("no space left on device",), "the engine's disk is full: `docker system df` shows what fills it"),
    (
        ("certificate signed by unknown authority", "certificate verify failed", "x509:", "self-signed certificate"),
        "a proxy inspects HTTPS here: set SSL_CERT_FILE to a file with its certificate authority and run this again",
    ),
    (
        ("is not valid yet", "is expired (invalid since"),
        "the clock or the package mirror is off: check `date`, then try again or choose another mirror for this machine",
    ),
    (
        ("429 too many requests", "toomanyrequests"),
        "the registry refuses more downloads for now: wait, or log in with `docker login`",
    ),
    (
        (
            "temporary failure resolving", "could not resolve", "no such host", "connection timed out", "i/o timeout",
            "connection refused", "unable to connect", "network is unreachable", "failed to fetch", "connection reset",
            "dial tcp", "name or service not known", "temporary failure in name resolution",
        ),
        "the network: check the connection; behind a proxy set http_proxy and https_proxy; then run this again",
    ),
)  # fmt: skip


def advice(log: str) -> str:
    """Return what to do about a failed build, from the end of its log."""
    lowered = log.lower()
    for signs, text in _ADVICE:
        if any(sign in lowered for sign in signs):
            return text
    return "read the log; `lab doctor` checks the machine; the same command goes on where it stopped"

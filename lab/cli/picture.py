"""The running topology as text: what stands where, who talks to whom, and is it well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.cli.markup import plain_length
from lab.model.plan import needs, quota_cores
from lab.model.stages import LADDER, STAGE_ADDS
from lab.model.state import Container, RunningLab
from lab.model.topology import Topology, resolve

_WIDE: Final = 72  # columns from which a tier's line also says what it does
_MARGIN: Final = 6  # the tree beside a tier's lines
_TITLES = {
    "balancer": "HAProxy",
    "web": "Apache + PHP",
    "cache": "memcached",
    "db-primary": "MySQL primary",
    "db-replica": "MySQL read replica",
    "store": "MinIO (S3)",
}


def _does(tier: str, t: Topology | None) -> str:
    if t is None:
        return ""
    cached = "cached reads" if t.cache == "aside" else ""
    sessions = "sessions" if t.sessions == "cache" else ""
    return {
        "balancer": f"{t.balance}" + (", sticky" if t.sessions == "sticky" else ""),
        "web": "pages; " + ", ".join(_keeps(t)),
        "cache": " and ".join(word for word in (sessions, cached) if word),
        "db-primary": "writes" + ("" if t.db_replicas else " and reads"),
        "db-replica": "reads; repeats the primary",
        "store": "uploads, by presigned URLs",
    }[tier]


def _keeps(t: Topology) -> list[str]:
    kept = []
    if t.sessions != "cache":
        kept.append("sessions in files")
    if t.store == "local":
        kept.append("uploads on own disk")
    return kept or ["keeps nothing of its own"]


def _mark(container: Container, unicode: bool) -> str:
    if container.is_serving:
        return "[green]●[/]" if unicode else "[green]ok[/]"
    word = container.health or container.state
    return f"[red]{'●' if unicode else '!!'} {word}[/]"


def _members(containers: Sequence[Container], *, unicode: bool, columns: int) -> list[str]:
    """Return the containers side by side, on as many lines as the columns ask for."""
    lines: list[str] = []
    for container in containers:
        member = f"{_mark(container, unicode)} {container.service}"
        if lines and plain_length(f"{lines[-1]}  {member}") <= columns:
            lines[-1] += f"  {member}"
        else:
            lines.append(member)
    return lines


def _cpu(tier: str, t: Topology | None) -> str:
    share = quota_cores(t, tier) if t else None
    return f" [dim]{share:g} core{'' if share <= 1 else 's'} each[/]" if share else ""


def draw(lab: RunningLab, *, width: int, unicode: bool = True) -> list[str]:
    """Return the picture as lines of markup; fits 40 columns by leaving out what a tier does."""
    pipe, tee, end, arrow = ("│", "├─►", "└─►", "▼") if unicode else ("|", "+->", "`->", "v")
    t = lab.topology
    url = f"http://127.0.0.1:{lab.host_port}/" if lab.host_port else "(no port)"
    head = f"[bold]{lab.name}[/] · {t.stage if t else 'unknown topology'}"
    lines = [f"{head} · {url}"] if plain_length(f"{head} · {url}") <= width else [head, url]
    lines += ["", "  browser"]
    wide = width >= _WIDE
    front = [tier for tier in ("balancer", "web") if lab.tier(tier)]
    back = [tier for tier in ("cache", "db-primary", "db-replica", "store") if lab.tier(tier)]
    for tier in front:
        lines += [f"  {pipe}", f"  {arrow}"] if tier == front[0] else [f"  {arrow}"]
        lines += [f"  {line}" for line in _block(lab, tier, t, unicode=unicode, width=width)]
        lines.append(f"  {pipe}")
    for tier in back:
        is_last = tier == back[-1]
        first, *more = _block(lab, tier, t, unicode=unicode, width=width)
        lines.append(f"  {end if is_last else tee} {first}")
        lines += [f"  {' ' if is_last else pipe}   {line}" for line in more]
    return [*lines, *(f"  [dim]{line}[/]" for line in _also(t, wide=wide, unicode=unicode)), ""]


def _also(t: Topology | None, *, wide: bool, unicode: bool) -> list[str]:
    """Return who talks to whom beside the way of a request."""
    dash, arrow = ("──", "──►") if unicode else ("--", "-->")
    lines = []
    if t and t.db_replicas:
        how = f"{dash} binlog (GTID, {t.durability}) " if wide else ""
        lines.append(f"db-primary {how}{arrow} db-replica")
    if t and t.store == "s3" and wide:
        lines.append(f"browser {dash} /media/... {dash} through the front door {arrow} store")
    return lines


def _block(lab: RunningLab, tier: str, t: Topology | None, *, unicode: bool, width: int) -> list[str]:
    containers = lab.tier(tier)
    title = f"[bold]{_TITLES[tier]}[/]{_cpu(tier, t)}"
    what = f"  [dim]{_does(tier, t)}[/]"
    if width >= _WIDE and plain_length(title + what) <= width - _MARGIN:
        title += what
    return [title, *_members(containers, unicode=unicode, columns=width - _MARGIN)]


def summary_lines(lab: RunningLab) -> list[str]:
    """Return what `up` says at its end: the address and who is there."""
    from lab.model.summary import summary

    what = summary(lab.topology) if lab.topology else f"{len(lab.containers)} containers"
    name = "" if lab.name == "lab" else f"{lab.name}: "
    return [f"[green]up[/] {name}{what}", f"   http://127.0.0.1:{lab.host_port}/"]


def next_step(lab: RunningLab) -> str:
    """Return the next thing worth typing: one step up the ladder, with what it adds and costs."""
    t = lab.topology
    if t is None:
        return "next: lab up"
    stage = "replicated" if t.stage == "full" else t.stage
    position = LADDER.index(stage)
    if position + 1 >= len(LADDER):
        return "[dim]next: lab bench read-heavy · lab sweep read-heavy --stage single..full[/]"
    following = LADDER[position + 1]
    more, now = needs(resolve({"stage": following})), needs(t)
    containers = more.containers - now.containers
    memory_mib = (more.memory_bytes - now.memory_bytes) / 2**20
    return (
        f"[dim]next: lab bench read-heavy, then lab up --stage {following} "
        f"({containers:+d} containers, {memory_mib:+,.0f} MiB): {STAGE_ADDS[following]}[/]"
    )

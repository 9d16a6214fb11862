"""What binds at a point: ordered rules over what was measured, the first that matches decides. Pure.

1 load generator, 2 machine, 3 errors, 4 offered load, 5 CPU (one tier or two), 6 and 7 where requests wait although no
CPU is busy (locks and slow statements in a database, the object store, web workers), 8 not explained.

Source: the USE method; Malkowski et al., IISWC 2009 (several bottlenecks at once); Wang et al. 2011 (soft limits).
Thresholds: measured, docs/adr/0018-verdict.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lab.model.demand_table import Demand, demand_table, nearest_limit
from lab.model.errors_by_tier import emitter
from lab.model.gates import MAX_ERROR_RATIO, MAX_GENERATOR_RATIO
from lab.model.measurement import Measurement
from lab.model.run import Verdict
from lab.model.verdict_waits import waiting
from lab.model.verdict_words import by_use, cpu_lines, share_words, wait_lines
from lab.model.waits import Waits, waits_of

SATURATED: Final = 0.85  # share of its quota or threads from which a tier's CPU may bind
THROTTLED: Final = 0.80  # share of periods in which a tier that binds stands still
NEAR: Final = 0.05  # a second tier this close to the first: both
FULL: Final = 0.95  # share of workers that are busy
_ROOM: Final = 0.90  # an open load that is kept up with leaves the tiers at most this busy
CPU_KINDS: Final = ("cpu", "two")


def verdict_of(measurements: Sequence[Measurement]) -> Verdict:
    """Return what binds in measurements of one point; of valid ones, or of INVALID ones to say what spoiled them."""
    rows, waits = demand_table(measurements), waits_of(measurements)
    evidence = [*cpu_lines(rows), *wait_lines(waits)]
    errors, cpu = _errors(measurements), _cpu(measurements, rows)
    found = (
        _generator_or_machine(measurements, errors=errors, cpu=cpu)
        or errors
        or _open_load(measurements, rows)
        or cpu
        or waiting(rows, waits)
        or _offered(rows, waits)
        or _unknown(rows)
    )
    return Verdict(
        kind=found.kind,
        culprit=found.culprit,
        second=found.second,
        sentence=found.sentence,
        evidence=[*found.evidence, *evidence],
        is_confident=found.is_confident,
    )


def limit_words(verdict: Verdict) -> tuple[str, str]:
    """Return (what binds, what would bind next) for the short last screen; an unsure verdict says perhaps."""
    following = verdict.second if verdict.kind == "cpu" else ""
    sure = verdict.is_confident or verdict.kind in {"not-explained", "offered-load"}
    return verdict.sentence if sure else f"perhaps {verdict.sentence}", following


def binding_tier(verdict: Verdict) -> str:
    """Return the tier whose CPU binds, the busier one of two; empty when none does."""
    return verdict.culprit if verdict.kind in CPU_KINDS else ""


def _generator_or_machine(
    measurements: Sequence[Measurement], *, errors: Verdict | None, cpu: Verdict | None
) -> Verdict | None:
    problems = [problem for m in measurements for problem in m.problems]
    own = [p for p in problems if p.startswith("load generator:")]
    machine = [p for p in problems if p.startswith("machine:")]
    is_busy = any(m.generator_cpu_ratio > MAX_GENERATOR_RATIO for m in measurements)
    if own and errors and not is_busy and not machine:  # to be late makes no wrong answers
        return None
    if own and (
        is_busy or not machine
    ):  # a busy machine makes the generator late, too: then it is the machine
        said = own[0].partition(": ")[2]
        # Late with CPU left: it was kept from running; or a tier that stands still most of the time answers in bursts.
        is_sure = is_busy or not (cpu and cpu.is_confident)
        evidence = list(own)
        if cpu and not is_sure:
            evidence.append(f"it had CPU left, so it may as well be: {cpu.sentence}")
        return Verdict(kind="generator", culprit="generator", second="", sentence=f"the load generator: {_first(said)}", evidence=evidence, is_confident=is_sure)  # fmt: skip
    if machine:
        said = machine[0].partition(": ")[2]
        return Verdict(kind="machine", culprit="machine", second="", sentence=f"the machine: {_first(said)}", evidence=[*machine, *own], is_confident=True)  # fmt: skip
    return None


def _first(said: str) -> str:
    return said.partition(";")[0].partition(": ")[0].removeprefix("it ")


def _errors(measurements: Sequence[Measurement]) -> Verdict | None:
    requests, failures = sum(m.requests for m in measurements), sum(m.failures for m in measurements)
    if not requests or failures / requests <= MAX_ERROR_RATIO:
        return None
    tier, lines, is_sure = emitter(measurements)
    named = tier or "no tier that could be named"
    sentence = f"errors: {failures / requests:.1%} of the requests failed, from {named}"
    return Verdict(
        kind="errors", culprit=tier, second="", sentence=sentence, evidence=lines, is_confident=is_sure
    )


def _open_load(measurements: Sequence[Measurement], rows: Sequence[Demand]) -> Verdict | None:
    """An open load that the lab keeps up with is what limits throughput: no more was asked for."""
    busiest = next(iter(by_use(rows)), None)
    if not measurements or any(m.starts is None or m.problems for m in measurements):
        return None
    if busiest is None or (busiest.utilisation or 0) >= _ROOM:
        return None
    return _not_asked_for_more(busiest, "the rate that was asked for was reached")


def _offered(rows: Sequence[Demand], waits: Waits) -> Verdict | None:
    """No CPU is busy, nothing is full and nothing waits: the users do not ask for more."""
    busiest = next(iter(by_use(rows)), None)
    if busiest is None or not waits.workers or waits.queued >= 1 or waits.pool_ratio >= FULL:
        return None
    words = f"{waits.under_way:.1f} requests under way on average, {waits.workers_busy:.0f} of {waits.workers:.0f} web workers busy, none queued"
    return _not_asked_for_more(busiest, words)


def _not_asked_for_more(busiest: Demand, why: str) -> Verdict:
    share = busiest.utilisation or 0.0
    sentence = (
        f"the offered load, no tier: {busiest.tier} is the busiest at {share:.0%}, headroom {1 - share:.0%}"
    )
    return Verdict(
        kind="offered-load", culprit="", second=busiest.tier, sentence=sentence, evidence=[why], is_confident=share < SATURATED
    )  # fmt: skip


def _cpu(measurements: Sequence[Measurement], rows: Sequence[Demand]) -> Verdict | None:
    ranked = by_use(rows)
    if not ranked or (ranked[0].utilisation or 0) < SATURATED:
        return None
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    stands_still = not first.has_quota or first.throttled_ratio >= THROTTLED
    model = {nearest_limit(demand_table([m])) for m in measurements}
    agrees = model == {first.tier}
    lines = [_agreement(first.tier, model)]
    if not stands_still:
        lines.append(
            f"{first.tier} stood still in only {first.throttled_ratio:.0%} of the periods; {THROTTLED:.0%} is usual where a quota binds"
        )
    if second and _is_second(first, second):
        words = f"two tiers at once: {share_words(first)}, and {share_words(second)}"
        return Verdict(kind="two", culprit=first.tier, second=second.tier, sentence=words, evidence=lines[1:], is_confident=stands_still)  # fmt: skip
    return Verdict(
        kind="cpu",
        culprit=first.tier,
        second=second.tier if second else "",
        sentence=share_words(first),
        evidence=lines,
        is_confident=stands_still and agrees,
    )


def _is_second(first: Demand, second: Demand) -> bool:
    share = second.utilisation or 0.0
    still = not second.has_quota or second.throttled_ratio >= THROTTLED
    return share >= SATURATED and still and (first.utilisation or 0) - share <= NEAR


def _agreement(tier: str, model: set[str]) -> str:
    if model == {tier}:
        return f"the demand table names {tier}, too, in every window"
    return f"model and meters disagree: the demand table names {', '.join(sorted(model - {''})) or 'none'}"


def _unknown(rows: Sequence[Demand]) -> Verdict:
    ranked = by_use(rows)
    if not ranked:
        return Verdict(
            kind="not-explained", culprit="", second="", sentence="not explained: no tier reports its CPU"
        )
    top = ranked[0]
    words = f"not explained, perhaps several at once: no tier's CPU is at its quota (highest: {top.tier}, {top.utilisation:.0%})"
    return Verdict(kind="not-explained", culprit="", second=top.tier, sentence=words)

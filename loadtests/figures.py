"""The figures of a run by the names that thresholds use, and some more; None = not measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from loadtests.asked import CACHED, FIRST, QUESTIONS, percentile
from loadtests.growth import second_half, slope
from loadtests.memory import Sample
from loadtests.options import Options
from loadtests.plan import plan
from loadtests.run import Ran
from loadtests.step import METRICS

# A slope over less time, or over fewer questions, is a step or a warm-up, and no slope: the C
# library takes and gives up to 1 MiB at a time, which over five minutes looks like 8 MiB/h.
LEAST_SLOPE_S = 570.0
LEAST_REQUESTS = 100
Figures = dict[str, float | None]


def figures(ran: Ran, options: Options) -> Figures:
    """All of them."""
    whole = {**_memory(ran), **_times(ran), **_counts(ran), **_rates(ran, options), **_server(ran)}
    return {**whole, **_held(ran.sent.steps)}


def rows(ran: Ran) -> list[dict[str, Any]]:
    """One row for each kind and name: how many, how many failed, and their times in ms."""
    found = []
    for entry in sorted(ran.sent.entries, key=lambda entry: (entry["kind"], entry["name"])):
        shares = {f"p{share}_ms": percentile(entry["times"], share / 100) for share in (50, 95, 99)}
        found.append({k: v for k, v in entry.items() if k != "times"} | shares)
    return found


def _memory(ran: Ran) -> Figures:
    peak, limit = ran.peak, ran.peak.limit_mib
    held = peak.working_set_mib if peak.working_set_mib is not None else peak.rss_mib
    return {
        "peak_memory": 100 * held / limit if held is not None and limit else None,
        "memory_slope": _per_hour(growing(_under_load(ran))),
        "memory_slope_net": _per_hour(growing_net(_under_load(ran))),
        "memory_per_request": _per_request(ran),
        "first_working_set_mib": ran.samples[0].working_set_mib if ran.samples else None,
        "peak_working_set_mib": peak.working_set_mib,
        "peak_rss_mib": peak.rss_mib,
        "peak_anonymous_mib": peak.anonymous_mib,
        **_kept(ran.samples),
    }


def _kept(samples: Sequence[Sample]) -> Figures:
    told = [s.kept_mib for s in samples if s.kept_mib is not None]
    return {
        "kept_first_mib": told[0] if told else None,
        "kept_last_mib": told[-1] if told else None,
    }


def _under_load(ran: Ran) -> list[Sample]:
    """Without those after the last request: what is waited for at the end adds time, and nothing else."""
    last = max((s["at_s"] for s in ran.sent.history if s["sent"]), default=math.inf)
    return [sample for sample in ran.samples if sample.at_s <= last]


def growing(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Time in s and the memory that does not go away by itself: anonymous, else RSS."""
    found = [(s.at_s, s.rss_mib if s.anonymous_mib is None else s.anonymous_mib) for s in samples]
    return [(at_s, mib) for at_s, mib in found if mib is not None]


def growing_net(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """The same without what the service keeps within bounds; all of it where nothing tells that."""
    told = [s for s in samples if s.kept_mib is not None]
    kept = {s.at_s: s.kept_mib or 0.0 for s in told}
    return [(at_s, mib - kept.get(at_s, 0.0)) for at_s, mib in growing(told or samples)]


def _per_hour(points: Sequence[tuple[float, float]]) -> float | None:
    half = second_half(points)
    if not half or half[-1][0] - half[0][0] < LEAST_SLOPE_S:
        return None
    rise = slope(half)
    return None if rise is None else rise * 3600


def _per_request(ran: Ran) -> float | None:
    """KiB that stay of each request sent in the second half."""
    half = second_half(growing(_under_load(ran)))
    rise = slope(half)
    if rise is None:
        return None
    sent: int = sum(s["sent"] for s in ran.sent.history if half[0][0] <= s["at_s"] <= half[-1][0])
    if sent < LEAST_REQUESTS:
        return None
    return rise * (half[-1][0] - half[0][0]) * 1024 / sent


def _times(ran: Ran) -> Figures:
    """Of the answers that no cache gave."""
    named = {name: Counter[int]() for name in (CACHED, FIRST)}
    answers: Counter[int] = Counter()
    for entry in ran.sent.entries:
        own = answers if entry["kind"] == "ask" else Counter[int]()
        named.get(entry["name"], own).update(entry["times"])
    return {
        **{f"p{share}": percentile(answers, share / 100) for share in (50, 95, 99)},
        **_two("cached", named[CACHED]),
        **_two("first_token", named[FIRST]),
    }


def _two(name: str, times: Counter[int]) -> Figures:
    return {f"{name}_p{share}": percentile(times, share / 100) for share in (50, 95)}


def _counts(ran: Ran) -> Figures:
    asked, failed = _sum(ran, "requests", *QUESTIONS), _sum(ran, "failures", *QUESTIONS)
    unfriendly, wrong = _sum(ran, "requests", "unfriendly"), _sum(ran, "failures", "unfriendly")
    return {
        "questions": asked,
        "failed": failed,
        "never_asked": ran.sent.unasked,
        "cached": sum(e["requests"] for e in ran.sent.entries if e["name"] == CACHED),
        "left_half_way": _sum(ran, "requests", "left"),
        "unfriendly": unfriendly,
        "wrong_refusals": wrong if unfriendly else None,
        "error_rate": 100 * failed / asked if asked else None,
    }


def _sum(ran: Ran, figure: str, *kinds: str) -> int:
    return sum(entry[figure] for entry in ran.sent.entries if entry["kind"] in kinds)


def _rates(ran: Ran, options: Options) -> Figures:
    """Answers a second once all visitors are there; `rate_held` only where one rate was intended."""
    seconds = ran.sent.history[int(options.interval_s) + 1 : _length(ran, options)]
    if not seconds:
        return {"request_rate": None, "rate_held": None}
    rate = sum(one["requests"] - one["failures"] for one in seconds) / len(seconds)
    steady = plan(options.shape).constant and not options.at_a_time
    return {"request_rate": rate, "rate_held": 100 * rate / options.rate if steady else None}


def _length(ran: Ran, options: Options) -> int | None:
    """Seconds after which nothing new is asked; None where the shape ends by what happens."""
    if ran.sent.interrupted:
        return ran.sent.interrupted.after_s
    if not plan(options.shape).constant:
        return None
    return int(options.duration_s or plan(options.shape).duration_s)


def _server(ran: Ran) -> Figures:
    return {
        "ready_s": ran.ready_s,
        "restarts": ran.peak.restarts,
        "oom_kills": ran.peak.oom_kills,
    }


def _held(steps: Sequence[dict[str, Any]]) -> Figures:
    """A ramp ends with a step that broke: it is judged by the last one that held."""
    held = [step for step in steps if not step["broken"]]
    if not held:
        return {"rate_reached": None}
    return {"rate_reached": held[-1]["rate"], **{name: held[-1][name] for name in METRICS}}

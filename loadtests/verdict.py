"""The verdict: what each threshold came to, the exit code, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.figures import Figures
from loadtests.run import Ran
from loadtests.thresholds import Threshold
from vectorstore.commandline import Exit

LEAK_KIB = 20.0
_MOST_ERRORS = 3
_WORDS: dict[int, str] = {Exit.OK: "pass", Exit.NO: "fail", Exit.ERROR: "no verdict"}
# Why a metric may be missing, for whoever wonders.
_MISSING = {
    "peak_memory": "no limit, or the memory could not be read",
    "memory_slope": "needs twenty minutes",
    "memory_slope_net": "needs twenty minutes",
    "memory_per_request": "needs 100 requests in the second half, and memory that can be read",
    "first_token_p95": "nothing was streamed",
    "wrong_refusals": "no unfriendly request was sent",
    "rate_held": "no one rate was intended, or the load was too short",
    "rate_reached": "no step of a ramp held",
    "restarts": "the server ended, or nothing tells",
    "oom_kills": "nothing tells, or it restarted",
}


@dataclass(frozen=True)
class Judged:
    """A threshold with what was measured; `holds` is None when nothing was, which is no pass."""

    threshold: Threshold
    value: float | None

    @property
    def holds(self) -> bool | None:
        return self.threshold.holds(self.value)

    @property
    def measured(self) -> str:
        """The value with its unit, or why there is none."""
        if self.value is None:
            missing = _MISSING.get(self.threshold.metric, "nothing was answered")
            return f"not measured: {missing}"
        return self.threshold.in_unit(self.value)


@dataclass(frozen=True)
class Verdict:
    """`why` has a sentence for each thing that went wrong; empty when nothing did."""

    judged: Sequence[Judged]
    exit_code: int
    why: Sequence[str]

    @property
    def word(self) -> str:
        return _WORDS.get(self.exit_code, "interrupted")


def judge(ran: Ran, figures: Figures, thresholds: Sequence[Threshold]) -> Verdict:
    """A server that was killed for memory, or had no room to get ready, has failed.

    One that ended otherwise gives no verdict, nor does a load that was interrupted.
    """
    judged = [Judged(one, figures.get(one.metric)) for one in thresholds]
    why = _why(ran, figures, judged)
    if ran.sent.interrupted:
        return Verdict(judged, ran.sent.interrupted.exit_code, why)
    killed = bool(figures.get("oom_kills")) or ran.full
    if not killed and (ran.ended or not figures["questions"]):
        return Verdict(judged, Exit.ERROR, why)
    failed = killed or any(one.holds is not True for one in judged)
    return Verdict(judged, Exit.NO if failed else Exit.OK, why)


def _why(ran: Ran, figures: Figures, judged: Sequence[Judged]) -> list[str]:
    broken = [f"{one.threshold.text}: {one.measured}." for one in judged if one.holds is False]
    cut_short = _cut_short(ran)
    if ran.ended:
        return [*cut_short, *broken, *_errors(ran)]
    if not figures["questions"]:
        return [*cut_short, "No question was sent."]
    # What could not be measured then needs no sentence of its own.
    unknown = [] if cut_short else [one for one in judged if one.holds is None]
    missing = [f"{one.threshold.text}: {one.measured}." for one in unknown]
    errors = _errors(ran) if broken or missing else []
    leak = _leak(figures) if any(_is_growth(one) and one.holds is False for one in judged) else []
    return [*cut_short, *_killed(figures), *leak, *broken, *missing, *errors]


def _cut_short(ran: Ran) -> list[str]:
    found = [_ended(ran)] if ran.ended else []
    if ran.sent.interrupted:
        seconds = ran.sent.interrupted.after_s
        found.insert(0, f"Interrupted after {seconds:,} s: this was measured until then.")
    return found


def _ended(ran: Ran) -> str:
    limit = ran.peak.limit_mib
    room = f" inside {limit:g} MiB" if limit else ""
    anonymous = ran.peak.anonymous_mib
    held = f", of which {anonymous:.1f} MiB anonymous were held at most" if anonymous else ""
    return f"The {ran.ended}{room}{held}."


def _is_growth(one: Judged) -> bool:
    return one.threshold.metric in ("memory_slope", "memory_slope_net", "memory_per_request")


def _killed(figures: Figures) -> list[str]:
    kills = figures["oom_kills"]
    return [f"{kills:.0f} of the server's processes were killed for memory."] if kills else []


def _leak(figures: Figures) -> list[str]:
    kept = figures["memory_per_request"]
    if kept is None or kept < LEAK_KIB:
        return []
    return [f"Each request left about {kept:.0f} KiB behind: that is a leak."]


def _errors(ran: Ran) -> list[str]:
    """The most frequent errors, each with its count."""
    most = sorted(ran.sent.errors, key=lambda error: -int(error["count"]))[:_MOST_ERRORS]
    return [f"{error['count']:,} x {error['name']}: {error['error']}" for error in most]

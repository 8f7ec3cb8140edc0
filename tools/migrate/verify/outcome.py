"""The steps of the proof that a run of the app shows."""

from __future__ import annotations

from tools.migrate.serving.app import ServedApp
from tools.migrate.verify.causes import host_missed
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Status, Step, not_run

CALLED_SHARE = 0.9  # of the different questions: an app may greet by itself, or cache
HIGH_SHARE = 0.8  # of the limit: hosts killed processes that had passed at 97 % elsewhere


def run_steps(result: Result, limit_mib: float, app: ServedApp | None = None) -> list[Step]:
    """`start`, `answers`, and `visitors` where a conversation was seen."""
    limit = f"{limit_mib:.0f} MiB ({result.enforcement})"
    if result.ready_s is None:
        last = (result.error or "").rpartition(" | ")[2]
        if (host := host_missed(last)) and not result.oom_killed:
            why = _unreachable(host)
            return [Step(name, Status.NOT_APPLICABLE, why) for name in ("start", "answers")]
        started = Step("start", Status.FAIL, f"inside {limit}: {result.error}")
        return [started, *not_run("answers")]
    rest = result.memory["at rest"]
    figures = {"ready_s": result.ready_s, **{f"{k} at rest": v for k, v in rest.items()}}
    detail = f"ready in {result.ready_s:.1f} s inside {limit}, network {result.network}"
    steps = [Step("start", Status.PASS, detail, figures)]
    if result.error or result.answered < result.asked or result.oom_killed:
        killed = "killed for memory" if result.oom_killed else None
        reason = result.error or killed or f"{result.answered} of {result.asked} answered"
        return [*steps, Step("answers", Status.FAIL, reason)]
    steps.append(_answers(result, limit_mib) if result.asked else _page(result, limit_mib, app))
    if result.sessions:
        apart = result.sessions == "apart"
        detail = "each has a conversation of its own" if apart else "one sees what another said"
        steps.append(Step("visitors", Status.PASS if apart else Status.FAIL, detail))
    return steps


def _answers(result: Result, limit_mib: float) -> Step:
    through = f"{result.upstream_requests} requests reached the local model"
    if result.hosts:
        through += f" (redirected from {', '.join(result.hosts)})"
    detail = (
        f"{result.answered} of {result.asked} answered; {through}; peak {_high(result):.0f} MiB"
    )
    if result.torch_missed:
        return Step(
            "answers", Status.FAIL, f"{detail}; but the app's log says {result.torch_missed}"
        )
    if result.upstream_requests < CALLED_SHARE * result.questions:
        detail += f": too few for {result.questions} different questions, so most answers came from"
        return Step("answers", Status.FAIL, f"{detail} no model call")
    return _within(result, limit_mib, detail)


def _page(result: Result, limit_mib: float, app: ServedApp | None) -> Step:
    """What the framework's own pages and a visitor's session show."""
    pages = ", ".join(f"GET {path} {status}" for path, status in result.pages.items())
    seen = "; ".join(filter(None, [pages, result.session]))
    if result.session_error:
        host = host_missed(result.session_error)
        if host and not result.torch_missed:
            return Step("answers", Status.NOT_APPLICABLE, f"{seen}; {_unreachable(host)}")
        return Step("answers", Status.FAIL, f"{seen}; the app shows: {result.session_error}")
    if result.torch_missed:
        return Step("answers", Status.FAIL, f"{seen}; but the app's log says {result.torch_missed}")
    broken = {path: status for path, status in result.pages.items() if status >= 500}
    if broken:
        return Step("answers", Status.FAIL, f"{seen}: the app's own error")
    own_page = app is not None and app.framework in ("streamlit", "chainlit", "gradio", "django")
    if not own_page:
        why = f"{seen}; no route that takes a question was recognised: name one with --probe"
        return Step("answers", Status.NOT_APPLICABLE, why)
    if any(status != 200 for status in result.pages.values()):
        return Step("answers", Status.FAIL, seen)
    return _within(result, limit_mib, f"{seen}; peak {_high(result):.0f} MiB")


def _unreachable(host: str) -> str:
    return f"the app asks {host}, which the cut-off network does not reach: not to be proved here"


def _within(result: Result, limit_mib: float, detail: str) -> Step:
    high = _high(result)
    if high > HIGH_SHARE * limit_mib:
        detail += f", over {HIGH_SHARE:.0%} of the limit: hosts have killed such processes"
        return Step("answers", Status.FAIL, detail)
    return Step("answers", Status.PASS, detail, {"peak_mib": round(high, 1)})


def _high(result: Result) -> float:
    peak = result.memory["peak"]
    return peak["working_set_mib"] or peak["rss_mib"] or 0.0

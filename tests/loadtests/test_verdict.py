"""What a run comes to: verdict, exit code and reasons, and how all of it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.figures import figures, rows
from loadtests.locust_run import Interrupted, Sent
from loadtests.memory import Peak, Sample
from loadtests.options import Options
from loadtests.report.compare import compare
from loadtests.report.data import report
from loadtests.report.markdown import markdown
from loadtests.report.page import page
from loadtests.report.terminal import lines
from loadtests.run import NOTHING_SENT, Ran
from loadtests.thresholds import Threshold
from loadtests.verdict import judge

OPTIONS = Options(shape="smoke", rate=10.0)
ABOUT = {
    "command": "python -m loadtests",
    "target": "service",
    "limit_mib": 512.0,
    "upstream": None,
    "machine_load": {"load_average_before": 0.21, "others_percent": 3.4},
}
THRESHOLDS = [
    Threshold("peak_memory", "<=", 90.0),
    Threshold("memory_per_request", "<=", 20.0),
    Threshold("p95", "<", 400.0),
    Threshold("error_rate", "<=", 1.0),
    Threshold("oom_kills", "==", 0.0),
]
ENTRIES = [
    {"kind": "ask", "name": "answer", "requests": 200, "failures": 0, "times": {250: 190, 312: 10}},
    {
        "kind": "ask",
        "name": "answer from the cache",
        "requests": 50,
        "failures": 0,
        "times": {4: 50},
    },
    {
        "kind": "first token",
        "name": "first token",
        "requests": 20,
        "failures": 0,
        "times": {210: 20},
    },
    {"kind": "left", "name": "left half-way", "requests": 10, "failures": 0, "times": {}},
    {"kind": "unfriendly", "name": "bad_json", "requests": 40, "failures": 0, "times": {}},
]


def second(number):
    return {
        "at_s": 1000.5 + number,
        "requests": 10,
        "sent": 11,
        "failures": 0,
        "p95_ms": 312.0,
        "users": 21,
    }


def sent(entries=ENTRIES, errors=()):
    return Sent(entries, errors, [second(n) for n in range(30)], ())


def grown(kib_per_request):
    """31 samples a second apart, with 11 requests in each second."""
    mib = [80 + n * 11 * kib_per_request / 1024 for n in range(31)]
    return [Sample(1000.0 + n, mib[n] + 10, mib[n] + 50, mib[n]) for n in range(31)]


def ran(**changes):
    peak = Peak(102.4, 146.0, 86.0, oom_kills=0, restarts=0, limit_mib=512.0)
    found = {
        "sent": sent(),
        "samples": grown(0),
        "peak": peak,
        "how_memory": "its cgroup",
        **changes,
    }
    return Ran(**found)


def hour(samples):
    """A run that sends something up to the end of its hour."""
    return ran(samples=samples, sent=Sent(ENTRIES, (), [{**second(0), "at_s": 3600.0}], ()))


def judged(run, thresholds=THRESHOLDS):
    return judge(run, figures(run, OPTIONS), thresholds)


def told(run):
    found = figures(run, OPTIONS)
    whole = report(run, found, judge(run, found, THRESHOLDS), OPTIONS, ABOUT)
    return {**whole, "compared": None}


def test_all_thresholds_hold():
    assert list(lines(told(ran()))) == [
        "  ✓ peak memory of the limit <= 90 %    20 %",
        "  ✓ memory kept per request <= 20 KiB   0 KiB",
        "  ✓ p95 < 400 ms                        250 ms",
        "  ✓ error rate <= 1 %                   0 %",
        "  ✓ kills for memory == 0               0",
        "",
        "  260 questions, 0 failed, 50 of them from the cache; 10.0/s answered",
        "  answers: p50 250 ms, p95 250 ms, p99 312 ms; first token p95 210 ms",
        "  memory: working set 102 MiB, RSS 146 MiB at most; slope –, 0.0 KiB a request",
        "  machine: load average 0.2 before, 3 % of its cores taken by others",
        "  verdict: PASS",
    ]
    assert judged(ran()).exit_code == 0


def test_due_questions_that_were_never_asked_are_told_where_there_are_any():
    late = ran(sent=replace(sent(), unasked=1340))
    line = "1,340 of 1,600 due questions never asked: their visitors still waited for an answer"

    assert figures(ran(), OPTIONS)["never_asked"] == 0
    assert told(late)["figures"]["never_asked"] == 1340
    assert f"  {line}" in list(lines(told(late)))
    assert f"- {line}" in markdown(told(late))
    assert f"<li>{line}</li>" in page(told(late))


def test_a_leak_is_called_one():
    verdict = judged(ran(samples=grown(50)))

    assert verdict.exit_code == 1
    assert verdict.why == [
        "Each request left about 50 KiB behind: that is a leak.",
        "memory kept per request <= 20 KiB: 50 KiB.",
    ]


def test_what_more_visitors_need_is_no_leak_where_growth_is_not_judged():
    verdict = judged(ran(samples=grown(50)), [Threshold("error_rate", "<=", 1.0)])

    assert (verdict.exit_code, verdict.why) == (0, [])


def test_errors_are_told_with_the_threshold_that_they_broke():
    failing = [{**ENTRIES[0], "failures": 100}, *ENTRIES[1:]]
    errors = [{"kind": "ask", "name": "answer", "error": "502 The model failed.", "count": 100}]
    verdict = judged(ran(sent=sent(failing, errors)))

    assert (verdict.exit_code, verdict.why) == (
        1,
        ["error rate <= 1 %: 38.5 %.", "100 x answer: 502 The model failed."],
    )


def test_killed_for_memory_is_an_answer():
    peak = Peak(80.0, 127.0, 79.1, oom_kills=1, restarts=None, limit_mib=80.0)
    ended = "server was killed for memory before it was ready"
    verdict = judged(ran(sent=NOTHING_SENT, samples=[], peak=peak, ended=ended))

    assert (verdict.exit_code, verdict.why) == (
        1,
        [
            "The server was killed for memory before it was ready inside 80 MiB, of which 79.1 MiB"
            " anonymous were held at most.",
            "peak memory of the limit <= 90 %: 100 %.",
            "kills for memory == 0: 1.",
        ],
    )


def test_no_room_to_get_ready_is_an_answer():
    ended = "server was not ready within 120 s and had no room left"
    peak = Peak(74.8, 130.0, 59.0, oom_kills=0, restarts=0, limit_mib=75.0)
    verdict = judged(ran(sent=NOTHING_SENT, samples=[], peak=peak, ended=ended, full=True))

    assert (verdict.exit_code, verdict.why[0]) == (
        1,
        "The server was not ready within 120 s and had no room left inside 75 MiB, of which 59.0"
        " MiB anonymous were held at most.",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"sent": NOTHING_SENT}, ["No question was sent."], id="nothing sent"),
        pytest.param(
            {"ended": "server ended with 7 under load", "peak": Peak(oom_kills=0)},
            ["The server ended with 7 under load."],
            id="died for another reason",
        ),
    ],
)
def test_no_verdict(changes, why):
    verdict = judged(ran(**changes))

    assert (verdict.exit_code, verdict.word, verdict.why) == (2, "no verdict", why)


def interrupted(after_s, run):
    return replace(run, sent=replace(run.sent, interrupted=Interrupted(after_s, 130)))


def test_interrupted_is_no_pass_though_all_holds():
    verdict = judged(interrupted(20, ran()))

    assert all(one.holds for one in verdict.judged)
    assert (verdict.exit_code, verdict.word) == (130, "interrupted")
    assert verdict.why == ["Interrupted after 20 s: this was measured until then."]


def test_what_broke_before_it_was_interrupted_is_told():
    short = replace(interrupted(20, ran(samples=[])), ended="server ended with 7 under load")

    assert judged(interrupted(20, ran(samples=grown(50)))).why == [
        "Interrupted after 20 s: this was measured until then.",
        "Each request left about 50 KiB behind: that is a leak.",
        "memory kept per request <= 20 KiB: 50 KiB.",
    ]
    assert judged(short).why == [
        "Interrupted after 20 s: this was measured until then.",
        "The server ended with 7 under load inside 512 MiB, of which 86.0 MiB anonymous were held"
        " at most.",
    ]


def test_seconds_after_the_interruption_are_in_no_rate():
    waiting = [{**second(20 + n), "requests": 0} for n in range(10)]
    run = ran(sent=Sent(ENTRIES, (), [*sent().history[:20], *waiting], ()))

    assert figures(interrupted(20, run), OPTIONS)["request_rate"] == 10.0


def test_what_was_not_measured_is_no_pass():
    verdict = judged(ran(samples=[], peak=Peak()), [Threshold("peak_memory", "<=", 90.0)])

    assert (verdict.exit_code, verdict.judged[0].holds) == (1, None)
    assert verdict.why == [
        "peak memory of the limit <= 90 %: not measured: no limit, or the memory could not be read."
    ]


def test_where_nobody_was_unfriendly_no_refusal_was_right():
    polite = [entry for entry in ENTRIES if entry["kind"] != "unfriendly"]
    threshold = [Threshold("wrong_refusals", "==", 0.0)]

    assert judged(ran(), threshold).exit_code == 0
    verdict = judged(ran(sent=sent(polite)), threshold)
    assert (verdict.exit_code, verdict.why) == (
        1,
        [
            "unfriendly requests answered wrongly == 0: not measured: no unfriendly request was sent."
        ],
    )


def test_what_is_waited_for_at_the_end_hides_no_leak():
    waiting = [Sample(1030.0 + n, anonymous_mib=200.0) for n in range(40)]
    nothing = [{**second(30 + n), "requests": 0, "sent": 0} for n in range(40)]
    run = ran(sent=Sent(ENTRIES, (), [*sent().history, *nothing], ()))
    run = replace(run, samples=[*grown(50), *waiting])

    assert figures(run, OPTIONS)["memory_per_request"] == pytest.approx(50.0)


def test_a_short_run_has_no_slope_per_hour():
    assert figures(ran(samples=grown(50)), OPTIONS)["memory_slope"] is None


def test_a_long_run_has_one():
    samples = [Sample(float(n), anonymous_mib=80 + n / 3600) for n in range(0, 3600, 10)]

    assert figures(hour(samples), OPTIONS)["memory_slope"] == pytest.approx(1.0)


def soaked(kept_mib_per_h=None):
    """An hour in which 10 MiB are added, so many of them sessions and answers."""
    hours = [n / 3600 for n in range(0, 3600, 10)]
    kept = [None if kept_mib_per_h is None else 1 + kept_mib_per_h * h for h in hours]
    return [
        Sample(h * 3600, anonymous_mib=80 + 10 * h, kept_mib=mib)
        for h, mib in zip(hours, kept, strict=True)
    ]


@pytest.mark.parametrize(
    ("kept_mib_per_h", "net"),
    [
        pytest.param(9.0, 1.0, id="most of it is kept"),
        pytest.param(0.0, 10.0, id="none of it"),
        pytest.param(None, 10.0, id="nobody tells"),
    ],
)
def test_growth_beside_what_is_kept(kept_mib_per_h, net):
    found = figures(hour(soaked(kept_mib_per_h)), OPTIONS)

    assert found["memory_slope"] == pytest.approx(10.0)
    assert found["memory_slope_net"] == pytest.approx(net)


def test_what_is_kept_is_told():
    assert (
        "  kept within bounds: sessions and cached answers, 1.0 MiB before and 10.0 after;"
        " slope beside them 1.0 MiB/h"
    ) in list(lines(told(hour(soaked(9.0)))))


def step(rate, p95, *broken):
    figures = {"p50": 200.0, "p95": p95, "p99": p95, "error_rate": 0.0, "request_rate": rate}
    return {"rate": rate, **figures, "broken": list(broken)}


def test_a_ramp_is_judged_by_the_last_step_that_held():
    steps = [step(10.0, 250.0), step(15.0, 300.0), step(20.0, 9000.0, "p95 9,000 ms")]
    run = ran(sent=Sent(ENTRIES, (), [second(n) for n in range(30)], steps))
    verdict = judged(run, [Threshold("p95", "<", 400.0), Threshold("rate_reached", ">=", 12.0)])

    assert [(one.value, one.holds) for one in verdict.judged] == [(300.0, True), (15.0, True)]


def test_a_ramp_of_which_nothing_held_has_failed():
    run = ran(sent=Sent(ENTRIES, (), [second(n) for n in range(30)], [step(10.0, 9000.0, "p95")]))
    verdict = judged(run, [Threshold("rate_reached", ">=", 1.0)])

    assert (verdict.exit_code, verdict.why) == (
        1,
        ["highest rate held >= 1 /s: not measured: no step of a ramp held."],
    )


def test_cached_answers_have_rows_of_their_own():
    by_name = {row["name"]: (row["requests"], row["p95_ms"]) for row in rows(ran())}

    assert by_name["answer"] == (200, 250.0)
    assert by_name["answer from the cache"] == (50, 4.0)


def test_the_page_loads_nothing_and_escapes_what_servers_say():
    errors = [{"kind": "ask", "name": "answer", "error": "<script>alert(1)</script>", "count": 3}]
    html = page(told(ran(sent=sent(errors=errors))))

    assert "&lt;script&gt;alert(1)" in html
    assert html.count("<svg") == 4
    assert not {"http://", "https://", "<script", "src=", "@import", "url("} & {
        word
        for word in ("http://", "https://", "<script", "src=", "@import", "url(")
        if word in html
    }


def test_markdown_has_every_threshold_and_reason():
    text = markdown(told(ran(samples=grown(50))))

    assert text.startswith("## Load test `smoke`: FAIL\n")
    assert "| ✗ | memory kept per request <= 20 KiB | 50 KiB |" in text
    assert "- Each request left about 50 KiB behind: that is a leak." in text


def test_a_run_is_compared_with_the_last_of_the_same_load():
    now = told(ran())
    before = {**now, "figures": {**now["figures"], "p95": 200.0, "error_rate": None}}

    assert compare(before, now)["p95"] == {"before": 200.0, "now": 250.0, "change_percent": 25.0}
    assert "error_rate" not in compare(before, now)


def test_of_a_slope_near_nothing_no_percentage_is_told():
    same = told(ran())
    before, now = ({**same, "figures": {"memory_slope": slope, "p95": 200.0}} for slope in (0.5, 2))

    compared = compare(before, now)

    assert compared["memory_slope"] == {"before": 0.5, "now": 2, "change_percent": None}
    shown = "memory_slope 0.5 → 2.0, p95 +0.0 %"
    assert f"  since the last run: {shown}" in lines({**told(ran()), "compared": compared})


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="none"),
        pytest.param({}, id="not a report"),
        pytest.param({**ABOUT, "limit_mib": 160.0}, id="another limit"),
        pytest.param(told(interrupted(20, ran())), id="an interrupted run"),
    ],
)
def test_another_load_is_not_compared(before):
    assert compare(before, told(ran())) is None

"""The tables of docs/limits.md, from reports/. Called by cog."""

from __future__ import annotations

from typing import Any

from blocks import mark_of_code, said_of_code
from blocks import report as _report

RATIOS = ("cpu_ms", "wait_p50_ms", "wait_p95_ms")


def attacks() -> str:
    """How far each attack of bench/attacks.py drove the working set, and whether it held."""
    report = _report("limits")
    wide_mib, tight_mib = report["limits_mib"]["wide"], report["limits_mib"]["tight"]
    head = [
        f"| {_marked('attack', report)} | MiB above rest, inside {wide_mib:g} MiB | inside {tight_mib:g} MiB |"
        " killed | afterwards |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *map(_row, report["attacks"].values()), "", _note(report)])


def freed() -> str:
    """What stays and what the peak is of long questions, with each of the two measures taken out."""
    report = _report("freed")
    load = (
        f"{report['questions']} questions of {report['characters']:,} characters,"
        f" {report['at_a_time']} at a time"
    )
    head = [
        f"| {_marked(load, report)} | peak above rest, MiB | stayed, MiB |",
        "| --- | --- | --- |",
    ]
    rows = [
        f"| {name} | {_spread(side['peak_above_rest_mib'])} | {_spread(side['stayed_mib'])} |"
        for name, side in report["sides"].items()
    ]
    return "\n".join([*head, *rows, "", f"Anonymous memory. {_note(report)}"])


def redis() -> str:
    """What the client of Redis takes at rest."""
    report = _report("claims")
    rest = {name: side["working_set_mib"]["median"] for name, side in report["services"].items()}
    more = rest["with Redis"] - rest["one"]
    return f"With `REDIS_URL` the service holds {more:.1f} MiB more at rest. {_note(report)}"


def _note(report: dict[str, Any]) -> str:
    """How and when it was measured, and what its mark means."""
    how = f"Medians of {report['runs']} runs and spread, {report['machine']['measured']}"
    return f"{how}: `{report['command']}`. {said_of_code(report)}".rstrip()


def _marked(title: str, report: dict[str, Any]) -> str:
    return f"{title} {mark_of_code(report)}".rstrip()


def batching() -> str:
    """What it changes to embed together what waits, for each length of question and crowd."""
    report = _report("batching")
    head = [
        f"| {_marked('questions', report)} | at once | processor time, together / alone |"
        " median wait | 95th percentile |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows = [
        f"| {name}, {length['tokens']:.0f} tokens | {at_once}"
        + "".join(f" | {_ratio(sides['together_to_alone'][key])}" for key in RATIOS)
        + " |"
        for name, length in report["lengths"].items()
        for at_once, sides in length["at_once"].items()
    ]
    return "\n".join([*head, *rows])


def batching_default() -> str:
    """What the service does by default, and what of the table speaks for and against it."""
    from service.retriever import CROWD, TOGETHER

    report = _report("batching")
    crowds = [
        sides["together_to_alone"]
        for length in report["lengths"].values()
        for at_once, sides in length["at_once"].items()
        if int(at_once) > CROWD
    ]
    saved = [100 * (1 - crowd["cpu_ms"]["median"]) for crowd in crowds]
    slowest = [crowd["wait_p95_ms"]["median"] for crowd in crowds]
    default = (
        f"up to {TOGETHER} are taken together where more than {CROWD} wait"
        if TOGETHER > 1
        else "each is embedded alone"
    )
    return (
        f"With {CROWD} or fewer both sides do the same, and what differs is noise. Of a crowd, together"
        f" saves {min(saved):.0f} to {max(saved):.0f} % of the processor time (medians), and the"
        f" slowest wait {min(slowest):.2f} to {max(slowest):.2f} times as long. By default {default}"
        " (`TOGETHER` and `CROWD` in `service/retriever.py`)."
        f" {report['machine']['measured']}. {said_of_code(report)}".rstrip()
    )


def _ratio(figure: dict[str, Any]) -> str:
    return f"{figure['median']:.2f} ({figure['min']:.2f} to {figure['max']:.2f})"


def _row(attack: dict[str, Any]) -> str:
    figures = attack["figures"]
    killed = max(figures["wide_killed"]["max"], figures["tight_killed"]["max"])
    answers = "answers" if figures["tight_answered"]["min"] else "answers inside the wider limit"
    return (
        f"| {attack['title']} | {_spread(figures['wide_above_rest_mib'])}"
        f" | {_spread(figures['tight_above_rest_mib'])}"
        f" | {'yes' if killed else 'no'} | {answers if attack['held'] else 'no answer'} |"
    )


def _spread(figure: dict[str, Any]) -> str:
    return f"{figure['median']:.1f} ({figure['min']:.1f} to {figure['max']:.1f})"

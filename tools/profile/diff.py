"""`python -m tools.profile diff`: what changed from one profile to another."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from tools.profile.alike import sides, unlike
from tools.profile.gate.causes import grown
from tools.profile.gate.judge import MEASURES
from tools.profile.gate.table import markdown, stage_rows
from tools.profile.reporters import print_result
from tools.profile.result import Profile, read_profile
from vectorstore.commandline import CommandError, Exit, local_path


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", type=local_path, metavar="A.json")
    parser.add_argument("now", type=local_path, metavar="B.json")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")


def run(arguments: argparse.Namespace) -> int:
    before, now = read_profile(arguments.before), read_profile(arguments.now)
    measure = _common_measure(before, now)
    heading = f"### Memory: {arguments.now.name} against {arguments.before.name}\n\n"
    text = heading + render(before, now, measure)
    print_result(arguments.json, as_json(before, now, measure), text)
    return Exit.OK


def render(before: Profile, now: Profile, measure: str) -> str:
    """How each was measured, the stages, and whose memory grew and shrank."""
    lines = ["| measured | before | now |", "| --- | --- | --- |"]
    lines += [f"| {what} | {_cell(old)} | {_cell(new)} |" for what, old, new in sides(before, now)]
    doubts = [f"- not measured alike: {what}" for what in unlike(before, now)]
    lines += ["", *doubts, ""] if doubts else [""]
    lines += [markdown(before, now, measure), ""]
    for word, causes in (("Grown", grown(before, now)), ("Shrunk", grown(now, before))):
        lines += [f"{word}: {'; '.join(map(str, causes)) or 'no package'}"]
    return "\n".join(lines)


def as_json(before: Profile, now: Profile, measure: str) -> dict[str, object]:
    """The same for a program, in MiB."""
    stages = [
        {"stage": name, "before_mib": old, "now_mib": new}
        for name, old, new in stage_rows(before, now, measure)
    ]
    causes = {
        "grown": [asdict(cause) for cause in grown(before, now)],
        "shrunk": [asdict(cause) for cause in grown(now, before)],
    }
    measured = {what: {"before": old, "now": new} for what, old, new in sides(before, now)}
    return {"schema": 1, "measure": measure, "measured": measured, "stages": stages, **causes}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _common_measure(before: Profile, now: Profile) -> str:
    """The figure that both have: working sets are not compared with RSS. Raises CommandError."""
    for measure in MEASURES:
        if before.peak.get(measure) and now.peak.get(measure):
            return measure
    raise CommandError("the two profiles have no figure in common: neither working set nor RSS.")

"""The report as a page that a person attaches to a pull request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tools.migrate.project import RUNTIME, Project
from tools.migrate.registry import RULES, summary
from tools.migrate.report.rows import cell, rows
from tools.migrate.reporters import TITLES, counted, listed
from tools.migrate.result import KINDS, Note, by_place


def as_markdown(project: Project, report: Mapping[str, Any], verification: str = "") -> str:
    """`report` is what `as_json` gave; `verification` is verify's own part of the page."""
    parts = [
        [f"# fit512: {project.root.name}", "", f"{counted(project)}."],
        _summary(report),
        [verification.rstrip()] if verification else [],
        _apps(report["apps"]),
        _changed(project),
        *(_others(project, kind) for kind in KINDS if kind != "changed"),
        _added(project),
        _next(report["next"]),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _summary(report: Mapping[str, Any]) -> list[str]:
    rows = [*_size_rows(report["sizes"]), *_proof_rows(report["verify"])]
    if not rows:
        return []
    return ["| | before | after |", "| --- | --- | --- |", *(f"| {' | '.join(r)} |" for r in rows)]


def _size_rows(sizes: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    wheels = sizes["wheels_mib"]
    if wheels["before"] is not None or wheels["after"] is not None:
        yield "packages to download", _mib(wheels["before"]), _mib(wheels["after"])
    if sizes["installed_mib"]["after"] is not None:
        yield "packages installed", "not installed here", _mib(sizes["installed_mib"]["after"])
    for folder, mib in sizes["models_mib"].items():
        yield f"model `{folder}`", "downloaded at start", _mib(mib)
    for folder, store in sizes["stores_mib"].items():
        yield f"store `{folder}`", _mib(store["before"]), _mib(store["after"])


def _proof_rows(proof: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    run = (proof or {}).get("run")
    if run and run["ready_s"] is not None:
        peak = run["memory"]["peak"]
        yield "ready after", "not measured", f"{run['ready_s']:.1f} s"
        yield (
            "working set at its peak",
            "not measured",
            _mib(peak.get("working_set_mib") or peak.get("rss_mib")),
        )


def _mib(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.0f} MiB" if value >= 10 else f"{value:.2f} MiB"


def _apps(apps: Sequence[Mapping[str, Any]]) -> list[str]:
    if not apps:
        return ["## Apps", "", "None was found: name the start command by hand."]
    head = ["| app | framework | started in | by | listens on | health | installs |"]
    rows = [
        f"| `{app['path']}` | {app['framework']} | `{app['folder']}` |"
        f" {_command(app)} | {app['port'] or 'no port'} | {app['health'] or '–'} |"
        f" {app['manifest'] or '–'} |"
        for app in apps
    ]
    return ["## Apps", "", *head, f"|{' --- |' * 7}", *rows]


def _command(app: Mapping[str, Any]) -> str:
    said = f" ({app['launched_by']})" if app["launched_by"] else " (proposed)"
    return f"`{cell(app['command'])}`{said}"


def _changed(project: Project) -> list[str]:
    """What changed, by rule; the rule's first sentence says why."""
    notes: dict[str, list[Note]] = defaultdict(list)
    for note in by_place(project.notes):
        if note.kind == "changed":
            notes[note.rule].append(note)
    why = {rule.ID: summary(rule) for rule in RULES}
    lines = [f"## {TITLES['changed']}"] if notes else []
    for rule in [*filter(notes.get, why), *(r for r in notes if r not in why)]:
        lines += ["", f"**{rule}**: {why.get(rule, '')}".rstrip(": "), ""]
        lines += ["| where | what |", "| --- | --- |"]
        lines += [f"| {where} | {what} |" for where, what, _ in rows(project, notes[rule])]
    return lines


def _others(project: Project, kind: Any) -> list[str]:
    notes = [note for note in by_place(project.notes) if note.kind == kind]
    untouched = sorted(map(str, project.untouched())) if kind == "kept" else []
    lines = [f"## {TITLES[kind]}", ""] if notes or untouched else []
    if notes:
        lines += ["| where | what | rule |", "| --- | --- | --- |"]
        lines += [f"| {' | '.join(row)} |" for row in rows(project, notes)]
    if untouched:
        lines += [*([""] if notes else []), f"Nothing to convert in: {listed(untouched)}."]
    return lines


def _added(project: Project) -> list[str]:
    """Models and the runtime by their folder, other files one by one."""
    added = sorted(project.added())
    whole = {path.parent for path in added if path.name in ("embedding.json", "__init__.py")}
    folders = {folder: [p for p in added if p.parent == folder] for folder in sorted(whole)}
    rest = [path for path in added if path.parent not in whole]
    lines = [f"- `{folder}/`: {_what(folder, files)}" for folder, files in folders.items()]
    lines += [f"- `{path}`" for path in rest]
    return ["## Added", "", *lines] if lines else []


def _what(folder: PurePosixPath, files: Sequence[PurePosixPath]) -> str:
    if folder.name == RUNTIME:
        return "belongs to the repository from now on and imports nothing of fit512"
    return ", ".join(file.name for file in files)


def _next(steps: Sequence[str]) -> list[str]:
    numbered = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    return ["## What to do next", "", *numbered] if numbered else []

"""What a person does next, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from tools.migrate.project import RUNTIME, Project
from tools.migrate.report.bringing import bring_it_in
from tools.migrate.report.django import of_django
from tools.migrate.report.embedder import refused_embedders, replace_it_first
from tools.migrate.report.failed import of_the_proof
from tools.migrate.result import Kind, by_place
from tools.migrate.serving.app import PORT, ServedApp
from tools.migrate.serving.secret_names import secret_names

MOST = 5  # places that are named


def next_steps(
    project: Project,
    apps: Sequence[ServedApp],
    proof: Mapping[str, Any] | None,
    command: Sequence[str] = (),
) -> list[str]:
    """Sentences that say what to do, the most pressing first; empty when there is nothing.

    `command` is sys.argv: it says whether a copy was written.
    """
    return [
        *replace_it_first(project),
        *of_the_proof(project, proof, _manifest(apps, proof)),
        *_of_the_notes(project),
        *_of_the_apps(apps),
        *of_django(project, apps),
        *bring_it_in(project, command),
        *_of_the_files(project),
        *_of_the_host(project),
        *_starting(apps),
        *([] if proof else _proving(project)),
    ]


def _manifest(apps: Sequence[ServedApp], proof: Mapping[str, Any] | None) -> PurePosixPath | None:
    """Of the app that was proved."""
    proved = (proof or {}).get("app")
    return next((app.manifest for app in apps if proved in (None, str(app.path))), None)


def _of_the_notes(project: Project) -> Iterator[str]:
    what: tuple[tuple[Kind, str], ...] = (
        ("refused", "Decide what becomes of what was refused"),
        ("skipped", "Convert by hand what was skipped"),
        ("warning", "Read what is said under “To know”"),
    )
    first = refused_embedders(project)
    for kind, sentence in what:
        places = list(
            dict.fromkeys(
                f"{note.path}:{note.line}" if note.line else note.path
                for note in by_place(project.notes)
                if note.kind == kind and note not in first
            )
        )
        if places:
            more = f" and {len(places) - MOST} more" if len(places) > MOST else ""
            yield f"{sentence}: {', '.join(places[:MOST])}{more}."


def _of_the_apps(apps: Sequence[ServedApp]) -> Iterator[str]:
    for app in apps:
        if app.manifest is None:
            yield f"Write a requirements.txt for {app.path}: nothing says what it needs."
        for package in app.missing:
            yield f"Add {package} to {app.manifest}: the start command of {app.path} needs it."
        if isinstance(app.port, int):
            yield f"Make {app.path} listen on {PORT}, as hosts ask: it listens on {app.port}."


def _of_the_files(project: Project) -> Iterator[str]:
    added = sorted({str(path.parent) for path in project.added()})
    models = [folder for folder in added if folder.rpartition("/")[0].endswith("models")]
    runtimes = [folder for folder in added if folder.endswith(RUNTIME)]
    if models or runtimes:
        folders = ", ".join(f"{folder}/" for folder in [*models, *runtimes])
        yield f"Commit {folders} with the rest: the app reads them at start."


def _of_the_host(project: Project) -> Iterator[str]:
    names = secret_names(project, sorted(project.served()))
    if names:
        yield f"Set these in the host's settings, never in the repository: {', '.join(names)}."


def _starting(apps: Sequence[ServedApp]) -> Iterator[str]:
    for app in apps[:MOST]:
        place = "" if app.runs_in == PurePosixPath(".") else f" in {app.runs_in}/"
        yield f"Start {app.path} with `{app.command}`{place}."
    if len(apps) > MOST:
        yield "Start the others as the table of the apps says."


def _proving(project: Project) -> Iterator[str]:
    if project.changed:
        yield "Prove that it fits: `python -m tools.migrate verify CONVERTED --original LEGACY`."

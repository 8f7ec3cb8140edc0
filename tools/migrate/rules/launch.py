"""Start the app with one worker, without reloading and without a debugger.

Each worker loads the app and its model anew, and a reloader is one process more. Covers Procfile,
Dockerfile (CMD, ENTRYPOINT, ENV), docker-compose, render.yaml, railway.json and railway.toml,
fly.toml, shell and batch scripts, gunicorn's configuration files, and uvicorn.run and app.run in the
code. Only the value concerned changes. What the environment decides is reported, and so are files
for development, which stay, and several workers in a Makefile or package.json.

    -web: gunicorn -w 4 -k uvicorn.workers.UvicornWorker app:app
    +web: gunicorn -w 1 -k uvicorn.workers.UvicornWorker app:app

    -    app.run(host="0.0.0.0", port=8080, debug=True)
    +    app.run(host="0.0.0.0", port=8080, debug=False)
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.migrate.launch import commands, server_calls, variables
from tools.migrate.launch.files import LaunchFile, launch_files
from tools.migrate.launch.finding import Finding
from tools.migrate.launch.python_runtime import note_runtimes
from tools.migrate.launch.recipes import note_recipes
from tools.migrate.launch.servers import SERVERS
from tools.migrate.project import Project
from tools.migrate.settings import Settings

ID = "launch"


def apply(project: Project, settings: Settings) -> None:
    used = server_calls.apply(project, ID)
    files = list(launch_files(project))
    found = [(file, list(_in_commands(file))) for file in files]
    used |= {f.variable for _, findings in found for f in findings if f.variable}
    for file, findings in found:
        findings += variables.findings(file.path, file.text, used)
        _take(file, findings)
        if file.path.name.lower() == "procfile":
            _note_default_workers(file)
        file.save()
    note_recipes(project, ID)
    note_runtimes(project, ID)


def _in_commands(file: LaunchFile) -> Iterator[Finding]:
    for words in file.commands():
        yield from commands.findings(file.text, words)


def _take(file: LaunchFile, findings: list[Finding]) -> None:
    for finding in sorted(set(findings), key=lambda f: (f.start, f.end)):
        if finding.replacement is None:
            file.note(ID, finding.kind, finding.start, finding.message)
        elif file.for_development:
            message = "reloads or has several workers: a file for development, left as it is"
            file.note(ID, "kept", finding.start, message)
        else:
            file.replace(finding.start, finding.end, finding.replacement)
            file.note(ID, finding.kind, _where(file, finding), finding.message)


def _where(file: LaunchFile, finding: Finding) -> int:
    """Where what changes begins, behind the line end that goes with it."""
    text = file.text[finding.start : finding.end]
    return finding.start + len(text) - len(text.lstrip(" \t\r\n\\,-"))


def _note_default_workers(file: LaunchFile) -> None:
    """gunicorn and uvicorn ask WEB_CONCURRENCY where the command names no number."""
    for words in file.commands():
        name, arguments = commands.server_of(words) or ("", [])
        flags = SERVERS[name].workers if name in ("gunicorn", "uvicorn") else ()
        if flags and not any(word.value.startswith(flags) for word in arguments):
            message = (
                f"Heroku sets WEB_CONCURRENCY to 2, so {name} starts 2 workers:"
                " add --workers 1, or set WEB_CONCURRENCY=1 there"
            )
            file.note(ID, "warning", words[0].start, message)

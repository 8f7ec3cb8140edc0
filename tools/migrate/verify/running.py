"""Runs an app, or its imports, in its environment, with the network cut off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from tools import limits
from tools.limits.free_port import free_port
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp
from tools.migrate.serving.secret_names import secret_names
from tools.migrate.verify import placeholders
from tools.migrate.verify.commands import split_start, start_command
from tools.migrate.verify.environment import Environment
from tools.migrate.verify.options import Options
from tools.migrate.verify.probe import Probe, find_probe
from tools.migrate.verify.sessions import QUESTION
from tools.migrate.verify.spec import Result, Spec
from vectorstore.commandline import CommandError

INSIDE = Path(__file__).parent / "inside"
VISITS = {"streamlit": "open_streamlit.py", "gradio": "ask_gradio.py"}
PAGES = {"gradio": ["/", "/config"], "streamlit": ["/_stcore/health", "/"]}
QUIET = {
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


class Running:
    """An app in its environment. A step is one process of its own in a network of its own."""

    def __init__(
        self,
        copy: Path,
        scratch: Path,
        project: Project,
        app: ServedApp | None,
        environment: Environment,
    ) -> None:
        self.copy, self.scratch, self.project = copy, scratch, project
        self.app, self.environment = app, environment
        self.folder = copy / (app.folder if app else PurePosixPath("."))

    def imports(
        self, tried: list[tuple[str, str]], script: Path
    ) -> tuple[Result, list[tuple[str, str]]]:
        """What was seen, and (place, error) of each statement that fails."""
        asked, seen = self.scratch / "imports.json", self.scratch / "failed.json"
        folder = str(self.folder)
        asked.write_text(json.dumps({"folder": folder, "statements": tried}), "utf-8")
        python = str(self.environment.python)
        commands = [[python, str(script), str(asked), str(seen)]]
        if self.app and self.app.framework == "django" and (self.folder / "manage.py").is_file():
            commands.append([python, "manage.py", "check"])
            commands.append([python, "manage.py", "migrate", "--noinput"])
        result = self._run(
            Spec(
                folder=folder,
                environment=self._variables(0),
                limit_mib=None,
                log=str(self.scratch / "imports.log"),
                commands=commands,
            )
        )
        failed = json.loads(seen.read_text("utf-8")) if seen.exists() else []
        return result, [(place, error) for place, error in failed]

    def serve(self, options: Options, limit_mib: float | None, questions: list[str]) -> Result:
        """Start the app and visit it. Raises CommandError where nothing says how."""
        port = self._port()
        probe = self.probe(options)
        pages = PAGES.get(self.app.framework, ["/"]) if self.app else ["/"]
        result = self._run(
            Spec(
                folder=str(self.folder),
                environment=self._variables(port),
                limit_mib=limit_mib,
                log=str(self.scratch / "app.log"),
                server=self._command(options, port),
                port=port,
                cold=[str(self.environment.site_packages), str(self.copy)],
                health_path=options.health_path or (self.app and self.app.health) or "/",
                probe=asdict(probe) if probe else None,
                questions=questions if probe else [],
                pages=pages,
                session=self._session(port),
            )
        )
        if options.keep and (self.scratch / "app.log").exists():
            options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.scratch / "app.log", options.keep / "app.log")
        return result

    def probe(self, options: Options) -> Probe | None:
        if options.probe:
            return Probe.parse(options.probe)
        has_routes = self.app and self.app.framework in ("fastapi", "starlette", "quart", "flask")
        return find_probe(self.project, self.app) if self.app and has_routes else None

    def _command(self, options: Options, port: int) -> list[str]:
        if options.start:
            return split_start(options.start, self.environment, port)
        if self.app is None:
            raise CommandError(
                "no app was found, so there is nothing to start. Name the command with --start, e.g."
                " --start 'uvicorn main:app --port $PORT', and a request with --probe."
            )
        return start_command(self.app, self.environment, port)

    def _session(self, port: int) -> list[str]:
        framework = self.app.framework if self.app else ""
        if framework == "chainlit":
            return ["chainlit"]
        if framework not in VISITS:
            return []
        return [str(self.environment.python), str(INSIDE / VISITS[framework]), str(port), QUESTION]

    def _port(self) -> int:
        """The one that the code fixes, else a free one."""
        if self.app and isinstance(self.app.port, int):
            return self.app.port
        return free_port()

    def _variables(self, port: int) -> dict[str, str]:
        """A host's: no PYTHONPATH, nothing of the caller's; each secret that the app reads has a value."""
        served = sorted(self.project.served())
        placeholders.write_streamlit_secrets(self.project, served, self.folder)
        return {
            **placeholders.values(secret_names(self.project, served)),
            **QUIET,
            "PATH": f"{self.environment.programs}{os.pathsep}{os.defpath}",
            "HOME": str(self.scratch),
            "LANG": "C.UTF-8",
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def _run(self, spec: Spec) -> Result:
        """Run `runner` in a network of its own where that can be had; the result says which."""
        asked, answered = self.scratch / "spec.json", self.scratch / "result.json"
        answered.unlink(missing_ok=True)
        asked.write_text(json.dumps(asdict(spec)), "utf-8")
        command = [sys.executable, "-m", "tools.migrate.verify.runner", str(asked), str(answered)]
        why_not = limits.why_not()
        if why_not is None:
            command = limits.cut_off(command)
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if not answered.exists():
            raise CommandError(f"the runner ended with {done.returncode}: {done.stderr[-800:]}")
        result = Result(**json.loads(answered.read_text("utf-8")))
        if why_not is not None:
            result.network = f"not cut off: {why_not}"
        return result

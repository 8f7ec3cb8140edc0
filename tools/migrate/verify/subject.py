"""One repository under proof: copied aside, resolved, installed, imported, started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tools.migrate.project import Project
from tools.migrate.requirements.files import requirement_files
from tools.migrate.serving.app import ServedApp
from tools.migrate.serving.find import served_apps
from tools.migrate.serving.manifest import manifest_of
from tools.migrate.verify import environment as env
from tools.migrate.verify.copying import copy_tree
from tools.migrate.verify.for_pip import for_pip
from tools.migrate.verify.imports import statements
from tools.migrate.verify.manifests import Lock, asked_for_by, is_readable, resolve
from tools.migrate.verify.options import Options
from tools.migrate.verify.outcome import run_steps
from tools.migrate.verify.questions import generate
from tools.migrate.verify.running import Running
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Status, Step, not_run
from vectorstore.commandline import CommandError

Say = Callable[[str], None]
INSIDE = Path(__file__).parent / "inside"
SILENT = {
    "bot": "a bot listens to no port and needs the token of its service",
    "telegram": "a Telegram bot listens to no port and needs a token of Telegram's",
    "cli": "it listens to no port, but asks on the terminal",
}
QUESTIONS = 200  # asked of the running app
NAMED_FIRST = ("torch", "sentence-transformers")
NAMED = 3  # failed imports that are named


class Subject:
    """The copy of one repository, and the environment that is made for it."""

    def __init__(self, repository: Path, scratch: Path, options: Options) -> None:
        self.scratch, self.options = scratch, options
        self.copy = scratch / "copy"
        copy_tree(repository, self.copy)
        self.project = Project.open(self.copy)
        self.apps = served_apps(self.project)
        self.app = chosen_app(self.apps, options.app)
        self.manifest = self.app.manifest if self.app else _any_manifest(self.project)
        self.lock: Lock | None = None
        self.environment: env.Environment | None = None
        self.import_errors: list[tuple[str, str]] = []  # (file:line, error)
        self.result: Result | None = None

    def resolve(self, *, with_torch: bool = False) -> Step:
        """What the manifest comes to. That torch is part of it is a failure."""
        try:
            manifest = self._readable_manifest()
            self.lock = resolve(self.project, manifest)
        except CommandError as error:
            return Step("resolve", Status.FAIL, str(error))
        lock = self.lock
        figures = {"packages": len(lock.versions), "wheels_mib": round(lock.wheels_mib, 1)}
        counted = (
            f"{len(lock.versions)} packages for Python {lock.python},"
            f" {lock.wheels_mib:.0f} MiB of wheels"
        )
        if lock.torch and not with_torch:
            first = next((n for n in NAMED_FIRST if n in lock.torch), lock.torch[0])
            why = asked_for_by(self.project, manifest, lock.python, first)
            detail = f"{counted}, among them still {_listed(lock.torch)}: {first} is {why}"
            return Step("resolve", Status.FAIL, detail, figures)
        return Step("resolve", Status.PASS, f"{manifest}: {counted}, no torch", figures)

    def install(self) -> Step:
        assert self.manifest is not None
        assert self.lock is not None
        try:
            self.environment = env.create(
                for_pip(self.project, self.manifest), self.lock.python, self.scratch / "env"
            )
        except CommandError as error:
            return Step("install", Status.FAIL, str(error))
        return env.check(self.environment)

    def import_(self) -> Step:
        """Every import of the app's code, also those that only a visitor would run."""
        if self.app is None or self.environment is None:
            return Step("import", Status.NOT_APPLICABLE, "no app was found whose imports to try")
        tried = statements(self.project, self.app)
        files = {place.partition(":")[0] for place, _ in tried}
        result, errors = self._running().imports(tried, INSIDE / "try_imports.py")
        # The app's own module ends with what one of its imports ended with.
        said = {error for place, error in errors if ":" in place}
        self.import_errors = [e for e in errors if ":" in e[0] or e[1] not in said]
        if self.import_errors:
            named = [f"{place}: {error}" for place, error in self.import_errors[:NAMED]]
            more = len(self.import_errors) - NAMED
            detail = "; ".join(named) + (f" and {more} more" if more > 0 else "")
            return Step("import", Status.FAIL, detail)
        if result.error:
            return Step("import", Status.FAIL, result.error)
        checked = ", manage.py check and migrate" if self.app.framework == "django" else ""
        detail = f"{len(tried)} imports of {len(files)} files{checked}"
        return Step("import", Status.PASS, detail, {"imports": len(tried)})

    def start(self, texts: list[str]) -> list[Step]:
        """`start`, `answers` and `visitors`; `texts` is what the questions are made of."""
        if self.app and self.app.framework in SILENT and not self.options.start:
            why = f"{SILENT[self.app.framework]}: its imports are what can be proved here"
            return [Step(name, Status.NOT_APPLICABLE, why) for name in ("start", "answers")]
        try:
            self.result = self.serve(self.options.limit_mib, _questions(self.project, texts))
        except CommandError as error:
            return [Step("start", Status.FAIL, str(error)), *not_run("answers")]
        return run_steps(self.result, self.options.limit_mib, self.app)

    def serve(self, limit_mib: float | None, questions: list[str]) -> Result:
        """Start the app in its environment and visit it. Raises CommandError."""
        assert self.environment is not None
        return self._running().serve(self.options, limit_mib, questions)

    def _running(self) -> Running:
        assert self.environment is not None
        return Running(self.copy, self.scratch, self.project, self.app, self.environment)

    def _readable_manifest(self) -> PurePosixPath:
        if self.manifest is None:
            raise CommandError(
                "there is no requirements file beside the app or above it to install from."
            )
        if not is_readable(self.project, self.manifest):
            raise CommandError(
                f"only {self.manifest} says what to install, which pip does not read: write a"
                " requirements.txt from it."
            )
        return self.manifest


def chosen_app(apps: list[ServedApp], asked: str | None) -> ServedApp | None:
    """The app that was asked for, else the likeliest. Raises CommandError."""
    if asked is None:
        return apps[0] if apps else None
    named = PurePosixPath(asked)
    found = [app for app in apps if app.path == named]
    if not found:
        there = ", ".join(str(app.path) for app in apps) or "none was found"
        raise CommandError(f"--app {named}: no app is in that file. Apps are in: {there}.")
    return found[0]


def _any_manifest(project: Project) -> PurePosixPath | None:
    files = requirement_files(project)
    found = (manifest_of(project, files, path) for path in project.python())
    return next(filter(None, found), None)


def _questions(project: Project, texts: list[str]) -> list[str]:
    """About the stores' texts; where none was committed, about the repository's own prose."""
    pages = [p for p in project.paths() if p.suffix == ".md"]
    prose = [
        part for p in pages for part in project.read(p).decode("utf-8", "replace").split("\n\n")
    ]
    return generate(texts or prose or ["orders shipping returns"], QUESTIONS)


def _listed(names: list[str]) -> str:
    """torch and the like by name, what they bring by number."""
    first = [name for name in NAMED_FIRST if name in names] or names[:1]
    rest = len(names) - len(first)
    return ", ".join(first) + (f" and {rest} more that come with them" if rest else "")

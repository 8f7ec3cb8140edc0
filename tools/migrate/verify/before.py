"""Whether what fails now had failed before the conversion: the same step on the original."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tools.migrate.verify.causes import document_missed, library_missed, packages_missed
from tools.migrate.verify.manifests import Lock
from tools.migrate.verify.missing_store import ABOUT_A_STORE, missing_store
from tools.migrate.verify.options import Options
from tools.migrate.verify.steps import Status, Step
from tools.migrate.verify.subject import Say, Subject

COMPARED = ("resolve", "install", "import", "start", "answers")
SAME = "the same error"
SMALL_MIB = 500.0  # of wheels: what is installed without being asked to
LAST_ERROR = re.compile(r"\b(\w+(?:Error|Exception)\b: [^|]+)")


class Before:
    """The repository as it was. Its environment is made when a failed step asks for it."""

    def __init__(self, original: Path, scratch: Path, options: Options, say: Say) -> None:
        self.options, self.say = options, say
        self.subject = Subject(original, scratch, replace(options, keep=None))
        self.resolved = self.subject.resolve(with_torch=True)
        self._installed: Step | None = None

    @property
    def lock(self) -> Lock | None:
        return self.subject.lock

    def mark(self, step: Step, converted: Subject) -> Step:
        """The step with what is known of it before, where it failed."""
        compared = step.name in COMPARED and step.status is Status.FAIL
        if not compared or self.options.before is False:
            return step
        before = self._known(step, converted)
        return replace(step, before=before) if before else step

    def _known(self, step: Step, converted: Subject) -> str | None:
        if self.resolved.status is Status.FAIL and self.resolved.detail == step.detail:
            return SAME
        if self.resolved.status is Status.FAIL:
            return f"its requirements do not resolve ({_first_line(self.resolved.detail)})"
        if step.name == "install":
            installed = self._install()
            failed = installed and installed.status is Status.FAIL
            return _first_line(installed.detail) if installed and failed else None
        if missing := self._store_missed(step, converted):
            return missing
        ours = _errors(step, converted)
        if not ours:
            return None
        libraries = [library_missed(error) for error in ours]
        if all(libraries):
            names = ", ".join(sorted(set(filter(None, libraries))))
            return f"this machine lacks the system library {names}, and a host needs it too"
        documents = [document_missed(error) for error in ours]
        if all(path and self._named_but_not_there(path) for path in documents):
            return f"{documents[0]} was not in the repository"
        if self._is_there():
            theirs = self._theirs(step)
            return SAME if all(error in theirs for error in ours) else None
        packages = converted.environment.packages if converted.environment else {}
        reasons = [self._same_package(error, packages) for error in ours]
        return "; ".join(sorted(set(filter(None, reasons)))) if all(reasons) else None

    def _store_missed(self, step: Step, converted: Subject) -> str | None:
        """Why the original could not open its store, where the failure speaks of one."""
        logged = converted.result.store_error if converted.result else None
        if step.name == "resolve" or not ABOUT_A_STORE.search(f"{step.detail} {logged or ''}"):
            return None
        app = self.subject.app
        return missing_store(self.subject.project, app.folder if app else PurePosixPath("."))

    def _named_but_not_there(self, path: str) -> bool:
        """Whether the original's code opens a file of that path, which it never had."""
        project = self.subject.project
        folder = self.subject.app.folder if self.subject.app else PurePosixPath(".")
        quoted = (f'"{path}"'.encode(), f"'{path}'".encode())
        named = any(text in project.read(file) for file in project.python() for text in quoted)
        return named and not (self.subject.copy / folder / path).exists()

    def _same_package(self, error: str, installed: dict[str, str]) -> str | None:
        missed = packages_missed(error)
        if not missed or self.lock is None:
            return None
        listed = [name for name in missed if name in self.lock.versions]
        if not listed:
            return f"{missed[0]} was not among its requirements"
        name, version = listed[0], self.lock.versions[listed[0]]
        same = version == installed.get(name)
        return f"{name} {version} is what it was installed with" if same else None

    def _theirs(self, step: Step) -> str:
        """What the original says at the same step, without any limit."""
        if step.name == "import":
            self.subject.import_()
            return " | ".join(error for _, error in self.subject.import_errors)
        self.say("starting the original …")
        seen = self.subject.serve(None, [])
        return f"{seen.error or ''} | {seen.session_error or ''}"

    def _is_there(self) -> bool:
        """Whether the original's environment could be made, and was worth it."""
        return self._install() is not None and self.subject.environment is not None

    def _install(self) -> Step | None:
        """Install it once; None where it is too large to be worth it unasked."""
        large = self.lock is None or self.lock.wheels_mib > SMALL_MIB
        if self._installed is None and (self.options.before or not large):
            self.say("installing the original …")
            self._installed = self.subject.install()
        return self._installed


def _errors(step: Step, converted: Subject) -> list[str]:
    """The exceptions with which a step ended, each once."""
    if step.name == "import":
        return sorted({error for _, error in converted.import_errors})
    return [error.strip() for error in LAST_ERROR.findall(step.detail)[-1:]]


def _first_line(text: str, most: int = 200) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= most else f"{line[: most - 1]}…"


def mark_all(steps: Sequence[Step], before: Before | None, converted: Subject) -> list[Step]:
    """Each failed step with what is known of it on the original."""
    return [before.mark(step, converted) if before else step for step in steps]

"""A clean checkout and a fresh environment, built with the host's own command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.plan import Plan
from deploy.repository import Repository
from deploy.shell import build, root
from tools import limits
from tools.limits.size import size_mib
from vectorstore.commandline import CommandError

BUILD_S = 1200
LINES = 12  # of what a command said last
KEPT = ("PATH", "LANG", "HOME", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class Stopped(Exception):
    """The rehearsal ends here, and the answer is no."""


@dataclass(frozen=True, slots=True)
class Built:
    """A checkout with its environment; `python` is the version that was there to use."""

    checkout: Path
    environment: Path
    python: str

    @property
    def installed_mib(self) -> float:
        return size_mib(self.environment)

    @property
    def checkout_mib(self) -> float:
        return size_mib(self.checkout)

    @property
    def path(self) -> str:
        return f"{self.environment / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def check_out(repository: Repository, target: Path) -> None:
    """What is committed: a clone of a git's root, else a copy of the files that git or the folder has."""
    if (repository.root / ".git").exists():
        command = ["git", "clone", "--quiet", "--no-hardlinks", str(repository.root), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode == 0 and any(path.name != ".git" for path in target.iterdir()):
            shutil.rmtree(target / ".git")  # not part of a slug or an image
            return
        shutil.rmtree(target, ignore_errors=True)
    for path in repository.committed:
        if (source := repository.root / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / path)


def make(plan: Plan, repository: Repository, scratch: Path) -> Built:
    """Check out, make the environment and run the build command. Raises Stopped when it fails."""
    checkout, environment, log = scratch / "app", scratch / "env", scratch / "build.log"
    check_out(repository, checkout)
    python = interpreter(plan.python.value)
    run([python, "-m", "venv", str(environment)], scratch, dict(os.environ), log)
    built = Built(checkout, environment, version(environment / "bin/python"))
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    values = {**pip, **kept, "PATH": built.path, "VIRTUAL_ENV": str(environment)}
    run(["/bin/sh", "-c", build(plan)], checkout / root(plan), values, log)
    return built


def interpreter(asked: str) -> str:
    """The Python of that version where it is installed, else the one that runs this."""
    minor = ".".join(asked.split(".")[:2])
    return shutil.which(f"python{minor}") or sys.executable


def version(python: Path) -> str:
    code = "import platform; print(platform.python_version())"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    with (
        log.open("wb") as said,
        limits.start(command, cwd=folder, env=environment, stdout=said, stderr=said) as process,
    ):
        code = process.wait(BUILD_S)
    if code:
        raise Stopped(f"`{command[-1]}` ended with {code}: {last_lines(log)}")
    if code is None:
        raise Stopped(f"`{command[-1]}` had not ended after {BUILD_S} s")


def last_lines(log: Path) -> str:
    return "\n  ".join(log.read_text("utf-8", "replace").strip().splitlines()[-LINES:])


def check_posix() -> None:
    if os.name != "posix":
        raise CommandError("a rehearsal needs sh and SIGTERM: run it on Linux, macOS or in WSL.")

"""uv, asked what a requirements file resolves to: from metadata, nothing is installed."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from deploy.manifest.inputs import Inputs
from tools.limits.resolving import NotAskedError, pip_compile

TIMEOUT_S = 120
# The glibc of Debian 12: the oldest among the images of Render, Heroku and Railway.
PLATFORM = "x86_64-manylinux_2_36"
MOST_WITHOUT_WHEEL = 8
_NO_WHEEL = re.compile(
    r"([A-Za-z0-9][\w.-]*)==(\S+) has no (?:usable wheels|wheels with a matching)", re.IGNORECASE
)
_OFFLINE = ("network was disabled", "dns error", "Failed to fetch", "client error", "Connect")


class NotResolvedError(Exception):
    """uv found no solution or could not be asked; `without_wheel` is what was seen on the way."""

    def __init__(self, message: str, without_wheel: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.without_wheel = tuple(without_wheel)


def compile_lock(inputs: Inputs, python: str) -> tuple[str, tuple[str, ...]]:
    """(pins with hashes and annotations, name==version of what has no wheel).

    Wheels alone first: what has none for this Python is named by uv, one at a time, and then may be
    built from source. Raises NotResolvedError.
    """
    without: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fit512-lock-") as folder:
        for path, text in inputs.files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, "utf-8")
        while True:
            done = _compile(folder, inputs.manifest, python, without)
            if done.returncode == 0:
                return done.stdout, tuple(without)
            said = " ".join(re.sub(r"[╰─▶│├×]+", " ", done.stderr).split())
            new = [f"{canonicalize_name(n)}=={v.rstrip(',.')}" for n, v in _NO_WHEEL.findall(said)]
            new = [pin for pin in dict.fromkeys(new) if pin not in without]
            if not new or len(without) >= MOST_WITHOUT_WHEEL:
                raise NotResolvedError(_shortened(said), without)
            without += new


def has_wheel(pin: str, python: str) -> bool:
    """Whether one release can be had as a wheel for a Python."""
    with tempfile.TemporaryDirectory(prefix="fit512-lock-") as folder:
        (Path(folder) / "one.txt").write_text(f"{pin}\n", "utf-8")
        return _compile(folder, "one.txt", python, (), ["--no-deps"]).returncode == 0


def _compile(
    folder: str, manifest: str, python: str, built: Iterable[str], more: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    asked = ["--generate-hashes", "--only-binary", ":all:", *more]
    for pin in built:
        asked += ["--no-binary", pin.partition("==")[0]]
    try:
        return pip_compile(
            manifest, asked, folder=folder, python=python, platform=PLATFORM, timeout_s=TIMEOUT_S
        )
    except NotAskedError as error:
        raise NotResolvedError(str(error)) from error


def _shortened(said: str, most: int = 400) -> str:
    if any(sign in said for sign in _OFFLINE):
        return "the package index could not be reached"
    text = said.removeprefix("error: ").removeprefix(
        "No solution found when resolving dependencies"
    )
    text = text.strip().removeprefix("cause: ").partition(" hint: ")[0]
    return text if len(text) <= most else f"{text[: most - 1]}…"

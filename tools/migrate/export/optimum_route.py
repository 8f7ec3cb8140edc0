"""The route through optimum: for architectures that are not written here, and to compare with.

optimum brings torch, and a transformers that sentence-transformers no longer takes: it lives in an
environment of its own, and is run as a process there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tools.migrate.export.pypi import CHECKOUT
from vectorstore.commandline import CommandError

VARIABLE = "FIT512_EXPORT_PYTHON"
SCRIPT = Path(__file__).with_name("optimum_child.py")
HOW = (
    "`pip install 'fit512[export]'` in an environment of its own brings it, with torch, and"
    f" {VARIABLE} names the Python there (in a checkout `make export-env` does both)"
)
TIMEOUT_S = 1800
# What it reads of a model's folder: no pickle and no code is put before it.
READ = ("*.json", "*.txt", "*.safetensors", "*.model")


def python() -> Path | None:
    """The Python that has optimum; None where there is none."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    made = CHECKOUT / ".cache/export-env/bin/python"
    if made.is_file():
        return made
    return Path(sys.executable) if find_spec("optimum") else None


def export_graphs(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Write the encoder of each folder to the file beside it in the pair, in one process."""
    interpreter = python()
    if interpreter is None:
        raise CommandError(f"optimum is not there: {HOW}.")
    with tempfile.TemporaryDirectory(prefix="fit512-optimum-") as work:
        arguments: list[str] = []
        for number, (folder, target) in enumerate(pairs):
            safe = Path(work) / str(number)
            _copy(folder, safe)
            arguments += [str(safe), str(target.resolve())]
        _run([str(interpreter), str(SCRIPT), *arguments], pairs[0][0])


def _copy(folder: Path, target: Path) -> None:
    target.mkdir()
    for pattern in READ:
        for file in folder.glob(pattern):
            try:
                (target / file.name).symlink_to(file.resolve())
            except OSError:  # Windows, without the right to make links
                shutil.copyfile(file, target / file.name)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONSAFEPATH": "1"}
    environment.pop("PYTHONPATH", None)
    try:
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not a Python: {HOW}.") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            f"optimum took over {TIMEOUT_S // 60} minutes for {folder}: give it a larger machine."
        ) from error
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        missing = f" {HOW}." if "ModuleNotFoundError" in last else ""
        raise CommandError(f"optimum could not export {folder}: {last}.{missing}")

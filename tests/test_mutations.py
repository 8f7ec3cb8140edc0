"""Tests of bounds can fail: each mutation takes one bound out of a copied tree, where its test is red.

`python -m pytest tests/test_mutations.py -k ID` runs one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("service", "vectorstore", "tools", "tests", "pyproject.toml")
LINKED = ("models", "stores", "examples")


@dataclass(frozen=True)
class Mutation:
    """`old`, which stands once in `file`, becomes `new`; then `test` has to fail."""

    file: str
    old: str
    new: str
    test: str


MUTATIONS = {
    "guard off": Mutation(
        "service/guard.py",
        "        room = self._read()\n        if room is None:",
        "        room = None\n        if room is None:",
        "tests/service/test_guard_limit.py::test_it_is_never_killed_for_memory",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_turns_its_test_red(tmp_path, name):
    mutation = MUTATIONS[name]
    copy_tree(tmp_path)
    file = tmp_path / mutation.file
    text = file.read_text("utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.file} has changed: renew the mutation"
    file.write_text(text.replace(mutation.old, mutation.new), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", mutation.test]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    if " skipped" in done.stdout:
        pytest.skip(f"{mutation.test} cannot run here")
    assert (done.returncode, "\nFAILED " in done.stdout) == (1, True), done.stdout + done.stderr


def copy_tree(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored, symlinks=True)
        else:
            shutil.copy2(source, target / name)
    for name in LINKED:
        (target / name).symlink_to(ROOT / name)

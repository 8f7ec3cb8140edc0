"""Tests of bounds can fail: each mutation takes one bound out of a copied tree, where its test is red.
In the same tree without a mutation they pass.

`python -m pytest tests/test_mutations.py -k ID` runs one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.missing import missing
from tests.mutations import MUTATIONS

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("service", "vectorstore", "tools", "tests", "pyproject.toml")
LONGEST_S = 900
LINKED = ("models", "stores", "examples")


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_turns_its_test_red(tmp_path, name):
    mutation = MUTATIONS[name]
    copy_tree(tmp_path)
    file = tmp_path / mutation.file
    text = file.read_text("utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.file} has changed: renew the mutation"
    mutated = text.replace(mutation.old, mutation.new)
    compile(mutated, mutation.file, "exec")  # what is no Python turns every test red
    file.write_text(mutated, "utf-8")
    done = pytest_in(tmp_path, "-x", mutation.test)
    said = done.stdout + done.stderr
    # As the summary names them; a captured line of a log begins with its level, which may be ERROR.
    failed, broken = ("\nFAILED tests/" in done.stdout, "\nERROR tests/" in done.stdout)
    assert (done.returncode, failed, broken) == (1, True, False), said


@pytest.mark.slow
def test_without_a_mutation_they_pass(tmp_path):
    """Else a test that is red in a copied tree anyway would prove every mutation."""
    copy_tree(tmp_path)
    done = pytest_in(tmp_path, *sorted({mutation.test for mutation in MUTATIONS.values()}))
    assert done.returncode == 0, done.stdout + done.stderr


def pytest_in(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest with these arguments, in a copied tree; what one of its tests misses is missing here, too."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST_S
    )
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED ")]
    if skipped:
        missing(f"what a test needs: {skipped}")
    return done


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

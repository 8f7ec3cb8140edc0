"""The gate's whole point: 20 MiB more in the service are found, and whose they are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.profile.gate.profiles import budget_file

ROOT = Path(__file__).parents[3]
BUDGET = '[budget]\nlimit = "512MiB"\ngrowth = "10MiB"\nbaseline = "baseline.json"\n'


@pytest.fixture
def app(tmp_path):
    """A copy of the service, with its model and store, that passed once and is the baseline."""
    folder = tmp_path
    for name in ("service", "vectorstore"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("models", "stores"):
        (folder / name).symlink_to((ROOT / name).resolve())
    budget_file(folder, BUDGET)
    assert gate(folder, "--update-baseline")[0] == 0
    return folder


def gate(folder: Path, *options: str) -> tuple[int, dict]:
    app = ["--cwd", str(folder), "--load", "20", "--runs", "1"]
    command = [sys.executable, "-m", "service"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.profile", "gate", "--json", *options, *app]
        + ["--budget", str(folder / "budget.toml"), "--profile", str(folder / "now.json")]
        + ["--", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_a_regression_of_20_mib_is_caught_and_is_of_its_package(app):
    (app / "service/ballast.py").write_text("HELD = b'x' * (20 * 1024 * 1024)\n")
    importer = app / "service/app.py"
    line = "from __future__ import annotations\n"
    importer.write_text(
        importer.read_text("utf-8").replace(line, f"{line}import service.ballast\n", 1)
    )
    code, found = gate(app)
    assert code == 1
    assert [check["name"] for check in found["checks"] if check["status"] == "over"] == ["growth"]
    assert found["grown"][0]["name"] == "service"
    # What the imports before it leave free in the heap differs by a MiB from one run to the next.
    assert found["grown"][0]["mib"] == pytest.approx(20, abs=2)

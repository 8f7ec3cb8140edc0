"""The whole proof, on the example converted for real. Minutes: installs environments."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples/legacy_shop"
pytestmark = pytest.mark.slow


def migrate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.migrate", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("converted") / "shop"
    done = migrate("apply", EXAMPLE, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "does not resolve" not in done.stderr
    return out


def verify(converted: Path) -> tuple[int, dict[str, dict[str, object]]]:
    expected = ROOT / "examples/expected/legacy_shop.json"
    done = migrate("verify", converted, "--original", EXAMPLE, "--expected", expected, "--json")
    assert done.stdout, done.stderr
    return done.returncode, {step["name"]: step for step in json.loads(done.stdout)["steps"]}


def test_the_example_passes(converted):
    code, steps = verify(converted)
    assert {name: step["status"] for name, step in steps.items()} == {
        "resolve": "pass",
        "install": "pass",
        "import": "pass",
        "start": "pass",
        "answers": "pass",
        "visitors": "pass",
        "retrieval of store": "pass",
    }
    assert code == 0


def test_a_planted_import_of_torch_fails(converted, tmp_path):
    planted = shutil.copytree(converted, tmp_path / "planted")
    app = planted / "bot/chain.py"
    app.write_text("import torch\n" + app.read_text("utf-8"), "utf-8")
    code, steps = verify(planted)
    assert (code, steps["start"]["status"]) == (1, "fail")
    assert "No module named 'torch'" in str(steps["start"]["detail"])
    assert (
        steps["import"]["detail"] == "bot/chain.py:1: ModuleNotFoundError: No module named 'torch'"
    )
    assert steps["import"]["before"] is None  # the original has it: this one is ours


def test_an_import_of_torch_that_the_app_swallows_fails(converted, tmp_path):
    planted = shutil.copytree(converted, tmp_path / "planted")
    app = planted / "app.py"
    caught = (
        "try:\n        import torch\n    except ImportError:\n        return {'answer': 'Sorry.'}\n"
    )
    before = "    question = body.question.strip()\n"
    assert before in app.read_text("utf-8")
    app.write_text(app.read_text("utf-8").replace(before, f"{before}    {caught}"), "utf-8")
    code, steps = verify(planted)
    assert (code, steps["answers"]["status"]) == (1, "fail")
    assert "most answers came from no model call" in str(steps["answers"]["detail"])


def test_torch_in_the_requirements_fails_and_says_who_asks_for_it(converted, tmp_path):
    planted = shutil.copytree(converted, tmp_path / "planted")
    with (planted / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("triton\n")
    code, steps = verify(planted)
    assert (code, steps["resolve"]["status"]) == (1, "fail")
    assert "still triton: triton is listed in requirements.txt" in str(steps["resolve"]["detail"])

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.migrate.export.write import publish, staging
from vectorstore.commandline import CommandError, Exit

CHECKOUT = Path(__file__).resolve().parents[3]


def _publish(target: Path, text: str) -> None:
    with staging(target) as stage:
        (stage / "w8").mkdir()
        (stage / "w8" / "embedding.json").write_text(text)
        publish(stage / "w8", target)


def test_a_new_folder(tmp_path: Path):
    _publish(tmp_path / "models" / "a", "1")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["a"]
    assert (tmp_path / "models/a/embedding.json").read_text() == "1"


@pytest.mark.parametrize("before", [[], ["embedding.json", "model.onnx"]])
def test_an_empty_or_a_model_folder_is_replaced(before: list[str], tmp_path: Path):
    target = tmp_path / "a"
    target.mkdir()
    for name in before:
        (target / name).write_text("old")
    _publish(target, "2")
    assert [path.name for path in target.iterdir()] == ["embedding.json"]
    assert os.listdir(tmp_path) == ["a"]


def test_anything_else_is_left_alone(tmp_path: Path):
    target = tmp_path / "a"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not a model folder") as error:
        _publish(target, "3")
    assert error.value.exit_code == Exit.NO
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(target) == ["thesis.txt"]


def test_an_interrupt_leaves_nothing(tmp_path: Path):
    def interrupted() -> None:
        with staging(tmp_path / "a") as stage:
            (stage / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "no space left for"), (errno.EACCES, "cannot be written")],
)
def test_what_the_disk_refuses_is_said(code: int, said: str, tmp_path: Path):
    with pytest.raises(CommandError, match=said), staging(tmp_path / "a"):
        raise OSError(code, os.strerror(code))
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize("limit_bytes", [0, 2000, 20_000])
def test_a_disk_that_fills_up_half_way(limit_bytes: int, tiny: Path, tmp_path: Path):
    program = (
        "import resource, sys; from tools.migrate.export.cli import main;"
        "from vectorstore.commandline import run;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}));"
        "sys.exit(run('export', main))"
    )
    out = tmp_path / "models" / "tiny"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tiny), "--out", str(out)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == Exit.ERROR, ran.stderr
    assert f"no space left for {out}" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert os.listdir(out.parent) == []

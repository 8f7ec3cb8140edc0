from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service.helpers import MODEL, ROOT, STORE
from tools.profile.told import TOLD, VARIABLE, told

LOAD = (
    "from service.config import Settings; from service.parts import Parts; Parts.load(Settings())"
)


def write(line: str, environment: dict[str, str]) -> None:
    descriptor = os.open(environment[VARIABLE], os.O_WRONLY)
    os.write(descriptor, line.encode())
    os.close(descriptor)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("imports 1.5\n", [("imports", 1.5)]),
        ("imports 1.5\nmodel 2\n", [("imports", 1.5), ("model", 2.0)]),
        ("warming 1.5\n", []),
        ("imports\n", []),
        ("imports nan\n", []),
        ("\xff\n", []),
    ],
    ids=["one", "two at once", "no stage", "no moment", "no number", "no text"],
)
def test_lines(line, expected):
    seen = []
    with told(lambda *heard: seen.append(heard)) as environment:
        write(line, environment)
        write("store 9\n", environment)
        while ("store", 9.0) not in seen:
            time.sleep(0.005)
    assert seen[:-1] == expected


def test_nothing_is_left():
    with told(print) as environment:
        pipe = Path(environment[VARIABLE])
    assert not pipe.parent.exists()


def load(environment: dict[str, str]) -> None:
    folders = {"MODEL_DIR": str(MODEL), "STORE_DIR": str(STORE)}
    known = {**os.environ, **folders, **environment}
    subprocess.run([sys.executable, "-c", LOAD], cwd=ROOT, env=known, check=True)


def test_the_service_tells_its_stages_in_their_order():
    seen = []
    begun_s = time.monotonic()
    with told(lambda *heard: seen.append(heard)) as environment:
        load(environment)
        while len(seen) < len(TOLD):
            time.sleep(0.005)
    assert [stage for stage, _ in seen] == list(TOLD)
    moments = [begun_s, *(at_s for _, at_s in seen), time.monotonic()]
    assert moments == sorted(moments)


def test_the_service_starts_where_nobody_listens(tmp_path):
    pipe = tmp_path / "marks"
    os.mkfifo(pipe)
    load({VARIABLE: str(pipe)})
    load({VARIABLE: str(tmp_path / "missing")})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["marks"]

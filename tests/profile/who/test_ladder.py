from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.profile.who.programs import HELD, write
from tools.profile import who
from tools.profile.who.inject import injected
from tools.profile.who.ladder import Incomplete, Ladder, Rung, read_ladder

# Tolerances below: the kernel counts RSS in batches of pages for each core, about 1 MiB on two.
HOOK = Path(who.__file__).with_name("import_hook.py")
APP = {
    "app.py": "import middle\n",
    "middle/__init__.py": "from middle import part\n",
    "middle/part.py": "import heavy.parts\n" + HELD.format(mib=10),
    "heavy/__init__.py": "",
    "heavy/parts.py": HELD.format(mib=20),
}


def ladder_of(
    folder: Path, *command: str, python: str = sys.executable, **variables: str
) -> Ladder:
    with injected(HOOK, {**os.environ, **variables}) as run:
        subprocess.run(
            [python, *command],
            cwd=folder,
            env={**os.environ, **variables, **run.variables},
            check=True,
        )
        ladder = read_ladder(run.out)
    assert ladder
    return ladder


def no_larger_than(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [40, 1000], ids=["header", "imports"])
def test_half_a_file_is_no_ladder(tmp_path, size):
    with injected(HOOK, os.environ) as run:
        subprocess.run(
            [sys.executable, "-c", "import json, email.message"],
            env={**os.environ, **run.variables},
            check=True,
            preexec_fn=partial(no_larger_than, size),
        )
        with pytest.raises(Incomplete, match="File too large, where the import hook writes"):
            read_ladder(run.out)


def rung(ladder: Ladder, package: str) -> Rung:
    return next(rung for rung in ladder.rungs if rung.package == package)


def test_each_package_is_charged_with_its_own_imports(tmp_path):
    ladder = ladder_of(write(tmp_path, APP), "app.py")
    heavy, middle = rung(ladder, "heavy"), rung(ladder, "middle")
    assert heavy.own_mib == pytest.approx(20, abs=1.2)
    assert middle.own_mib == pytest.approx(10, abs=1.2)
    assert middle.total_mib == pytest.approx(30, abs=1.5)


def test_the_chain_leads_to_what_was_only_pulled_in(tmp_path):
    ladder = ladder_of(write(tmp_path, APP), "app.py")
    assert rung(ladder, "heavy").chain == ("middle", "heavy")
    assert rung(ladder, "heavy").modules == 2
    assert rung(ladder, "middle").chain == ("middle",)


FORKS = """
import heavy, os, sys
if sys.argv[1:]:
    os.system(f"{sys.executable} app.py")
    child = os.fork()
    import late
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_processes_are_added_up(tmp_path):
    files = {"app.py": FORKS, "heavy.py": HELD.format(mib=20), "late.py": HELD.format(mib=5)}
    with injected(HOOK, os.environ) as run:
        subprocess.run(
            [sys.executable, "app.py", "forks"],
            cwd=write(tmp_path, files),
            env={**os.environ, **run.variables},
            check=True,
        )
        pids = sorted(int(file.stem) for file in run.out.glob("*.tsv"))
        found, first = read_ladder(run.out, pids), read_ladder(run.out, pids[:1])
    assert (found.processes, first.processes) == (3, 1)
    assert found.everywhere["heavy"] == pytest.approx(60, abs=3.6)
    assert found.everywhere["late"] == pytest.approx(10, abs=2.4)
    assert found.everywhere["interpreter"] == pytest.approx(3 * found.interpreter_mib, rel=0.2)
    assert first.everywhere["heavy"] == pytest.approx(20, abs=1.2)
    assert found.rungs == first.rungs  # of the one that imported most


def test_a_package_that_is_not_there_has_no_rung(tmp_path):
    optional = "try:\n    import {}\nexcept ImportError:\n    pass\n"
    files = {
        "app.py": optional.format("not_there") + optional.format("broken"),
        "broken.py": "import part\nimport not_there_either\n",
        "part.py": "",
    }
    ladder = ladder_of(write(tmp_path, files), "app.py")
    named = {rung.package for rung in ladder.rungs}
    assert {"broken", "part"} <= named
    assert not {"not_there", "not_there_either"} & named


def test_the_rungs_add_up(tmp_path):
    ladder = ladder_of(write(tmp_path, APP), "app.py")
    assert ladder.imports_mib == pytest.approx(sum(rung.own_mib for rung in ladder.rungs))
    assert ladder.imports_ms == pytest.approx(sum(rung.own_ms for rung in ladder.rungs))
    assert 3 < ladder.interpreter_mib < 20
    assert ladder.python == ".".join(map(str, sys.version_info[:3]))


def test_an_import_in_a_function_is_charged_and_linked_to_its_caller(tmp_path):
    late = {
        "app.py": "import lazy\nlazy.load()\n",
        "lazy.py": "def load():\n    import heavy.parts\n",
        "heavy/__init__.py": "",
        "heavy/parts.py": HELD.format(mib=20),
    }
    heavy = rung(ladder_of(write(tmp_path, late), "app.py"), "heavy")
    assert heavy.chain == ("lazy", "heavy")
    assert heavy.own_mib == pytest.approx(20, abs=1.2)


def test_a_failed_import_is_charged_too(tmp_path):
    failing = {
        "app.py": "try:\n    import broken\nexcept ImportError:\n    pass\n",
        "broken.py": "import heavy\nraise ImportError\n",
        "heavy.py": HELD.format(mib=20),
    }
    ladder = ladder_of(write(tmp_path, failing), "app.py")
    assert rung(ladder, "heavy").chain == ("broken", "heavy")


def test_a_forked_worker_inherits_the_imports_of_its_parent(tmp_path):
    forking = {
        "app.py": (
            "import os, before\npid = os.fork()\n"
            "if pid == 0:\n    import after\nelse:\n    os.waitpid(pid, 0)\n    import unrelated\n"
        ),
        "before.py": HELD.format(mib=8),
        "after.py": HELD.format(mib=20),
        "unrelated.py": "",
    }
    ladder = ladder_of(write(tmp_path, forking), "app.py")
    assert {rung.package for rung in ladder.rungs} >= {"before", "after"}
    assert "unrelated" not in {rung.package for rung in ladder.rungs}
    # And the pages of libraries, which a forked process maps when it first uses them.
    assert rung(ladder, "after").own_mib == pytest.approx(21, abs=2)


def test_the_sitecustomize_of_the_environment_still_runs(tmp_path):
    files = {
        "own/sitecustomize.py": "import sys\nsys.flag_of_mine = True\n",
        "app.py": "import sys, heavy\nassert sys.flag_of_mine\n",
        "heavy.py": "",
    }
    ladder = ladder_of(write(tmp_path, files), "app.py", PYTHONPATH=str(tmp_path / "own"))
    assert rung(ladder, "heavy").modules == 1


def test_the_hook_loads_next_to_nothing_itself(tmp_path):
    lone = {"app.py": "import sys\nprint(*sys.modules)\n"}
    write(tmp_path, lone)
    with injected(HOOK, os.environ) as run:
        loaded = [
            set(subprocess.check_output([sys.executable, "app.py"], cwd=tmp_path, env=env).split())
            for env in ({**os.environ, **run.variables}, dict(os.environ))
        ]
    assert loaded[0] - loaded[1] == {b"sitecustomize", b"__future__", b"itertools"}


def test_nothing_that_ran_is_nothing_measured(tmp_path):
    assert read_ladder(tmp_path) is None


def test_the_hook_leaves_nothing_behind(tmp_path):
    with injected(HOOK, os.environ) as run:
        pass
    assert not run.out.exists()

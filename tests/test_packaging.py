"""What is installed is what is in the tree, and nothing of ours hides the standard library."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def python(code: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_profile_and_cprofile_are_the_standard_library():
    code = "import profile, cProfile, sysconfig; print(profile.__file__.startswith(sysconfig.get_path('stdlib')), hasattr(cProfile, 'run'))"
    assert python(code, ROOT) == "True True"


def test_packages_come_from_this_checkout():
    code = "import deploy, service, tools, vectorstore; print(deploy.__file__, service.__file__, tools.__file__, vectorstore.__file__, sep='\\n')"
    files = [Path(line) for line in python(code, Path("/")).splitlines()]
    assert files == [
        ROOT / name / "__init__.py" for name in ("deploy", "service", "tools", "vectorstore")
    ]


def test_console_command_runs_from_anywhere():
    command = Path(sys.executable).parent / "fit512"
    done = subprocess.run([command, "--help"], cwd="/", capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "usage: fit512 COMMAND [ARGUMENTS]",
    )


def test_the_wheel_holds_the_packages_and_nothing_else(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"service", "vectorstore", "tools", "deploy", "fit512-0.1.0.dist-info"}
    shipped = {
        "vectorstore/onnx_embeddings.py",
        "service/py.typed",
        "service/page/index.html",
        "tools/migrate/runtime/window_memory.py",
        "deploy/render/schema.json",
        "tools/profile/ci/memory.yml.j2",
        "tools/profile/report/page.css",
        "tools/profile/report/page.html.j2",
        "tools/profile/result.py",
    }
    assert shipped <= set(names)


def test_every_folder_with_python_is_a_package():
    parts = ("service", "vectorstore", "tools", "deploy", "loadtests", "tests")
    folders = {file.parent for part in parts for file in (ROOT / part).rglob("*.py")}
    missing = [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()]
    assert missing == []

from __future__ import annotations

import json
import subprocess

import pytest

from deploy.locking.others import lock_of, place, read_other
from deploy.locking.resolved import Resolved
from deploy.repository import Repository
from tests.deploy.helpers import write
from tests.deploy.wheelhouse import put_wheel
from tools.limits.resolving import uv_program

UV = """\
version = 1

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "web" },
    { name = "embed", extra = ["local"] },
    { name = "pywin32", marker = "sys_platform == 'win32'" },
]

[package.dev-dependencies]
dev = [{ name = "tester" }]

[[package]]
name = "embed"
version = "2.0"
source = { registry = "https://pypi.org/simple" }

[package.optional-dependencies]
local = [{ name = "torch", marker = "python_full_version < '3.13'" }]

[[package]]
name = "pywin32"
version = "306"

[[package]]
name = "tester"
version = "8.0"

[[package]]
name = "torch"
version = "2.7.0"

[[package]]
name = "web"
version = "1.0"
"""
POETRY = """\
[[package]]
name = "Embed"
version = "2.0"
groups = ["main"]

[package.dependencies]
torch = {version = ">=2", optional = true, markers = "extra == 'local'"}
typing = {version = "*", markers = "python_version < '3.8'"}

[package.extras]
local = ["torch (>=2)"]

[[package]]
name = "tester"
version = "8.0"
groups = ["dev"]

[[package]]
name = "torch"
version = "2.7.0"
groups = ["main"]

[[package]]
name = "typing"
version = "3.7"
groups = ["main"]
"""
PIPENV = json.dumps(
    {
        "default": {
            "embed": {"version": "==2.0"},
            "own": {"file": "https://example.org/own.whl"},
            "pywin32": {"version": "==306", "markers": "sys_platform == 'win32'"},
            "torch": {"version": "==2.7.0"},
        },
        "develop": {"tester": {"version": "==8.0"}},
    },
    indent=4,
)
OLD = "[tool.poetry.dependencies]\npython = '^3.11'\nembed = {version = '*', extras = ['local']}\n"
NEW = "[project]\ndependencies = ['embed[local] (>=2)']\n"


def read(root, files, manifest, python="3.11"):
    return read_other(Repository(write(root, files)), manifest, python)


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param("src/uv.lock", "src/uv.lock", id="uv"),
        pytest.param("poetry.lock", "poetry.lock", id="poetry"),
        pytest.param("Pipfile", "Pipfile.lock", id="pipenv"),
        pytest.param("requirements.txt", None, id="a requirements file"),
        pytest.param(None, None, id="no manifest"),
    ],
)
def test_the_lock_of_a_manifest(manifest, expected):
    assert lock_of(manifest) == expected


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        pytest.param({"requirements.txt": "torch\n"}, "requirements.txt", id="another manifest"),
        pytest.param({"Pipfile": "[packages]\n"}, "Pipfile", id="no lock"),
        pytest.param({"uv.lock": ""}, "uv.lock", id="empty"),
        pytest.param({"uv.lock": "<<<<<<< HEAD\n"}, "uv.lock", id="damaged"),
        pytest.param({"uv.lock": "[[package]]\nname = 'a'\n"}, "uv.lock", id="nobody asks"),
        pytest.param({"poetry.lock": POETRY}, "poetry.lock", id="no project"),
        pytest.param({"Pipfile.lock": "[]"}, "Pipfile", id="of another form"),
    ],
)
def test_what_cannot_be_read_is_not_known(files, manifest, tmp_path):
    assert read(tmp_path, files, manifest) is None


def test_uv_is_followed_from_the_project_on(tmp_path):
    assert read(tmp_path, {"uv.lock": UV}, "uv.lock") == Resolved(
        {"web": "1.0", "embed": "2.0", "torch": "2.7.0"},
        {"web": (), "embed": (), "torch": ("embed",)},
    )
    assert "torch" not in read(tmp_path, {}, "uv.lock", "3.13").versions


def test_of_a_package_with_two_versions_the_one_that_is_asked_for_counts(tmp_path):
    text = UV.replace('{ name = "web" }', '{ name = "web", version = "0.9" }')
    text += '\n[[package]]\nname = "web"\nversion = "0.9"\n'
    assert read(tmp_path, {"uv.lock": text}, "uv.lock").versions["web"] == "0.9"


@pytest.mark.parametrize("project", [OLD, NEW], ids=["a table of poetry", "a project"])
def test_poetry_is_followed_from_pyproject_on(project, tmp_path):
    files = {"poetry.lock": POETRY, "pyproject.toml": project}
    assert read(tmp_path, files, "poetry.lock") == Resolved(
        {"embed": "2.0", "torch": "2.7.0"}, {"embed": (), "torch": ("embed",)}
    )
    without = {"pyproject.toml": project.replace("[local]", "").replace("['local']", "[]")}
    assert read(tmp_path, without, "poetry.lock").versions == {"embed": "2.0"}


def test_pipenv_says_what_is_installed_and_not_why(tmp_path):
    assert read(tmp_path, {"Pipfile": "", "Pipfile.lock": PIPENV}, "Pipfile") == Resolved(
        {"embed": "2.0", "own": "of no known version", "torch": "2.7.0"},
        {"embed": (), "own": (), "torch": ()},
    )


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        pytest.param("uv.lock", UV, ":17", id="uv"),
        pytest.param("poetry.lock", POETRY, ":2", id="poetry, as it is written there"),
        pytest.param("Pipfile.lock", PIPENV, ":3", id="pipenv"),
        pytest.param("Pipfile.lock", "{}", "", id="not there"),
    ],
)
def test_the_line_of_a_package(path, text, line, tmp_path):
    assert place(Repository(write(tmp_path, {path: text})), path, "embed") == f"{path}{line}"


def test_a_lock_that_uv_makes(tmp_path):
    for name, version, needs in (
        ("web", "1.0", ["base>=1"]),
        ("base", "1.2", ()),
        ("lint", "3", ()),
    ):
        put_wheel(tmp_path / "wheels", name, version, needs)
    project = "[project]\nname = 'shop'\nversion = '0'\nrequires-python = '>=3.11'\n"
    project += "dependencies = ['web']\n[dependency-groups]\ndev = ['lint']\n"
    project += "[tool.uv]\nno-index = true\nfind-links = ['wheels']\n"
    write(tmp_path, {"pyproject.toml": project})
    subprocess.run([uv_program(), "lock", "-q", "--project", str(tmp_path)], check=True)
    assert read(tmp_path, {}, "uv.lock") == Resolved(
        {"web": "1.0", "base": "1.2"}, {"web": (), "base": ("web",)}
    )

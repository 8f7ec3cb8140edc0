"""One more requirement, and not another byte changed."""

from __future__ import annotations

import codecs

import pytest

from deploy.manifest.server import add_server, locked_by
from vectorstore.commandline import CommandError

PYPROJECT = """\
[project]
name = "shop" # ours
dependencies = [
  "flask", # the web
]
"""


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param(
            "requirements.txt",
            b"# ours\nflask  # the web\n",
            b"# ours\nflask  # the web\ngunicorn==23.0.0\n",
            id="comments",
        ),
        pytest.param(
            "requirements.txt", b"flask\r\n", b"flask\r\ngunicorn==23.0.0\r\n", id="Windows"
        ),
        pytest.param("requirements.txt", b"flask", b"flask\ngunicorn==23.0.0\n", id="no last end"),
        pytest.param("requirements.txt", b"", b"gunicorn==23.0.0\n", id="empty"),
        pytest.param("requirements.txt", b"Gunicorn\n", b"Gunicorn\n", id="there already"),
        pytest.param(
            "requirements.txt",
            b"caf\xe9==1 # \xe9\n",
            b"caf\xe9==1 # \xe9\ngunicorn==23.0.0\n",
            id="Latin-1",
        ),
        pytest.param(
            "requirements.txt",
            codecs.BOM_UTF16_LE + "flask\r\n".encode("utf-16-le"),
            codecs.BOM_UTF16_LE + "flask\r\ngunicorn==23.0.0\r\n".encode("utf-16-le"),
            id="PowerShell",
        ),
        pytest.param(
            "requirements.txt",
            codecs.BOM_UTF16_BE + "flask\n".encode("utf-16-be"),
            codecs.BOM_UTF16_BE + "flask\ngunicorn==23.0.0\n".encode("utf-16-be"),
            id="UTF-16, the other way round",
        ),
        pytest.param(
            "pyproject.toml",
            PYPROJECT.encode(),
            PYPROJECT.replace("# the web\n", '# the web\n  "gunicorn==23.0.0",\n').encode(),
            id="pyproject",
        ),
        pytest.param(
            "pyproject.toml",
            b'[tool.poetry.dependencies]\nflask = "*" # web\n',
            b'[tool.poetry.dependencies]\nflask = "*" # web\ngunicorn = "23.0.0"\n',
            id="Poetry",
        ),
        pytest.param(
            "Pipfile",
            b'[packages]\nflask = "*" # web\n',
            b'[packages]\nflask = "*" # web\ngunicorn = "==23.0.0"\n',
            id="Pipenv",
        ),
    ],
)
def test_added(path, before, after):
    assert add_server(path, before, "gunicorn").after == after
    assert add_server(path, after, "gunicorn").after == after


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("requirements.txt", b"flask==1 --hash=sha256:00\n", "is a lock with hashes"),
        ("pyproject.toml", b"[tool.x]\n", "has no list of dependencies"),
        ("pyproject.toml", b"[project\n", "at line 1"),
        ("setup.py", b"", "is no file that can be added to"),
    ],
)
def test_refused_with_what_to_do(path, text, said):
    with pytest.raises(CommandError) as refused:
        add_server(path, text, "gunicorn")
    assert said in str(refused.value)
    assert f"--add-server: {path}" in str(refused.value)
    assert "Add gunicorn==23.0.0 to it by hand" in str(refused.value)


def test_a_lock_of_another_tool_names_its_command(tmp_path):
    assert locked_by(tmp_path, "uvicorn") is None
    (tmp_path / "uv.lock").touch()
    assert locked_by(tmp_path, "uvicorn") == "uv add uvicorn==0.34.0"

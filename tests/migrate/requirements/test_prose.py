from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tests.migrate.requirements.test_change import APP, CONVERTED, LEGACY, converted
from tools.migrate.requirements.lines import parse
from tools.migrate.requirements.prose import asks_for_nothing


@pytest.mark.parametrize(
    "text",
    [
        "fastapi",
        "# Install all dependencies with:",
        "-e .",
        "- fastapi",
        "./the/wheels",
        "langchain>=0.1.XX",
        "numpy=1.21",
        "numpy 1.21",
        "fastapi,",
        "fastapi uvicorn",
        "install uvicorn for the server",
        "pip install uvicorn",
        "pip install -r base.txt",
        "pip install -e .",
        "pip install --upgrade fastapi",
        "install the ${PACKAGES}",
        "Install the packages with: \\\nfastapi",
        "Install the packages with: \\",
        "<<<<<<< HEAD",
        "=======",
        "Install the mine of the app",
    ],
)
def test_a_package_may_be_meant(text: str) -> None:
    (line,) = parse(text)
    assert not asks_for_nothing(line, "requirements.txt", {"fastapi"}, {"mine"})


@pytest.mark.parametrize(
    "text",
    [
        "Install all dependencies with:",
        "pip install -r requirements.txt",
        "$ pip install -r requirements.txt",
        "$ python3 -m pip install fastapi",
        "These packages need fastapi to run  # all",
        "source venv/bin/activate && cd app",
        "```",
        "```bash",
        "~~~",
        "***",
        "安装依赖：",
    ],
)
def test_no_package_is_meant(text: str) -> None:
    (line,) = parse(text)
    assert asks_for_nothing(line, "requirements.txt", {"fastapi"}, {"fastapi"})


def test_a_file_that_needs_nothing_else_is_left_alone(tmp_path: Path, index: None) -> None:
    files: dict[str, str | bytes] = {
        "app.py": "import fastapi",
        "requirements.txt": "fastapi\nInstall all dependencies with:\n",
    }
    assert converted(tmp_path, files) == ({}, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_becomes_a_comment(tmp_path: Path, index: None, encoding: str, newline: str) -> None:
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    tail = "  Install all dependencies with: \npip install -r requirements.txt"
    commented = "#   Install all dependencies with: \n# pip install -r requirements.txt"

    def encoded(text: str) -> bytes:
        return mark + text.replace("\n", newline).encode(encoding)

    files: dict[str, str | bytes] = {"app.py": APP, "requirements.txt": encoded(LEGACY + tail)}
    staged, notes = converted(tmp_path, files)
    after = CONVERTED.removesuffix("jinja2==3.1.6\n") + commented + "\njinja2==3.1.6\n"
    assert staged == {"requirements.txt": encoded(after)}
    assert notes[:2] == [
        "changed requirements.txt:5: 'Install all dependencies with:' is no requirement: pip"
        " refused the whole file because of it; it is a comment now",
        "changed requirements.txt:6: 'pip install -r requirements.txt' is no requirement: pip"
        " refused the whole file because of it; it is a comment now",
    ]
    assert converted(tmp_path, {"requirements.txt": encoded(after)}) == ({}, [])


@pytest.mark.parametrize("text", ["fastapi\nos\n", "fastapi\npython==3.10\n"])
def test_a_module_alone_changes_nothing(tmp_path: Path, index: None, text: str) -> None:
    files: dict[str, str | bytes] = {"app.py": "import fastapi", "requirements.txt": text}
    assert converted(tmp_path, files) == ({}, [])


def test_another_index_may_have_a_module(tmp_path: Path, index: None) -> None:
    text = "--extra-index-url https://example.org/simple\nos\n" + LEGACY
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": text})
    assert b"\nos\n" in (staged["requirements.txt"] or b"")


def test_a_module_without_a_package_becomes_a_comment(tmp_path: Path, index: None) -> None:
    text = "sqlite3\nuuid\n" + LEGACY + "python==3.10 # ours\n"
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": text})
    after = "# sqlite3\nuuid\n" + CONVERTED.replace("jinja2", "# python==3.10 # ours\njinja2")
    assert staged == {"requirements.txt": after.encode()}
    assert [note.split(":")[1] for note in notes[:2]] == ["1", "7"]
    assert converted(tmp_path, {"requirements.txt": after}) == ({}, [])

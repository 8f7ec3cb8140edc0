from __future__ import annotations

import hashlib

import pytest

from tools.limits.content import content_sha256, file_sha256
from vectorstore.commandline import CommandError


@pytest.fixture
def app(tmp_path):
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot/chain.py").write_bytes(b"K = 5\n")
    (tmp_path / "app.py").write_bytes(b"import bot\n")
    (tmp_path / "README.md").write_bytes(b"A bot.\n")
    return tmp_path


def test_the_same_whatever_the_order_and_the_line_ends(app):
    before = content_sha256(app, ["app.py", "bot"])
    (app / "bot/chain.py").write_bytes(b"K = 5\r\n")
    assert content_sha256(app, ["bot", "app.py"]) == before


@pytest.mark.parametrize("left_out", ["bot/__pycache__/chain.pyc", "README.md", ".venv/x.py"])
def test_what_was_not_asked_for_changes_nothing(app, left_out):
    before = content_sha256(app, ["app.py", "bot"])
    (app / left_out).parent.mkdir(exist_ok=True)
    (app / left_out).write_bytes(b"other")
    assert content_sha256(app, ["app.py", "bot"]) == before


def test_another_byte_or_another_name_changes_it(app):
    hashes = {content_sha256(app, ["app.py", "bot"])}
    (app / "bot/chain.py").write_bytes(b"K = 6\n")
    hashes.add(content_sha256(app, ["app.py", "bot"]))
    (app / "bot/chain.py").rename(app / "bot/links.py")
    hashes.add(content_sha256(app, ["app.py", "bot"]))
    assert len(hashes) == 3


def test_a_path_that_is_not_there_is_named(app):
    with pytest.raises(CommandError, match=r"gone\.py: is not there"):
        content_sha256(app, ["gone.py"])


def test_a_file_counts_byte_by_byte(tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\n")

    assert file_sha256(tmp_path / "a") == hashlib.sha256(b"a\r\n").hexdigest()

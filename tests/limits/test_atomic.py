from __future__ import annotations

import pytest

from tools.limits.atomic import check_writable, write_text
from vectorstore.commandline import CommandError


def test_a_file_is_replaced_and_folders_are_made(tmp_path):
    file = tmp_path / "new" / "folder" / "report.md"
    for text in ("one\n", "two µ\n"):
        write_text(file, text)
        assert file.read_text("utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "report.md"
    write_text(file, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "half \udc80")
    assert file.read_text("utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_is_no_folder(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(CommandError, match=r"taken/x\.md: cannot be written: File exists\. Choose"):
        write_text(tmp_path / "taken" / "x.md", "text")


def test_a_place_is_tried_before_the_work(tmp_path):
    check_writable(tmp_path / "new" / "report.json")
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(CommandError, match="new: is a folder"):
        check_writable(tmp_path / "new")
    with pytest.raises(CommandError, match="cannot be written"):
        check_writable(tmp_path / "new" / ("x" * 250))

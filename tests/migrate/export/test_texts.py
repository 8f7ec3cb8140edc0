from __future__ import annotations

from pathlib import Path

import pytest

from tools.migrate.export.texts import MODULES, SHORT, builtin_texts, texts_from
from vectorstore.commandline import CommandError


def test_the_builtin_corpus():
    texts = builtin_texts(1000, 200)
    assert (len(texts.documents), len(texts.questions)) == (1000, 200)
    assert len(set(texts.documents)) == 1000
    assert all(len(text) >= 40 and "\n" not in text for text in texts.documents)
    assert all(text.startswith("How do I ") and text.endswith("?") for text in texts.questions)
    assert texts.others[:-1] == SHORT
    assert len(texts.others[-1].split()) > 200
    assert texts == builtin_texts(1000, 200)


def test_the_modules_are_listed_once():
    assert len(set(MODULES)) == len(MODULES)


def test_more_than_there_is():
    with pytest.raises(CommandError, match="--texts FILE"):
        builtin_texts(100_000, 200)


def test_own_texts(tmp_path: Path):
    lines = [f"line {number}" for number in range(20)]
    path = tmp_path / "texts.txt"
    path.write_text("\ufeff" + "\r\n".join([*lines, "", "  ", lines[3], "größe "]), "utf-8")
    texts = texts_from(path)
    assert texts.documents == (*lines, "größe")
    assert texts.questions == texts.documents


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"one\ntwo\n", "holds 2 different texts", id="too few"),
        pytest.param(b"\xff\xfea\x00", "give a UTF-8 file", id="UTF-16"),
        pytest.param(None, "cannot be read", id="no file"),
    ],
)
def test_own_texts_that_do_not_do(data: bytes | None, said: str, tmp_path: Path):
    path = tmp_path / "texts.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CommandError, match=said):
        texts_from(path)

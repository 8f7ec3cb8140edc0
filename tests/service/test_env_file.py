from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.env_file import Entry, decode, read_env_file
from vectorstore.commandline import CommandError

TEXT = "# Schlüssel\nOPENROUTER_API_KEY=sk-or-1\nLLM_MODEL='größer 1'\n"


def test_no_file_no_entries(tmp_path):
    assert read_env_file(tmp_path / ".env") == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode(), id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), id="utf-8, mark (Notepad)"),
        pytest.param(
            codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
            id="utf-16le, mark, CRLF (PowerShell)",
        ),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), id="utf-16be, mark"),
        pytest.param(TEXT.encode("utf-16-le"), id="utf-16le, no mark"),
        pytest.param(TEXT.encode("utf-16-be"), id="utf-16be, no mark"),
    ],
)
def test_every_encoding_gives_the_same_entries(tmp_path, data):
    path = tmp_path / ".env"
    path.write_bytes(data)
    assert read_env_file(path) == [
        Entry("OPENROUTER_API_KEY", "sk-or-1", 2),
        Entry("LLM_MODEL", "größer 1", 3),
    ]


@settings(deadline=None)
@given(
    st.from_regex(r"[A-Za-z_][A-Za-z_0-9]*", fullmatch=True),
    st.text(
        st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="'\\"), max_size=60
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_in_any_encoding_is_read(tmp_path_factory, name, value, encoding):
    path = tmp_path_factory.mktemp("env") / ".env"
    path.write_bytes(f"\n{name}='{value}'\n".encode(encoding))
    assert read_env_file(path) == [Entry(name, value, 2)]


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("A=\n", [Entry("A", "", 1)], id="empty value"),
        pytest.param("export A=1", [Entry("A", "1", 1)], id="export, no newline at the end"),
        pytest.param("A=1 # why\n", [Entry("A", "1", 1)], id="comment behind"),
        pytest.param("A=${HOME}/x", [Entry("A", "${HOME}/x", 1)], id="nothing replaced"),
        pytest.param("A=1\nA=2", [Entry("A", "1", 1), Entry("A", "2", 2)], id="twice"),
    ],
)
def test_entries(tmp_path, text, entries):
    (tmp_path / ".env").write_text(text, "utf-8")
    assert read_env_file(tmp_path / ".env") == entries


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("A=1\n\nsk-or-secret\n", 3, id="a key alone"),
        pytest.param("'A=1\n", 1, id="open quote"),
    ],
)
def test_what_is_no_entry_is_refused_without_being_shown(tmp_path, text, line):
    path = tmp_path / ".env"
    path.write_text(text, "utf-8")
    with pytest.raises(CommandError) as error:
        read_env_file(path)
    assert str(error.value) == f"{path}, line {line}: this is no NAME=value. Correct or remove it."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"A=\xe9", "is not valid UTF-8 (byte 2). Save it as UTF-8.", id="cp1252"),
        pytest.param(
            codecs.BOM_UTF16_LE + b"A",
            "is not valid UTF-16-LE (byte 0). Save it as UTF-8.",
            id="half a character",
        ),
        pytest.param(
            b"abc\0", "holds NUL bytes: it is no text file. Save it as UTF-8.", id="binary"
        ),
    ],
)
def test_no_text(tmp_path, data, message):
    with pytest.raises(CommandError) as error:
        decode(data, tmp_path)
    assert str(error.value) == f"{tmp_path} {message}"


def test_a_folder_is_no_env_file(tmp_path):
    with pytest.raises(CommandError, match="cannot read .*: Is a directory"):
        read_env_file(tmp_path)

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.migrate.source import SourceError, decode, decode_python

TEXT = "a==1 # é\r\nb\n\r\nc"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(b"", "utf-8", id="empty"),
        pytest.param(TEXT.encode(), "utf-8", id="UTF-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), "utf-8", id="UTF-8 with a mark"),
        pytest.param(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", id="LE"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be", id="BE"),
        pytest.param(TEXT.encode("utf-16-le"), "utf-16-le", id="LE without a mark"),
        pytest.param(TEXT.encode("utf-16-be"), "utf-16-be", id="BE without a mark"),
        pytest.param("# caf\xe9".encode("latin-1"), "latin-1", id="Latin-1"),
    ],
)
def test_encodings(data, encoding):
    text = decode(data)
    assert text.encoding == encoding
    assert not text.text.startswith("\ufeff")
    assert text.encode(text.text) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00\x01\x02\x03", id="binary"),
        pytest.param(b"\xff\xfe\x00\x00a\x00\x00\x00", id="UTF-32"),
        pytest.param(b"\xff\xfea", id="half a character"),
    ],
)
def test_what_is_no_text(data):
    with pytest.raises(SourceError):
        decode(data)


@given(st.binary(max_size=60))
def test_every_byte_comes_back(data):
    try:
        text = decode(data)
    except SourceError:
        return
    assert text.encode(text.text) == data


def test_the_coding_line_counts_in_python():
    data = b"# -*- coding: latin-1 -*-\r\nx = '\xe9'"
    text = decode_python(data)
    assert text.text.endswith("'é'")
    assert text.encode(text.text) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x = '\xe9'", id="not UTF-8"),
        pytest.param(b"# coding: nonsense\n", id="unknown coding"),
    ],
)
def test_what_python_would_refuse(data):
    with pytest.raises(SourceError):
        decode_python(data)


def test_a_character_that_the_encoding_lacks():
    with pytest.raises(SourceError, match="latin-1 has no '…'"):
        decode("# caf\xe9".encode("latin-1")).encode("…")


@pytest.mark.parametrize(
    ("data", "newline"),
    [(b"a", "\n"), (b"a\r\nb\nc\r\n", "\r\n"), (b"a\nb\nc\r\n", "\n"), (b"a\rb\r", "\r")],
)
def test_the_usual_line_ending(data, newline):
    assert decode(data).newline == newline


def test_a_mixed_file_keeps_its_mix():
    text = decode(b"a\nb\r\nc\nd")
    assert [text.newline_at(position) for position in (0, 2, 5, 7)] == ["\n", "\r\n", "\n", "\n"]

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.limits import format_mib, parse_mib
from vectorstore.commandline import CommandError, Exit


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        pytest.param("512MiB", 512.0, id="MiB"),
        pytest.param("1GiB", 1024.0, id="GiB"),
        pytest.param("512MB", 488.28125, id="MB are smaller"),
        pytest.param("1 GB", 953.67431640625, id="space"),
        pytest.param(" 1.5gib\n", 1536.0, id="fraction, lower case, white space around"),
        pytest.param("524288KiB", 512.0, id="KiB"),
        pytest.param("1048576B", 1.0, id="bytes"),
    ],
)
def test_reads_amounts_with_a_unit(text, mib):
    assert parse_mib(text) == mib


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("512", "'512' has no unit. Write 512MiB", id="bare number"),
        pytest.param("512m", "does not say what 'm' stands for", id="m alone"),
        pytest.param("1G", "does not say what 'G' stands for", id="G alone"),
        pytest.param("0MiB", "no memory at all", id="zero"),
        pytest.param("-5MiB", "is not an amount", id="negative"),
        pytest.param("nanMiB", "is not an amount", id="nan"),
        pytest.param("1e3MiB", "is not an amount", id="exponent"),
        pytest.param("512 Mbit", "is not an amount", id="another unit"),
        pytest.param("٥١٢MiB", "is not an amount", id="other digits"),
        pytest.param("", "is not an amount", id="empty"),
    ],
)
def test_refuses_the_rest_and_says_what_to_write(text, says):
    with pytest.raises(CommandError, match=says) as caught:
        parse_mib(text)
    assert caught.value.exit_code == Exit.ERROR


def test_nothing_is_an_amount_where_it_means_something():
    assert parse_mib("0MiB", none_at_all=True) == 0.0


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_a_command_error(text):
    with contextlib.suppress(CommandError):
        assert parse_mib(text) > 0


@pytest.mark.parametrize(
    ("mib", "text"),
    [(0.0, "0 MiB"), (1 / 1024, "1,024 bytes"), (-0.01, "-10,486 bytes"), (0.06, "0.1 MiB")],
)
def test_what_mib_do_not_show_is_in_bytes(mib, text):
    assert format_mib(mib) == text


@given(st.integers(1, 10**6))
def test_whole_amounts_read_back(mib):
    assert parse_mib(format_mib(mib)) == mib


def test_writes_one_decimal_where_there_is_one():
    assert [format_mib(512), format_mib(487.34), format_mib(0.96)] == [
        "512 MiB",
        "487.3 MiB",
        "1 MiB",
    ]

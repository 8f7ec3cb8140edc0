from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.base import Document, StoreError
from vectorstore.metadata import excerpt, metadata_json

TEXT = st.text(max_size=10)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_json_can_hold_comes_back(metadata):
    assert json.loads(metadata_json(Document("a", "", metadata))) == metadata


def test_tuples_become_lists():
    assert metadata_json(Document("a", "", {"box": (1, 2.5)})) == '{"box": [1, 2.5]}'


LOOP: list[object] = []
LOOP.append(LOOP)
BOMB: object = "x" * 1000
for _ in range(40):
    BOMB = [BOMB, BOMB]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(datetime.date(2024, 1, 2), "is a datetime.date", id="date"),
        pytest.param(b"x", "is a bytes", id="bytes"),
        pytest.param({1, 2}, "is a set", id="set"),
        pytest.param(float("nan"), "is nan", id="nan"),
        pytest.param(float("-inf"), "is -inf", id="infinity"),
        pytest.param(2**64, "is an int beyond 64 bits", id="large int"),
        pytest.param({1: "a"}, "has a key of class int", id="int key"),
        pytest.param(
            [0, {"in": b""}], r"metadata\['k'\]\[1\]\['in'\] is a bytes", id="deep inside"
        ),
        pytest.param("\ud800", "half of a surrogate pair", id="surrogate"),
        pytest.param({"\udfff": 1}, "half of a surrogate pair", id="surrogate in a key"),
        pytest.param(LOOP, "nested too deeply", id="holds itself"),
        pytest.param(BOMB, "larger than 16 MiB", id="unfolds to a terabyte"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_document_and_class(value, reason):
    with pytest.raises(StoreError, match=reason) as refused:
        metadata_json(Document("doc-7", "", {"k": value}))
    assert "'doc-7'" in str(refused.value)
    assert refused.value.exit_code == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "''", id="nothing"),
        pytest.param("a\n  b", "'a b'", id="one line"),
        pytest.param("x" * 41, "'" + "x" * 39 + "…'", id="cut"),
    ],
)
def test_excerpt(text, expected):
    assert excerpt(text) == expected

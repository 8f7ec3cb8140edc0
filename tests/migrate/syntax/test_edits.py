from __future__ import annotations

import pytest

from tools.migrate.syntax.edits import Edits, Span


def test_nothing_made_changes_nothing():
    edits = Edits()
    assert not edits
    assert edits.apply(b"abc") == b"abc"


def test_replacements_and_insertions_together():
    edits = Edits()
    edits.replace(Span(2, 3), "é")
    edits.insert(2, "<")
    edits.insert(2, "<")
    edits.delete(Span(0, 1))
    edits.insert(4, "!")
    assert edits.apply(b"abcd") == "b<<éd!".encode()


def test_the_same_replacement_twice_is_one():
    edits = Edits()
    edits.replace(Span(0, 1), "x")
    edits.replace(Span(0, 1), "x")
    assert edits.apply(b"ab") == b"xb"


@pytest.mark.parametrize("span", [Span(0, 2), Span(0, 5), Span(2, 4), Span(1, 3)])
def test_edits_that_contradict_each_other_are_refused(span):
    edits = Edits()
    edits.replace(Span(1, 3), "x")
    with pytest.raises(ValueError, match="replacements|overlaps"):
        edits.replace(span, "y")

from __future__ import annotations

import pytest

from deploy.line import joined, parts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("a -b 'c && d'", [("", "a -b 'c && d'")], id="one command, quoted signs"),
        pytest.param("a &&b ; c", [("", "a"), ("&&", "b"), (";", "c")], id="in a row"),
        pytest.param("a 2>&1 || b", [("", "a 2>&1"), ("||", "b")], id="a redirection"),
        pytest.param("a & b | c", [("", "a"), ("&", "b"), ("|", "c")], id="at once"),
        pytest.param("a &", [("", "a"), ("&", "")], id="in the background"),
        pytest.param('a "$(b; c)" $(d; e)', [("", 'a "$(b; c)" $(d; e)')], id="expansions"),
        pytest.param("(a; b) && c", None, id="a shell of its own"),
        pytest.param("if a; then b; fi", None, id="a condition"),
        pytest.param("a && b) -c", None, id="the end of a shell of its own"),
        pytest.param("a '(b)' \\(", [("", "a '(b)' \\(")], id="quoted parentheses"),
        pytest.param("a b#c # d && e", [("", "a b#c")], id="a comment"),
        pytest.param("a 'b' #c", [("", "a 'b'")], id="a comment behind a quote"),
        pytest.param("a 'b'#c", [("", "a 'b'#c")], id="no comment"),
        pytest.param("a 'b", None, id="a quote that is not closed"),
    ],
)
def test_the_commands_of_a_line(line, expected):
    found = parts(line)
    assert (found and [(part.joint, part.text) for part in found]) == expected


@pytest.mark.parametrize("line", ["a", "a && b; c || d", "a & b | c", "a &"])
def test_they_are_the_same_line_again(line):
    assert joined(parts(line)) == line

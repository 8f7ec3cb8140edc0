from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.migrate.requirements.lines import join, parse

pieces = st.sampled_from(
    ["torch==2.7.0", "#", " # why", "\\", "\r\n", "\n", "\r", "\x0c", "\u2028", "-r base.txt", " "]
    + ["--hash=sha256:ab", "langchain>=0.1.XX", "a_b[c] ; python_version < '3.9'", "é", "", "\t"]
)


@given(st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=30).map("".join))
def test_joined_lines_are_the_text(text: str) -> None:
    assert join(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "kind", "name", "pin"),
    [
        pytest.param("", None, "", "", id="nothing at all"),
        pytest.param("   \n", "nothing", "", "", id="blank"),
        pytest.param("# torch==2.7.0\n", "nothing", "", "", id="commented out"),
        pytest.param("torch==2.7.0 # Required by x", "requirement", "torch", "2.7.0", id="comment"),
        pytest.param("torch", "requirement", "torch", "", id="bare"),
        pytest.param("torch>=2\n", "requirement", "torch", "", id="range"),
        pytest.param("torch==2.*\n", "requirement", "torch", "", id="not really a pin"),
        pytest.param("Sentence_Transformers == 5", "requirement", "sentence-transformers", "5"),
        pytest.param("torch==2.1.0+cpu", "requirement", "torch", "2.1.0+cpu", id="local version"),
        pytest.param("torch===2.1", "requirement", "torch", "2.1", id="arbitrary equality"),
        pytest.param(
            "uvicorn[standard]==0.3 ; python_version >= '3.8'", "requirement", "uvicorn", "0.3"
        ),
        pytest.param(
            "torch==2.7.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n",
            "requirement",
            "torch",
            "2.7.0",
            id="hashes",
        ),
        pytest.param("x @ file:///tmp/x.whl", "requirement", "x", "", id="at an address"),
        pytest.param("git+https://example.org/x.git#egg=x", "location", "", "", id="git"),
        pytest.param("./wheels/x.whl", "location", "", "", id="path"),
        pytest.param(".", "location", "", "", id="here"),
        pytest.param("-e .", "option", "", "", id="editable"),
        pytest.param("--extra-index-url https://x.org/whl", "option", "", "", id="index"),
        pytest.param("langchain>=0.1.XX   # any", "invalid", "", "", id="no version"),
        pytest.param("numpy=1.21", "invalid", "", "", id="conda"),
        pytest.param("pip install torch", "invalid", "", "", id="a command"),
    ],
)
def test_a_line(text: str, kind: str | None, name: str, pin: str) -> None:
    assert [(line.kind, line.name, line.pin) for line in parse(text)] == (
        [(kind, name, pin)] if kind else []
    )


def test_numbers_are_those_of_the_first_physical_line() -> None:
    lines = parse("a\n\nb==1 \\\n  --hash=sha256:0\nc\n# d \\\ne")
    assert [(line.number, line.name or line.kind) for line in lines] == [
        (1, "a"),
        (2, "nothing"),
        (3, "b"),
        (5, "c"),
        (6, "nothing"),
        (7, "e"),
    ]
    assert [line.hashed for line in lines] == [False, False, True, False, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-r base.txt", ("r", "base.txt")),
        ("-rbase.txt", ("r", "base.txt")),
        ("--requirement=a b/base.txt # x", ("r", "a b/base.txt")),
        ("--requirement 'base.txt'", ("r", "base.txt")),
        ("-c limits.txt", ("c", "limits.txt")),
        ("--constraint limits.txt", ("c", "limits.txt")),
        ("--require-hashes", None),
        ("-e .", None),
        ("requests", None),
    ],
)
def test_include(text: str, expected: tuple[str, str] | None) -> None:
    assert parse(text)[0].include() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--index-url https://x/cpu", "https://x/cpu"),
        ("-i https://x/cpu", "https://x/cpu"),
        ("--extra-index-url=https://x/cpu", "https://x/cpu"),
        ("-f https://download.pytorch.org/whl/torch_stable.html", "https://download.pytorch.org/whl/torch_stable.html"),
        ("--no-index", ""),
        ("requests", ""),
    ],
)  # fmt: skip
def test_index(text: str, expected: str) -> None:
    assert parse(text)[0].index() == expected

"""Reading what uv and pip-tools write."""

from __future__ import annotations

import pytest

from deploy.locking.resolved import Resolved, parse, unhashed

SPLIT = """\
# Made by somebody
torch==2.7.0 ; sys_platform == 'linux' \\
    --hash=sha256:00
    # via
    #   Sentence_Transformers
    #   -r requirements.txt
sentence-transformers==5.0.0 \\
    --hash=sha256:00
    # via langchain-huggingface[full]
langchain-huggingface[full]==1.2.0 \\
    --hash=sha256:00
    # via -r requirements.txt
"""


def test_versions_and_who_asks():
    resolved = parse(SPLIT)
    assert resolved.versions == {
        "torch": "2.7.0", "sentence-transformers": "5.0.0", "langchain-huggingface": "1.2.0",
    }  # fmt: skip
    assert resolved.via["langchain-huggingface"] == ()
    assert resolved.chain("torch") == ("langchain-huggingface", "sentence-transformers", "torch")


def test_a_circle_has_an_end():
    assert Resolved({"a": "1", "b": "1"}, {"a": ("b",), "b": ("a",)}).chain("a") == ("a",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (SPLIT, []),
        ("shop @ git+https://example.org/shop\n    # via -r requirements.txt\n", ["shop"]),
        ("-e ./shop\n", ["-e"]),
        ("flask==3.0.0\n    # via -r requirements.txt\n", ["flask==3.0.0"]),
    ],
)
def test_what_has_no_hash(text, names):
    assert list(unhashed(text)) == names

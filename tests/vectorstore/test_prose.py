from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.chunking import Chunker
from vectorstore.prose import markdown_documents, text_documents

DEFAULT = Chunker(tokens=lambda word: 1)


def numbered(text):
    return iter(list(enumerate(io.StringIO(text, newline=""), 1)))


def words(size, overlap=0):
    """A chunker that counts words."""
    return Chunker(size, overlap, lambda word: 1)


def markdown(text, chunker=DEFAULT):
    documents = markdown_documents(numbered(text), "a.md", chunker)
    return [(item.id, item.text) for item in documents]


def text(content, chunker=DEFAULT):
    return [(item.id, item.text) for item in text_documents(numbered(content), "a.txt", chunker)]


@pytest.mark.parametrize("content", ["", "\n\n", "  \r\n"])
def test_nothing_gives_nothing(content):
    assert markdown(content) == text(content) == []


def test_text_by_paragraph():
    assert text("one\r\ntwo\r\n\r\n \n\nthree") == [("a.txt:1", "one\ntwo"), ("a.txt:6", "three")]


def test_a_long_paragraph_is_cut_at_sentence_ends():
    assert text("One two. Three four! Five", words(4)) == [
        ("a.txt:1", "One two. Three four!"),
        ("a.txt:1/2", "Five"),
    ]


MARKDOWN = """\
Before.

# Shop
Welcome.

More.
## Shipping ##
Two days.
### Abroad
Five days.
## Empty
# Contact
By phone.
"""


def test_markdown_by_heading():
    assert markdown(MARKDOWN) == [
        ("a.md:1", "Before."),
        ("a.md:4", "Shop\nWelcome.\n\nMore."),
        ("a.md:8", "Shop > Shipping\nTwo days."),
        ("a.md:10", "Shop > Shipping > Abroad\nFive days."),
        ("a.md:13", "Contact\nBy phone."),
    ]


def test_the_heading_is_in_the_metadata():
    (document,) = markdown_documents(numbered("# A\n## B\nx"), "a.md", DEFAULT)
    assert document.metadata == {"source": "a.md", "heading": "A > B"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("Title\n=====\nx", ["Title\nx"], id="underlined with ="),
        pytest.param("A\n===\nB\n---\nx", ["A > B\nx"], id="underlined with -"),
        pytest.param("one\ntwo\n---\nx", ["one\ntwo\n---\nx"], id="rule after two lines"),
        pytest.param("- item\n---\nx", ["- item\n---\nx"], id="rule after a list"),
        pytest.param(
            "# A\n```\n# no heading\n\n---\n```\nx",
            ["A\n```\n# no heading\n\n---\n```\nx"],
            id="fence",
        ),
        pytest.param(
            "~~~\n```\n# no\n~~~\n# A\nx", ["~~~\n```\n# no\n~~~", "A\nx"], id="other fence"
        ),
        pytest.param("```\n# never closed", ["```\n# never closed"], id="open fence"),
        pytest.param("#no heading", ["#no heading"], id="no space"),
        pytest.param("    # code", ["    # code"], id="indented code"),
        pytest.param("####### seven", ["####### seven"], id="seven"),
        pytest.param("### C\nx\n# A\ny", ["C\nx", "A\ny"], id="deeper first"),
        pytest.param("---\ntitle: T\n---\n# A\nx", ["A\nx"], id="front matter"),
        pytest.param("---\nno end", ["---\nno end"], id="front matter without end"),
        pytest.param("# C\\#\nx", ["C\\#\nx"], id="hash in the title"),
        pytest.param("\tx", ["\tx"], id="tab"),
    ],
)
def test_markdown_forms(content, expected):
    assert [found for _, found in markdown(content)] == expected


def test_a_long_section_gives_several_documents_with_the_heading():
    found = markdown("# A\none one\n\n\ntwo two\n\nthree", words(5))
    assert found == [("a.md:2", "A\none one\n\ntwo two"), ("a.md:7", "A\nthree")]


def test_chunks_that_begin_on_one_line_are_numbered():
    assert markdown("# A\none two three four five", words(3)) == [
        ("a.md:2", "A\none two"),
        ("a.md:2/2", "A\nthree four"),
        ("a.md:2/3", "A\nfive"),
    ]


def test_a_heading_that_fills_the_chunk_gives_way_from_outside():
    found = markdown("# a b c\n## d e\nx y", words(4))
    assert [content for _, content in found] == ["d e\nx y"]
    (document,) = markdown_documents(numbered("# a b c d e\nx"), "a.md", words(4))
    assert document.text == "a b\nx"
    assert document.metadata["heading"] == "a b c d e"


LINES = st.lists(
    st.sampled_from(
        ["# A", "## B", "text here", "", "```", "---", "===", "- item", "~~~", "x" * 50]
    )
    | st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
)


@given(LINES, st.integers(6, 60))
def test_any_markdown_keeps_its_items_and_its_ids_apart(lines, limit):
    content = "\n".join(["no front matter", "", *lines])
    documents = list(markdown_documents(numbered(content), "a.md", words(limit, limit // 3)))
    assert len({item.id for item in documents}) == len(documents)
    assert sum(item.text.count("item") for item in documents) >= lines.count("- item")


@given(LINES)
def test_any_text_keeps_everything_but_space(lines):
    content = "\n".join(lines)
    found = "".join(item for _, item in text(content, words(3)))
    assert "".join(found.split()) == "".join(content.split())

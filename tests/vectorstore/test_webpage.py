from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.base import StoreError
from vectorstore.sources import Reading, read_documents


def read(folder, content, encoding="utf-8", **options):
    path = folder / "a.html"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(read_documents([path], Reading(**options)))


def texts(folder, content):
    return [item.text for item in read(folder, content)]


PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>Our
 Shop</title><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav>
<p>Welcome,&nbsp;friend &amp; guest.</p>
<h1 id="top">Help</h1><p>Ask <b>any</b>thing.</p><script>alert("no")</script>
<h2>Ship<em>ping</em></h2><ul><li>Two days</li><li><p>Free from 50&nbsp;€</p></li></ul>
<h3></h3>
<table><tr><th>Zone</th><th>Days</th></tr><tr><td>EU</td><td>5</td></tr></table>
<h2>Code</h2><pre>if x:
    pay()</pre>line<br>break<p hidden>no</p>
<footer>Imprint</footer></body></html>"""


def test_a_section_for_each_heading(tmp_path):
    found = read(tmp_path, PAGE)
    assert [(item.id, item.text) for item in found] == [
        ("a.html:1", "Welcome, friend & guest."),
        ("a.html:2", "Help\nAsk anything."),
        (
            "a.html:3",
            "Help > Shipping\n- Two days\n- Free from 50 €\n\nZone | Days\nEU | 5",
        ),
        ("a.html:4", "Help > Code\nif x:\n    pay()\n\nline\nbreak"),
    ]
    assert found[0].metadata == {"source": "a.html", "title": "Our Shop"}
    assert found[2].metadata["heading"] == "Help > Shipping"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("just text", ["just text"], id="text"),
        pytest.param("<p>one<p>two", ["one\n\ntwo"], id="open paragraphs"),
        pytest.param("<h1>A<p>x</h1>y", ["Ax y"], id="badly nested"),
        pytest.param("<b><p>x</b>y</p><td>z", ["xy z"], id="stray tags"),
        pytest.param("<p>a < b & c", ["a < b & c"], id="bare signs"),
        pytest.param("<p>x<!-- no --><p>y", ["x\n\ny"], id="comment"),
        pytest.param("<p>x</p><script>if (a<b) {", ["x"], id="open script"),
        pytest.param("<main><p>x</main><p>y", ["x"], id="main"),
        pytest.param("<main></main><p>y", ["y"], id="empty main"),
        pytest.param("<article>x</article><aside>y</aside>", ["x"], id="one article"),
        pytest.param("<article>x</article><article>y", ["x\n\ny"], id="two articles"),
        pytest.param("<p>a<img alt='logo'>b", ["a logo b"], id="alternative text"),
        pytest.param("<h2>B</h2>x<h1>A</h1>y", ["B\nx", "A\ny"], id="deeper first"),
        pytest.param("<h1>A</h1><h2>B</h2>x", ["A > B\nx"], id="empty section"),
        pytest.param("<h1>" + "never closed " * 20, ["never closed " * 20], id="open heading"),
        pytest.param("<div>" * 5000 + "deep", ["deep"], id="deep"),
    ],
)
def test_broken_and_odd_pages(tmp_path, content, expected):
    found = texts(tmp_path, content)
    assert [" ".join(item.split()) for item in found] == [" ".join(e.split()) for e in expected]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param("<p>Größe", "utf-8", id="utf-8"),
        pytest.param("<p>Größe", "utf-8-sig", id="byte order mark"),
        pytest.param("<p>Größe", "utf-16", id="utf-16"),
        pytest.param("<meta charset=iso-8859-1><p>Größe – 5 €", "cp1252", id="latin"),
        pytest.param(
            "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'><p>Цена",
            "cp1251",
            id="http-equiv",
        ),
        pytest.param("<?xml version='1.0' encoding='shift_jis'?><p>東京", "shift_jis", id="xml"),
        pytest.param("<meta charset=utf-16><p>Größe", "utf-8", id="says utf-16, cannot be"),
    ],
)
def test_encodings(tmp_path, content, encoding):
    expected = content.rpartition("<p>")[2]
    (found,) = read(tmp_path, content, encoding)
    assert found.text == expected


def test_an_encoding_that_is_not_the_one_is_named(tmp_path):
    content = "<p>x\n<p>Größe".encode("cp1252")
    with pytest.raises(StoreError, match=r"a.html is not utf-8 \(line 2\).*--encoding\s+cp1252"):
        read(tmp_path, content)
    path = tmp_path / "a.html"
    (found,) = read_documents([path], Reading(encoding="cp1252"))
    assert found.text.endswith("Größe")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "holds no text: a page that its scripts build", id="empty"),
        pytest.param("<div id=root></div><script>go()</script>", "holds no text", id="scripts"),
        pytest.param("<meta charset=klingon><p>x", "'klingon', which is not known", id="unknown"),
        pytest.param(b"\x00\x01<p>x", "is no HTML: it holds NUL", id="binary"),
    ],
)
def test_refused_with_what_to_do(tmp_path, content, message):
    with pytest.raises(StoreError, match=message):
        read(tmp_path, content)


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<pre>", "</div>", "<li>", "<td>", "<table>", "word ", "x"])
    )
)
def test_no_word_is_lost(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("page")
    content = "start " + "".join(parts)
    found = " ".join(texts(folder, content))
    assert found.count("word") >= content.count("word")

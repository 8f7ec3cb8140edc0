"""Sections from HTML files, heading by heading, read by selectolax (extra `documents`).

It parses as browsers do, so that a broken page gives what a reader of it sees. Read is what stands
in <main>, or in the only <article>, else all of <body>; without scripts, styles, navigation,
footers, forms and hidden parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.base import StoreError
from vectorstore.extra import missing_extra
from vectorstore.page_encoding import decode
from vectorstore.sections import Section

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_BYTES = 64 << 20
MAX_HEADING = 200
LEFT_OUT = (
    "script, style, template, noscript, svg, math, iframe, object, nav, footer, form, button,"
    " dialog, [hidden], [aria-hidden=true], [role=navigation], [role=search]"
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "header",
        "hgroup",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "caption",
    ]
)
PARAGRAPHS = frozenset(
    ["p", "pre", "blockquote", "table", "ul", "ol", "dl", "figure", "section", "article", "div"]
)


def html_sections(path: Path, encoding: str) -> Iterator[Section]:
    """One section per heading, with the headings above it and the page's title.

    Raises StoreError for a page without text, one that is no text, and another encoding than it
    says.
    """
    tree = _parse(path, encoding)
    title = _title(tree)
    for node in tree.css(LEFT_OUT):
        node.decompose()
    reading = _Reading(title)
    for node in _content(tree):
        reading.enter(node)
    reading.flush()
    if not reading.sections:
        raise StoreError(
            f"{path} holds no text: a page that its scripts build, most likely. Open it in a browser"
            " and save it from there, or leave it out."
        )
    yield from reading.sections


def _parse(path: Path, encoding: str) -> LexborHTMLParser:
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError as error:
        raise missing_extra(path, "HTML files") from error
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise StoreError(f"{path} is larger than {MAX_BYTES >> 20} MiB. Split it.")
    return LexborHTMLParser(decode(path, data, encoding))


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("head > title")
    return " ".join(node.text().split()) if node else ""


def _content(tree: LexborHTMLParser) -> list[LexborNode]:
    main = tree.css("main, [role=main]")
    articles = tree.css("article")
    body = tree.body
    chosen = main[:1] or (articles if len(articles) == 1 else [])
    if chosen and chosen[0].text().strip():
        return chosen
    return [body] if body else []


class _Reading:
    """Goes through the page in its order and collects the text under each heading."""

    def __init__(self, title: str) -> None:
        self.sections: list[Section] = []
        self._metadata = {"title": title} if title else {}
        self._headings: tuple[str, ...] = ()
        self._levels: tuple[int, ...] = ()
        self._parts: list[str] = []

    def enter(self, root: LexborNode) -> None:
        """Reads an element and all in it, without recursion: pages are nested thousands deep."""
        waiting: list[LexborNode | str] = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                self._parts.append(node)
            elif node.is_text_node:
                self._parts.append(_collapsed(node))
            elif (title := _heading(node)) is not None:
                self._enter_heading(HEADINGS[node.tag or ""], title)
            elif node.is_element_node:
                waiting += reversed(_around(node))

    def _enter_heading(self, level: int, title: str) -> None:
        if not title:
            return
        self.flush()
        kept = sum(1 for other in self._levels if other < level)
        self._levels = (*self._levels[:kept], level)
        self._headings = (*self._headings[:kept], title)

    def flush(self) -> None:
        text = _lines("".join(self._parts))
        self._parts = []
        if text:
            place = str(len(self.sections) + 1)
            self.sections.append(
                Section(text, place=place, headings=self._headings, metadata=self._metadata)
            )


def _heading(node: LexborNode) -> str | None:
    if node.tag not in HEADINGS:
        return None
    title = " ".join(node.text().split())
    # One that was never closed holds the rest of the page.
    return title if len(title) <= MAX_HEADING else None


def _around(node: LexborNode) -> list[LexborNode | str]:
    """What an element gives: its edges and marks, and its children to be read."""
    tag = node.tag or ""
    if tag == "br":
        return ["\n"]
    if tag == "img":
        return [f" {node.attributes.get('alt') or ''} "]
    if tag == "pre":
        return [PARAGRAPH, node.text().strip("\n").replace(" ", KEPT), PARAGRAPH]
    children: list[LexborNode | str] = list(node.iter(include_text=True))
    if tag in ("td", "th"):
        return [*children, CELL]
    edge = PARAGRAPH if tag in PARAGRAPHS else LINE if tag in BLOCKS else ""
    mark = ITEM if tag == "li" else ""
    return [edge, mark, *children, edge]


# Stand in for what the lines are put together from: characters that no text may use.
KEPT, CELL, ITEM, LINE, PARAGRAPH = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
PRIVATE = re.compile("[\ue000-\ue004]")
EDGES = re.compile(f" *[{LINE}{PARAGRAPH}][ {LINE}{PARAGRAPH}]*")


def _collapsed(node: LexborNode) -> str:
    return re.sub(r"\s+", " ", PRIVATE.sub("", node.text_content or ""))


def _lines(text: str) -> str:
    """Lines without needless space; | between the cells of a row; at most one empty line."""
    text = re.sub(f"{ITEM}[ {LINE}{PARAGRAPH}]*", f"{LINE}- ", text)
    text = re.sub(f"[ {LINE}{PARAGRAPH}]*{CELL}", CELL, text)
    text = re.sub(f"{CELL}+(?=[ {LINE}{PARAGRAPH}]*(?:[{LINE}{PARAGRAPH}]|$))", "", text)
    text = re.sub(f"{CELL}[ {LINE}{PARAGRAPH}]*", " | ", text)
    text = EDGES.sub(lambda match: "\n\n" if PARAGRAPH in match[0] else "\n", text)
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).replace(KEPT, " ").strip("\n")

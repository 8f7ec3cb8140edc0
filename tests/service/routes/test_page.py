from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from service.page import FOLDER, POLICY, load
from tests.service.helpers import running


def test_the_page_and_what_it_loads(service):
    page = service.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    assert page.headers["cache-control"] == "no-cache"
    files = re.findall(r'(?:src|href)="(page/[^"]+)"', page.text)
    assert [file.partition("?")[0] for file in files] == ["page/chat.css", "page/chat.js"]
    for file in files:
        response = service.client.get(f"/{file}")
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-type"].split(";")[0] in ("text/css", "text/javascript")


@pytest.mark.parametrize("path", ["/", "/page/chat.css", "/page/chat.js"])
def test_what_a_browser_has_is_not_sent_again(service, path):
    tag = service.client.get(path).headers["etag"]
    again = service.client.get(path, headers={"if-none-match": f'W/{tag}, "x"'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert service.client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    head = service.client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("name", ["index.html", "__init__.py", "..%2fapp.py", "chat.js.map", "x"])
def test_nothing_else_is_served(service, name):
    response = service.client.get(f"/page/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_title_is_text():
    page = load("<b>Ann's</b> & $title", 2000)[""].data.decode()
    assert "<title>&lt;b&gt;Ann&#x27;s&lt;/b&gt; &amp; $title</title>" in page
    assert "<b>" not in page


def test_title_and_page_are_settings(tmp_path):
    (tmp_path / "a").mkdir()
    with running(tmp_path, PAGE_TITLE="My shop", MAX_QUESTION_CHARS="321") as service:
        page = service.client.get("/").text
        assert "<h1>My shop</h1>" in page
        assert ' maxlength="321" ' in page
    with running(tmp_path / "a", CHAT_PAGE="false") as service:
        assert service.client.get("/").status_code == 404
        assert service.client.get("/page/chat.js").status_code == 404


class Checked(HTMLParser):
    """Collects what the policy would refuse, and fields without a label."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.fields: set[str | None] = set()
        self.labels: set[str | None] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if tag in ("textarea", "input", "select"):
            self.fields.add(given.get("id"))
        if tag == "label":
            self.labels.add(given.get("for"))


def test_nothing_is_inline_and_every_field_has_a_label():
    checked = Checked()
    checked.feed((FOLDER / "index.html").read_text("utf-8"))
    assert checked.inline == []
    assert checked.fields == checked.labels != set()


def test_the_script_writes_no_html():
    script = (FOLDER / "chat.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)

"""Takes the pictures of the chat page again: `python -m docs.screenshots`, with Chromium installed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.service.browser import Page, browser, installed
from tests.service.helpers import running

FOLDER = Path(__file__).parent
QUESTIONS = ("How do I return an item?", "How long do I have?", "What is the capital of Australia?")
IDLE = "!document.getElementById('send').hidden"


def talk(page: Page) -> None:
    """A conversation: an answer, a follow-up with its source shown, and what is not known."""
    for number, question in enumerate(QUESTIONS, 1):
        page.value("document.getElementById('question').focus()")
        page.type(question)
        page.press("Enter", 13)
        page.until(f"document.querySelectorAll('#turns > li').length === {number} && {IDLE}")
    page.value("document.querySelectorAll('details')[1].open = true")
    page.value("document.querySelector('main').scrollTop = 1e9")
    page.value("document.activeElement.blur()")


def main() -> None:
    program = installed()
    assert program, "no Chromium"
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as service:
        (profile := Path(name) / "profile").mkdir()
        with browser(program, profile) as page:
            page.resize(1280, 800)
            page.open(str(service.client.base_url))
            talk(page)
            page.screenshot(FOLDER / "chat.png")
            page.resize(390, 780, dark=True, scale=2)
            page.value("document.querySelector('main').scrollTop = 1e9")
            page.screenshot(FOLDER / "chat-dark.png")


if __name__ == "__main__":
    main()

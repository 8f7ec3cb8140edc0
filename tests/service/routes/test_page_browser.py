from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.extractive import DOES_NOT_KNOW
from tests.service.browser import Page, browser
from tests.service.helpers import MODEL, Service, running
from tools.limits import upstream as local_upstream
from vectorstore.cli import main as build

pytestmark = pytest.mark.slow
IDLE = "!document.getElementById('send').hidden"
ENTER = ("Enter", 13)


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[tuple[Service, Page]]:
    """A service with these settings and its page in a browser."""
    (folder / "profile").mkdir()
    with browser(folder / "profile") as page, running(folder, **settings) as service:
        page.open(str(service.client.base_url))
        yield service, page


def ask(page: Page, question: str) -> None:
    page.value("document.getElementById('question').focus()")
    page.type(question)
    page.press(*ENTER)


def texts(page: Page, selector: str) -> list[str]:
    found = f"[...document.querySelectorAll({selector!r})].map(one => one.textContent)"
    return list(page.value(found))


def test_a_conversation(tmp_path):
    with opened(tmp_path) as (service, page):
        ask(page, "How do I return an item?")
        page.until(f"document.querySelectorAll('details:not([hidden])').length === 1 && {IDLE}")
        expected = service.chat("How do I return an item?").json()
        assert texts(page, ".answer .text") == [expected["answer"]]
        shown = [f"shop_faq.jsonl{source['text']}" for source in expected["sources"]]
        assert texts(page, "details li") == shown
        assert texts(page, "summary") == [f"{len(expected['sources'])} sources"]
        assert texts(page, "#status") == [expected["answer"]]  # what a screen reader says
        ask(page, "How long do I have?")
        page.until(f"document.querySelectorAll('#turns > li').length === 2 && {IDLE}")
        assert "30 days" in texts(page, ".answer .text")[1]

        page.open(str(service.client.base_url))  # a reload shows it again
        assert len(texts(page, ".answer .text")) == 2
        session = page.value("JSON.parse(localStorage.getItem('fit512-chat')).session")
        page.value("document.getElementById('new').click()")
        page.until("document.querySelectorAll('#turns > li').length === 0")
        page.until(f"fetch('sessions/{session}', {{method: 'DELETE'}}).then(r => r.status === 404)")
        ask(page, "What is the capital of Australia?")
        page.until(f"document.querySelectorAll('#turns > li').length === 1 && {IDLE}")
        assert texts(page, ".answer .text") == [DOES_NOT_KNOW]
        assert page.value("document.activeElement.id") == "question"


def test_an_answer_comes_piece_by_piece_and_can_be_stopped(tmp_path):
    with (
        local_upstream(token_rate=10) as local,
        opened(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as (service, page),
    ):
        ask(page, "<img src=x onerror=alert(1)> paypal?")
        page.until("document.querySelector('.answer .text').textContent.length > 20")
        assert not page.value(IDLE)
        page.value("document.getElementById('stop').click()")
        page.until(IDLE)
        assert texts(page, ".error p") == ["Stopped."]
        assert texts(page, ".question .text") == ["<img src=x onerror=alert(1)> paypal?"]
        assert page.value("document.querySelectorAll('#turns img').length") == 0
        page.until("fetch('metrics').then(r => r.text()).then(t => t.includes('in_flight 0.0'))")
        assert service.metric("fit512_sessions_bytes") == 0


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        pytest.param(
            {"429": 1.0},
            "The language model takes no more questions at the moment. Try again in 7 seconds.",
            id="busy",
        ),
        pytest.param({"cut": 1.0}, "The connection to the language model broke off.", id="cut"),
    ],
)
def test_failures_are_shown_and_can_be_tried_again(tmp_path, faults, message):
    with (
        local_upstream(faults=faults, retry_after_s=7) as local,
        opened(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, LLM_RETRIES="0") as (
            _,
            page,
        ),
    ):
        ask(page, "Do you take PayPal?")
        page.until(IDLE)
        assert texts(page, ".error p") == [message]
        page.value("document.querySelector('.error button').click()")
        page.until(f"{IDLE} && document.querySelectorAll('#turns > li').length === 1")
        assert local.count() == 2


# The answer is made and remembered, and its response lost.
LOSE_ONE = """{
  const send = window.fetch;
  window.fetch = async (...given) => {
    window.fetch = send;
    await (await send(...given)).text();
    throw new TypeError("lost");
  };
}"""


def test_a_turn_whose_answer_was_lost_is_asked_again_and_there_once(tmp_path):
    with (
        local_upstream() as local,
        opened(
            tmp_path,
            LLM_API_KEY="k",
            LLM_BASE_URL=local.base_url,
            LLM_CONDENSE="false",
            CACHE_MIB="0",
        ) as (_, page),
    ):
        ask(page, "Do you take PayPal?")
        page.until(f"document.querySelectorAll('#turns > li').length === 1 && {IDLE}")
        page.value(LOSE_ONE)
        ask(page, "And cash?")
        page.until(f"document.querySelectorAll('#turns > li').length === 2 && {IDLE}")
        assert texts(page, ".error:not([hidden]) p") == ["The connection to the service was lost."]
        page.value("document.querySelector('.error:not([hidden]) button').click()")
        page.until(f"document.querySelectorAll('.error:not([hidden])').length === 0 && {IDLE}")
        assert all(texts(page, ".answer .text"))
        assert local.count() == 2  # a new turn would have been a third call


def test_a_question_that_is_too_long_is_kept_until_it_fits(tmp_path):
    with opened(tmp_path, MAX_QUESTION_CHARS="30") as (_, page):
        ask(page, "Do you take PayPal? " + "x" * 20)
        told = "A question may have at most 30 characters; this one has 40. Please shorten it."
        assert texts(page, "#note") == [told]
        assert page.value("question.value") == "Do you take PayPal? " + "x" * 20
        assert texts(page, "#turns > li") == []
        page.value("question.value = ''")
        ask(page, "Do you take PayPal?")
        page.until(f"document.querySelectorAll('#turns > li').length === 1 && {IDLE}")
        assert page.value("document.getElementById('note').hidden")


def test_what_the_service_refuses_is_given_back(tmp_path):
    with opened(tmp_path, MAX_BODY_KIB="1") as (_, page):
        ask(page, "x" * 1900)
        page.until("!document.getElementById('note').hidden")
        assert texts(page, "#note") == ["The body may have at most 1 KiB."]
        assert page.value("question.value.length") == 1900
        assert texts(page, "#turns > li") == []


def test_sources_say_where_they_stand_and_a_cut_answer_that_it_is_one(tmp_path):
    (tmp_path / "guide.md").write_text("# Returns\n\nSend it back within 30 days.\n")
    store = tmp_path / "store"
    assert (
        build(["build", str(tmp_path / "guide.md"), "--model", str(MODEL), "--out", str(store)])
        == 0
    )
    with (
        local_upstream() as local,
        opened(
            tmp_path,
            STORE_DIR=str(store),
            LLM_API_KEY="k",
            LLM_BASE_URL=local.base_url,
            LLM_MAX_TOKENS="5",
        ) as (service, page),
    ):
        for _ in range(2):  # a reload shows it again
            if not texts(page, "#turns > li"):
                ask(page, "Can I send it back?")
            page.until(f"document.querySelectorAll('details:not([hidden])').length === 1 && {IDLE}")
            assert texts(page, "details b") == ["guide.md, Returns"]
            cut = "The answer ends here: it has reached its longest length."
            assert texts(page, ".cut:not([hidden])") == [cut]
            page.open(str(service.client.base_url))


def test_the_newest_line_stays_in_view(tmp_path):
    with opened(tmp_path) as (_, page):
        page.resize(360, 500)
        for number in range(1, 4):
            ask(page, "How do I return an item?")
            page.until(f"document.querySelectorAll('#turns > li').length === {number} && {IDLE}")
        bottom = "document.querySelector('#turns > li:last-child').getBoundingClientRect().bottom"
        assert page.value(
            f"{bottom} <= document.getElementById('form').getBoundingClientRect().top"
        )


def test_a_service_that_is_gone(tmp_path):
    with opened(tmp_path) as (service, page):
        service.process.kill()
        service.process.wait(30)
        ask(page, "Do you take PayPal?")
        page.until(IDLE)
        assert texts(page, ".error p") == ["The connection to the service was lost."]


def test_it_fits_a_phone(tmp_path):
    with opened(tmp_path) as (_, page):
        page.resize(360, 640, dark=True)
        ask(page, "How do I return an item? " + "x" * 200)
        page.until(f"document.querySelectorAll('#turns > li').length === 1 && {IDLE}")
        assert page.value("document.documentElement.scrollWidth <= innerWidth")
        small = "[...document.querySelectorAll('#form button:not([hidden])')]"
        assert page.value(f"{small}.every(one => one.getBoundingClientRect().height >= 44)")
        assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 23)"

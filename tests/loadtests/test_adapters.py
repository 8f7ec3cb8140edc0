from __future__ import annotations

import pytest

from loadtests import adapters
from loadtests.adapters.base import Ask, NotAnAnswer, Reply
from loadtests.adapters.mapping import REFUSALS, Mapped
from vectorstore.commandline import CommandError

ASK = {"path": "/ask", "body": {"q": "{question}", "sid": "{session}"}, "answer": "data.0.text"}
STREAM = {"path": "/s", "token": "token", "done": "done", "error": "error"}


class Own:
    """One of ones own: what it has to have where it does not stream."""

    streams = False
    refusals = REFUSALS

    def ask(self, question, session):
        return Ask("/own", {"q": question})

    def reply(self, body):
        return Reply(body.decode())


class Half(Own):
    streams = True


class Raises:
    def __init__(self):
        raise RuntimeError("no key")


def test_a_session_that_is_not_there_yet_is_left_out():
    adapter = Mapped({"ask": ASK})

    assert adapter.ask("Why?", None) == Ask("/ask", {"q": "Why?"})
    assert adapter.ask("Why?", "s1") == Ask("/ask", {"q": "Why?", "sid": "s1"})


def test_braces_in_a_question_stay():
    assert Mapped({"ask": ASK}).ask("{x} {session}", "s").body["q"] == "{x} s"


def test_an_answer_is_found_in_depth():
    assert Mapped({"ask": ASK}).reply(b'{"data": [{"text": "Because."}]}') == Reply("Because.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"<html>", "no JSON", id="no JSON"),
        pytest.param(b'{"data": []}', "no text at 'data.0.text'", id="not there"),
        pytest.param(b'{"data": [{"text": " "}]}', "no text at", id="empty"),
        pytest.param(b'{"data": [{"text": 1}]}', "no text at", id="no text"),
        pytest.param(b"[]", "no text at", id="a list"),
    ],
)
def test_what_is_no_answer(body, says):
    with pytest.raises(NotAnAnswer, match=says):
        Mapped({"ask": ASK}).reply(body)


def test_our_service():
    ours = adapters.load("fit512")
    done = '{"answer": "a", "session_id": "s", "cached": true, "sources": []}'

    assert ours.reply(done.encode()) == Reply("a", "s", cached=True)
    assert ours.token("token", '{"text": "a"}')
    assert not ours.token("sources", "{}")
    assert ours.last("done", done) == Reply("a", "s", cached=True)
    assert ours.last("token", "{}") is None
    with pytest.raises(NotAnAnswer, match="the stream ended with Too busy."):
        ours.token("error", '{"title": "t", "detail": "Too busy."}')


def test_openai_streams_without_event_names():
    openai = adapters.load("openai")

    assert openai.token("", '{"choices": []}')
    assert not openai.token("", "[DONE]")
    assert openai.last("", "[DONE]") == Reply("(streamed)")


@pytest.mark.parametrize("name", adapters.names())
def test_each_of_ours_says_what_is_a_proper_refusal(name):
    assert set(adapters.load(name).refusals) == set(REFUSALS)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        pytest.param({}, r"\[ask\] lacks answer, body, path", id="nothing"),
        pytest.param({"ask": {**ASK, "url": "/"}}, r"\[ask\] knows no url", id="unknown key"),
        pytest.param(
            {"ask": ASK, "stream": {"path": "/s"}},
            r"\[stream\] lacks done, token",
            id="half a stream",
        ),
        pytest.param(
            {"ask": ASK, "refusals": {"rude": [1]}},
            r"\[refusals\] knows no rude",
            id="unknown kind",
        ),
    ],
)
def test_a_mapping_that_is_not_whole_is_refused(mapping, says):
    with pytest.raises(CommandError, match=says):
        Mapped(mapping)


def test_a_file_and_a_class_of_ones_own(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[ask]\npath = "/a"\nbody = {}\nanswer = "x"\n')

    assert adapters.load(str(file)).ask("?", None).path == "/a"
    assert isinstance(adapters.load(f"{__name__}:Own"), Own)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("nobody", "there is no adapter 'nobody'. Choose fit512", id="unknown"),
        pytest.param("none.toml", "none.toml", id="no file"),
        pytest.param("no_such_module:Own", "no_such_module", id="no module"),
        pytest.param(f"{__name__}:Nobody", "Nobody", id="no class"),
        pytest.param(f"{__name__}:Half", "has no stream, token, last; loadtests/", id="half"),
        pytest.param(f"{__name__}:Raises", "RuntimeError: no key", id="raises"),
    ],
)
def test_an_adapter_that_is_not_there(name, says):
    with pytest.raises(CommandError, match=says):
        adapters.load(name)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.limits.answers import answer, text, tokens

STUFF = """Use the following pieces of context to answer the question at the end. If you don't know the answer, just say that you don't know.

Orders ship within 3 days.

Returns are free.

Question: When do you ship?
Helpful Answer:"""
CONDENSE = """Given the following conversation and a follow up question, rephrase the follow up question to be a standalone question.

Chat History:
Human: hi
Assistant: hello
Follow Up Input: Is it free?
Standalone question:"""
CHAT_STUFF = """Use the following pieces of context to answer the user's question.
----------------
Returns are free."""


def user(*words: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": each} for each in words]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            user("Hello?"), "You asked: Hello? There was no context. (1 messages)", id="plain"
        ),
        pytest.param(
            user("one", "two"),
            "You asked: two There was no context. (2 messages)",
            id="the last one",
        ),
        pytest.param(
            user(STUFF),
            "You asked: When do you ship? The context says: Orders ship within 3 days. (1 messages)",
            id="LangChain's prompt for a completion",
        ),
        pytest.param(
            [{"role": "system", "content": CHAT_STUFF}, *user("Free?")],
            "You asked: Free? The context says: Returns are free. (2 messages)",
            id="LangChain's prompt for a chat",
        ),
        pytest.param(
            [{"role": "system", "content": "Context: Open at nine."}, *user("When?")],
            "You asked: When? The context says: Open at nine. (2 messages)",
            id="on the same line",
        ),
        pytest.param(user(CONDENSE), "Is it free?", id="a follow-up question is left as it is"),
        pytest.param(
            [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Part?"}, {"type": "image_url"}],
                }
            ],
            "You asked: Part? There was no context. (1 messages)",
            id="parts",
        ),
        pytest.param(
            [{"role": "user"}], "You asked:  There was no context. (1 messages)", id="nothing said"
        ),
    ],
)
def test_the_answer_holds_what_was_asked(messages, expected):
    assert answer(messages) == expected


def test_a_long_question_is_cut():
    assert len(answer(user("x" * 10_000))) < 300


@given(st.text())
def test_tokens_joined_are_the_answer(words):
    assert "".join(tokens(words)) == words


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "type"]), inner),
    )
)
def test_any_content_has_a_text(content):
    assert isinstance(text(content), str)
    assert isinstance(answer([{"role": "user", "content": content}]), str)

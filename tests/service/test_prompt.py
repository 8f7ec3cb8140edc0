from __future__ import annotations

from service.prompt import INSTRUCTIONS, MAX_PASSAGES_CHARS, condense, messages
from service.sessions import Turn
from vectorstore.base import Document, Hit


def hit(text: str) -> Hit:
    return Hit(Document("1", text, {}), 0.5)


def test_passages_turns_and_question_in_order():
    history = [Turn("hello?", "hello."), Turn("open?", "yes.")]
    assert messages("when?", [hit("from nine"), hit("to five")], history) == [
        {"role": "system", "content": f"{INSTRUCTIONS}\n\n[1] from nine\n\n[2] to five"},
        {"role": "user", "content": "hello?"},
        {"role": "assistant", "content": "hello."},
        {"role": "user", "content": "open?"},
        {"role": "assistant", "content": "yes."},
        {"role": "user", "content": "when?"},
    ]


def test_no_passages_are_said_to_be_none():
    assert messages("when?", [], [])[0]["content"] == f"{INSTRUCTIONS}\n\n(no passages)"


def test_long_passages_are_cut():
    content = messages("when?", [hit("x" * 50_000)], [])[0]["content"]
    assert len(content) == len(INSTRUCTIONS) + 2 + MAX_PASSAGES_CHARS


def test_a_follow_up_is_asked_for_in_the_words_of_langchain():
    from langchain_classic.chains.conversational_retrieval.prompts import CONDENSE_QUESTION_PROMPT

    history = [Turn("open {today}?", "yes."), Turn("until?", "five.")]
    turns = "Human: open {today}?\nAssistant: yes.\nHuman: until?\nAssistant: five."
    asked = CONDENSE_QUESTION_PROMPT.format(chat_history=turns, question="and {tomorrow}?")
    assert condense("and {tomorrow}?", history) == [{"role": "user", "content": asked}]

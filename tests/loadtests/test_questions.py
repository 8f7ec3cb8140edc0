from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.questions import Question, Zipf, read_questions
from vectorstore.commandline import CommandError

OURS = Path(__file__).parents[2] / "loadtests/questions.txt"


def test_indented_lines_are_follow_ups(tmp_path):
    file = tmp_path / "questions.txt"
    file.write_text("# ours\nHow?\n  And then?\n\n\tWhy?\nWhen?\n", "utf-8-sig")

    assert read_questions(file) == [Question("How?", ("And then?", "Why?")), Question("When?")]


def test_jsonl(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"question": "How?", "follow_ups": ["Why?"], "id": 1}\n\n{"question": "When?"}\n'
    )

    assert read_questions(file) == [Question("How?", ("Why?",)), Question("When?")]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("q.txt", "", "has no question", id="empty"),
        pytest.param("q.txt", "# only\n", "has no question", id="only a comment"),
        pytest.param(
            "q.txt", "\n  And?\n", ":2: a follow-up, but no question", id="follow-up first"
        ),
        pytest.param("q.jsonl", '{"text": "?"}', ':1: is no {"question"', id="another key"),
        pytest.param("q.jsonl", '{"question": 1}', ':1: is no {"question"', id="no text"),
        pytest.param("q.jsonl", "[]", ':1: is no {"question"', id="a list"),
        pytest.param("q.jsonl", "{", ':1: is no {"question"', id="no JSON"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)

    with pytest.raises(CommandError, match=f"{name}.*{says}"):
        read_questions(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match="none.txt: cannot be read"):
        read_questions(tmp_path / "none.txt")


def test_ours_have_follow_ups():
    ours = read_questions(OURS)

    assert len({question.text for question in ours}) == len(ours) > 50
    assert sum(bool(question.follow_ups) for question in ours) >= 10


def test_the_first_rank_comes_twice_as_often_as_the_second():
    drawn = Zipf([Question(str(n)) for n in range(50)], seed=1)
    chance = random.Random(1)
    counts = [n for _, n in Counter(drawn.draw(chance).text for _ in range(20_000)).most_common()]

    assert len(counts) == 50
    assert 1.7 < counts[0] / counts[1] < 2.3


@given(st.integers(), st.integers(min_value=1, max_value=9))
def test_the_same_seed_draws_the_same(seed, count):
    questions = [Question(str(n)) for n in range(count)]
    one, other = Zipf(questions, seed), Zipf(questions, seed)

    assert [one.draw(random.Random(n)) for n in range(5)] == [
        other.draw(random.Random(n)) for n in range(5)
    ]

from __future__ import annotations

import json
from pathlib import Path

from tools.migrate.verify.questions import generate

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_no_texts_no_questions():
    assert generate([]) == []


def test_texts_without_content_words_are_passed_over():
    assert generate(["a of to", "one"]) == []


def test_few_words_give_few_questions_and_no_repetition():
    questions = generate(["parcel lost"], count=50)
    assert len(questions) == len(set(questions)) <= 8
    assert "What about parcel lost?" in questions


def test_each_text_is_asked_about():
    texts = ["alpha beta", "gamma delta", "epsilon zeta"]
    questions = " ".join(generate(texts, count=6))
    assert all(word in questions for text in texts for word in text.split() if len(word) > 3)


def test_the_recorded_questions_are_those_of_the_example():
    text = (EXAMPLES / "legacy_shop/data/policies.txt").read_text("utf-8")
    recorded = json.loads((EXAMPLES / "expected/legacy_shop.json").read_text("utf-8"))
    assert generate([p.strip() for p in text.split("\n\n") if p.strip()]) == recorded["questions"]

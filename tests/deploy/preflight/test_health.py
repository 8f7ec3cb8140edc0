from __future__ import annotations

from deploy.preflight import health
from tests.deploy.helpers import found, write

HANDLER = """\
@app.get("/health")
async def health():
    return {body}
"""


def test_a_path_that_answers_at_once_is_fine(tmp_path):
    write(tmp_path, {"main.py": HANDLER.format(body="{}")})
    assert found(health, tmp_path) == []


def test_a_path_that_asks_the_model_is_an_error(tmp_path):
    write(tmp_path, {"main.py": HANDLER.format(body="embedder.embed_query('x')")})
    assert found(health, tmp_path) == [("error", "main.py:2")]


def test_no_path_is_a_warning_for_what_listens(tmp_path):
    assert found(health, tmp_path, health=None) == [("warning", "a test")]
    assert found(health, tmp_path, health=None, port=None) == []

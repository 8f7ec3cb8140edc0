"""What a function of a Gradio app's API is called with."""

from __future__ import annotations

import pytest

from tools.migrate.verify.inside.ask_gradio import arguments


def _of(component, **more):
    return {"component": component, **more}


TEXT = _of("Textbox")
KEPT = _of("Slider", parameter_has_default=True, parameter_default=3)


@pytest.mark.parametrize(
    ("parameters", "given"),
    [
        pytest.param([TEXT], ["q"], id="a text"),
        pytest.param([_of("MultimodalTextbox")], [{"text": "q", "files": []}], id="a text with files"),
        pytest.param([TEXT, KEPT], ["q", 3], id="with a default"),
        pytest.param([_of("Chatbot"), TEXT], [[], "q"], id="behind the conversation"),
        pytest.param([TEXT, TEXT], ["q", ""], id="the first text asks"),
        pytest.param([TEXT, _of("File")], None, id="wants a file"),
        pytest.param([_of("Chatbot")], None, id="nothing to ask by"),
        pytest.param([], None, id="nothing"),
    ],
)  # fmt: skip
def test_arguments(parameters, given):
    assert arguments({"parameters": parameters}, "q") == given

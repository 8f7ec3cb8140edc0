from __future__ import annotations

import sys

import gradio as gr

from tests.migrate.runtime.frameworks.shared_bot import ask


async def in_the_loop(text):
    return ask(text)


def in_parts(text):
    yield "wait"
    yield ask(text)


with gr.Blocks() as demo:
    question, answer = gr.Textbox(), gr.Textbox()
    gr.Button().click(ask, question, answer, api_name="thread")
    gr.Button().click(in_the_loop, question, answer, api_name="loop")
    gr.Button().click(in_parts, question, answer, api_name="parts")
    gr.Button().click(ask, question, answer, api_name="unqueued", queue=False)
demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]))

"""A Flask app whose routes fail in different ways; prints what its test client gets."""

from __future__ import annotations

import sys

import requests
from flask import Flask, abort

from tools.migrate.runtime.model_errors import answer_model_error

app = Flask(__name__)
app.register_error_handler(Exception, answer_model_error)


@app.route("/model")
def model() -> str:
    raise requests.ConnectionError("upstream-secret.example")


@app.route("/own")
def own() -> str:
    raise KeyError("a mistake of ours")


@app.route("/gone")
def gone() -> str:
    abort(410)


for path in ("/model", "/own", "/gone", "/nowhere"):
    answer = app.test_client().get(path)
    sys.stdout.write(
        f"{answer.status_code} {answer.content_type} {answer.get_data(as_text=True)!r}\n"
    )

from __future__ import annotations

from pathlib import Path

from tests.migrate.helpers import model_folder, said, write
from tools.migrate import runner
from tools.migrate.project import Project
from tools.migrate.settings import Settings

DEEP = f"""\
from flask import Flask
from fit512_runtime.onnx_embeddings import OnnxEmbeddings

app = Flask(__name__)

@app.route("/")
def home():
    text = {" + ".join(["'a'"] * 1500)}
    return OnnxEmbeddings("models/m").embed_query(text)
"""


def test_a_file_too_deep_to_edit_is_said_to_be_so(tmp_path: Path):
    project = Project.open(write(tmp_path / "repo", {"app.py": DEEP}))
    model = model_folder(tmp_path / "model")
    runner.convert(project, Settings(model_folder=model, skip=frozenset({"requirements"})))
    assert said(project) == [("kept", "app.py", 9), ("skipped", "app.py", None)]
    assert "recursion" in project.notes[1].message
    assert project.read(project.python()[0]) == DEEP.encode()

"""What resolved is never made unresolvable: code and requirements stay as they are together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import model_folder
from tests.migrate.requirements.test_change import APP, converted, repository
from tools.migrate import runner
from tools.migrate.project import RUNTIME, Project
from tools.migrate.settings import Settings

LEGACY_APP = """\
from fastapi import FastAPI
from langchain.embeddings import HuggingFaceEmbeddings
from transformers import pipeline

app = FastAPI()
embeddings = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
llm = pipeline("text-generation")
"""
OLD = "fastapi==0.115\ntransformers==4.20\ntorch==2.7.0\nlangchain==0.3.26\n"
REASON = (
    "transformers==4.20 (requirements.txt:2) cannot be had together with tokenizers>=0.13.2, which"
    " the converted code needs. Allow another version of transformers, then run this again; "
)


def run(folder: Path, files: dict[str, str | bytes]) -> tuple[dict[str, str], list[str]]:
    """(staged files but the runtime's, notes of refusals and warnings) of all rules."""
    project = Project.open(repository(folder / "repo", files))
    model = model_folder(folder / "model")
    runner.convert(project, Settings(model_folder=model))
    staged = {
        str(path): (data or b"").decode()
        for path, data in project.staged().items()
        if RUNTIME not in path.parts
    }
    told = [f"{n.kind} {n}" for n in project.notes if n.kind in ("refused", "warning")]
    return staged, told


def test_a_kept_pin_that_rules_the_runtime_out(tmp_path: Path, index: None) -> None:
    staged, told = run(tmp_path, {"app.py": LEGACY_APP, "requirements.txt": OLD})
    assert "requirements.txt" not in staged
    assert "HuggingFaceEmbeddings(model_name" in staged.get("app.py", LEGACY_APP)
    refused = [note for note in told if "[embeddings]" in note]
    assert len(refused) == 1
    assert refused[0].startswith(
        f"refused app.py:6: HuggingFaceEmbeddings(…) keeps torch: {REASON}error: No solution found"
    )


def test_what_is_read_before_it_is_refused_resolves_with_an_older_tokenizers(
    tmp_path: Path, index: None
) -> None:
    files = {"app.py": LEGACY_APP, "requirements.txt": OLD.replace("4.20", "4.35")}
    staged, told = run(tmp_path, files)
    assert staged["requirements.txt"] == (
        "fastapi==0.115\ntransformers==4.35\ntorch==2.7.0\nlangchain==0.3.26\n"
        "onnxruntime==1.23.0\ntokenizers==0.13.3\nnumpy==2.2.0\n"
    )
    assert not any("[embeddings]" in note for note in told)


def test_code_that_was_converted_by_hand(tmp_path: Path, index: None) -> None:
    app = APP + "from transformers import pipeline\n"
    staged, notes = converted(tmp_path, {"app.py": app, "requirements.txt": OLD})
    assert staged == {}
    assert notes[-1].startswith(f"refused requirements.txt: {REASON}")
    assert notes[-1].endswith("Nothing was changed")


def test_a_file_that_includes_the_one_that_would_be_edited(tmp_path: Path, index: None) -> None:
    files = {
        "app.py": APP,
        "requirements.txt": "fastapi==0.115\ntorch==2.7.0\n",
        "requirements-dev.txt": "-r requirements.txt\npinner==1.0\n",
    }
    staged, notes = converted(tmp_path, files)
    assert staged == {}
    assert notes[-1].startswith(
        "refused requirements.txt: pinner==1.0 (requirements-dev.txt:2) cannot be had together with"
        " tokenizers"
    )


@pytest.mark.parametrize("offline", [True, False])
def test_only_what_was_tried_is_called_unresolvable(
    tmp_path: Path, index: None, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    if offline:
        monkeypatch.delenv("UV_CONFIG_FILE")
        monkeypatch.setenv("UV_OFFLINE", "1")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    staged, told = run(tmp_path, {"app.py": LEGACY_APP, "requirements.txt": OLD})
    assert ("requirements.txt" in staged) is offline
    assert any("could not be checked for Python 3.11" in note for note in told) is offline

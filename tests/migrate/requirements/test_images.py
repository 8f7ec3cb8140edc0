"""What is told of Dockerfiles and ignore files that keep the runtime or the model out."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.migrate.helpers import write
from tests.migrate.requirements.test_aftermath import APP, CONVERTED, told
from tools.migrate.project import Project
from tools.migrate.requirements.ignore_files import excluding
from tools.migrate.requirements.image_copies import left_out

MODEL = "models/all-MiniLM-L6-v2"
ADDED = {
    "fit512_runtime/__init__.py": "",
    "fit512_runtime/onnx_embeddings.py": "",
    f"{MODEL}/embedding.json": "{}",
    f"{MODEL}/model.onnx": "",
    f"{MODEL}/tokenizer.json": "",
}
FILES = {"pyproject.toml": CONVERTED, "helper.py": "", "static/a.css": "", **ADDED}
BOTH = "fit512_runtime/ and models/"


def docker(*lines: str) -> str:
    return "\n".join(["FROM python:3.11", *lines, "RUN pip install .", ""])


@pytest.mark.parametrize(
    ("lines", "line", "missing"),
    [
        pytest.param(["COPY pyproject.toml app.py ./"], 2, BOTH, id="single files"),
        pytest.param(["COPY pyproject.toml .", "ADD --chown=1:1 *.py /app/"], 3, BOTH, id="wildcard"),
        pytest.param(['COPY ["pyproject.toml", "app.py", "/app/"]'], 2, BOTH, id="as JSON"),
        pytest.param(["COPY app.py \\\n  pyproject.toml .env ./"], 2, BOTH, id="continued, and a file that is not in git"),
        pytest.param(["COPY app.py .", "COPY fit512_runtime fit512_runtime"], 2, "models/", id="the runtime alone"),
        pytest.param(["COPY app.py .", f"COPY ./{MODEL}/ {MODEL}"], 2, "fit512_runtime/", id="the model alone"),
        pytest.param(["COPY app.py fit512_runtime models ./"], 0, "", id="both"),
        pytest.param(["COPY pyproject.toml .", "COPY . ."], 0, "", id="everything"),
        pytest.param(["ADD ./ /app"], 0, "", id="everything by ADD"),
        pytest.param(["COPY * /app/"], 0, "", id="everything by a wildcard"),
        pytest.param(["COPY static /www"], 0, "", id="another service"),
        pytest.param(["COPY $SOURCE /app", "COPY app.py ."], 0, "", id="not known"),
        pytest.param(["COPY --from=build /app /app"], 0, "", id="of another stage"),
        pytest.param(["RUN git clone https://example.org/app"], 0, "", id="no COPY"),
    ],
)  # fmt: skip
def test_copies(tmp_path: Path, index: None, lines: list[str], line: int, missing: str) -> None:
    notes = told(tmp_path, {**FILES, "Dockerfile": docker(*lines)})
    assert notes == (
        [f"warning Dockerfile:{line}: COPY leaves out {missing}: add them"] if line else []
    )


@pytest.mark.parametrize("place", ["api/Dockerfile", "Dockerfile", "docker/api/Dockerfile"])
def test_the_folder_that_is_built_from(tmp_path: Path, index: None, place: str) -> None:
    files = {f"api/{name}": text for name, text in FILES.items()}
    source = "app.py" if place.startswith("api") else "api/app.py"
    below = "" if place.startswith("api") else "api/"
    root = write(tmp_path, {"api/app.py": APP, **files, place: docker(f"COPY {source} /app/")})
    found = [(str(path), line, message) for path, line, message in left_out(Project.open(root))]
    assert found == [
        (place, 2, f"COPY leaves out {below}fit512_runtime/ and {below}models/: add them")
    ]


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        pytest.param(".dockerignore", "# big\nmodels\n", 2, "`models` leaves out models/", id="docker"),
        pytest.param("api.Dockerfile.dockerignore", "/models/\n", 1, "`/models/` leaves out models/", id="of one Dockerfile"),
        pytest.param(".dockerignore", "*.onnx\n", 0, "", id="docker means the top folder"),
        pytest.param(".dockerignore", "**/*.onnx\n", 1, "`**/*.onnx` leaves out models/", id="docker at any depth"),
        pytest.param(".gcloudignore", ".git\n*.onnx\n", 2, "`*.onnx` leaves out models/", id="gcloud at any depth"),
        pytest.param(".slugignore", "/fit512_runtime\n", 1, "`/fit512_runtime` leaves out fit512_runtime/", id="slug"),
        pytest.param(".dockerignore", "*\n!*.py\n!models\n", 1, "`*` leaves out fit512_runtime/", id="all but"),
        pytest.param(".dockerignore", "*\n!app.py\n", 1, f"`*` leaves out {BOTH}", id="all but the app"),
        pytest.param(".dockerignore", "*\n!fit512_runtime/\n!models/**\n", 0, "", id="let in again"),
        pytest.param(".dockerignore", "**/__pycache__\n*.md\nvenv/\n[\n\n!\n", 0, "", id="other things"),
    ],
)  # fmt: skip
def test_ignore_files(
    tmp_path: Path, index: None, name: str, text: str, line: int, what: str
) -> None:
    them = "them" if BOTH in what else "it"
    assert told(tmp_path, {**FILES, name: text}) == (
        [f"warning {name}:{line}: {what}, which the app needs: let {them} in"] if line else []
    )


@pytest.mark.parametrize(
    ("run", "told_of"),
    [
        ('python -c "from sentence_transformers import SentenceTransformer as S; S(\'x\')"', True),
        ('pip install . && \\\n  python3 -c "import torch; \\\n  torch.hub"', True),
        ("python -c \"from langchain_community.embeddings import HuggingFaceEmbeddings as H; H()\"", True),
        ('python -c "from flask import Flask"', False),
        ('python -c "not python"', False),
        ("python -m nltk.downloader punkt", False),
    ],
)  # fmt: skip
def test_a_model_loaded_while_building(
    tmp_path: Path, index: None, run: str, told_of: bool
) -> None:
    notes = told(tmp_path, {**FILES, "Dockerfile": docker("COPY . .", f"RUN {run}")})
    assert [note.partition("; ")[2] for note in notes] == (
        ["take this line out"] if told_of else []
    )
    line = 4 if "\\\n  python3" in run else 3
    assert all(note.startswith(f"warning Dockerfile:{line}: the build fails") for note in notes)


def test_the_last_pattern_that_matches_decides() -> None:
    lines = ["models", "!models/a", "models/a/*.bin", "[z-a]"]
    files = [PurePosixPath("models/a/x.bin")]
    assert excluding(lines, files, anchored=True) == 3
    assert excluding(lines[:2], files, anchored=True) is None


def test_nothing_is_told_where_torch_stays(tmp_path: Path, index: None) -> None:
    app = APP + "from transformers import pipeline\n"
    line = "RUN python -c 'import transformers'"
    notes = told(tmp_path, {**FILES, "app.py": app, "Dockerfile": docker("COPY . .", line)})
    assert not any("Dockerfile" in note for note in notes)

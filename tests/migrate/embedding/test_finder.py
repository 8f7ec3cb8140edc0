"""Models from a real server that speaks the hub's protocol, through the rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.migrate.export.hub import COMMIT, Hub, folder_files, serve
from tests.migrate.export.tiny import Tiny, change, variant
from tests.migrate.helpers import write
from tools.migrate.commit import commit_in_place
from tools.migrate.export import hub as hub_module
from tools.migrate.project import Project
from tools.migrate.rules import embeddings
from tools.migrate.settings import Settings
from vectorstore.onnx_embeddings import OnnxEmbeddings

NAME = "someone/tiny"
LANGCHAIN = "from langchain_huggingface import HuggingFaceEmbeddings as E\n"
Prompts = (("query", "where "), ("document", "a "))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIT512_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(hub_module, "WAITS_S", (0.0, 0.0))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.chdir(tmp_path)


def hub_of(tiny: Tiny, folder: Path) -> Hub:
    return Hub(NAME, folder_files(tiny.write(folder)))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serve(hub_of(Tiny(prompts=Prompts), tmp_path / "source")) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def convert(root: Path, files: dict[str, str], settings: Settings | None = None) -> Project:
    project = Project.open(write(root, files))
    embeddings.apply(project, settings or Settings())
    return project


def text(project: Project, name: str = "app.py") -> str:
    return project.read(Path(name)).decode()  # type: ignore[arg-type]


def test_a_model_of_the_hub_is_exported_once_and_pools_as_before(hub: Hub, tmp_path: Path):
    code = f'{LANGCHAIN}e = E(model_name="{NAME}")\n'
    project = convert(tmp_path / "repo", {"app.py": code, "ingest.py": code})
    # LangChain's class puts no prompt of the model before a text.
    call = 'e = OnnxEmbeddings("models/tiny", query_prefix="", document_prefix="")\n'
    assert text(project).endswith(call)
    assert text(project, "ingest.py").endswith(call)
    assert sum("GET" in what and "safetensors" in what for what in hub.paths()) <= 2
    commit_in_place(project)
    made = OnnxEmbeddings(tmp_path / "repo/models/tiny", query_prefix="", document_prefix="")
    expected = Tiny().vectors(["where is my parcel?"])[0]
    assert np.dot(made.embed_query("where is my\nparcel?"), expected) > 0.98


def test_a_revision_is_fetched(hub: Hub, tmp_path: Path):
    code = f'{LANGCHAIN}e = E(model_name="{NAME}", model_kwargs={{"revision": "{COMMIT}"}})\n'
    project = convert(tmp_path / "repo", {"app.py": code})
    assert 'OnnxEmbeddings("models/tiny"' in text(project)


@pytest.mark.parametrize(
    ("call", "given"),
    [
        pytest.param(
            "E(model_name=M, encode_kwargs={'prompt_name': 'document'},"
            " query_encode_kwargs={'prompt_name': 'query'})",
            '"models/tiny"',
            id="the model's own prompts",
        ),
        pytest.param(
            "E(model_name=M, encode_kwargs={'prompt': 'p: '})",
            '"models/tiny", query_prefix="p: ", document_prefix="p: "',
            id="a prompt",
        ),
        pytest.param(
            "B(model_name=M)",
            '"models/tiny", query_prefix="Represent this question for searching relevant passages: ",'
            ' document_prefix=""',
            id="Bge",
        ),
        pytest.param(
            "B(model_name=M, query_instruction='q: ', embed_instruction='d: ')",
            '"models/tiny", query_prefix="q: ", document_prefix="d: "',
            id="Bge with its own",
        ),
        pytest.param("S(M)", '"models/tiny"', id="raw"),
    ],
)
def test_prefixes_are_those_of_the_class(hub: Hub, tmp_path: Path, call: str, given: str):
    code = (
        "from langchain_huggingface import HuggingFaceEmbeddings as E\n"
        "from langchain_community.embeddings import HuggingFaceBgeEmbeddings as B\n"
        "from sentence_transformers import SentenceTransformer as S\n"
        f"M = '{NAME}'\ne = {call}\n"
    )
    project = convert(tmp_path / "repo", {"app.py": code}, Settings(export=False))
    assert text(project).endswith(f"e = OnnxEmbeddings({given})\n")


def test_the_default_prompt_goes_before_every_text(tmp_path: Path, monkeypatch):
    source = Tiny(prompts=Prompts).write(tmp_path / "source")
    change(source / "config_sentence_transformers.json", default_prompt_name="query")
    with serve(Hub(NAME, folder_files(source))) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        code = f'{LANGCHAIN}e = E(model_name="{NAME}")\n'
        project = convert(tmp_path / "repo", {"app.py": code})
    assert text(project).endswith('e = OnnxEmbeddings("models/tiny", document_prefix="where ")\n')
    commit_in_place(project)
    made = OnnxEmbeddings(tmp_path / "repo/models/tiny")
    assert np.array_equal(made.encode("is my parcel"), made.encode("where is my parcel", prompt=""))


def test_a_check_fetches_no_weights(hub: Hub, tmp_path: Path):
    code = f'{LANGCHAIN}e = E(model_name="{NAME}")\n'
    project = convert(tmp_path / "repo", {"app.py": code}, Settings(export=False))
    assert hub.fetched() <= {
        "config.json",
        "modules.json",
        "config_sentence_transformers.json",
    }
    assert project.copied() == {}
    planned = next(note for note in project.notes if note.path == "models/tiny")
    assert planned.message == "the model would be exported and added, about 1 MB"
    exported = convert(tmp_path / "repo2", {"app.py": code})
    assert text(exported) == text(project)


def test_a_folder_of_the_repository_gets_one_beside_it(tmp_path: Path):
    root = tmp_path / "repo"
    Tiny(normalize=False).write(root / "models/mine")
    code = f'{LANGCHAIN}e = E(model_name="./models/mine", encode_kwargs={{"normalize_embeddings": True}})\n'
    project = convert(root, {"app.py": code})
    assert text(project).endswith('e = OnnxEmbeddings("models/mine-onnx", normalize=True)\n')
    commit_in_place(project)
    assert OnnxEmbeddings(root / "models/mine-onnx").dim == 32
    assert (root / "models/mine/model.safetensors").is_file()


def test_two_models_get_two_folders(hub: Hub, tmp_path: Path):
    root = tmp_path / "repo"
    variant(seed=1).write(root / "own/tiny")
    project = convert(
        root,
        {"app.py": f'{LANGCHAIN}a = E(model_name="{NAME}")\nb = E(model_name="own/tiny")\n'},
    )
    folders = {path.parent.name for path in project.copied()}
    assert len(folders) == 2
    assert "tiny" in folders


def test_a_model_that_runs_code_of_its_own(tmp_path: Path, monkeypatch):
    source = Tiny().write(tmp_path / "source")
    change(source / "config.json", auto_map={"AutoModel": "modeling.Mine"})
    with serve(Hub(NAME, folder_files(source))) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        project = convert(tmp_path / "repo", {"app.py": f'{LANGCHAIN}e = E(model_name="{NAME}")\n'})
        assert "model.safetensors" not in hub.fetched()
    assert [note.kind for note in project.notes] == ["refused"]
    assert "trust_remote_code" in project.notes[0].message


def test_a_model_too_large_by_its_config(tmp_path: Path, monkeypatch):
    source = Tiny().write(tmp_path / "source")
    change(source / "config.json", num_hidden_layers=48, hidden_size=1024, intermediate_size=4096)
    with serve(Hub(NAME, folder_files(source))) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        project = convert(tmp_path / "repo", {"app.py": f'{LANGCHAIN}e = E(model_name="{NAME}")\n'})
        assert "model.safetensors" not in hub.fetched()
    assert "MiB, which 512 MiB do not hold" in project.notes[0].message


def test_a_hub_that_does_not_answer_is_asked_once(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    code = f"{LANGCHAIN}a = E(model_name='a/b')\nb = E(model_name='c/d@v1')\nc = E('x/y')\n"
    project = convert(tmp_path / "repo", {"app.py": code})
    messages = [note.message for note in project.notes]
    assert [note.kind for note in project.notes] == ["refused"] * 3
    assert all("could not be fetched from http://127.0.0.1:9" in message for message in messages)
    assert "c/d@v1 was not asked for, as a/b could not be fetched" in messages[1]
    assert "Try again later" not in messages[0]
    assert "export x/y --out models/y`, then this again with `--model models/y`" in messages[2]


def test_a_folder_given_by_the_name_in_the_code(tmp_path: Path, hub: Hub):
    from tests.migrate.helpers import model_folder

    folder = model_folder(tmp_path / "given", name="other")
    settings = replace(Settings(), model_folders={NAME: folder})
    project = convert(tmp_path / "repo", {"app.py": f"{LANGCHAIN}e = E('{NAME}')\n"}, settings)
    assert text(project).endswith("e = OnnxEmbeddings('models/other')\n")
    assert hub.asked == []

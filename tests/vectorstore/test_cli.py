from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectorstore.helpers import MODEL, save_by_hand, save_langchain
from vectorstore.cli import main
from vectorstore.onnx_embeddings import OnnxEmbeddings

FAQ = """\
{"id": "pay", "question": "How can I pay?", "answer": "By card or by invoice."}
{"id": "ship", "question": "When does it arrive?", "answer": "Within three working days.", "page": 2}
"""
SUMMARY = "documents, 384 dimensions, all-MiniLM-L6-v2"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / MODEL.name).symlink_to(MODEL)
    (tmp_path / "faq.jsonl").write_text(FAQ)
    return tmp_path


def built(*options):
    return main(["build", "faq.jsonl", "--model", str(MODEL), "--out", "store", *options])


def test_build_info_query(here, capsys):
    assert built() == 0
    assert capsys.readouterr() == (f"built store: 2 {SUMMARY}\n", "")

    assert main(["info", "store"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"store: 2 {SUMMARY}",
        f"  model      all-MiniLM-L6-v2, sha256 {OnnxEmbeddings(MODEL).sha256[:16]}…",
        "  index      flat, inner product, 3.0 KiB",
        "  documents  SQLite, 12.0 KiB",
        "  files      complete, sha256 as in the manifest",
        "  sources         2 'faq.jsonl'",
        "  such as    How can I pay? By card or by invoice.",
        "             When does it arrive? Within three working days.",
    ]

    assert main(["query", "store", "how long is the delivery", "-k", "1"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("1. 0.")
    assert first.endswith("  ship")
    assert rest == ["   When does it arrive?", "   Within three working days.", ""]


def test_a_relative_model_is_the_one_of_the_current_folder(here, capsys):
    (here / "models" / MODEL.name).unlink()
    mine = here / "models" / MODEL.name
    mine.mkdir()
    for file in MODEL.iterdir():
        (mine / file.name).symlink_to(file)
    (mine / "embedding.json").unlink()
    settings = json.loads((MODEL / "embedding.json").read_text("utf-8"))
    (mine / "embedding.json").write_text(json.dumps({**settings, "name": "mine"}))
    build = ["build", "faq.jsonl", "--model", f"models/{MODEL.name}", "--out", "store", "--json"]
    assert main(build) == 0
    assert json.loads(capsys.readouterr().out)["model"]["name"] == "mine"


def test_json_is_all_there_is_on_stdout(here, capsys):
    assert built("--json") == 0
    model = {"name": "all-MiniLM-L6-v2", "sha256": OnnxEmbeddings(MODEL).sha256}
    store = {"count": 2, "dim": 384, "metric": "ip", "kind": "flat", "model": model}
    assert json.loads(capsys.readouterr().out) == {"folder": "store", **store}

    assert main(["info", "store", "--json"]) == 0
    sources = {"faq.jsonl": 2}
    assert json.loads(capsys.readouterr().out) == {"folder": "store", **store, "sources": sources}

    assert main(["query", "store", "paying", "--json"]) == 0
    hits = json.loads(capsys.readouterr().out)
    assert [hit["id"] for hit in hits] == ["pay", "ship"]
    assert list(hits[0]) == ["id", "score", "text", "metadata"]
    assert hits[1]["metadata"]["page"] == 2
    assert hits[0]["score"] > hits[1]["score"]


def test_the_sources_with_most_documents_are_named(here, capsys):
    for number in range(7):
        lines = (f"# Part {part}\n\nText {number} {part}.\n" for part in range(number + 1))
        (here / f"{number}.md").write_text("\n".join(lines))
    files = [f"{number}.md" for number in range(7)]
    assert main(["build", *files, "--model", str(MODEL), "--out", "store"]) == 0
    capsys.readouterr()
    assert main(["info", "store"]) == 0
    shown = capsys.readouterr().out.splitlines()
    start = next(at for at, line in enumerate(shown) if "sources" in line)
    assert shown[start : start + 6] == [
        "  sources         7 '6.md'",
        "                  6 '5.md'",
        "                  5 '4.md'",
        "                  4 '3.md'",
        "                  3 '2.md'",
        "                  … 2 more (--json)",
    ]


def test_convert(here, capsys):
    save_langchain(here / "old", model=OnnxEmbeddings(MODEL))
    assert main(["convert", "old", "--model", str(MODEL)]) == 0
    captured = capsys.readouterr()
    first, second = captured.out.splitlines()
    assert first == f"converted stores/old: 3 {SUMMARY}"
    assert second.startswith("  vectors unchanged; 3 texts embedded again with all-MiniLM-L6-v2")
    assert captured.err == ""

    assert main(["convert", "old", "--model", str(MODEL), "--out", "new", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["folder"] == "new"
    assert report["comparison"]["texts"] == 3
    assert report["comparison"]["lowest"] > 0.999
    assert report["comparison"]["differing"] == []


def fails(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("vectorstore: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return code, captured.err


def test_refusals_are_one_paragraph(here, capsys):
    attack = save_by_hand(here / "attack", b"cos\nsystem\n(Vtouch /tmp/x\ntR.")
    other = save_langchain(here / "other")
    cut = save_langchain(here / "cut", model=OnnxEmbeddings(MODEL))
    os.truncate(cut / "index.faiss", 1000)
    for folder, message in [
        (attack, "names os.system"),
        (other, "dim 27, those of all-MiniLM-L6-v2 384"),
        (cut, "cut short"),
    ]:
        code, said = fails(capsys, "convert", folder, "--model", MODEL, "--out", "new")
        assert code == 1
        assert message in said
        assert not (here / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["info", "none"], 2, "there is no store at none", id="no store"),
        pytest.param(["query", "none", "q"], 2, "there is no store at none", id="query no store"),
        pytest.param(["build", "no.md", "--out", "s"], 2, "there is no file no.md", id="no source"),
        pytest.param(["build", "bad.jsonl", "--out", "s"], 1, "bad.jsonl line 1", id="bad source"),
        pytest.param(["build", "empty.txt", "--out", "s"], 1, "no documents", id="empty source"),
        pytest.param(["build", "faq.jsonl", "--out", "."], 2, "without --force", id="out exists"),
        pytest.param(
            ["build", "faq.jsonl", "--out", ".", "--force"],
            2,
            "not even with --force",
            id="no store",
        ),
        pytest.param(
            ["build", "faq.jsonl", "--out", "s", "--encoding", "x"],
            2,
            "no encoding 'x'",
            id="encoding",
        ),
        pytest.param(
            ["build", "faq.jsonl", "--out", "s", "--encoding", "rot13"],
            2,
            "no encoding 'rot13'",
            id="rot13",
        ),
        pytest.param(
            ["build", "faq.jsonl", "--out", "s", "--encoding", "base64"],
            2,
            "no encoding 'base64'",
            id="base64",
        ),
        pytest.param(
            ["build", "faq.jsonl", "--out", "s", "--encoding", "undefined"],
            2,
            "no encoding 'undefined'",
            id="undefined",
        ),
        pytest.param(["convert", "none"], 2, "none is no LangChain FAISS folder", id="no folder"),
    ],
)
def test_errors(here, capsys, arguments, code, message):
    (here / "bad.jsonl").write_text("{")
    (here / "empty.txt").write_text("\n")
    model = ["--model", MODEL] if arguments[0] in ("build", "convert") else []
    found, said = fails(capsys, *arguments, *model)
    assert (found, message in said) == (code, True), said
    assert sorted(path.name for path in here.glob("s*")) == []


@pytest.mark.parametrize("asked", ["", " \n"])
def test_no_question_is_refused(here, capsys, asked):
    with pytest.raises(SystemExit) as error:
        main(["query", "store", asked])
    assert error.value.code == 2
    assert "argument question: it is empty" in capsys.readouterr().err


def test_a_missing_model_says_so(here, capsys):
    code, said = fails(capsys, "build", "faq.jsonl", "--model", "models/none", "--out", "s")
    assert code == 2
    assert "models/none" in said
    built()
    capsys.readouterr()
    (here / "models" / MODEL.name).unlink()
    code, said = fails(capsys, "query", "store", "q")
    assert code == 2
    assert "built with all-MiniLM-L6-v2; say where that model is: --model" in said


@pytest.mark.parametrize("arguments", [[], ["build"], ["query", "s", "q", "-k", "0"], ["info"]])
def test_wrong_arguments_end_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m vectorstore" in capsys.readouterr().err


def test_as_a_real_process_without_a_terminal(here):
    command = [sys.executable, "-m", "vectorstore", "build", "faq.jsonl"]
    done = subprocess.run(
        [*command, "--model", str(MODEL), "--out", "store"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"built store: 2 {SUMMARY}\n"


def test_sq8_shows_its_loss(here, capsys):
    assert built("--index", "sq8") == 0
    lost = "100.0% of the ten nearest are found (100.0% with 95 % confidence), scores within 0."
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"built store: 2 {SUMMARY}"
    assert second.startswith(f"  index sq8: {lost}")
    assert main(["info", "store"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[2].startswith("  index      sq8, inner product, ")
    assert shown[3].startswith(f"  loss       {lost}")
    assert main(["info", "store", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"]["questions"] == 2
    assert main(["query", "store", "how long is the delivery", "-k", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "ship"


def test_query_by_metadata(here, capsys):
    built()
    capsys.readouterr()
    for condition, found in [("page=2", ["ship"]), ("source=faq.jsonl", ["pay", "ship"])]:
        assert main(["query", "store", "paying", "--where", condition, "--json"]) == 0
        assert [hit["id"] for hit in json.loads(capsys.readouterr().out)] == found
    assert main(["query", "store", "paying", "--where", "page=3"]) == 0
    assert capsys.readouterr() == ("", "warning: no document was found\n")


def test_long_documents_are_shown_in_part(here, capsys):
    (here / "faq.jsonl").write_text(json.dumps({"text": "word " * 200}))
    built()
    capsys.readouterr()
    assert main(["query", "store", "word"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["   … 6 more lines (--full)", ""]
    assert main(["query", "store", "word", "--full"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(lines) + 5


def test_records_that_the_model_does_not_read_to_their_end_are_named(here, capsys):
    (here / "faq.jsonl").write_text(FAQ + json.dumps({"id": "long", "text": "word " * 255}))
    assert built() == 0
    assert capsys.readouterr().err == (
        "warning: 1 record is longer than the 254 tokens that the model reads, and what follows is"
        " not searched: 'long'. Split them, or give them as Markdown or text, which is cut into"
        " chunks.\n"
    )


def test_chunk_size_and_overlap(here, capsys):
    (here / "a.txt").write_text("One two three. " * 8)
    options = ["--model", str(MODEL), "--out", "chunks", "--chunk-size", "10", "--overlap", "4"]
    assert main(["build", "a.txt", *options]) == 0
    assert "8 documents" not in capsys.readouterr().out
    assert main(["query", "chunks", "two", "--json", "-k", "99"]) == 0
    texts = [hit["text"] for hit in json.loads(capsys.readouterr().out)]
    assert set(texts) == {"One two three. One two three."}
    again = ["--model", MODEL, "--out", "new", "--chunk-size", "300"]
    code, said = fails(capsys, "build", "a.txt", *again)
    assert (code, "reads 254 tokens" in said) == (2, True)


def test_another_kind_of_index_is_kept(here, capsys, monkeypatch):
    import faiss
    import numpy as np

    model = OnnxEmbeddings(MODEL)
    save_langchain(here / "old", model=model)
    index = faiss.IndexHNSWFlat(384, 4)
    index.add(np.float32(model.embed_documents(["Where is my parcel?", "How do I pay?", "x"])))
    faiss.write_index(index, "old/index.faiss")
    assert main(["convert", "old", "--model", str(MODEL), "--out", "new"]) == 1
    assert "1 of 3 texts have a cosine below 0.99" in capsys.readouterr().err
    index = faiss.IndexHNSWFlat(384, 4)
    texts = ["Where is my parcel?", "How do I pay?", "Can I return shoes?"]
    index.add(np.float32(model.embed_documents(texts)))
    faiss.write_index(index, "old/index.faiss")
    assert main(["convert", "old", "--model", str(MODEL), "--out", "new"]) == 0
    assert "vectors unchanged (hnsw-flat index, kept as it is); 3 texts" in capsys.readouterr().out
    monkeypatch.setattr("vectorstore.faiss_kinds.reconstruct", lambda index, rows: None)
    assert main(["convert", "old", "--model", str(MODEL), "--out", "same"]) == 0
    assert "so it was not checked that all-MiniLM-L6-v2 made them" in capsys.readouterr().err

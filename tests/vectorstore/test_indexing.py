from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace

import faiss
import numpy as np
import pytest

from tests.vectorstore.helpers import Letters
from vectorstore.base import Document, StoreError
from vectorstore.build import build_store
from vectorstore.checking import sampled_sha256, verify
from vectorstore.cli import main
from vectorstore.exact import nearest
from vectorstore.faiss_store import open_store
from vectorstore.flat import map_flat
from vectorstore.indexing import candidates
from vectorstore.ivf import lists_for
from vectorstore.manifest import DOCUMENTS, read_manifest
from vectorstore.reach import ModelChunker
from vectorstore.reporters import written
from vectorstore.samples import read_samples, take_samples, true_neighbours, turned
from vectorstore.tune import tune_store
from vectorstore.unfinished import work_folder

DIM = 32


@dataclass(frozen=True)
class Spots(Letters):
    """Vectors around 40 centres, by the number that the text is."""

    dim: int = DIM

    def embed_query(self, text):
        centre = np.random.default_rng(int(text) % 40).standard_normal(DIM)
        noise = np.random.default_rng(1000 + int(text)).standard_normal(DIM)
        vector = centre + 0.5 * noise
        return (vector / np.linalg.norm(vector)).tolist()


SPOTS = Spots()


def numbers(count):
    return [Document(f"n{at}", str(at), {"at": at}) for at in range(count)]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module", params=["ivf-sq8", "ivf-rabitq"])
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "store"
    seen: list[int] = []
    build_store(numbers(1500), SPOTS, folder, index=request.param, indexing=seen.append)
    assert seen == [1500]
    return folder


def recall(folder, model=SPOTS, count=1500):
    rows = np.asarray(model.embed_documents([str(at) for at in range(count)]), np.float32)
    shares = []
    with contextlib.closing(open_store(folder)) as store:
        for at in range(count, count + 50):
            query = np.float32(model.embed_query(str(at)))
            true = {f"n{row}" for row in nearest(rows, "ip", query, 10)[0]}
            shares.append(len(true & {hit.document.id for hit in store.search(query, 10)}) / 10)
    return float(np.mean(shares))


def test_the_recall_of_the_manifest_is_what_new_questions_find(built):
    manifest = read_manifest(built)
    assert manifest.index.loss is not None
    assert manifest.index.loss.recall_at_10 >= manifest.index.loss.least >= 0.95
    assert manifest.index.search is not None
    assert 1 <= manifest.index.search.probes <= lists_for(1500)
    assert recall(built) > 0.9


def test_questions_far_from_the_store_find_what_was_asked_for(built):
    """As far as a question is from what answers it, and not among its neighbours."""
    rows = np.asarray(SPOTS.embed_documents([str(at) for at in range(1500)]), np.float32)
    asked = turned(rows)[::3]
    shares = []
    with contextlib.closing(open_store(built)) as store:
        for query in asked:
            true = {f"n{row}" for row in nearest(rows, "ip", query, 10)[0]}
            shares.append(len(true & {hit.document.id for hit in store.search(query, 10)}) / 10)
    assert np.mean(shares) >= 0.94  # .74 where it is tuned on its vectors as they are


def test_rabitq_is_small_and_ranks_by_the_vectors(tmp_path):
    build_store(numbers(400), SPOTS, tmp_path / "s", index="ivf-rabitq")
    with contextlib.closing(open_store(tmp_path / "s", embedder=SPOTS)) as store:
        query = np.float32(SPOTS.embed_query("7"))
        (hit,) = store.search(query, 1)
        assert hit.document.id == "n7"
        assert hit.score == pytest.approx(1, abs=1e-6)
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "s").iterdir()}
    assert sizes["vectors.faiss"] == 45 + 400 * DIM * 4
    assert read_manifest(tmp_path / "s").vectors is not None


def test_sq8_keeps_no_vectors(tmp_path):
    build_store(numbers(400), SPOTS, tmp_path / "s", index="ivf-sq8")
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert names == {"index.faiss", "documents.sqlite", "manifest.json"}


@pytest.mark.parametrize(
    ("count", "kinds"),
    [
        (50_000, ("flat",)),
        (50_001, ("sq8", "flat")),
        (200_000, ("sq8", "flat")),
        (200_001, ("ivf-sq8", "sq8", "flat")),
    ],
)
def test_the_kind_follows_the_size(count, kinds):
    assert candidates(count) == kinds


@pytest.mark.parametrize(
    ("least", "kind"), [(0.0, "ivf-sq8"), (0.9999, "flat")], ids=["found", "never"]
)
def test_a_kind_that_finds_too_little_gives_way(tmp_path, monkeypatch, least, kind):
    monkeypatch.setattr("vectorstore.indexing.FLAT_UP_TO", 10)
    monkeypatch.setattr("vectorstore.indexing.SQ8_UP_TO", 20)
    info = build_store(numbers(600), SPOTS, tmp_path / "s", recall=least)
    assert info.kind == kind
    assert (read_manifest(tmp_path / "s").index.loss is None) == (kind == "flat")
    assert not (tmp_path / "s" / "vectors.faiss").exists()


def test_build_says_how_many_are_found_and_with_how_many_questions(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("vectorstore.cli.open_model", lambda folder: SPOTS)
    monkeypatch.setattr("vectorstore.cli.model_chunker", lambda *_: ModelChunker())
    rows = "".join(json.dumps({"id": f"n{at}", "text": str(at)}) + "\n" for at in range(600))
    (tmp_path / "rows.jsonl").write_text(rows)
    command = ["build", str(tmp_path / "rows.jsonl"), "--model", "m", "--index", "ivf-sq8"]
    assert main([*command, "--out", str(tmp_path / "s"), "--recall", "0.9"]) == 0
    said = capsys.readouterr()
    assert re.search(
        r"index ivf-sq8: 9\d\.\d% of the ten nearest are found"
        r" \(9\d\.\d% with 95 % confidence\), scores",
        said.out,
    )
    assert said.err == ""
    assert "(300 questions made from its vectors, against exact search)" in said.out
    assert main([*command, "--out", str(tmp_path / "t"), "--recall", "1"]) == 0
    said = capsys.readouterr()
    assert re.search(r"these vectors finds 9\d\.\d% of the ten nearest with 95 % conf", said.err)
    assert "100.0% were asked for" in said.err


def test_what_these_questions_find_but_others_may_not_is_too_little(tmp_path, monkeypatch, capsys):
    """The recall asked for lies between the mean of the samples and its lower bound."""
    build_store(numbers(600), SPOTS, tmp_path / "best", index="ivf-sq8", recall=1)
    loss = read_manifest(tmp_path / "best").index.loss
    assert loss is not None
    asked = (loss.least + loss.recall_at_10) / 2
    assert loss.least < asked < loss.recall_at_10
    assert main(["tune", str(tmp_path / "best"), "--recall", str(asked)]) == 1
    assert "with 95 % confidence" in capsys.readouterr().err
    monkeypatch.setattr("vectorstore.indexing.candidates", lambda count: ("ivf-sq8", "flat"))
    assert build_store(numbers(600), SPOTS, tmp_path / "s", recall=asked).kind == "flat"
    assert build_store(numbers(600), SPOTS, tmp_path / "t", recall=loss.least).kind == "ivf-sq8"
    info = read_manifest(tmp_path / "best").info(tmp_path / "best")
    written("built", info, False, loss=loss, asked=asked)
    assert "were asked for" in capsys.readouterr().err
    written("built", info, False, loss=loss, asked=loss.least)
    assert capsys.readouterr().err == ""


def test_tune_reads_fewer_lists_for_less(built):
    least, most = tune_store(built, 0.5), tune_store(built, 0.99)
    assert least.trial.search.probes < most.trial.search.probes
    assert least.trial.least >= 0.5
    manifest = read_manifest(built)
    assert manifest.index.search == most.trial.search
    assert manifest.index.loss is not None
    assert manifest.index.loss.recall_at_10 == most.trial.recall
    assert manifest.index.loss.least == most.trial.least
    with contextlib.closing(open_store(built)):
        pass


def test_tune_on_questions_of_ones_own(built, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("vectorstore.cli.open_model", lambda folder: SPOTS)
    (tmp_path / "asked.txt").write_text("\n\n".join(str(2000 + at) for at in range(30)))
    asked = ["tune", str(built), "--recall", "0.9", "--questions", str(tmp_path / "asked.txt")]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["questions"], found["own"], found["asked"]) == (30, True, 0.9)
    exact = read_manifest(built).vectors is not None
    assert found["against"].startswith("exact search" if exact else "a search of all lists")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--recall", "1"], 1, r"no setting finds 100\.0% with 95 % confidence: 9\d\.\d% is"),
        (["--questions", "missing"], 2, "cannot read the questions in missing"),
        (["--questions", "few"], 1, "few holds 2 questions: too few .* at least 30, one a line"),
    ],
)
def test_what_tune_cannot_do(tmp_path, monkeypatch, capsys, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few").write_text("2000\n\n2001\n")
    build_store(numbers(600), SPOTS, tmp_path / "s", index="ivf-sq8")
    assert main(["tune", str(tmp_path / "s"), *arguments]) == code
    assert re.search(message, capsys.readouterr().err)


def test_a_flat_store_has_nothing_to_tune(tmp_path):
    build_store(numbers(5), SPOTS, tmp_path / "s")
    with pytest.raises(StoreError, match="is flat: it reads all vectors"):
        tune_store(tmp_path / "s", 0.9)


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_samples_know_the_true_neighbours(metric):
    rows = np.random.default_rng(3).standard_normal((9000, 8)).astype(np.float32)
    asked = rows[:4] * 2
    positions, scores = true_neighbours(rows, metric, asked, 5)
    for row, question in enumerate(asked):
        expected, values = nearest(rows, metric, question, 5)
        assert positions[row].tolist() == expected.tolist()
        assert scores[row] == pytest.approx(values, abs=1e-4)
    samples = take_samples(rows, metric, 7)
    assert len(samples) == 7
    expected, _ = nearest(rows, metric, samples.questions[3], 10)
    assert samples.nearest[3].tolist() == expected.tolist()


@pytest.mark.parametrize("nearness", [0.6, 0.0, 1.0])
def test_a_question_is_turned_as_far_as_asked(nearness):
    rows = np.random.default_rng(3).standard_normal((50, 16)).astype(np.float32)
    asked = turned(rows, nearness)
    lengths = np.linalg.norm(rows, axis=1)
    assert np.linalg.norm(asked, axis=1) == pytest.approx(lengths, rel=1e-5)
    assert (asked * rows).sum(axis=1) / lengths**2 == pytest.approx(nearness, abs=1e-5)


def test_where_no_vector_differs_there_is_nowhere_to_turn():
    rows = np.vstack([np.ones((50, 4)), np.zeros((1, 4))]).astype(np.float32)
    assert turned(rows)[:50] == pytest.approx(0.6, abs=1e-5)
    assert not turned(rows)[50].any()
    assert take_samples(rows, "ip", 50).nearest.shape == (26, 10)


def test_one_vector_is_asked_nothing():
    assert len(take_samples(np.ones((1, 4), np.float32), "ip")) == 0


def test_samples_are_read_as_they_were_written(built):
    samples = read_samples(built / "documents.sqlite")
    assert samples is not None
    assert samples.questions.shape == (500, DIM)
    assert samples.nearest.shape == samples.scores.shape == (500, 10)


def test_a_large_file_is_checked_in_samples(tmp_path, monkeypatch):
    monkeypatch.setattr("vectorstore.checking.READ_WHOLE_UP_TO", 1000)
    build_store(numbers(600), SPOTS, tmp_path / "s", index="sq8")
    manifest = read_manifest(tmp_path / "s")
    verify(tmp_path / "s", manifest, whole=False)
    path = tmp_path / "s" / "index.faiss"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(StoreError, match="index.faiss has sha256"):
        verify(tmp_path / "s", manifest, whole=False)


def test_a_sampled_digest_tells_lengths_and_blocks(tmp_path):
    def digest(data):
        (tmp_path / "x").write_bytes(data)
        return sampled_sha256(tmp_path / "x")

    size = 64 * 4096 * 3
    whole = digest(bytes(size))
    assert digest(bytes(size - 1)) != whole
    assert digest(bytes(size - 1) + b"1") != whole
    assert digest(b"1" + bytes(size - 1)) != whole
    assert digest(b"") != digest(b"1")


class Killed(BaseException):
    """Stands for the end of a process at any point."""


def interrupted(documents, at, error=Killed):
    for number, document in enumerate(documents):
        if number == at:
            raise error
        yield document


@dataclass(frozen=True)
class Counting(Spots):
    embedded: tuple[list[str], ...] = ([],)

    def embed_documents(self, texts):
        self.embedded[0].extend(texts)
        return super().embed_documents(texts)


def test_a_build_goes_on_where_it_was_ended(tmp_path):
    documents = numbers(700)
    with pytest.raises(Killed):
        build_store(interrupted(documents, 600), SPOTS, tmp_path / "s", checkpoint_s=0)
    assert not (tmp_path / "s").exists()
    counting = Counting(embedded=([],))
    info = build_store(documents, counting, tmp_path / "s")
    assert counting.embedded[0] == [str(at) for at in range(512, 700)]
    assert info.count == 700
    build_store(documents, SPOTS, tmp_path / "whole")
    with contextlib.closing(open_store(tmp_path / "s")) as store:
        assert [item.id for item in store.documents(["n0", "n599", "n699"])] == [
            "n0",
            "n599",
            "n699",
        ]
    assert (tmp_path / "s/index.faiss").read_bytes() == (
        tmp_path / "whole/index.faiss"
    ).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"s", "whole"}


@pytest.mark.parametrize(
    ("changed", "again_from"),
    [
        pytest.param(lambda d: [*d[:100], replace(d[100], text="9"), *d[101:]], 100, id="text"),
        pytest.param(lambda d: d[:50], 50, id="fewer"),
        pytest.param(lambda d: d[1:], 0, id="first gone"),
    ],
)
def test_changed_sources_are_done_again_from_the_change(tmp_path, changed, again_from):
    documents = numbers(400)
    with pytest.raises(Killed):
        build_store(interrupted(documents, 300), SPOTS, tmp_path / "s", checkpoint_s=0)
    counting = Counting(embedded=([],))
    now = changed(documents)
    build_store(now, counting, tmp_path / "s")
    assert counting.embedded[0] == [item.text for item in now[again_from:]]
    vectors, _ = map_flat(tmp_path / "s" / "index.faiss")
    expected = SPOTS.embed_documents([item.text for item in now])
    assert np.array(vectors) == pytest.approx(np.float32(expected), abs=1e-6)
    with contextlib.closing(open_store(tmp_path / "s")) as store:
        assert store.documents([now[-1].id]) == [now[-1]]


def test_another_model_begins_anew(tmp_path):
    with pytest.raises(Killed):
        build_store(interrupted(numbers(300), 200), SPOTS, tmp_path / "s", checkpoint_s=0)
    other = Counting(sha256="0" * 64, embedded=([],))
    build_store(numbers(300), other, tmp_path / "s")
    assert len(other.embedded[0]) == 300


@pytest.mark.parametrize("error", [Killed, KeyboardInterrupt, StoreError("no")])
def test_what_never_came_to_a_checkpoint_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        build_store(interrupted(numbers(300), 200, error), SPOTS, tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_build_one_store(tmp_path):
    def second():
        yield from numbers(5)
        with pytest.raises(StoreError, match="another run is building") as refused:
            build_store(numbers(5), SPOTS, tmp_path / "s")
        assert refused.value.exit_code == 75

    assert build_store(second(), SPOTS, tmp_path / "s").count == 5


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.vectorstore.test_indexing import SPOTS, numbers
from vectorstore.build import build_store
def until_killed():
    yield from numbers(300)
    os.kill(os.getpid(), signal.SIGKILL)
build_store(until_killed(), SPOTS, Path(sys.argv[1]), checkpoint_s=0)
"""


KILLED_LATER = """
import os, signal, sys
from pathlib import Path
from tests.vectorstore.test_indexing import LONG, SPOTS, longs
from vectorstore import build
build.time.monotonic = iter([0, *[0] * 3, 9, *[9] * 99]).__next__  # one checkpoint, after 512
def until_killed():
    yield from longs(LONG)
    os.kill(os.getpid(), signal.SIGKILL)
build.build_store(until_killed(), SPOTS, Path(sys.argv[1]), checkpoint_s=5)
"""
LONG = 2600


def longs(count):
    """Texts of 4 kB: what is not committed is more than SQLite keeps in memory."""
    for document in numbers(count):
        yield Document(document.id, document.text, {"about": "x" * 4000})


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_process_killed_between_two_checkpoints_has_done_what_the_first_one_kept(tmp_path):
    command = [sys.executable, "-c", KILLED_LATER, str(tmp_path / "s")]
    done = subprocess.run(command, cwd=os.getcwd(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert (work_folder(tmp_path / "s") / "s" / f"{DOCUMENTS}-journal").exists()
    counting = Counting(embedded=([],))
    build_store(longs(LONG), counting, tmp_path / "s", index="flat")
    assert counting.embedded[0] == [str(at) for at in range(512, LONG)]
    assert open_store(tmp_path / "s").info.count == LONG


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_killed_process_leaves_what_the_next_one_needs(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "s")]
    done = subprocess.run(command, cwd=os.getcwd(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert work_folder(tmp_path / "s").exists()
    counting = Counting(embedded=([],))
    build_store(numbers(300), counting, tmp_path / "s", index="ivf-sq8")
    assert counting.embedded[0] == [str(at) for at in range(256, 300)]
    assert [path.name for path in tmp_path.iterdir()] == ["s"]

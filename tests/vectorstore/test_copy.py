"""One store in a folder, in PostgreSQL and in Qdrant: the same hits, and back to the same bytes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import weakref
from dataclasses import replace

import numpy as np
import psycopg
import pytest
from psycopg import sql
from qdrant_client import models

from tests.postgres import postgres_server
from tests.vectorstore.helpers import LETTERS_MODEL, Letters, vectors
from vectorstore import pgvector, qdrant, qdrant_connection
from vectorstore.addresses import About, copy_store, open_address, split
from vectorstore.base import Document, OtherModel, StoreError
from vectorstore.build import build_store
from vectorstore.cli import main
from vectorstore.faiss_store import open_store
from vectorstore.writing import write_batches, write_store

WORDS = ["red shoe", "blue hat", "my parcel", "pay by card", "invoice", "return it"]
TEXTS = [f"{WORDS[at % 6]} {'abcdefghij'[at % 10] * (at // 6)}" for at in range(60)]
DOCUMENTS = [
    Document(f"é-{at}", text, {"page": at % 3, "tags": ["a", None, 1.5], "source": "x'\"\\\n"})
    for at, text in enumerate(TEXTS)
]


@pytest.fixture(scope="module")
def postgres():
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["qdrant", pytest.param("pgvector", marks=pytest.mark.slow)])
def address(request, tmp_path):
    if request.param == "qdrant":
        return f"qdrant:{tmp_path / 'q'}#texts"
    return f"{request.getfixturevalue('postgres')}#texts"


@pytest.fixture(params=["ip", "l2"])
def folder(request, tmp_path):
    write_store(
        tmp_path / "s", vectors(TEXTS), DOCUMENTS, model=LETTERS_MODEL, metric=request.param
    )
    return tmp_path / "s"


@contextlib.contextmanager
def opened(*addresses):
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(contextlib.closing(open_address(str(one), embedder=LETTERS_MODEL)))
            for one in addresses
        ]


def test_the_same_hits_and_back(folder, address, tmp_path):
    info = copy_store(str(folder), address, force=True)
    assert (info.count, info.dim, info.model_name) == (60, 27, "letters")
    with opened(folder, address) as (ours, copied):
        for query in vectors(["where is my parcel", "red", TEXTS[7]]):
            for where in (None, {"page": 2}, {"page": [0, 1]}, {"page": 9}):
                every = {hit.document.id: hit for hit in ours.search(query, 60, where=where)}
                found = copied.search(query, 7, where=where)
                # The servers count in float32: what is nearly as near may change places.
                assert [hit.score for hit in found] == pytest.approx(
                    [hit.score for hit in list(every.values())[:7]], abs=1e-5
                )
                for hit in found:
                    assert hit.document == every[hit.document.id].document
                    assert hit.score == pytest.approx(every[hit.document.id].score, abs=1e-5)
        assert copied.documents(["é-5", "none", "é-2"]) == [DOCUMENTS[5], DOCUMENTS[2]]
    copy_store(address, str(tmp_path / "back"))
    assert (tmp_path / "back/index.faiss").read_bytes() == (folder / "index.faiss").read_bytes()


def test_a_copy_that_is_there_is_refused(folder, address):
    copy_store(str(folder), address, force=True)
    with pytest.raises(StoreError, match=r"#texts exists; --force replaces it"):
        copy_store(str(folder), address)


def test_what_is_not_there_or_another_models(folder, address):
    with pytest.raises(StoreError, match=r"has no store 'other'"):
        open_address(address.partition("#")[0] + "#other")
    copy_store(str(folder), address, force=True)
    with pytest.raises(StoreError, match="holds vectors of letters"):
        open_address(address, embedder=Letters("other", "f" * 64))


def test_a_wrong_question(folder, address):
    copy_store(str(folder), address, force=True)
    with opened(address) as (store,):
        with pytest.raises(StoreError, match="shape"):
            store.search(np.ones(3, np.float32), 1)
        with pytest.raises(ValueError, match="finite"):
            store.search(np.full(27, np.nan, np.float32), 1)
    with pytest.raises(StoreError, match="is closed"):
        store.search(np.ones(27, np.float32), 1)


@pytest.mark.slow
def test_a_lost_connection_is_made_again(folder, postgres):
    copy_store(str(folder), f"{postgres}#lost", force=True)
    with (
        opened(f"{postgres}#lost") as (store,),
        psycopg.connect(postgres, autocommit=True) as other,
    ):
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        assert store.search(vectors([TEXTS[3]])[0], 1)[0].document == DOCUMENTS[3]


REPLACED = [
    (Letters("other", "f" * 64), "ip", "vectors of 'other' (metric ip)"),
    (LETTERS_MODEL, "l2", "vectors of 'letters' (metric l2)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "metric", "holds"), REPLACED, ids=["model", "metric"])
def test_a_table_replaced_by_one_of_another_model_is_not_searched(
    folder, postgres, tmp_path, model, metric, holds
):
    address = f"{postgres}#replaced"
    for name, of, its in (("ours", LETTERS_MODEL, "ip"), ("theirs", model, metric)):
        write_store(tmp_path / name, vectors(TEXTS), DOCUMENTS, model=of, metric=its)
    copy_store(str(tmp_path / "ours"), address, force=True)
    query = vectors([TEXTS[3]])[0]
    with opened(address) as (store,):
        # The same again is no other one.
        copy_store(str(tmp_path / "ours"), address, force=True)
        assert store.search(query, 1)[0].document == DOCUMENTS[3]
        copy_store(str(tmp_path / "theirs"), address, force=True)
        for where in (None, {"page": 0}):
            with pytest.raises(OtherModel) as refused:
                store.search(query, 1, where=where)
            assert str(refused.value) == (
                f"the table replaced holds {holds} now, and was opened for those of letters"
                " (metric ip). Copy a store of that model there, or start again with the model of"
                " the table."
            )
        copy_store(str(tmp_path / "ours"), address, force=True)
        assert store.search(query, 1)[0].document == DOCUMENTS[3]
        with psycopg.connect(postgres) as other:
            other.execute("COMMENT ON TABLE replaced IS 'my texts'")
        with pytest.raises(OtherModel, match="the table replaced holds no store now"):
            store.search(query, 1)


@pytest.mark.slow
def test_a_locked_table_is_waited_for_only_so_long(folder, postgres):
    copy_store(str(folder), f"{postgres}#locked", force=True)
    query = vectors([TEXTS[3]])[0]
    with opened(f"{postgres}#locked") as (store,), psycopg.connect(postgres) as other:
        other.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreError, match="lock timeout"):
            store.search(query, 1)
        other.rollback()
        assert store.search(query, 1)[0].document == DOCUMENTS[3]


@pytest.mark.slow
def test_a_search_that_nobody_answers_can_be_cut_off(folder, postgres):
    copy_store(str(folder), f"{postgres}#locked", force=True)
    with opened(f"{postgres}#locked") as (store,), psycopg.connect(postgres) as other:
        other.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        cut = threading.Timer(0.5, store.cut_off)
        cut.start()
        # Not "lock timeout": that would have come later.
        with pytest.raises(StoreError, match="is closed"):
            store.search(vectors([TEXTS[3]])[0], 1)
        cut.join()


@pytest.mark.slow
def test_a_server_that_is_stopped_is_not_waited_for(folder, postgres, monkeypatch):
    monkeypatch.setattr("vectorstore.postgres.SILENT_S", 0.5)
    monkeypatch.setattr("vectorstore.postgres.STATEMENT_S", 60)
    copy_store(str(folder), f"{postgres}#slow", force=True)
    with opened(f"{postgres}#slow") as (store,):
        with pytest.raises(StoreError, match="closed|terminated|lost"):
            store._connection.rows(sql.SQL("SELECT pg_sleep(30)::text").format())
        assert store.search(vectors([TEXTS[3]])[0], 1)[0].document == DOCUMENTS[3]


def write_short(url, table):
    """A store of one document, whose vector is shorter than those of `folder`."""
    about = About("letters", LETTERS_MODEL.sha256, 3, "ip")
    batch = ([Document("short", "a text", {})], np.eye(1, 3, dtype=np.float32))
    pgvector.write(url, table, about, iter([batch]), force=True)


@pytest.mark.slow
@pytest.mark.parametrize("tries", [1, 20], ids=["somebody always reads", "and then nobody"])
def test_a_table_is_replaced_once_nobody_reads_it(folder, postgres, monkeypatch, tries):
    address = f"{postgres}#read"
    write_short(postgres, "read")
    monkeypatch.setattr("vectorstore.postgres.LOCK_S", 1)
    monkeypatch.setattr("vectorstore.pgvector.DROP_TRIES", tries)
    with psycopg.connect(postgres) as reader:
        reader.execute("SELECT count(*) FROM read")
        ends = threading.Timer(2.5, reader.rollback)
        ends.start()
        if tries == 1:
            with pytest.raises(StoreError, match="somebody reads it all the time"):
                copy_store(str(folder), address, force=True)
        else:
            copy_store(str(folder), address, force=True)
        ends.join()
    with contextlib.closing(open_address(address)) as store:
        assert (store.info.dim, store.info.count) == ((3, 1) if tries == 1 else (27, 60))


YOURS = """
ALTER TABLE {0} ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED;
ALTER TABLE {0} ADD CONSTRAINT not_empty CHECK (text <> '');
CREATE INDEX {0}_near ON {0} USING hnsw (embedding vector_ip_ops);
CREATE VIEW {0}_ids AS SELECT id FROM {0};
CREATE ROLE {0}_reader;
GRANT SELECT ON {0} TO {0}_reader;
GRANT UPDATE (text) ON {0} TO PUBLIC
"""
LOST = "column words, constraint not_empty on table {0}, index {0}_near, view {0}_ids"


def kept(connection, table):
    """What of `YOURS` is there."""
    one = connection.execute(
        f"SELECT to_regclass('{table}_near')::text, (SELECT count(*) FROM {table}_ids),"
        f" has_table_privilege('{table}_reader', '{table}', 'SELECT'),"
        f" (SELECT count(*) FROM {table} WHERE words @@ to_tsquery('simple', 'shoe'))"
    )
    return one.fetchone()


@pytest.mark.slow
def test_the_old_rows_alone_are_replaced_and_nobody_who_reads_them_waits(folder, postgres):
    address, table = f"{postgres}#kept", "kept"
    with psycopg.connect(postgres, autocommit=True) as other, psycopg.connect(postgres) as reader:
        other.execute("DROP VIEW IF EXISTS kept_ids; DROP TABLE IF EXISTS kept")
        other.execute("DROP ROLE IF EXISTS kept_reader")
        copy_store(str(folder), address)
        other.execute("DELETE FROM kept WHERE position > 9")
        other.execute(YOURS.format(table))
        assert kept(other, table) == ("kept_near", 10, True, 2)
        # In the middle of a transaction from before to after.
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT count(*) FROM kept").fetchone() == (10,)
        copy_store(str(folder), address, force=True)
        assert reader.execute("SELECT count(*) FROM kept").fetchone() == (10,)
        assert kept(other, table) == ("kept_near", 60, True, 10)
    with opened(folder, address) as stores:
        found = [store.search(vectors([TEXTS[7]])[0], 1)[0].document for store in stores]
        assert found == [DOCUMENTS[7]] * 2


@pytest.mark.slow
def test_a_table_that_would_be_another_is_kept_for_what_would_be_lost_with_it(tmp_path, postgres):
    write_store(tmp_path / "s", vectors(TEXTS), DOCUMENTS, model=LETTERS_MODEL)
    address = f"{postgres}#short"
    write_short(postgres, "short")
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute(YOURS.format("short"))
        with pytest.raises(StoreError) as refused:
            copy_store(str(tmp_path / "s"), address, force=True)
        assert str(refused.value).endswith(
            "#short has embedding vector(3), and vector(27) needs another table. With this one would be"
            f" lost: {LOST.format('short')}, grants to PUBLIC, grants to short_reader. Drop that first,"
            " or copy to another #TABLE; nothing was changed."
        )
        assert kept(other, "short") == ("short_near", 1, True, 0)


@pytest.mark.slow
def test_a_table_that_somebody_writes_to_is_left_to_them(folder, postgres, monkeypatch):
    copy_store(str(folder), f"{postgres}#written", force=True)
    monkeypatch.setattr("vectorstore.postgres.LOCK_S", 1)
    with psycopg.connect(postgres) as writer:
        writer.execute("DELETE FROM written WHERE position = 0")
        with pytest.raises(StoreError, match="somebody else writes to it; nothing was changed"):
            copy_store(str(folder), f"{postgres}#written", force=True)


@pytest.mark.slow
def test_a_table_is_searched_while_another_takes_its_place(folder, postgres, tmp_path):
    address = f"{postgres}#renewed"
    copy_store(str(folder), address, force=True)
    newer = [Document(f"new-{at}", text, {}) for at, text in enumerate(TEXTS)]
    query = vectors([TEXTS[3]])[0]
    found = []
    with opened(address) as (store,):

        def batches():
            yield newer[:30], vectors(TEXTS[:30])
            # More than five times: from then on psycopg has the statement prepared.
            found.extend(store.search(query, 1)[0].document.id for _ in range(8))
            yield newer[30:], vectors(TEXTS[30:])

        about = About("letters", LETTERS_MODEL.sha256, 27, store.info.metric)
        pgvector.write(postgres, "renewed", about, batches(), force=True)
        found.append(store.search(query, 1)[0].document.id)
    assert found == ["é-3"] * 8 + ["new-3"]
    with psycopg.connect(postgres) as other:
        tables = other.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'renewed%' AND relkind = 'r'"
        )
        assert tables.fetchall() == [("renewed",)]


@pytest.mark.slow
def test_a_copy_out_of_postgresql_is_that_of_one_moment(folder, postgres, tmp_path):
    address = f"{postgres}#moment"
    copy_store(str(folder), address, force=True)
    newer = [Document(f"new-{at}", text, {}) for at, text in enumerate(TEXTS[:20])]
    with opened(address) as (store,):
        metric = store.info.metric
        write_store(
            tmp_path / "newer", vectors(TEXTS[:20]), newer, model=LETTERS_MODEL, metric=metric
        )
        batches = store.batches(7)
        found = next(batches)[0]
        copy_store(str(tmp_path / "newer"), address, force=True)
        found += [document for documents, _ in batches for document in documents]
        assert found == DOCUMENTS
        # And of rows that somebody has deleted or added, those that are there.
        with psycopg.connect(postgres) as other:
            other.execute("DELETE FROM moment WHERE position < 18")
            other.execute("UPDATE moment SET position = 1000000000000 WHERE position = 18")
        assert [one.id for part, _ in store.batches(7) for one in part] == ["new-19", "new-18"]


@pytest.mark.slow
def test_a_server_that_stops_in_the_middle_of_a_copy_is_given_up(folder, postgres, monkeypatch):
    address = f"{postgres}#stopped"
    copy_store(str(folder), address, force=True)
    monkeypatch.setattr("vectorstore.postgres.SILENT_S", 1)
    with opened(address) as (store,):
        batches = store.batches(7)
        next(batches)
        with psycopg.connect(postgres) as other:
            others = other.execute(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            ).fetchall()
        for (pid,) in others:
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreError, match="postgresql://"):
                list(batches)
        finally:
            for (pid,) in others:
                os.kill(pid, signal.SIGCONT)


@pytest.mark.slow
def test_a_table_of_another_model_by_now_is_not_copied(postgres, tmp_path):
    address = f"{postgres}#others"
    for name, model in (("ours", LETTERS_MODEL), ("theirs", Letters("other", "f" * 64))):
        write_store(tmp_path / name, vectors(TEXTS), DOCUMENTS, model=model)
    copy_store(str(tmp_path / "ours"), address, force=True)
    with opened(address) as (store,):
        copy_store(str(tmp_path / "theirs"), address, force=True)
        with pytest.raises(OtherModel, match="the table others holds vectors of 'other'"):
            next(store.batches(7))


def test_a_store_in_qdrant_that_is_replaced_or_changed_meanwhile_is_not_copied(folder, tmp_path):
    address = f"qdrant:{tmp_path / 'q'}#texts"
    copy_store(str(folder), address, force=True)

    with opened(address) as (store,):
        about = About.of(store.info)
        client = store._client._client
        batches = store.batches(7)
        next(batches)
        client.delete("texts", models.PointIdsList(points=[59]))
        with pytest.raises(
            StoreError, match=r"#texts was changed while it was read. Copy it again"
        ):
            list(batches)
        batches = store.batches(7)
        next(batches)
        new = "texts_0123456789abcdef"
        qdrant._fill(client, new, about, iter([(DOCUMENTS, vectors(TEXTS))]))
        qdrant._rename(client, new, "texts")
        with pytest.raises(StoreError, match="was changed while it was read"):
            list(batches)
        assert [one for part, _ in store.batches(7) for one in part] == DOCUMENTS
        batches = store.batches(60)
        next(batches)  # all of them; then another is added
        client.upsert(new, [models.PointStruct(id=60, vector=[1.0] * 27, payload={})])
        with pytest.raises(StoreError, match="was changed while it was read"):
            list(batches)


def test_what_was_written_is_let_go_of(tmp_path):
    held: list[weakref.ref] = []

    def batches():
        for start in range(0, 60, 10):
            rows = vectors(TEXTS[start : start + 10])
            held.append(weakref.ref(rows))
            yield DOCUMENTS[start : start + 10], rows
            assert [ref() is None for ref in held[:-1]] == [True] * (len(held) - 1)

    info = write_batches(tmp_path / "s", batches(), model=LETTERS_MODEL)
    assert (info.count, len(held)) == (60, 6)
    write_store(tmp_path / "t", vectors(TEXTS), DOCUMENTS, model=LETTERS_MODEL)
    for name in ("index.faiss", "manifest.json"):
        assert (tmp_path / "s" / name).read_bytes() == (tmp_path / "t" / name).read_bytes()


def test_codes_are_not_copied(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s", index="sq8")
    with pytest.raises(StoreError, match="holds its vectors only as sq8 codes"):
        copy_store(str(tmp_path / "s"), f"qdrant:{tmp_path / 'q'}")


def test_the_vectors_beside_a_small_index_are_copied(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s", index="ivf-rabitq")
    copy_store(str(tmp_path / "s"), str(tmp_path / "flat"))
    with contextlib.closing(open_store(tmp_path / "flat")) as store:
        assert store.info.kind == "flat"
        assert store.search(vectors([TEXTS[9]])[0], 1)[0].document == DOCUMENTS[9]


@pytest.mark.parametrize("name", ["A", "a-b", "1a", "a;drop", 'a"b', "a" * 42])
def test_names_that_need_quoting_are_refused(name):
    with pytest.raises(StoreError, match="no name for a store"):
        split(f"qdrant:x#{name}")


@pytest.mark.parametrize(
    ("place", "address", "shown"),
    [
        (
            pgvector.place,
            "postgresql://me:secret@db.example:5432/a",
            "postgresql://db.example:5432/a",
        ),
        (pgvector.place, "postgresql://me:sec/r@et@h/a?password=secret", "postgresql://h/a"),
        (
            qdrant_connection.place,
            "qdrant+https://me:secret@h:6333?key=secret",
            "qdrant+https://h:6333",
        ),
        (qdrant_connection.place, "qdrant:a@b", "qdrant:a@b"),
    ],
)
def test_an_address_is_shown_without_its_password(place, address, shown):
    assert place(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgresql://me:pa%zzsecret@127.0.0.1:1/db", id="half encoded"),
        pytest.param("postgresql://me:secret secret@127.0.0.1:1/db", id="space"),
        pytest.param("postgresql://me:secret/a@127.0.0.1:1/db", id="slash"),
        pytest.param("postgresql://me:a#secret@127.0.0.1:1/db", id="hash"),
        pytest.param("postgresql://127.0.0.1:1/db?password=secret&sslmode=secret", id="parameter"),
        pytest.param("qdrant+http://me:secret@127.0.0.1:1", id="Qdrant"),
        pytest.param("qdrant+http://me:secret/a@127.0.0.1:1", id="Qdrant, slash"),
    ],
)
def test_what_cannot_be_opened_is_said_without_the_password(address):
    with pytest.raises(StoreError) as refused:
        open_address(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "Postgresql", "qdrant", "http"])
def test_a_url_of_what_holds_no_store_is_no_folder(folder, tmp_path, monkeypatch, capsys, scheme):
    monkeypatch.chdir(tmp_path)
    there = sorted(tmp_path.iterdir())
    address = f"{scheme}://me:secret@127.0.0.1:1/db#chunks"
    assert main(["copy", str(folder), address]) == 2
    assert main(["copy", address, "other"]) == 2
    refused = (
        "vectorstore: an address with :// must begin with postgresql://, qdrant+http:// or"
        " qdrant+https://, and this one does not.\n"
    )
    assert capsys.readouterr() == ("", refused * 2)
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    "words",
    [["info"], ["query"], ["tune"], ["build", "faq.jsonl", "--model", "m", "--out"]],
)
def test_an_address_where_a_folder_is_asked_for_is_not_shown(capsys, words):
    question = ["how?"] if words == ["query"] else []
    with pytest.raises(SystemExit, match="2"):
        main([*words, "postgresql://me:secret@127.0.0.1:1/db#chunks", *question])
    printed = capsys.readouterr()
    assert "it has to be a folder" in printed.err
    assert "secret" not in printed.out + printed.err


# The client leaves the lock's file open where another one holds it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_qdrant_refuses_is_said_in_a_line(folder, tmp_path, capsys):
    held, nobody = f"qdrant:{tmp_path / 'q'}", "qdrant+http://127.0.0.1:1"
    assert main(["copy", str(folder), held]) == 0
    with opened(held):
        assert main(["copy", held, str(tmp_path / "other")]) == 2
    assert main(["copy", str(folder), nobody]) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"vectorstore: {held}: it is open already, in this command or another process; one at a time"
        " may be",
        f"vectorstore: {nobody}: ResponseHandlingException",
    ]


def collections(where):
    with contextlib.closing(qdrant_connection.client(where)) as opened:
        return {one.name for one in opened.get_collections().collections}


def failing(documents):
    """Batches whose source goes away after the first."""
    yield documents, vectors([document.text for document in documents])
    raise ConnectionError("the source is gone")


def test_a_copy_to_qdrant_that_fails_leaves_the_store_that_is_there(folder, tmp_path):
    where = f"qdrant:{tmp_path / 'q'}"
    copy_store(str(folder), f"{where}#texts")
    before = collections(where)
    assert len(before) == 2
    about = About.of(open_store(folder).info)
    with pytest.raises(StoreError, match="ConnectionError"):
        qdrant.write(where, "texts", about, failing(DOCUMENTS[:3]), force=True)
    with pytest.raises(StoreError, match="ConnectionError"):
        qdrant.write(where, "new", about, failing(DOCUMENTS[:3]))
    assert collections(where) == before
    with opened(f"{where}#texts") as (store,):
        assert (store.info.count, store.documents(["é-5"])) == (60, [DOCUMENTS[5]])
    qdrant.write(where, "texts", about, iter([(DOCUMENTS[:3], vectors(TEXTS[:3]))]), force=True)
    assert len(collections(where)) == 2
    assert not collections(where) & before
    with opened(f"{where}#texts") as (store,):
        assert store.info.count == 3


def test_a_collection_in_place_of_the_alias_is_replaced_and_one_of_yours_stays(folder, tmp_path):
    where = f"qdrant:{tmp_path / 'q'}"
    about = About.of(open_store(folder).info)
    with contextlib.closing(qdrant_connection.client(where)) as opened_client:
        qdrant._fill(opened_client, "texts", about, iter([(DOCUMENTS[:2], vectors(TEXTS[:2]))]))
        qdrant._fill(opened_client, "yours", about, iter([(DOCUMENTS[:2], vectors(TEXTS[:2]))]))
        qdrant._rename(opened_client, "yours", "named")
    for name in ("texts", "named"):
        copy_store(str(folder), f"{where}#{name}", force=True)
        with opened(f"{where}#{name}") as (store,):
            assert store.info.count == 60
    left = collections(where)
    assert {"yours", "yours_about"} <= left
    assert len(left) == 6
    assert not left & {"texts", "texts_about"}


def test_what_is_no_store_of_ours_is_never_deleted(folder, tmp_path):
    where = f"qdrant:{tmp_path / 'q'}"
    about = About.of(open_store(folder).info)
    batch = (DOCUMENTS[:2], vectors(TEXTS[:2]))
    with contextlib.closing(qdrant_connection.client(where)) as opened_client:
        shape = qdrant.models.VectorParams(size=2, distance=qdrant.models.Distance.DOT)
        opened_client.create_collection("docs_about", vectors_config=shape)
        opened_client.create_collection("mine", vectors_config=shape)
    qdrant.write(where, "notes_about", about, iter([batch]))
    before = collections(where)
    for name, there in (("docs", "docs_about"), ("mine", "mine"), ("notes", "notes_about")):
        with pytest.raises(StoreError, match=f"#{there} exists; --force replaces it"):
            qdrant.write(where, name, about, iter([batch]))
        with pytest.raises(StoreError, match=f"#{there} is a collection of yours, and no store"):
            qdrant.write(where, name, about, iter([batch]), force=True)
    assert collections(where) == before


def test_a_copy_whose_alias_cannot_be_moved_leaves_nothing(folder, tmp_path, monkeypatch):
    where = f"qdrant:{tmp_path / 'q'}"
    about = About.of(open_store(folder).info)

    def refuse(*_):
        raise ConnectionError("gone")

    monkeypatch.setattr(qdrant.QdrantClient, "update_collection_aliases", refuse)
    with pytest.raises(StoreError, match="ConnectionError"):
        qdrant.write(where, "texts", about, iter([(DOCUMENTS[:2], vectors(TEXTS[:2]))]))
    assert collections(where) == set()


def test_a_store_of_qdrant_replaced_by_one_of_another_model_is_not_searched(
    folder, tmp_path, monkeypatch
):
    where = f"qdrant:{tmp_path / 'q'}"
    copy_store(str(folder), f"{where}#texts")
    other = replace(About.of(open_store(folder).info), name="other", sha256="f" * 64)
    with opened(f"{where}#texts") as (store,):

        def take_its_place(client):
            qdrant._fill(client, "new", other, iter([(DOCUMENTS[:2], vectors(TEXTS[:2]))]))
            qdrant._rename(client, "new", "texts")

        store._client.ask(take_its_place)
        monkeypatch.setattr(qdrant, "CHECK_S", 0.0)
        with pytest.raises(OtherModel, match="the collection texts holds vectors of 'other'"):
            store.search(vectors([TEXTS[3]])[0], 1)


def test_the_command(folder, tmp_path, capsys):
    target = f"qdrant:{tmp_path / 'q'}"
    assert main(["copy", str(folder), target]) == 0
    assert "copied" in capsys.readouterr().out
    assert main(["copy", str(folder), target]) == 2
    assert "--force" in capsys.readouterr().err

from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import stores

OURS = "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
FAISS = "from langchain_community.vectorstores import FAISS\n"
EMBEDDER = 'e = OnnxEmbeddings("models/all-MiniLM-L6-v2")\n'


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            f"{FAISS}{OURS}{EMBEDDER}db = FAISS.from_texts(['a'], e)\n", id="kept in memory alone"
        ),
        pytest.param(
            "from langchain_community.vectorstores import Chroma\ndb = Chroma(persist_directory='x')\n",
            id="Chroma",
        ),
        pytest.param("class FAISS: ...\ndb = FAISS.load_local('x', e)\n", id="an own class"),
        pytest.param(
            "from fit512_runtime.langchain_store import load_local\ndb = load_local('x', e)\n",
            id="converted already",
        ),
    ],
)
def test_left_alone(source):
    check_noop(stores, source)


@pytest.mark.parametrize(
    ("embedder", "says"),
    [
        pytest.param(
            "from langchain_openai import OpenAIEmbeddings\ne = OpenAIEmbeddings()\n",
            "OpenAIEmbeddings (app.py:1)",
            id="hosted",
        ),
        pytest.param(
            "from langchain_huggingface import HuggingFaceEmbeddings\n"
            "e = HuggingFaceEmbeddings(model_name='x')\n",
            "HuggingFaceEmbeddings (app.py:1)",
            id="not converted",
        ),
    ],
)
def test_the_store_of_another_embedder_stays(embedder, says):
    project = check_noop(
        stores,
        f"{embedder}{FAISS}db = FAISS.load_local('store', e)\n"
        "FAISS.from_texts(['a'], e).save_local('store')\n",
        notes=[("skipped", "app.py", 4), ("skipped", "app.py", 5)],
    )
    assert all(says in note.message for note in project.notes)


def test_an_embedder_that_cannot_be_seen_stays_beside_another():
    check_noop(
        stores,
        {
            "app.py": f"{FAISS}def load(e):\n    return FAISS.load_local('store', e)\n",
            "other.py": "from langchain_openai import OpenAIEmbeddings\n",
        },
        notes=[("skipped", "app.py", 3)],
    )


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("load = FAISS.load_local", id="not called"),
        pytest.param("db = FAISS.load_local('store')", id="no embedder"),
    ],
)
def test_a_use_that_is_not_understood_is_skipped(use):
    check_noop(stores, f"{FAISS}{use}\n", notes=[("skipped", "app.py", 2)])


def test_a_damaged_store_stays_with_its_code():
    project = check_noop(
        stores,
        {
            "app.py": f"{OURS}{FAISS}{EMBEDDER}db = FAISS.load_local('store', e)\n",
            "store/index.faiss": b"no index",
            "store/index.pkl": b"no pickle",
        },
        notes=[("refused", "store/index.faiss", None), ("skipped", "app.py", 4)],
    )
    assert "store is not converted" in project.notes[1].message


@pytest.mark.parametrize(
    "module",
    [
        "langchain.vectorstores",
        "langchain.vectorstores.faiss",
        "langchain_community.vectorstores",
        "langchain_community.vectorstores.faiss",
    ],
)
def test_every_spelling(module):
    check_transformed(
        stores,
        f"""\
        from {module} import FAISS
        {OURS}
        {EMBEDDER}
        db = FAISS.load_local("store", e, allow_dangerous_deserialization=True)
        """,
        f"""\
        from fit512_runtime.langchain_store import load_local
        {OURS}
        {EMBEDDER}
        db = load_local("store", e)
        """,
        notes=[("changed", "app.py", 6), ("warning", "app.py", 6)],
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "('s', e, allow_dangerous_deserialization=True, index_name='i')",
            "('s', e, index_name='i')",
            id="in the middle",
        ),
        pytest.param(
            "(\n    's',\n    embeddings=e,\n    allow_dangerous_deserialization=True,  # ours\n)",
            "(\n    's',\n    embeddings=e,\n    # ours\n)",
            id="several lines, comment",
        ),
        pytest.param(
            "(\n    's',\n    embeddings=e,\n    allow_dangerous_deserialization=True\n)",
            "(\n    's',\n    embeddings=e\n)",
            id="several lines, no comma",
        ),
        pytest.param(
            "(allow_dangerous_deserialization=True, folder_path='s', embeddings=e)",
            "(folder_path='s', embeddings=e)",
            id="first",
        ),
    ],
)
def test_the_flag_goes(before, after):
    check_transformed(
        stores,
        f"{OURS}{FAISS}{EMBEDDER}db = FAISS.load_local{before}\n",
        f"{OURS}from fit512_runtime.langchain_store import load_local\n"
        f"{EMBEDDER}db = load_local{after}\n",
    )


def test_faiss_stays_imported_where_it_is_used():
    check_transformed(
        stores,
        f"""\
        from langchain_community.vectorstores import Chroma, FAISS
        {OURS}
        {EMBEDDER}
        def build(docs) -> FAISS:
            db = FAISS.from_documents(docs, e)
            db.save_local("store")  # on disk
            return db
        def load():
            return FAISS.load_local("store", e)
        """,
        f"""\
        from langchain_community.vectorstores import Chroma, FAISS
        from fit512_runtime.langchain_store import load_local, save_local
        {OURS}
        {EMBEDDER}
        def build(docs) -> FAISS:
            db = FAISS.from_documents(docs, e)
            save_local(db, "store")  # on disk
            return db
        def load():
            return load_local("store", e)
        """,
    )


def test_saved_at_once_and_through_several_makers():
    check_transformed(
        stores,
        f"""\
        from langchain_community.vectorstores import FAISS
        {OURS}
        {EMBEDDER}
        FAISS.from_texts(
            ["a"],
            e,
        ).save_local(folder_path="store", index_name="i")
        if new:
            db = FAISS.from_texts(["a"], e)
        else:
            db = FAISS.load_local("store", e)
        db.save_local("store")
        """,
        f"""\
        from langchain_community.vectorstores import FAISS
        from fit512_runtime.langchain_store import load_local, save_local
        {OURS}
        {EMBEDDER}
        save_local(FAISS.from_texts(
            ["a"],
            e,
        ), folder_path="store", index_name="i")
        if new:
            db = FAISS.from_texts(["a"], e)
        else:
            db = load_local("store", e)
        save_local(db, "store")
        """,
    )


def test_own_names_stay_clear():
    check_transformed(
        stores,
        f"""\
        from langchain_community.vectorstores import FAISS
        {OURS}
        {EMBEDDER}
        def load_local():
            return FAISS.load_local("store", e)
        """,
        f"""\
        from fit512_runtime.langchain_store import load_local as fit512_load_local
        {OURS}
        {EMBEDDER}
        def load_local():
            return fit512_load_local("store", e)
        """,
    )


def test_another_kind_of_store_with_a_save_local():
    check_noop(
        stores,
        f"{FAISS}from langchain_community.vectorstores import Annoy\n"
        "def save(db):\n    db.save_local('store')\n",
        notes=[("skipped", "app.py", 4)],
    )

from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import loading

OURS = (
    "from fit512_runtime.langchain_store import load_local\n"
    "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
)
STREAMLIT = "import streamlit as st\n" + OURS
FLASK = "from flask import Flask\n" + OURS + "app = Flask(__name__)\n"
LEGACY = "from langchain_community.embeddings import HuggingFaceInstructEmbeddings\n"
ROUTE = "@app.route('/')\ndef home():\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("model = OnnxEmbeddings('models/m')\n", id="a script run by hand"),
        pytest.param("from flask import Flask\napp = Flask(__name__)\n", id="nothing is loaded"),
        pytest.param(FLASK + "model = OnnxEmbeddings('models/m')\n", id="once, at import"),
        pytest.param(
            STREAMLIT + "@st.cache_resource\ndef model():\n    return OnnxEmbeddings('models/m')\n"
            "model()\n",
            id="cached by Streamlit",
        ),
        pytest.param(
            STREAMLIT + "@st.experimental_singleton\ndef model():\n"
            "    return OnnxEmbeddings('models/m')\nmodel()\n",
            id="cached by an old Streamlit",
        ),
        pytest.param(
            FLASK + "from transformers import AutoTokenizer\n" + ROUTE + "    "
            "return AutoTokenizer.from_pretrained('gpt2')\n",
            id="a tokenizer is small",
        ),
    ],
)
def test_nothing_to_do(source: str):
    check_noop(loading, source)


def test_a_builder_of_a_streamlit_script():
    check_transformed(
        loading,
        """\
        import os
        import streamlit as st
        from fit512_runtime.langchain_store import load_local
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings

        FOLDER = os.path.join(os.path.dirname(__file__), "store")

        # Reads the store.
        def load_retriever():
            "The retriever."
            embeddings = OnnxEmbeddings("models/m")
            db = load_local(FOLDER, embeddings)
            return db.as_retriever(search_kwargs={"k": 3})

        st.set_page_config(page_title="Shop")
        st.write(load_retriever().invoke("pay"))
        """,
        """\
        import os
        import streamlit as st
        from fit512_runtime.langchain_store import load_local
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings

        FOLDER = os.path.join(os.path.dirname(__file__), "store")

        # Reads the store.
        @st.cache_resource(show_spinner=False)
        def load_retriever():
            "The retriever."
            embeddings = OnnxEmbeddings("models/m")
            db = load_local(FOLDER, embeddings)
            return db.as_retriever(search_kwargs={"k": 3})

        st.set_page_config(page_title="Shop")
        st.write(load_retriever().invoke("pay"))
        """,
        notes=[("changed", "app.py", 9)],
    )


@pytest.mark.parametrize(
    "argument",
    [
        "os.getenv('MODEL', 'models/m')",
        "os.environ['MODEL'] or 'models/m'",
        "f'models/{NAME}'",
        "'models/' + NAME",
        "str(Path(__file__).parent / NAME)",
        "st.secrets['model']",
        "config.MODEL",
        "MODEL if NAME else 'models/m'",
    ],
)
def test_what_is_a_constant(argument: str):
    before = (
        "import os\nimport config\nfrom config import MODEL\nfrom pathlib import Path\n"
        + STREAMLIT
        + f"NAME = 'm'\ndef model():\n    print('loading')\n    return OnnxEmbeddings({argument})\n"
        "model()\n"
    )
    cached = before.replace("def", "@st.cache_resource(show_spinner=False)\ndef")
    check_transformed(loading, before, cached)


def test_builders_that_call_each_other():
    before = STREAMLIT + (
        "def model():\n    return OnnxEmbeddings('models/m')\n"
        "def retriever():\n    return load_local('store', model()).as_retriever()\n"
        "retriever()\n"
    )
    after = before.replace("def", "@st.cache_resource(show_spinner=False)\ndef")
    check_transformed(
        loading, before, after, notes=[("changed", "app.py", 4), ("changed", "app.py", 6)]
    )


def test_a_builder_that_calls_a_cached_one():
    before = STREAMLIT + (
        "@st.cache_resource\ndef model():\n    return OnnxEmbeddings('models/m')\n"
        "def store():\n    return load_local('store', model())\n"
        "store()\n"
    )
    after = before.replace("def store", "@st.cache_resource(show_spinner=False)\ndef store")
    check_transformed(loading, before, after, notes=[("changed", "app.py", 7)])


def test_two_builders_and_a_load_below_them_are_noted_where_they_stand():
    before = STREAMLIT + (
        "def model():\n    return OnnxEmbeddings('models/m')\n"
        "def other():\n    return OnnxEmbeddings('models/n')\n"
        "model(), other()\nOnnxEmbeddings('models/o')\n"
    )
    cached = "@st.cache_resource(show_spinner=False)\ndef"
    check_transformed(
        loading,
        before,
        before.replace("def", cached),
        notes=[("changed", "app.py", 4), ("changed", "app.py", 6), ("kept", "app.py", 9)],
    )


def test_carriage_returns_stay():
    before = STREAMLIT + "def model():\n    return OnnxEmbeddings('models/m')\nmodel()\n"
    after = before.replace("def", "@st.cache_resource(show_spinner=False)\ndef")
    files = [{"app.py": text.replace("\n", "\r\n").encode()} for text in (before, after)]
    check_transformed(loading, *files)


@pytest.mark.parametrize(
    ("files", "line"),
    [
        pytest.param("OnnxEmbeddings('models/m')\n", 4, id="at the top level"),
        pytest.param(
            "def model(name):\n    return OnnxEmbeddings(name)\nmodel('m')\n", 5, id="an argument"
        ),
        pytest.param(
            "def model():\n    st.write('wait')\n    return OnnxEmbeddings('m')\nmodel()\n",
            6,
            id="draws",
        ),
        pytest.param(
            "def model():\n    return OnnxEmbeddings(st.session_state.name)\nmodel()\n",
            5,
            id="what the visitor chose",
        ),
        pytest.param(
            "name = st.text_input('')\ndef model():\n    return OnnxEmbeddings(name)\nmodel()\n",
            6,
            id="what the visitor wrote",
        ),
        pytest.param(
            "name = 'm'\ndef change():\n    global name\n    name = 'n'\n"
            "def model():\n    return OnnxEmbeddings(name)\nmodel()\n",
            9,
            id="a variable",
        ),
        pytest.param(
            "name = 'm'\nname += st.text_input('')\n"
            "def model():\n    return OnnxEmbeddings(name)\nmodel()\n",
            7,
            id="a constant that grows",
        ),
        pytest.param(
            "names = {'a': 'm'}\nnames['a'] = st.text_input('')\n"
            "def model():\n    return OnnxEmbeddings(names['a'])\nmodel()\n",
            7,
            id="a table that changes",
        ),
        pytest.param(
            "names = ['m']\nnames.insert(0, st.text_input(''))\n"
            "def model():\n    return OnnxEmbeddings(names[0])\nmodel()\n",
            7,
            id="a list that changes",
        ),
        pytest.param(
            "import os\nos.environ['MODEL'] = st.text_input('')\n"
            "def model():\n    return OnnxEmbeddings(os.getenv('MODEL'))\nmodel()\n",
            7,
            id="a variable of the environment that is set",
        ),
        pytest.param(
            "def model():\n    if st:\n        return OnnxEmbeddings('m')\nmodel()\n",
            6,
            id="a test",
        ),
        pytest.param(
            "def chain():\n    model = OnnxEmbeddings('m')\n    return Chain(model, Memory())\n"
            "chain()\n",
            5,
            id="something else with it",
        ),
        pytest.param(
            "def chosen():\n    return st.text_input('')\n"
            "def model():\n    return OnnxEmbeddings(chosen())\nmodel()\n",
            7,
            id="another function's choice",
        ),
        pytest.param(
            "def model():\n    return OnnxEmbeddings(model())\nmodel()\n", 5, id="without an end"
        ),
        pytest.param(
            "class Bot:\n    def model():\n        return OnnxEmbeddings('m')\nBot.model()\n",
            6,
            id="a method",
        ),
        pytest.param("def model():\n    yield OnnxEmbeddings('m')\nmodel()\n", 5, id="a generator"),
        pytest.param(
            "async def model():\n    return OnnxEmbeddings('m')\nmodel()\n", 5, id="a coroutine"
        ),
        pytest.param(
            "@logged\ndef model():\n    return OnnxEmbeddings('m')\nmodel()\n", 6, id="decorated"
        ),
    ],
)
def test_a_function_that_may_give_another_thing_stays(files: str, line: int):
    check_noop(loading, STREAMLIT + files, notes=[("kept", "app.py", line)])


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param("ingest.py", "save_local(db, 'store')\n", id="saved by a script"),
        pytest.param("admin.py", "db.add_documents(documents)\n", id="added to"),
        pytest.param("more.py", "retriever.search_kwargs['k'] = 5\n", id="asked in another way"),
        pytest.param("ingest.ipynb", '"db.save_local(\\"store\\")"', id="saved by a notebook"),
    ],
)
def test_a_store_that_is_written_here_is_left_to_the_runtime(written: str, text: str):
    app = STREAMLIT + (
        "def store():\n    return load_local('store', OnnxEmbeddings('models/m'))\nstore()\n"
    )
    notes = [("kept", "app.py", 5), ("kept", "app.py", 5)]
    project = check_noop(loading, {"app.py": app, written: text}, notes=notes)
    assert [note.message for note in project.notes] == [
        "the store is opened whenever the script runs (app.py): kept in place, the runtime loads it"
        " once, and again when its files change",
        "the embedding model is opened whenever the script runs (app.py): kept in place, the runtime"
        " loads it once",
    ]


@pytest.mark.parametrize(
    ("requirement", "is_kept"),
    [
        ("streamlit", True),
        ("streamlit>=1.10", True),
        ("streamlit==1.18.0", True),
        ("streamlit==1.17.0", False),
        ("streamlit<1.13", False),
        ("streamlit==1.*", False),
    ],
)
def test_streamlit_has_it_since_1_18(requirement: str, is_kept: bool):
    before = STREAMLIT + "def model():\n    return OnnxEmbeddings('models/m')\nmodel()\n"
    files = {"app.py": before, "requirements.txt": f"{requirement}\n"}
    if is_kept:
        after = before.replace("def", "@st.cache_resource(show_spinner=False)\ndef")
        check_transformed(loading, files, {"app.py": after})
    else:
        check_noop(loading, files, notes=[("kept", "app.py", 5)])


def test_in_a_handler_the_runtime_shares_it():
    project = check_noop(
        loading,
        {
            "app.py": "from flask import Flask\nfrom chat import answer\napp = Flask(__name__)\n"
            "@app.post('/chat')\ndef chat():\n    return answer()\n",
            "chat.py": OURS + "def answer():\n    embeddings = OnnxEmbeddings('models/m')\n"
            "    return load_local('store', embeddings)\n",
        },
        notes=[("kept", "chat.py", 4), ("kept", "chat.py", 5)],
    )
    assert project.notes[0].message == (
        "the embedding model is opened for each request (chat, app.py:5): kept in place, the runtime"
        " loads it once"
    )


def test_what_keeps_torch_is_loaded_once_by_lru_cache():
    before = f"""\
from flask import Flask
{LEGACY}
app = Flask(__name__)
def model():
    return HuggingFaceInstructEmbeddings(model_name="hkunlp/instructor-base")

@app.route("/")
def home():
    return model().embed_query("pay")
"""
    after = before.replace(LEGACY, f"{LEGACY}from functools import lru_cache\n")
    after = after.replace("def model", "@lru_cache(maxsize=1)\ndef model")
    check_transformed(loading, before, after, notes=[("changed", "app.py", 5)])


@pytest.mark.parametrize(
    ("imports", "decorator"),
    [
        ("import functools as tools\n", "@tools.lru_cache(maxsize=1)"),
        ("from functools import lru_cache as once\n", "@once(maxsize=1)"),
    ],
)
def test_functools_under_the_name_it_has(imports: str, decorator: str):
    before = (
        imports
        + LEGACY
        + FLASK
        + (
            "def model():\n    return HuggingFaceInstructEmbeddings()\n"
            + ROUTE
            + "    return model()\n"
        )
    )
    check_transformed(loading, before, before.replace("def model", f"{decorator}\ndef model"))


def test_a_name_that_means_something_else_is_not_taken():
    source = LEGACY + FLASK + (
        "lru_cache = 1\ndef model():\n    return HuggingFaceInstructEmbeddings()\n"
        + ROUTE + "    return model()\n"
    )  # fmt: skip
    check_noop(loading, source, notes=[("warning", "app.py", 8)])


@pytest.mark.parametrize(
    ("imports", "call", "message"),
    [
        pytest.param(
            "import faiss",
            "faiss.read_index('index.faiss')",
            "the index is loaded for each request (home, app.py:7): load it once, in a function of"
            " its own under functools.lru_cache",
            id="an index",
        ),
        pytest.param(
            "from langchain_community.llms import LlamaCpp",
            "LlamaCpp(model_path='m.gguf')",
            "a local language model is loaded for each request (home, app.py:7): load it once, in a"
            " function of its own under functools.lru_cache, and let one visitor use it at a time",
            id="a local language model",
        ),
        pytest.param(
            "from transformers import pipeline",
            "pipeline('sentiment-analysis')",
            "a model in torch is loaded for each request (home, app.py:7): load it once, in a function"
            " of its own under functools.lru_cache",
            id="a pipeline",
        ),
        pytest.param(
            "from groq import Groq",
            "Groq()",
            "the client of the model API is made for each request (home, app.py:7): if its key is"
            " everybody's, make it once, in a function of its own under functools.lru_cache",
            id="a client",
        ),
        pytest.param(
            "from langchain_community.vectorstores import FAISS",
            "FAISS.load_local('store', None)",
            "the store is loaded for each request (home, app.py:7): load it once, in a function of its"
            " own under functools.lru_cache",
            id="a pickled store",
        ),
    ],
)
def test_other_loads_are_reported(imports: str, call: str, message: str):
    source = f"{imports}\n" + FLASK + ROUTE + f"    return {call}\n"
    project = check_noop(loading, source, notes=[("warning", "app.py", 8)])
    assert project.notes[0].message == message


def test_in_streamlit_its_own_cache_is_proposed():
    source = (
        "import streamlit as st\nfrom langchain_community.llms import CTransformers\n"
        "llm = CTransformers(model='m')\n"
    )
    project = check_noop(loading, source, notes=[("warning", "app.py", 3)])
    assert project.notes[0].message == (
        "a local language model is loaded whenever the script runs (app.py): load it once, in a"
        " function of its own under @st.cache_resource, and let one visitor use it at a time"
    )

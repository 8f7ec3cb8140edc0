from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed, path
from tools.migrate.rules import embeddings


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("print('hello')\n", id="nothing of ours"),
        pytest.param("# HuggingFaceEmbeddings was here\n", id="only a comment"),
        pytest.param("x = 'HuggingFaceEmbeddings()'\n", id="only a string"),
        pytest.param(
            "class HuggingFaceEmbeddings: ...\nHuggingFaceEmbeddings()\n",
            id="own class of the name",
        ),
        pytest.param(
            "from mine import SentenceTransformer\nSentenceTransformer('x')\n", id="another package"
        ),
        pytest.param(
            "from langchain_openai import OpenAIEmbeddings\ne = OpenAIEmbeddings()\n", id="remote"
        ),
        pytest.param(
            "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
            "e = OnnxEmbeddings('models/all-MiniLM-L6-v2')\n",
            id="converted already",
        ),
        pytest.param(
            "from langchain_huggingface import HuggingFaceEndpoint\n"
            "llm = HuggingFaceEndpoint(repo_id='x')  # not HuggingFaceEmbeddings\n",
            id="another name of the module",
        ),
    ],
)
def test_no_embedder_no_change(source):
    check_noop(embeddings, source)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param(
            "HuggingFaceEmbeddings()",
            "sentence-transformers/all-mpnet-base-v2 --out models/all-mpnet-base-v2`, then this again"
            " with `--model models/all-mpnet-base-v2`",
            id="default",
        ),
        pytest.param(
            "SentenceTransformerEmbeddings(model_name='paraphrase-MiniLM-L3-v2')",
            "export sentence-transformers/paraphrase-MiniLM-L3-v2 --out",
            id="without its organization",
        ),
        pytest.param(
            "HuggingFaceEmbeddings(model_name='me/mine', model_kwargs={'revision': 'v2'})",
            "me/mine@v2 could not be fetched from http://127.0.0.1:9",
            id="a revision",
        ),
        pytest.param(
            "HuggingFaceEmbeddings(model_name='./models/mine')",
            "--model './models/mine=models/mine'",
            id="a folder that is not in the repository",
        ),
        pytest.param(
            "HuggingFaceEmbeddings(model_name='nomic-ai/nomic-embed-text-v1')",
            "it runs code of its own (trust_remote_code)",
            id="own code",
        ),
        pytest.param(
            "HuggingFaceEmbeddings(model_name='intfloat/multilingual-e5-base')",
            "an app with it about 606 MiB, which 512 MiB do not hold: choose"
            " intfloat/multilingual-e5-small",
            id="too large",
        ),
        pytest.param(
            "HuggingFaceBgeEmbeddings()", "BAAI/bge-large-en: it takes", id="default of Bge"
        ),
        pytest.param(
            "HuggingFaceInstructEmbeddings()",
            "hkunlp/instructor-large: an Instructor model",
            id="default of Instruct",
        ),
    ],
)
def test_refused_with_the_reason(call, says):
    project = check_noop(
        embeddings,
        f"from langchain_community.embeddings import *\nembedder = {call}\n",
        notes=[("refused", "app.py", 2)],
    )
    assert says in project.notes[0].message


@pytest.mark.parametrize(
    ("call", "says"),
    [
        pytest.param("Embedder(model_name=choose())", "choose() is no plain value", id="a call"),
        pytest.param("Embedder(**options)", "cannot be followed", id="unpacked"),
        pytest.param(
            "Embedder(model_name='all-MiniLM-L6-v2', model_kwargs={'truncate_dim': 128})",
            "truncate_dim=128 in model_kwargs may change the vectors",
            id="shorter vectors",
        ),
        pytest.param(
            "Embedder(model_name='all-MiniLM-L6-v2', encode_kwargs={'prompt_name': 'code'})",
            "the prompt 'code' of the model cannot be told",
            id="a prompt by another name",
        ),
        pytest.param(
            "Embedder(model_name='all-MiniLM-L6-v2', encode_kwargs=build())",
            "encode_kwargs cannot be told",
            id="kwargs from a call",
        ),
        pytest.param(
            "f\"{Embedder(model_name='all-MiniLM-L6-v2')}\"", "an f-string", id="f-string"
        ),
    ],
)
def test_not_understood_is_skipped(call, says):
    project = check_noop(
        embeddings,
        f"from langchain_huggingface import HuggingFaceEmbeddings as Embedder\nx = {call}\n",
        notes=[("skipped", "app.py", 2)],
    )
    assert says in project.notes[0].message


def test_an_instructor_model_is_refused():
    project = check_noop(
        embeddings,
        """\
        from langchain.embeddings import HuggingFaceInstructEmbeddings
        e = HuggingFaceInstructEmbeddings(model_name="hkunlp/instructor-xl")
        """,
        notes=[("refused", "app.py", 2)],
    )
    assert "hkunlp/instructor-xl" in project.notes[0].message
    assert "all-MiniLM-L6-v2 (25 MB)" in project.notes[0].message


@pytest.mark.parametrize(
    ("module", "name", "says"),
    [
        ("sentence_transformers", "CrossEncoder", "a cross-encoder reads"),
        ("sentence_transformers", "SparseEncoder", "a sparse model"),
        ("langchain_community.cross_encoders", "HuggingFaceCrossEncoder", "a cross-encoder reads"),
        ("InstructorEmbedding", "INSTRUCTOR", "an Instructor model"),
    ],
)
def test_other_kinds_of_models_are_refused(module, name, says):
    project = check_noop(
        embeddings,
        f"from {module} import {name}\nm = {name}('hkunlp/instructor-base')\n",
        notes=[("refused", "app.py", 2)],
    )
    assert says in project.notes[0].message


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("e.client.tokenizer", id="the client inside"),
        pytest.param("e.max_seq_length = 512", id="the cut-off is changed"),
    ],
)
def test_a_member_that_ours_lacks_is_skipped(use):
    check_noop(
        embeddings,
        f"""\
        from langchain_huggingface import HuggingFaceEmbeddings
        e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        {use}
        """,
        notes=[("skipped", "app.py", 2)],
    )


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(".encode(texts, convert_to_tensor=True)", id="tensors"),
        pytest.param(".encode(texts, 32)", id="two by position"),
        pytest.param(".encode(texts, precision='int8')", id="precision"),
        pytest.param(".encode_multi_process(texts)", id="processes"),
        pytest.param(".to('cuda')", id="moved"),
    ],
)
def test_a_raw_model_used_otherwise_is_skipped(call):
    check_noop(
        embeddings,
        f"""\
        from sentence_transformers import SentenceTransformer
        m = SentenceTransformer("all-MiniLM-L6-v2")
        v = m{call}
        """,
        notes=[("skipped", "app.py", 2)],
    )


def test_tensors_that_another_file_asks_for_keep_torch():
    project = check_noop(
        embeddings,
        {
            "model.py": """\
                from sentence_transformers import SentenceTransformer
                m = SentenceTransformer("all-MiniLM-L6-v2")
                """,
            "app.py": """\
                from model import m
                v = m.encode(["a"], convert_to_tensor=True).cpu().numpy()
                """,
        },
        notes=[("skipped", "model.py", 2)],
    )
    assert "app.py:2 asks a model for tensors" in project.notes[0].message


def test_tensors_of_an_unrelated_script_do_not_matter():
    check_transformed(
        embeddings,
        {
            "app.py": """\
                from sentence_transformers import SentenceTransformer
                m = SentenceTransformer("all-MiniLM-L6-v2")
                """,
            "other.py": "m.encode(['a'], convert_to_tensor=True)\n",
        },
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        m = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
    )


def test_similarities_are_named_with_what_does_without_torch():
    project = check_transformed(
        embeddings,
        """\
        from sentence_transformers import SentenceTransformer, util
        m = SentenceTransformer("all-MiniLM-L6-v2")
        score = util.cos_sim(m.encode("a"), m.encode("b")).item()
        """,
        """\
        from sentence_transformers import util
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        m = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        score = util.cos_sim(m.encode("a"), m.encode("b")).item()
        """,
        notes=[("changed", "app.py", 2), ("kept", "app.py", 3)],
    )
    assert "@ (b / norm(b)).T" in project.notes[1].message


def test_an_own_wrapper_around_the_raw_model():
    check_transformed(
        embeddings,
        """\
        from langchain_core.embeddings import Embeddings
        from sentence_transformers import SentenceTransformer

        class Mine(Embeddings):
            def __init__(self, name: str = "all-MiniLM-L6-v2"):
                self.model = SentenceTransformer(name)

            def embed_documents(self, texts):
                return self.model.encode(texts, batch_size=8, show_progress_bar=False).tolist()

            def embed_query(self, text):
                return self.model.encode([text], normalize_embeddings=True)[0].tolist()

        e = Mine()
        """,
        """\
        from langchain_core.embeddings import Embeddings
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings

        class Mine(Embeddings):
            def __init__(self, name: str = "all-MiniLM-L6-v2"):
                self.model = OnnxEmbeddings("models/all-MiniLM-L6-v2")

            def embed_documents(self, texts):
                return self.model.encode(texts, batch_size=8, show_progress_bar=False).tolist()

            def embed_query(self, text):
                return self.model.encode([text], normalize_embeddings=True)[0].tolist()

        e = Mine()
        """,
        notes=[("changed", "app.py", 6), ("kept", "app.py", 6)],
    )


def test_a_subclass_is_skipped():
    check_noop(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        class Mine(HuggingFaceEmbeddings): ...
        """,
        notes=[("skipped", "app.py", 2)],
    )


def test_a_name_with_two_meanings_is_skipped():
    check_noop(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        if fake:
            class HuggingFaceEmbeddings: ...
        e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        """,
        notes=[("skipped", "app.py", 4)],
    )


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("langchain.embeddings", "HuggingFaceEmbeddings"),
        ("langchain.embeddings", "SentenceTransformerEmbeddings"),
        ("langchain.embeddings.huggingface", "HuggingFaceEmbeddings"),
        ("langchain_community.embeddings", "HuggingFaceEmbeddings"),
        ("langchain_community.embeddings", "SentenceTransformerEmbeddings"),
        ("langchain_community.embeddings.huggingface", "HuggingFaceEmbeddings"),
        (
            "langchain_community.embeddings.sentence_transformer",
            "SentenceTransformerEmbeddings",
        ),
        ("langchain_huggingface", "HuggingFaceEmbeddings"),
        ("langchain_huggingface.embeddings", "HuggingFaceEmbeddings"),
    ],
)
def test_every_spelling(module, name):
    check_transformed(
        embeddings,
        f"""\
        from {module} import {name}
        e = {name}(model_name="sentence-transformers/all-MiniLM-L6-v2")
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
        notes=[("changed", "app.py", 2)],
    )


def test_a_raw_sentence_transformer():
    check_transformed(
        embeddings,
        """\
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer('all-MiniLM-L6-v2', device="cpu")
        vectors = model.encode(["a"], normalize_embeddings=True, show_progress_bar=False)
        key = "x".encode("utf-8", errors="ignore")
        size = model.get_sentence_embedding_dimension()
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings

        model = OnnxEmbeddings('models/all-MiniLM-L6-v2')
        vectors = model.encode(["a"], normalize_embeddings=True, show_progress_bar=False)
        key = "x".encode("utf-8", errors="ignore")
        size = model.get_sentence_embedding_dimension()
        """,
    )


def test_the_alias_is_another_target():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings as SentenceTransformerEmbeddings
        e = SentenceTransformerEmbeddings(model_name="all-MiniLM-L6-v2")
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
    )


def test_through_a_module():
    check_transformed(
        embeddings,
        """\
        import os
        import sentence_transformers as st
        import langchain_community.embeddings
        a = st.SentenceTransformer("all-MiniLM-L6-v2")
        b = langchain_community.embeddings.HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        c = langchain_community.embeddings.OpenAIEmbeddings()
        """,
        """\
        import os
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        import langchain_community.embeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        c = langchain_community.embeddings.OpenAIEmbeddings()
        """,
    )


def test_other_names_of_the_import_stay():
    check_transformed(
        embeddings,
        """\
        from langchain.embeddings import (
            HuggingFaceEmbeddings,  # the small one
            OpenAIEmbeddings,  # the other
        )
        a = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        b = OpenAIEmbeddings()
        """,
        """\
        from langchain.embeddings import (
            # the small one
            OpenAIEmbeddings,  # the other
        )
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = OpenAIEmbeddings()
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("HuggingFaceEmbeddings, OpenAIEmbeddings", "OpenAIEmbeddings", id="first"),
        pytest.param("OpenAIEmbeddings, HuggingFaceEmbeddings", "OpenAIEmbeddings", id="last"),
        pytest.param(
            "(OpenAIEmbeddings, HuggingFaceEmbeddings,)", "(OpenAIEmbeddings, )", id="comma"
        ),
        pytest.param(
            "A, HuggingFaceEmbeddings, OpenAIEmbeddings", "A, OpenAIEmbeddings", id="middle"
        ),
    ],
)
def test_the_place_in_the_import_does_not_matter(before, after):
    check_transformed(
        embeddings,
        f"""\
        from langchain.embeddings import {before}
        a = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        b = OpenAIEmbeddings()
        """,
        f"""\
        from langchain.embeddings import {after}
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = OpenAIEmbeddings()
        """,
    )


def test_imported_twice_and_in_try():
    check_transformed(
        embeddings,
        """\
        from langchain.embeddings import HuggingFaceEmbeddings
        from langchain_huggingface import HuggingFaceEmbeddings
        try:
            from langchain_huggingface import HuggingFaceEmbeddings as E
        except ImportError:
            from langchain.embeddings import HuggingFaceEmbeddings as E
        a = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        b = E(model_name="all-MiniLM-L6-v2")
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        try:
            from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        except ImportError:
            from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
    )


def test_imported_in_a_function():
    check_transformed(
        embeddings,
        """\
        def get():
        \tfrom langchain_huggingface import HuggingFaceEmbeddings; import os
        \treturn HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        """,
        """\
        def get():
        \tfrom fit512_runtime.onnx_embeddings import OnnxEmbeddings; import os
        \treturn OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
    )


def test_imported_and_never_used():
    check_transformed(
        embeddings,
        """\
        from sentence_transformers import SentenceTransformer
        def f():
            from langchain_huggingface import HuggingFaceEmbeddings
        print(1)
        """,
        """\
        def f():
            pass
        print(1)
        """,
    )


def test_arguments_over_several_lines_with_comments():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        e = HuggingFaceEmbeddings(
            # 384 dimensions
            model_name="sentence-transformers/all-MiniLM-L6-v2",  # small
            model_kwargs={"device": "cpu"},  # no GPU there
            encode_kwargs={"normalize_embeddings": True, "batch_size": 8}
        )
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        e = OnnxEmbeddings(
            # 384 dimensions
            "models/all-MiniLM-L6-v2",  # small
            # no GPU there
        )
        """,
    )


def test_the_model_is_named_by_a_constant():
    check_transformed(
        embeddings,
        {
            "app.py": """\
                from config import MODEL
                from langchain_huggingface import HuggingFaceEmbeddings
                kwargs = {"device": "cuda" if gpu() else "cpu"}
                def get():
                    return HuggingFaceEmbeddings(model_name=MODEL, model_kwargs=kwargs)
                """,
            "config.py": "PREFIX = 'sentence-transformers/'\nMODEL: str = PREFIX + 'all-MiniLM-L6-v2'\n",
        },
        """\
        from config import MODEL
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        kwargs = {"device": "cuda" if gpu() else "cpu"}
        def get():
            return OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
        notes=[("changed", "app.py", 5), ("kept", "app.py", 5)],
    )


def test_arguments_from_a_dictionary():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        OPTIONS = {"model_name": "all-MiniLM-L6-v2", "model_kwargs": {"device": choose()}}
        a = HuggingFaceEmbeddings(**OPTIONS)
        b = HuggingFaceEmbeddings(**OPTIONS, encode_kwargs={"truncate_dim": 8})
        """,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        OPTIONS = {"model_name": "all-MiniLM-L6-v2", "model_kwargs": {"device": choose()}}
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = HuggingFaceEmbeddings(**OPTIONS, encode_kwargs={"truncate_dim": 8})
        """,
        notes=[("changed", "app.py", 3), ("skipped", "app.py", 4)],
    )


def test_a_folder_that_only_the_conversion_adds_is_no_model_of_the_repository():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings as E
        a = E(model_name="all-MiniLM-L6-v2")
        b = E(model_name="./models/all-MiniLM-L6-v2-other")
        c = E(model_name="models/all-MiniLM-L6-v2/")
        """,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings as E
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = E(model_name="./models/all-MiniLM-L6-v2-other")
        c = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
        notes=[("changed", "app.py", 2), ("refused", "app.py", 3), ("changed", "app.py", 4)],
    )


def test_the_model_is_named_by_the_environment():
    project = check_transformed(
        embeddings,
        """\
        import os
        from sentence_transformers import SentenceTransformer
        m = SentenceTransformer(os.getenv("MODEL", "all-MiniLM-L6-v2"))
        """,
        """\
        import os
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        m = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
        notes=[("changed", "app.py", 3), ("warning", "app.py", 3)],
    )
    assert "MODEL no longer chooses" in project.notes[1].message


def test_the_model_is_named_by_committed_settings():
    project = check_transformed(
        embeddings,
        {
            "app.py": """\
                import yaml
                from langchain_huggingface import HuggingFaceEmbeddings
                CONFIG = yaml.safe_load(open("config.yaml"))
                e = HuggingFaceEmbeddings(
                    model_name=CONFIG["model"], encode_kwargs=CONFIG.get("encode")
                )
                """,
            "config.yaml": "model: all-MiniLM-L6-v2\nencode:\n  normalize_embeddings: true\n",
        },
        """\
        import yaml
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        CONFIG = yaml.safe_load(open("config.yaml"))
        e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
        notes=[("changed", "app.py", 4), ("kept", "app.py", 4)],
    )
    assert project.notes[1].message == 'CONFIG["model"] no longer chooses the model here'


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def get(name):\n    return E(model_name=name)\n", id="a parameter"),
        pytest.param("N = 'a'\nN = 'b'\ne = E(model_name=N)\n", id="assigned twice"),
    ],
)
def test_a_name_that_is_no_constant_is_skipped(source):
    source = "from langchain_huggingface import HuggingFaceEmbeddings as E\n" + source
    line = len(source.splitlines())
    check_noop(embeddings, source, notes=[("skipped", "app.py", line)])


def test_annotations_and_isinstance_follow():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        e: HuggingFaceEmbeddings = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        def f(x: HuggingFaceEmbeddings | None = None) -> "list":
            assert isinstance(x, HuggingFaceEmbeddings)
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        e: OnnxEmbeddings = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        def f(x: OnnxEmbeddings | None = None) -> "list":
            assert isinstance(x, OnnxEmbeddings)
        """,
    )


def test_what_is_left_keeps_its_import():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        a = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        b = HuggingFaceEmbeddings(model_name="intfloat/e5-small-v2")
        """,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        a = OnnxEmbeddings("models/all-MiniLM-L6-v2")
        b = HuggingFaceEmbeddings(model_name="intfloat/e5-small-v2")
        """,
        notes=[("changed", "app.py", 2), ("refused", "app.py", 3)],
    )


def test_a_name_of_ours_that_means_something_else():
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        class OnnxEmbeddings: ...
        e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings as Fit512OnnxEmbeddings
        class OnnxEmbeddings: ...
        e = Fit512OnnxEmbeddings("models/all-MiniLM-L6-v2")
        """,
    )


def test_handed_on_by_another_module():
    check_transformed(
        embeddings,
        {
            "app.py": """\
                from common import *
                e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
                """,
            "ingest.py": """\
                from common import HuggingFaceEmbeddings, clean
                e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
                """,
            "common.py": """\
                from langchain_huggingface import HuggingFaceEmbeddings
                def clean(): ...
                """,
        },
        {
            "app.py": """\
                from common import *
                from fit512_runtime.onnx_embeddings import OnnxEmbeddings
                e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
                """,
            "ingest.py": """\
                from common import clean
                from fit512_runtime.onnx_embeddings import OnnxEmbeddings
                e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
                """,
            "common.py": """\
                def clean(): ...
                """,
        },
    )


def test_line_endings_bom_and_a_missing_last_newline_stay():
    check_transformed(
        embeddings,
        {
            "app.py": b"\xef\xbb\xbf# \xc3\xa9\r\nfrom langchain_huggingface import"
            b" HuggingFaceEmbeddings\nimport os\r\n"
            b"e = HuggingFaceEmbeddings(model_name='all-MiniLM-L6-v2')\r\n\x0c\r\nx = 1  # end"
        },
        {
            "app.py": b"\xef\xbb\xbf# \xc3\xa9\r\nfrom fit512_runtime.onnx_embeddings import"
            b" OnnxEmbeddings\nimport os\r\n"
            b"e = OnnxEmbeddings('models/all-MiniLM-L6-v2')\r\n\x0c\r\nx = 1  # end"
        },
    )


def test_a_model_that_is_not_normalized(tmp_path):
    from tests.migrate.helpers import model_folder
    from tools.migrate.settings import Settings

    folder = model_folder(tmp_path / "m", name="my-model", normalize=False)
    check_transformed(
        embeddings,
        """\
        from langchain_huggingface import HuggingFaceEmbeddings
        e = HuggingFaceEmbeddings(
            model_name="me/my-model", encode_kwargs={"normalize_embeddings": True}
        )
        """,
        """\
        from fit512_runtime.onnx_embeddings import OnnxEmbeddings
        e = OnnxEmbeddings("models/my-model", normalize=True)
        """,
        settings=Settings(model_folder=folder),
    )


def test_one_model_folder_serves_app_and_scripts():
    project = check_transformed(
        embeddings,
        {
            "server/main.py": """\
                from fastapi import FastAPI
                from langchain_huggingface import HuggingFaceEmbeddings
                app = FastAPI()
                e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
                """,
            "server/tools/ingest.py": """\
                from langchain_huggingface import HuggingFaceEmbeddings
                e = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
                """,
        },
        {
            "server/main.py": """\
                from fastapi import FastAPI
                from fit512_runtime.onnx_embeddings import OnnxEmbeddings
                app = FastAPI()
                e = OnnxEmbeddings("models/all-MiniLM-L6-v2")
                """,
            "server/tools/ingest.py": """\
                from fit512_runtime.onnx_embeddings import OnnxEmbeddings
                e = OnnxEmbeddings("../models/all-MiniLM-L6-v2")
                """,
        },
    )
    assert list(project.copied()) == [path("server/models/all-MiniLM-L6-v2/embedding.json")]
    runtimes = {p.parent for p in project.staged() if p.name == "onnx_embeddings.py"}
    assert runtimes == {path("server/fit512_runtime"), path("server/tools/fit512_runtime")}

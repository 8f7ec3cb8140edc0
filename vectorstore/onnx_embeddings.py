"""Sentence embeddings from a model folder, with onnxruntime, tokenizers and numpy alone.

This file stands alone: the service uses it, and a converted repository holds a copy of it. A model
folder holds `model.onnx` (and `model.onnx.data`), `tokenizer.json` and `embedding.json`;
`python -m tools.migrate export MODEL --out models/NAME` writes one.

    embeddings = OnnxEmbeddings("models/all-MiniLM-L6-v2")
    embeddings.embed_query("Where is my parcel?")     # LangChain's methods: lists of floats
    embeddings.encode(["one text", "another"])        # SentenceTransformer's: float32 (2, 384)
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import importlib
import json
import os
import re
import stat
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

# From 1.29 on, onnxruntime's wheels report usage to their maker at import, with an id they keep on
# disk; only the environment stops that, and only before the import. Set it to 0 to allow it.
# https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md#disabling-telemetry
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime as ort

__all__ = ["ModelError", "OnnxEmbeddings"]

SCHEMA = 1
# Tokens of a batch after padding. On one thread larger batches are slower (they leave the cache),
# and a token costs about 85 KiB while its batch runs.
BATCH_TOKENS = 128
# Texts are sorted and held as token ids within such a window, so that a million texts at once
# cost their vectors and no more.
WINDOW = 2048
# A longer text is tokenized by its head first: what lies behind max_tokens is cut off anyway, and
# tokenizing one megabyte takes 160 MiB.
CHARACTERS_PER_TOKEN = 16

Floats = NDArray[np.float32]


class ModelError(Exception):
    """The model folder cannot be used: says what is wrong, where, and what to do next."""


class OnnxEmbeddings:
    """Turns texts into vectors. Thread-safe; drop-in for LangChain's embedding classes.

    `folder` is the model folder; a relative one is looked for first beside the package this file
    is in, then in the current directory. `threads` is onnxruntime's per call. `verify=False` skips
    the sha256 of the files (15 to 60 ms). `normalize` and the prefixes default to what the model's
    `embedding.json` says; prefixes are put before the texts of `embed_query`/`embed_documents`.

    The model is loaded once: all objects of a folder share it until its files change, so one may be
    made for each request. It is freed when none uses it and two more have been made since.

    A copy (`copy`, `deepcopy`) is the same object; a pickle holds the folder's path and opens it
    again. A process forked after loading may go on using it; with `threads` over 1 it loads the model
    again at first use.

    Raises ModelError when the folder is missing, incomplete, damaged, or needs a newer onnxruntime.
    """

    name: str
    """The model's name, such as all-MiniLM-L6-v2."""
    sha256: str
    """Of the weights the model was exported from: with `name` the identity of its vectors."""
    dim: int
    """Length of a vector."""
    max_tokens: int
    """Longer texts are cut to so many tokens, special tokens included."""
    recipe: str
    """How the weights are stored: "w8", "fp32" or "int8"."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        threads: int = 1,
        verify: bool = True,
        normalize: bool | None = None,
        query_prefix: str | None = None,
        document_prefix: str | None = None,
    ) -> None:
        if type(threads) is not int or threads < 1:
            raise ValueError(f"threads must be a whole number of at least 1, not {threads!r}")
        self.folder = _find(Path(folder))
        settings = _read_settings(self.folder)
        _check_version(settings["onnxruntime"], self.folder)
        self._model = _load(self.folder, settings, threads, verify)
        self._arguments = {
            "threads": threads,
            "verify": verify,
            "normalize": normalize,
            "query_prefix": query_prefix,
            "document_prefix": document_prefix,
        }
        self.name, self.sha256 = settings["name"], settings["source"]["sha256"]
        self.dim, self.max_tokens = settings["dim"], settings["max_tokens"]
        self.recipe, self.pooling = settings["recipe"], settings["pooling"]
        self.normalize = settings["normalize"] if normalize is None else normalize
        self.query_prefix = settings["query_prefix"] if query_prefix is None else query_prefix
        self.document_prefix = (
            settings["document_prefix"] if document_prefix is None else document_prefix
        )
        self.default_prompt = settings.get("default_prompt", "")
        self.threads = threads
        _register_with_langchain(type(self))

    def embed_query(self, text: str) -> list[float]:
        """The vector of one question, as a list of `dim` floats."""
        _check_text(text)
        vector: list[float] = self.embed_queries([text])[0].tolist()
        return vector

    def embed_queries(self, texts: Sequence[str]) -> Floats:
        """The vectors of several questions, float32 (n, dim), in batches of bounded memory."""
        prefixed = [self.query_prefix + _one_line(text) for text in _check_texts(texts)]
        return self._embed(prefixed, self.normalize)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of documents, each a list of `dim` floats, in the order of `texts`."""
        prefixed = [self.document_prefix + _one_line(text) for text in _check_texts(texts)]
        vectors: list[list[float]] = self._embed(prefixed, self.normalize).tolist()
        return vectors

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query` off the event loop."""
        return await asyncio.to_thread(self.embed_query, text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents` off the event loop."""
        return await asyncio.to_thread(self.embed_documents, texts)

    def __call__(self, text: str) -> list[float]:
        """The same as `embed_query`, for code that takes an embedding function."""
        return self.embed_query(text)

    def encode(
        self,
        sentences: str | Sequence[str],
        *,
        normalize_embeddings: bool = False,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        prompt: str | None = None,
        device: object = None,
    ) -> Floats:
        """As SentenceTransformer.encode: float32 (n, dim), or (dim,) for one string.

        Of the model's prompts only the one that it puts before every text counts here, or `prompt`.
        `batch_size`, `show_progress_bar` and `device` are accepted and not needed: batches are cut
        by tokens, and the model runs on the CPU. `convert_to_tensor=True` gives a torch tensor
        where torch is installed, `convert_to_numpy=False` a list of arrays.
        """
        texts = [sentences] if isinstance(sentences, str) else sentences
        before = self.default_prompt if prompt is None else prompt
        prefixed = [before + text for text in _check_texts(texts)]
        vectors = self._embed(prefixed, self.normalize or normalize_embeddings)
        result: Any = vectors[0] if isinstance(sentences, str) else vectors
        if convert_to_tensor:
            result = importlib.import_module("torch").from_numpy(result)
        elif not convert_to_numpy and not isinstance(sentences, str):
            result = list(result)
        answer: Floats = result
        return answer

    def get_sentence_embedding_dimension(self) -> int:
        """`dim`, by SentenceTransformer's name for it."""
        return self.dim

    def _embed(self, texts: Sequence[str], normalize: bool) -> Floats:
        vectors = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), WINDOW):
            tokens = [self._tokens(text) for text in texts[start : start + WINDOW]]
            for batch in _batches([len(ids) for ids in tokens]):
                rows = [start + index for index in batch]
                vectors[rows] = self._run([tokens[index] for index in batch])
        if normalize:
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors /= np.maximum(norms, 1e-12, out=norms)
        return vectors

    def _tokens(self, text: str) -> list[int]:
        # encode, not encode_batch: that starts a pool of threads and warns after a fork.
        text = _without_surrogates(text)
        tokenizer = self._model.tokenizer
        cut = self.max_tokens * CHARACTERS_PER_TOKEN
        while cut < len(text):
            encoding = tokenizer.encode(text[:cut])
            # Tokens that end in the first half do not depend on what follows the second.
            if len(encoding) == self.max_tokens and _end(encoding) <= cut // 2:
                return list(encoding.ids)
            cut *= 8
        return list(tokenizer.encode(text).ids)

    def _run(self, batch: list[list[int]]) -> Floats:
        shape = len(batch), max(map(len, batch))
        values = {
            "input_ids": np.zeros(shape, np.int64),
            "attention_mask": np.zeros(shape, np.int64),
            "token_type_ids": np.zeros(shape, np.int64),
        }
        for row, ids in enumerate(batch):
            values["input_ids"][row, : len(ids)] = ids
            values["attention_mask"][row, : len(ids)] = 1
        return self._model.run(values)

    def __copy__(self) -> OnnxEmbeddings:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxEmbeddings:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (type(self), str(self.folder), self._arguments)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({str(self.folder)!r}, recipe={self.recipe!r}, dim={self.dim})"
        )


def _reopen(kind: type[OnnxEmbeddings], folder: str, arguments: dict[str, Any]) -> OnnxEmbeddings:
    return kind(folder, **arguments)


class _Model:
    """A tokenizer and a session in memory, for all OnnxEmbeddings of a folder."""

    def __init__(self, folder: Path, max_tokens: int, threads: int) -> None:
        self.tokenizer = _open_tokenizer(folder, max_tokens)
        self.verified = False
        self._folder, self._threads = folder, threads
        self._session: Any = _open_session(folder, threads)
        self._inputs = {value.name for value in self._session.get_inputs()}
        self._lock = threading.Lock()

    def run(self, values: dict[str, NDArray[np.int64]]) -> Floats:
        with self._lock:
            if self._session is None:
                self._session = _open_session(self._folder, self._threads)
            session = self._session
        feed = {name: value for name, value in values.items() if name in self._inputs}
        vectors: Floats = session.run(None, feed)[0]
        return vectors

    def forked(self) -> None:
        self._lock = threading.Lock()
        if self._threads > 1 and self._session is not None:
            # The session's pool of threads is not in a forked process, which would wait for them
            # for ever when the session is freed: it is never freed, another is opened when needed.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))
            self._session = None


_lock = threading.Lock()
_models: weakref.WeakValueDictionary[Hashable, _Model] = weakref.WeakValueDictionary()
# Held, so that an object made for each request finds it loaded, or two of two models; not on
# Windows, where the files of a loaded model can be neither moved nor deleted.
_latest: deque[_Model] = deque(maxlen=0 if sys.platform == "win32" else 2)


def _load(folder: Path, settings: dict[str, Any], threads: int, verify: bool) -> _Model:
    files, max_tokens = settings["files"], settings["max_tokens"]
    key = (folder.resolve(), threads, max_tokens, *_identity(folder, files))
    with _lock:
        model = _models.get(key)
        if verify and not (model and model.verified):
            _check_files(folder, files)
        if model is None:
            model = _models[key] = _Model(folder, max_tokens, threads)
        model.verified = model.verified or verify
        _latest.append(model)
        return model


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for model in list(_models.values()):
        model.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indexes, shortest text first, in batches of at most BATCH_TOKENS tokens after padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _end(encoding: Any) -> int:
    return max(int(end) for _, end in encoding.offsets)


def _without_surrogates(text: str) -> str:
    # JSON can carry half a surrogate pair, which no tokenizer takes.
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _one_line(text: str) -> str:
    # LangChain's classes do so; tokenizers of BERT's kind take a newline for a space anyway.
    return text.replace("\n", " ")


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a text to embed must be a str, not {type(text).__name__}: {text!r:.80}")


def _check_texts(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("embed_documents takes a list of texts; for one text use embed_query")
    checked = list(texts)
    for text in checked:
        _check_text(text)
    return checked


def _find(folder: Path) -> Path:
    beside = Path(__file__).resolve().parent.parent / folder
    here = Path.cwd() / folder
    for candidate in (beside, here):
        try:
            if (candidate / "embedding.json").is_file():
                return candidate
        except OSError as error:
            raise _unreadable(candidate, error) from error
    places = str(here) if beside == here else f"{beside} or {here}"
    raise ModelError(
        f"no model folder (one with an embedding.json) at {places}. Make it with `python -m"
        f" tools.migrate export MODEL --out {folder}`, or give the path of the folder you have."
    )


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(
        f"{path} cannot be read ({error.strerror or error}): let the user that runs this read the"
        " model folder and the files in it."
    )


def _read_settings(folder: Path) -> dict[str, Any]:
    path = folder / "embedding.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        if settings["schema"] != SCHEMA:
            raise ModelError(
                f"{path} has schema {settings['schema']}, and this onnx_embeddings.py reads schema"
                f" {SCHEMA}: export the model again, or renew this file, with the same fit512."
            )
        missing = CHECKS.keys() - settings.keys()
        wrong = [
            name for name in sorted(CHECKS.keys() - missing) if not CHECKS[name](settings[name])
        ]
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is not a model description ({error}): {AGAIN}") from error
    if missing:
        raise ModelError(f"{path} lacks {', '.join(sorted(missing))}: {AGAIN}")
    if wrong:
        found = ", ".join(f"{name} {json.dumps(settings[name])[:80]}" for name in wrong)
        raise ModelError(f"{path} is not a model description ({found}): {AGAIN}")
    return dict(settings)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value < 1 << 31


def _is_source(value: Any) -> bool:
    return isinstance(value, dict) and _is_text(value.get("sha256"))


def _are_files(value: Any) -> bool:
    """The sha256 of each file by its name: those that are opened, and none outside the folder."""
    return (
        isinstance(value, dict)
        and {"model.onnx", "tokenizer.json"} <= value.keys()
        and all(Path(name).name == name and _is_text(digest) for name, digest in value.items())
    )


AGAIN = "export the model again (`python -m tools.migrate export MODEL --out FOLDER --force`)."
CHECKS: dict[str, Callable[[Any], bool]] = {
    "name": _is_text,
    "source": _is_source,
    "dim": _is_count,
    "pooling": _is_text,
    "normalize": lambda value: isinstance(value, bool),
    "max_tokens": _is_count,
    "query_prefix": _is_text,
    "document_prefix": _is_text,
    "recipe": _is_text,
    "onnxruntime": _is_text,
    "files": _are_files,
}


def _check_version(requirement: str, folder: Path) -> None:
    def numbers(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", text)[:2]]

    if numbers(ort.__version__) < numbers(requirement):
        raise ModelError(
            f"the model in {folder} needs onnxruntime{requirement}, and {ort.__version__} is"
            f" installed: pip install 'onnxruntime{requirement}', or export the model again with"
            " --recipe fp32, which runs on older ones."
        )


def _identity(folder: Path, files: dict[str, str]) -> Iterator[Hashable]:
    """What tells the files from others that take their place."""
    for name, digest in files.items():
        path = folder / name
        try:
            found = path.stat()
        except FileNotFoundError:
            found = None
        except OSError as error:
            raise _unreadable(path, error) from error
        if found is None or not stat.S_ISREG(found.st_mode):
            raise ModelError(f"{path} is missing: copy the whole model folder, or {AGAIN}")
        yield name, digest, found.st_mtime_ns, found.st_size, found.st_ino


def _check_files(folder: Path, files: dict[str, str]) -> None:
    for name, expected in files.items():
        try:
            _check_file(folder / name, expected)
        except OSError as error:
            raise _unreadable(folder / name, error) from error


def _check_file(path: Path, expected: str) -> None:
    if _sha256(path) != expected:
        with path.open("rb") as file:
            pointer = file.read(24).startswith(b"version https://git-lfs")
        raise ModelError(
            f"{path} is a Git LFS pointer, not the file itself: run `git lfs pull`."
            if pointer
            else f"{path} is damaged or was changed: its sha256 is not the one in embedding.json."
            f" Copy it again, or {AGAIN}"
        )


def _sha256(path: Path) -> str:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(1 << 18))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()


def _open_tokenizer(folder: Path, max_tokens: int) -> Any:
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelError(
            f"{folder / 'tokenizer.json'} cannot be read ({error}): {AGAIN}"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _open_session(folder: Path, threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the largest batch for ever
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = folder / "model.onnx"
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        raise ModelError(
            f"onnxruntime {ort.__version__} cannot load {path} ({str(error)[:300]}): {AGAIN}"
        ) from error


def _register_with_langchain(kind: type) -> None:
    # Where LangChain is in use, isinstance(embeddings, Embeddings) holds; nothing imports it here.
    if "langchain_core" in sys.modules:
        importlib.import_module("langchain_core.embeddings").Embeddings.register(kind)

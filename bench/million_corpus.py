"""The vectors of `bench.million`: docstrings really embedded, and clusters around them.

Real: paragraphs of the docstrings of the standard library and of the installed libraries. Made:
each vector is that of a paragraph plus noise, whose spread falls from direction to direction as it
does in embeddings of texts; so questions that are texts look into every part of the index. The
same paragraphs, seed and count give the same vectors.
"""

from __future__ import annotations

import ast
import hashlib
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vectorstore.base import Embedder, Vectors

# What stands in the folder of the standard library besides is of another environment.
SKIPPED = {"test", "tests", "idlelib", "lib2to3", "site-packages"}
SHORTEST, LONGEST = 80, 400  # characters
SEED = 512
BLOCK = 10_000
# Cosine of a made vector to its paragraph: 1 / sqrt(1 + NOISE**2), .86.
NOISE = 0.6


def paragraphs(count: int, questions: int) -> tuple[list[str], list[str]]:
    """`count` different paragraphs, and `questions` others: one from each of as many other files.

    The files come in an order without a pattern, which is the same wherever they are installed.
    Questions of one file are alike, and are found alike; of files that are in the store they would
    be found too easily.
    """
    folders = {Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib", "platlib")}
    named = {
        source.relative_to(folder).as_posix(): source
        for folder in sorted(folders)
        for source in folder.rglob("*.py")
        if not SKIPPED & set(source.relative_to(folder).parts)
    }
    stored: dict[str, None] = {}
    asked: dict[str, None] = {}
    for name in sorted(named, key=_hash):
        if len(asked) >= questions:
            break
        suitable = (text for text in _docstrings(named[name]) if SHORTEST <= len(text) <= LONGEST)
        found = dict.fromkeys(suitable)
        if len(stored) < count:
            stored.update(found)
        elif new := [text for text in found if text not in stored and text not in asked]:
            asked[min(new, key=_hash)] = None
    return list(stored)[:count], list(asked)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _docstrings(source: Path) -> Iterator[str]:
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError):
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        text = (ast.get_docstring(node) if isinstance(node, kinds) else None) or ""
        try:
            text.encode()
        except UnicodeEncodeError:
            continue
        yield from (" ".join(part.split()) for part in text.split("\n\n"))


def embedded(texts: list[str], model: Embedder, folder: Path) -> Vectors:
    """The vectors of the texts, embedded once for each model and kept in `folder`."""
    key = hashlib.sha256("\0".join([model.sha256, *texts]).encode()).hexdigest()
    path = folder / f"{key[:16]}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, np.asarray(model.embed_documents(texts), np.float32))
    vectors: Vectors = np.load(path)
    return vectors


def clustered(centres: Vectors, count: int, seed: int = SEED) -> Iterator[Vectors]:
    """`count` unit vectors around the centres, in blocks of float32, shape (at most BLOCK, dim)."""
    random = np.random.default_rng(seed)
    dim = centres.shape[1]
    basis = np.linalg.qr(random.standard_normal((dim, dim)))[0].astype(np.float32)
    spread = (np.arange(1, dim + 1) ** -0.5).astype(np.float32)
    spread *= NOISE / np.linalg.norm(spread)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        noise = random.standard_normal((size, dim), np.float32) * spread
        block = centres[random.integers(0, len(centres), size)] + noise @ basis
        yield block / np.linalg.norm(block, axis=1, keepdims=True)

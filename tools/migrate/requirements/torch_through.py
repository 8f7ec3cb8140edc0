"""Torch that is loaded by a package which does not require it: by a class, or by a word to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.migrate.parsed import imported_names, nodes, qualified

# Top-level module -> package that its class needs -> names.
_CLASSES: Mapping[str, Mapping[str, str]] = {
    "chromadb": {
        "sentence-transformers": "SentenceTransformerEmbeddingFunction",
        "instructorembedding": "InstructorEmbeddingFunction",
        "open-clip-torch": "OpenCLIPEmbeddingFunction",
        "text2vec": "Text2VecEmbeddingFunction",
    },
    "haystack": {
        "sentence-transformers": "SentenceTransformersDiversityRanker"
        " SentenceTransformersDocumentEmbedder SentenceTransformersRanker"
        " SentenceTransformersSimilarityRanker SentenceTransformersSparseDocumentEmbedder"
        " SentenceTransformersSparseTextEmbedder SentenceTransformersTextEmbedder",
        "transformers": "ExtractiveReader FARMReader HuggingFaceLocalChatGenerator"
        " HuggingFaceLocalGenerator TransformersSimilarityRanker TransformersReader",
    },
    "llama_index": {
        "sentence-transformers": "HuggingFaceEmbedding SentenceTransformerRerank",
        "flagembedding": "FlagEmbeddingReranker",
        "instructorembedding": "InstructorEmbedding",
        "transformers": "ColbertRerank HuggingFaceLLM",
    },
    "semantic_router": {"transformers": "HuggingFaceEncoder"},
}
CLASSES = {
    (top, name): package
    for top, packages in _CLASSES.items()
    for package, names in packages.items()
    for name in names.split()
}
INSTEAD = {
    ("chromadb", "sentence-transformers"): "chromadb's DefaultEmbeddingFunction, which is"
    " all-MiniLM-L6-v2 in ONNX; fill the collection again where it was another model",
    ("haystack", "sentence-transformers"): "a component of fastembed-haystack",
    ("llama_index", "sentence-transformers"): "FastEmbedEmbedding of"
    " llama-index-embeddings-fastembed",
    ("mem0", "sentence-transformers"): 'the provider "fastembed"',
    ("unstructured", "unstructured-inference"): 'the strategy "fast"',
}
# line, what, package
Through = tuple[int, str, str]


def torch_through(tree: ast.Module) -> Iterator[Through]:
    """Every use of torch through another package."""
    names = imported_names(tree)
    packages = {name.partition(".")[0] for name in names.values()}
    for node in nodes(tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            yield from _class(node, names)
        elif isinstance(node, (ast.Call, ast.Assign, ast.Dict)):
            yield from _told(node, packages)


def _class(node: ast.Name | ast.Attribute, names: Mapping[str, str]) -> Iterator[Through]:
    meant = qualified(node, names)
    stars = [name for name in names if name.startswith("*")]
    found = (
        [meant] if meant else [f"{s[1:]}.{node.id}" for s in stars if isinstance(node, ast.Name)]
    )
    for origin in found:
        top, name = origin.partition(".")[0], origin.rpartition(".")[2]
        if (top, name) in CLASSES:
            yield _through(node.lineno, name, top, CLASSES[top, name])


def _told(node: ast.Call | ast.Assign | ast.Dict, packages: set[str]) -> Iterator[Through]:
    """A model that is named by a word: `embed_model="local:…"`, `strategy="hi_res"`."""
    for name, value in _pairs(node):
        word = str(value.value) if isinstance(value, ast.Constant) else ""
        local = word.partition(":")[0] == "local"
        if "llama_index" in packages and name in ("embed_model", "resolve_embed_model") and local:
            yield _through(node.lineno, f'"{word}"', "llama_index", "sentence-transformers")
        elif name == "strategy" and word == "hi_res":
            yield _through(node.lineno, '"hi_res"', "unstructured", "unstructured-inference")
        elif name == "embedder" and _is_dict(node) and _is_local(value):
            yield _through(
                node.lineno, 'the embedder "huggingface"', "mem0", "sentence-transformers"
            )


def _pairs(node: ast.Call | ast.Assign | ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of what is given by name; of a call also its name with its first argument."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield _last(target), node.value
    else:
        yield from ((k.arg, k.value) for k in node.keywords if k.arg)
        yield from ((_last(node.func), argument) for argument in node.args[:1])


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_dict(node: ast.AST) -> bool:
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Call) and _last(node.func) == "dict")


def _is_local(embedder: ast.expr) -> bool:
    """Whether an embedder's configuration names a model that runs here, not a server's."""
    told = {
        name: getattr(value, "value", None)
        for node in ast.walk(embedder)
        if isinstance(node, (ast.Dict, ast.Call)) and _is_dict(node)
        for name, value in _pairs(node)
    }
    return told.get("provider") == "huggingface" and "huggingface_base_url" not in told


def _through(line: int, what: str, top: str, package: str) -> Through:
    instead = INSTEAD.get((top, package))
    could = f", could be replaced by {instead}" if instead else ""
    return line, f"{what} of {top} loads {package}{could}", package

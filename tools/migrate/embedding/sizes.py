"""How much memory a model would take, told before anything of it is fetched.

An estimate from the sizes in config.json, with figures that were measured in MiB: a LangChain app
with FAISS takes 160 before its model; a weight of the matrices 2.25 bytes (8 bits, a scale for each
32, and onnxruntime's own copy), one of the table a byte, and an entry of the vocabulary 340 bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MIB = 2**20
APP_MIB = 160
LIMIT_MIB = 512
USABLE = 0.8  # of the limit: what runs at 97 % on one machine is killed on another
MANY_TOKENS = 100_000  # only multilingual vocabularies are that large


@dataclass(frozen=True, slots=True)
class Size:
    """The weights of an encoder: those of its matrices, and a row of the table for each token."""

    matrices: int
    hidden: int
    vocabulary: int

    @property
    def table(self) -> int:
        return self.hidden * self.vocabulary

    @property
    def file_mb(self) -> int:
        """The model's file in w8."""
        return round((self.matrices * 1.125 + self.table) / 1e6)

    @property
    def app_mib(self) -> int:
        """The memory of an app that runs it."""
        return round(
            APP_MIB + (self.matrices * 2.25 + self.table + self.vocabulary * 340) / MIB,
        )

    @property
    def fits(self) -> bool:
        return self.app_mib <= LIMIT_MIB * USABLE


def encoder(layers: int, hidden: int, inner: int, vocabulary: int) -> Size:
    """An encoder of BERT's kind: four square matrices and two of the inner part in each layer."""
    return Size(layers * (4 * hidden**2 + 2 * hidden * inner), hidden, vocabulary)


MULTILINGUAL_BASE = encoder(12, 768, 3072, 250_002)
MULTILINGUAL_LARGE = encoder(24, 1024, 4096, 250_002)
LARGE = encoder(24, 1024, 4096, 30_522)
T5_XL = Size(1_209_000_000, 1024, 32_128)
T5_XXL = Size(4_758_000_000, 1024, 32_128)
SEVEN_BILLION = Size(6_980_000_000, 4096, 32_000)
# By their names in lower case, the first that fits.
KNOWN_SIZES = (
    (r".*(multilingual-e5-base|multilingual-mpnet-base-v2)", MULTILINGUAL_BASE),
    (r"(sentence-transformers/)?labse", encoder(12, 768, 3072, 501_153)),
    (r".*(bge-m3|multilingual-e5-large.*|arctic-embed-l-v2.*)", MULTILINGUAL_LARGE),
    (r".*(-7b|e5-mistral|sfr-embedding|gte-qwen2-7b|nv-embed).*", SEVEN_BILLION),
    (r".*(gtr|sentence)-t5-large", encoder(24, 1024, 4096, 32_128)),
    (r".*(gtr|sentence)-t5-xl", T5_XL),
    (r".*(gtr|sentence)-t5-xxl", T5_XXL),
    (r".*(bge|e5|gte|mxbai-embed|uae|roberta|arctic-embed)-(\w+-)*(large|l)(-.*)?", LARGE),
)
INSTRUCTOR = re.compile(r"(hkunlp/)?instructor-\w+", re.I)
OWN_CODE = re.compile(
    r"nomic-ai/nomic-embed.*|jinaai/jina-.*|alibaba-nlp/gte-.*|(dunzhang|novasearch)/(stella|jasper).*"
    r"|nvidia/nv-embed.*|togethercomputer/m2-bert.*",
    re.I,
)
INSTRUCTOR_SIZES = {
    "base": encoder(12, 768, 3072, 32_128),
    "large": encoder(24, 1024, 4096, 32_128),
    "xl": T5_XL,
}
SMALL = "all-MiniLM-L6-v2 (25 MB) or all-mpnet-base-v2 (119 MB)"
SMALL_MULTILINGUAL = (
    "intfloat/multilingual-e5-small or paraphrase-multilingual-MiniLM-L12-v2 (120 MB each)"
)


def _instead(models: str) -> str:
    return f"choose {models}, or a hosted embedding API, and build the store again"


OWN_CODE_REFUSED = (
    "it runs code of its own (trust_remote_code), which is not executed here: export it where you"
    f" trust that code and pass the folder with --model, or {_instead(SMALL)}"
)
CROSS_ENCODER = (
    "a cross-encoder reads each document again with each question, which has no ONNX export here:"
    " leave the reranking out and retrieve fewer documents, or call a hosted reranker"
)
COLBERT = f"a ColBERT model gives a vector for each token, and no store here holds these: {_instead(SMALL)}"
SPARSE = (
    "a sparse model (SPLADE) gives a weight for each word of its vocabulary, which has no ONNX export"
    f" here: {_instead(SMALL)}"
)
OTHER_KINDS = (
    (
        re.compile(r"cross-encoder/.*|.*\breranker?\b.*|mixedbread-ai/mxbai-rerank.*", re.I),
        CROSS_ENCODER,
    ),
    (re.compile(r"colbert-ir/.*|.*\bcolbert.*", re.I), COLBERT),
    (re.compile(r".*\bsplade\b.*|.*neural-sparse.*", re.I), SPARSE),
    (OWN_CODE, OWN_CODE_REFUSED),
)


def why_not(name: str) -> str | None:
    """Why a model of that name cannot be converted, where the name tells; else None."""
    if INSTRUCTOR.fullmatch(name):
        return instructor(name)
    for form, reason in OTHER_KINDS:
        if form.fullmatch(name):
            return reason
    size = next((size for form, size in KNOWN_SIZES if re.fullmatch(form, name.lower())), None)
    return too_large(size) if size else None


def instructor(name: str) -> str:
    """Why an Instructor model is refused."""
    size = INSTRUCTOR_SIZES.get(name.lower().rpartition("-")[2], INSTRUCTOR_SIZES["large"])
    fits = "" if size.fits else f", and {_figures(size)}"
    return (
        "an Instructor model puts an instruction into every text and leaves it out of the pooling,"
        f" which has no ONNX export here{fits}: {_instead(SMALL)}"
    )


def too_large(size: Size) -> str | None:
    """Why a model of that size cannot be converted; None when it fits."""
    if size.fits:
        return None
    return f"{_figures(size)}: {_instead(_nearest(size))}"


def size_of(config: dict[str, Any]) -> Size | None:
    """The size that a config.json tells; None for an encoder that is described otherwise."""
    layers = _first(config, "num_hidden_layers", "n_layers", "num_layers")
    hidden = _first(config, "hidden_size", "dim", "d_model")
    inner = _first(config, "intermediate_size", "hidden_dim", "d_ff")
    vocabulary = _first(config, "vocab_size")
    if not (layers and hidden and vocabulary):
        return None
    return encoder(layers, hidden, inner or 4 * hidden, vocabulary)


def _first(config: dict[str, Any], *names: str) -> int | None:
    return next((config[name] for name in names if isinstance(config.get(name), int)), None)


def _nearest(size: Size) -> str:
    return SMALL_MULTILINGUAL if size.vocabulary > MANY_TOKENS else SMALL


def _figures(size: Size) -> str:
    return (
        f"it takes {size.file_mb} MB in 8 bits, and an app with it about {size.app_mib} MiB, which"
        f" {LIMIT_MIB} MiB do not hold"
    )

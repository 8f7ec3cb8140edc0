"""Estimates what a model takes in memory, from its name alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

LIMIT_MIB = 512
FLOAT32 = 32.0
# A count of its own before "b" or "m" ("7b", "1.1B", "738M"), several experts included ("8x7b").
PARAMETERS = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)[ _]?([bm])(?![a-z0-9])")
QUANTISED = re.compile(r"(?<![a-z0-9])i?q(\d)(?:_[a-z0-9]+)*(?![a-z0-9])")
# Bits for each weight by the digit of the kind, with the scales that come with them:
# https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md
GGUF_BITS = {1: 2.0, 2: 3.2, 3: 4.0, 4: 4.7, 5: 5.7, 6: 6.6, 8: 8.5}
OFF = re.compile(r"\w+\s*=\s*(?:false|none)")
PRECISIONS = (
    (re.compile(r"4[-_]?bit|int4|nf4|\b(?:awq|gptq)\b"), 4.5),
    (re.compile(r"8[-_]?bit|int8|fp8"), 8.5),
    (re.compile(r"b?fp?16|b?float16|half\("), 16.0),
)
# Millions of parameters, as the models' own pages say, of well-known names that do not say it.
KNOWN = {
    "flan-t5-small": 77,
    "flan-t5-base": 248,
    "flan-t5-large": 783,
    "flan-t5-xl": 2850,
    "flan-t5-xxl": 11300,
    "t5-small": 61,
    "t5-base": 223,
    "t5-large": 738,
    "gpt2": 124,
    "gpt2-medium": 355,
    "gpt2-large": 774,
    "gpt2-xl": 1560,
    "distilgpt2": 82,
    "dialogpt-small": 124,
    "dialogpt-medium": 355,
    "dialogpt-large": 774,
    "phi-2": 2780,
    "phi-3-mini": 3820,
    "bart-base": 139,
    "bart-large": 406,
    "distilbart-cnn-12-6": 306,
    "pegasus": 568,
    "bert-base": 110,
    "bert-large": 335,
    "distilbert-base": 66,
    "roberta-base": 125,
    "roberta-large": 355,
    "minilm-l-6": 23,
    "minilm-l-12": 33,
    "tinybert-l-2": 4.4,
    "bge-reranker-base": 278,
    "bge-reranker-large": 560,
    "bge-reranker-v2-m3": 568,
    "blip-image-captioning-base": 247,
    "blip-image-captioning-large": 470,
    "blip-vqa-base": 385,
    "blip2-opt-2.7b": 3745,
    "clip-vit-base-patch32": 151,
    "clip-vit-large-patch14": 428,
    "vit-base": 86,
    "trocr-base": 334,
    "whisper-tiny": 39,
    "whisper-base": 74,
    "whisper-small": 244,
    "whisper-medium": 769,
    "whisper-large": 1550,
    "whisper-turbo": 809,
    "en_core_web_trf": 125,
    "resnet50": 26,
    "vgg16": 138,
}
# The longest first: bge-reranker-v2-m3 before a shorter name that it may hold.
_LONGEST = sorted(KNOWN, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Size:
    """Parameters and bits for each; what else a runtime needs comes on top."""

    millions: float
    bits: float

    @property
    def mib(self) -> float:
        return self.millions * 1e6 * self.bits / 8 / 2**20

    def __str__(self) -> str:
        billions = self.millions / 1000
        count = f"{billions:.3g} billion" if billions >= 1 else f"{self.millions:.3g} million"
        return f"about {amount(self.mib)} ({count} parameters at {self.bits:g} bits)"


def estimate(name: str, precision: str = "", bits: float = FLOAT32) -> Size | None:
    """The size of the model called `name`; None when the name tells no number of parameters.

    `precision` is text that may say more of the bits, such as the call that loads the model; `bits`
    holds when nothing does.
    """
    low = name.lower()
    millions = _millions(low)
    return Size(millions, _bits(low, OFF.sub("", precision.lower()), bits)) if millions else None


def amount(mib: float) -> str:
    """ "3.9 GiB" or "294 MiB"."""
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"


def _millions(name: str) -> float | None:
    for known in _LONGEST:
        if re.search(rf"(?<![a-z0-9]){re.escape(known)}(?![a-z0-9])", name):
            return KNOWN[known]
    found = PARAMETERS.search(name)
    if found is None:
        return None
    experts, count, unit = int(found[1] or 1), float(found[2]), found[3]
    # Experts share what is not theirs: Mixtral 8x7B has 46.7 billion parameters.
    return experts * count * (0.83 if experts > 1 else 1) * (1000 if unit == "b" else 1)


def _bits(name: str, precision: str, otherwise: float) -> float:
    quantised = QUANTISED.search(name)
    if quantised and int(quantised[1]) in GGUF_BITS:
        return GGUF_BITS[int(quantised[1])]
    for pattern, bits in PRECISIONS:
        if pattern.search(name) or pattern.search(precision):
            return bits
    return otherwise

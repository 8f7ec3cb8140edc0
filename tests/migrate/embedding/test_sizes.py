from __future__ import annotations

import pytest

from tools.migrate.embedding.sizes import encoder, size_of, too_large, why_not


@pytest.mark.parametrize(
    "name",
    [
        "sentence-transformers/all-mpnet-base-v2",
        "all-MiniLM-L12-v2",
        "BAAI/bge-base-en-v1.5",
        "BAAI/bge-small-en",
        "intfloat/e5-base-v2",
        "intfloat/multilingual-e5-small",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "sentence-transformers/gtr-t5-base",
        "thenlper/gte-base",
        "sentence-transformers/multi-qa-mpnet-base-dot-v1",
    ],
)
def test_a_name_that_says_nothing_against_it(name):
    assert why_not(name) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("BAAI/bge-large-en-v1.5", "it takes 371 MB in 8 bits, and an app with it about 848 MiB"),
        ("BAAI/bge-m3", "multilingual-e5-small"),
        ("intfloat/e5-large-v2", "512 MiB do not hold"),
        ("intfloat/multilingual-e5-large", "512 MiB do not hold"),
        ("intfloat/e5-mistral-7b-instruct", "512 MiB do not hold"),
        ("sentence-transformers/gtr-t5-xl", "it takes 1393 MB in 8 bits"),
        ("sentence-transformers/all-roberta-large-v1", "512 MiB do not hold"),
        ("sentence-transformers/LaBSE", "multilingual-e5-small"),
        ("hkunlp/instructor-xl", "leaves it out of the pooling"),
        ("nomic-ai/nomic-embed-text-v1.5", "trust_remote_code"),
        ("Alibaba-NLP/gte-base-en-v1.5", "trust_remote_code"),
        ("jinaai/jina-embeddings-v2-base-en", "trust_remote_code"),
        ("cross-encoder/ms-marco-MiniLM-L-6-v2", "a cross-encoder"),
        ("BAAI/bge-reranker-base", "a cross-encoder"),
        ("colbert-ir/colbertv2.0", "a ColBERT model"),
        ("naver/splade-cocondenser-ensembledistil", "a sparse model"),
    ],
)
def test_a_name_that_is_enough_to_refuse(name, says):
    reason = why_not(name)
    assert reason is not None
    assert says in reason


def test_the_size_of_a_config_by_its_names_in_each_family():
    bert = {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536}
    distilbert = {"n_layers": 6, "dim": 384, "hidden_dim": 1536}
    t5 = {"num_layers": 6, "d_model": 384, "d_ff": 1536}
    sizes = {size_of({**config, "vocab_size": 30_522}) for config in (bert, distilbert, t5)}
    assert sizes == {encoder(6, 384, 1536, 30_522)}
    assert size_of({"vocab_size": 7}) is None


def test_what_is_measured_of_the_known_model():
    minilm = encoder(6, 384, 1536, 30_522)
    assert minilm.file_mb == 24
    assert too_large(minilm) is None

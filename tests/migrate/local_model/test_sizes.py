from __future__ import annotations

import pytest

from tools.migrate.local_model.sizes import GGUF_BITS, amount, estimate


@pytest.mark.parametrize(
    ("name", "millions", "bits"),
    [
        ("meta-llama/Llama-2-7b-chat-hf", 7000, 32),
        ("model/llama-2-7b-chat.ggmlv3.q4_0.bin", 7000, 4.7),
        ("mistral-7b-instruct-v0.2.Q5_K_M.gguf", 7000, 5.7),
        ("Phi-3-mini-4k-instruct-IQ2_XS.gguf", 3820, 3.2),
        ("TheBloke/Mixtral-8x7B-Instruct-v0.1-GGUF", 46480, 32),
        ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1100, 32),
        ("MBZUAI/LaMini-T5-738M", 738, 32),
        ("TheBloke/Llama-2-13B-chat-AWQ", 13000, 4.5),
        ("unsloth/llama-3-8b-bnb-4bit", 8000, 4.5),
        ("google/flan-t5-base", 248, 32),
        ("google/flan-t5-xxl", 11300, 32),
        ("cross-encoder/ms-marco-MiniLM-L-6-v2", 23, 32),
        ("BAAI/bge-reranker-v2-m3", 568, 32),
        ("facebook/bart-large-cnn", 406, 32),
    ],
)
def test_what_a_name_tells(name, millions, bits):
    size = estimate(name)
    assert size is not None
    assert (size.millions, size.bits) == (pytest.approx(millions), bits)


@pytest.mark.parametrize("name", ["my-model", "intfloat/e5", "v1.5b2", "models/latest.gguf", ""])
def test_no_number_no_guess(name):
    assert estimate(name) is None


@pytest.mark.parametrize(
    ("call", "bits"),
    [
        ("load(m, load_in_8bit=True)", 8.5),
        ("load(m, load_in_8bit = False)", 32),
        ("load(m, torch_dtype=torch.bfloat16)", 16),
        ("load(m, torch_dtype=torch.float32)", 32),
        ("load(m).half()", 16),
        ("load(m, quantization_config=BitsAndBytesConfig(load_in_4bit=True))", 4.5),
    ],
)
def test_what_the_call_says_of_the_bits(call, bits):
    size = estimate("opt-350m", call)
    assert size is not None
    assert size.bits == bits


def test_as_published():
    """Llama 3.1 8B in Q4_K_M is a file of 4.58 GiB."""
    size = estimate("llama-3.1-8b.Q4_K_M.gguf")
    assert size is not None
    assert size.mib / 1024 == pytest.approx(4.58, rel=0.1)
    assert str(size) == "about 4.4 GiB (8 billion parameters at 4.7 bits)"
    assert max(GGUF_BITS) == 8


@pytest.mark.parametrize(
    ("mib", "text"), [(293.7, "294 MiB"), (1024, "1.0 GiB"), (4000, "3.9 GiB")]
)
def test_amounts(mib, text):
    assert amount(mib) == text

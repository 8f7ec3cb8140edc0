"""Writes the tokenizer.json of a model folder: no padding, cut at the model's own length."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.normalizers import Lowercase, Sequence

from vectorstore.commandline import CommandError


def write_tokenizer(
    source: Path, target: Path, *, max_tokens: int, lower_case: bool, vocabulary: int
) -> None:
    """Copy a tokenizer with padding off and truncation at `max_tokens`, special ones included.

    `lower_case` is sentence-transformers' do_lower_case: texts are lower-cased before anything
    else. `vocabulary` is how many tokens the model has rows for. Written on one line, so that no checkout changes its line ends and with them its sha256.
    """
    try:
        tokenizer = Tokenizer.from_file(str(source))
    except Exception as error:  # tokenizers raises plain Exception
        raise CommandError(
            f"{source} is not a tokenizer ({error}): download the model again."
        ) from error
    if tokenizer.get_vocab_size() > vocabulary:
        raise CommandError(
            f"{source} knows {tokenizer.get_vocab_size()} tokens and the weights {vocabulary}: they"
            " belong to different models. Download the model again."
        )
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    if lower_case:
        before = [tokenizer.normalizer] if tokenizer.normalizer else []
        tokenizer.normalizer = Sequence([Lowercase(), *before])
    target.write_text(tokenizer.to_str(pretty=False), encoding="utf-8")

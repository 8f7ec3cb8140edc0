"""Makes a small random model of each architecture, and embeds texts with sentence-transformers.

Run by a Python that has torch, not by ours: FIT512_TORCH_PYTHON torch_models.py FOLDER [SCALE]. Every
model becomes a folder with expected.npy beside its files; fixtures/architectures was made so, too.
SCALE makes them wider. Prints the versions as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SENTENCE = "where is my parcel the order how do i pay ? a b c d e f g"
WORDS = SENTENCE.split(" ")
LONG = " ".join(WORDS[i * i % 19 % len(WORDS)] for i in range(400))
TEXTS = ["where is my parcel?", "", "pay", LONG, " ".join(LONG.split()[7:60]), "Zebra 📦 Ünicode"]
TEXTS += ["is my {pad} the order {pad}", "a b", "d c b a f e g a b c"]
TOKENS = {
    "bert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]"),
    "distilbert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]"),
    "roberta": ("<s>", "<pad>", "</s>", "<unk>"),
    "xlm-roberta": ("<s>", "<pad>", "</s>", "<unk>"),
    "mpnet": ("<s>", "<pad>", "</s>", "<unk>"),
    "t5": ("<pad>", "</s>", "<unk>"),
}
HIDDEN, INNER, DENSE = 16, 24, 12


def config(family: str, scale: int) -> dict[str, Any]:
    """What goes into config.json, in the family's own names."""
    hidden, inner = HIDDEN * scale, INNER * scale
    if family == "t5":
        return {"d_model": hidden, "d_kv": 6, "d_ff": inner, "num_layers": 2, "num_heads": 3}
    if family == "distilbert":
        sizes = {"dim": hidden, "hidden_dim": inner, "n_layers": 2, "n_heads": 2}
        return sizes | {"max_position_embeddings": 200}
    sizes = {"hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 2, "max_position_embeddings": 202}
    if family in ("roberta", "xlm-roberta"):
        sizes |= {"pad_token_id": 1, "type_vocab_size": 1}
    return sizes


@dataclass(frozen=True)
class Model:
    """What a model's folder holds; `dense` is the activation of a layer after the pooling."""

    family: str
    pooling: str = "mean"
    normalize: bool = True
    dense: str | None = None
    prompts: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


PROMPTS = {"query": "where is ", "document": "the "}
MODELS = {
    "bert": Model("bert"),
    "bert-cls": Model("bert", "cls", normalize=False),
    "distilbert": Model("distilbert"),
    "distilbert-cls-dense": Model("distilbert", "cls", normalize=False, dense="Tanh"),
    "roberta": Model("roberta", normalize=False),
    "roberta-cls": Model("roberta", "cls"),
    "xlm-roberta": Model("xlm-roberta", prompts=PROMPTS, more={"layer_norm_eps": 1e-5}),
    "xlm-roberta-cls": Model("xlm-roberta", "cls", normalize=False, more={"layer_norm_eps": 1e-5}),
    "mpnet": Model("mpnet"),
    "mpnet-cls": Model("mpnet", "cls", normalize=False, prompts=PROMPTS),
    "t5": Model("t5", dense="Identity"),
    "t5-gated": Model("t5", normalize=False, more={"feed_forward_proj": "gated-gelu"}),
}


def main() -> None:
    import numpy
    import sentence_transformers
    import torch
    import transformers

    scale = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for seed, (name, model) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        folder = Path(sys.argv[1]) / name
        write(model, folder, scale)
        made = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
        numpy.save(folder / "expected.npy", made.encode(texts(model.family)))
    modules = (sentence_transformers, transformers, torch)
    sys.stdout.write(json.dumps({m.__name__: m.__version__ for m in modules}) + "\n")


def texts(family: str) -> list[str]:
    """The texts, with the padding token of the family written out where one has it."""
    padding = next(token for token in TOKENS[family] if "pad" in token.lower())
    return [text.replace("{pad}", padding) for text in TEXTS]


def write(model: Model, folder: Path, scale: int) -> None:
    from transformers import AutoConfig, AutoModel, T5EncoderModel

    folder.mkdir(parents=True)
    special = TOKENS[model.family]
    settings = config(model.family, scale) | model.more | {"vocab_size": len(special) + len(WORDS)}
    made = AutoConfig.for_model(model.family, **settings)
    encoder = T5EncoderModel(made) if model.family == "t5" else AutoModel.from_config(made)
    for name, tensor in encoder.named_parameters():
        # As far apart as trained ones: at 0.02 every text has nearly the same vector.
        spread = 0.4 / scale**0.5
        tensor.data.normal_(1.0 if "norm.weight" in name.lower() else 0.0, spread)
    encoder.save_pretrained(folder)
    write_tokenizer(model.family, folder)
    write_modules(model, folder, scale)


def write_tokenizer(family: str, folder: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

    special = TOKENS[family]
    words = {word: index for index, word in enumerate((*special, *WORDS))}
    unknown = next(token for token in special if "unk" in token.lower())
    tokenizer = Tokenizer(models.WordPiece(words, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    first, last = {"bert": ("[CLS]", "[SEP]"), "distilbert": ("[CLS]", "[SEP]")}.get(
        family, ("<s>", "</s>")
    )
    around = f"$A {last}" if family == "t5" else f"{first} $A {last}"
    named = [(token, words[token]) for token in (first, last) if token in words]
    tokenizer.post_processor = processors.TemplateProcessing(around, special_tokens=named)
    tokenizer.save(str(folder / "tokenizer.json"))
    padding = next(token for token in special if "pad" in token.lower())
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": padding}
    dump(folder / "tokenizer_config.json", about | {"unk_token": unknown, "model_max_length": 200})


def write_modules(model: Model, folder: Path, scale: int) -> None:
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling")]
    kinds += [("2_Dense", "Dense")] if model.dense else []
    kinds += [("3_Normalize", "Normalize")] if model.normalize else []
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    dump(folder / "modules.json", modules)
    dump(folder / "config_sentence_transformers.json", {"prompts": model.prompts})
    dump(folder / "sentence_bert_config.json", {"max_seq_length": 190})
    modes = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
    pooling = {key: mode == model.pooling for key, mode in modes.items()}
    dump(folder / "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN * scale, **pooling})
    if model.dense:
        write_dense(model.dense, folder / "2_Dense", scale)


def write_dense(activation: str, folder: Path, scale: int) -> None:
    import torch
    from safetensors.torch import save_file

    kind = {"Tanh": "activation.Tanh", "Identity": "linear.Identity"}[activation]
    inputs, outputs = HIDDEN * scale, DENSE * scale
    about = {"in_features": inputs, "out_features": outputs, "bias": activation == "Tanh"}
    dump(folder / "config.json", about | {"activation_function": f"torch.nn.modules.{kind}"})
    tensors = {"linear.weight": torch.randn(outputs, inputs) / inputs**0.5}
    if activation == "Tanh":
        tensors["linear.bias"] = torch.randn(outputs) / 4
    save_file(tensors, folder / "model.safetensors")


def dump(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


if __name__ == "__main__":
    main()

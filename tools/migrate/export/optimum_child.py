"""Exports encoders with optimum. Run by a Python that has optimum and torch, not by ours:

    FIT512_EXPORT_PYTHON tools/migrate/export/optimum_child.py FOLDER FILE [FOLDER FILE ...]

FOLDER is a transformers folder with safetensors weights; FILE (model.onnx) gives the vector of each
token. Neither code nor pickles that a model brings are run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main() -> None:
    from optimum.exporters.onnx import export
    from transformers import AutoConfig

    for folder, file in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        model, about = (t5 if config.model_type == "t5" else encoder)(folder, config)
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        export(model, about, Path(file))


def encoder(folder: str, config: Any) -> tuple[Any, Any]:
    from optimum.exporters.tasks import TasksManager
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, **SAFE).eval()
    make = TasksManager.get_exporter_config_constructor(
        "onnx",
        model=model,
        task="feature-extraction",
        model_type=config.model_type,
        library_name="transformers",
    )
    return model, make(model.config)


def t5(folder: str, config: Any) -> tuple[Any, Any]:
    from optimum.exporters.onnx.model_configs import T5EncoderOnnxConfig
    from transformers import T5EncoderModel

    class Masked(T5EncoderOnnxConfig):  # type: ignore[misc]
        """optimum's own has no mask: it is for image generators, which pad all texts alike."""

        @property
        def inputs(self) -> dict[str, dict[int, str]]:
            axes = {0: "batch_size", 1: "sequence_length"}
            return {"input_ids": axes, "attention_mask": axes}

    model = T5EncoderModel.from_pretrained(folder, **SAFE).eval()
    return model, Masked(model.config, task="feature-extraction")


SAFE: dict[str, Any] = {
    "local_files_only": True,
    "use_safetensors": True,
    "attn_implementation": "eager",
}

if __name__ == "__main__":
    main()

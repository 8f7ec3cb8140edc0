"""A package index of our own: tiny wheels in a folder, so that the real uv resolves offline."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.migrate.requirements import resolve

WHEELS = {
    "torch": [("2.7.0", ["jinja2", "sympy", "networkx", "nvidia-cublas-cu12"])],
    "nvidia-cublas-cu12": [("12.6", [])],
    "torchvision": [("0.22", ["torch", "pillow"])],
    "sympy": [("1.14", ["mpmath"])],
    "mpmath": [("1.3", [])],
    "networkx": [("3.5", [])],
    "jinja2": [("3.1.6", ["markupsafe"])],
    "markupsafe": [("3.0", [])],
    "pillow": [("11.0", [])],
    "transformers": [
        ("4.20", ["tokenizers<0.13", "regex"]),
        ("4.35", ["tokenizers<0.15", "regex"]),
        ("4.53", ["tokenizers<0.22", "regex", "safetensors"]),
    ],
    "safetensors": [("0.5", [])],
    "regex": [("2025.1", [])],
    "sentence-transformers": [
        ("5.0", ["torch", "transformers", "scikit-learn", "pillow", "scipy"]),
    ],
    "scikit-learn": [("1.7", ["scipy", "joblib"])],
    "scipy": [("1.15", ["numpy"])],
    "joblib": [("1.5", [])],
    "tokenizers": [("0.12.1", []), ("0.13.3", []), ("0.21.4", []), ("0.22.1", [])],
    "onnxruntime": [("1.16.3", ["numpy"]), ("1.22.0", ["numpy<2"]), ("1.23.0", ["numpy"])],
    "numpy": [("1.26.4", []), ("2.2.0", [])],
    "fastapi": [("0.115", ["starlette"])],
    "starlette": [("0.46", [])],
    "langchain": [("0.3.26", ["pyyaml"])],
    "langchain-huggingface": [("0.1.2", ["sentence-transformers", "tokenizers"])],
    "pyyaml": [("6.0", [])],
    "faiss-cpu": [("1.11", ["numpy"])],
    "keybert": [("0.8", ["sentence-transformers"])],
    "flask": [("3.1", ["jinja2"])],
    "uuid": [("1.30", [])],
    "pinner": [("1.0", ["tokenizers<0.13"])],
    "uvicorn": [("0.35", [])],
    "python-dotenv": [("1.1", [])],
    "langchain-community": [("0.3", ["langchain"]), ("0.4", ["langchain-classic"])],
    "langchain-classic": [("1.0", [])],
}


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for name, versions in WHEELS.items():
        for version, requires in versions:
            _wheel(folder, name, version, requires)
    return folder


def _wheel(folder: Path, name: str, version: str, requires: list[str]) -> None:
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        info = f"{stem}.dist-info"
        wheel.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *metadata, ""]))
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(
    wheels: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """uv sees these wheels and nothing else."""
    configuration = tmp_path_factory.mktemp("uv") / "uv.toml"
    configuration.write_text(f"no-index = true\nfind-links = ['{wheels.as_posix()}']\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(configuration))
    resolve._resolve.cache_clear()
    yield
    resolve._resolve.cache_clear()

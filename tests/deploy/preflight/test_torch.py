from __future__ import annotations

import pytest

from deploy.locking.lock import Lock
from deploy.locking.resolved import Resolved
from deploy.preflight import torch
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param("onnxruntime==1.22.0", 0, id="without"),
        pytest.param("torch==2.7.0", 1, id="torch itself"),
        pytest.param("Sentence_Transformers", 1, id="brings it"),
        pytest.param("langchain-huggingface[full]>=1", 1, id="an extra that brings it"),
        pytest.param("langchain-huggingface>=1", 0, id="without the extra"),
        pytest.param("--extra-index-url https://example.org", 0, id="an option"),
    ],
)
def test_torch_is_an_error(line, count, tmp_path):
    write(tmp_path, {"requirements.txt": f"{line}\n"})
    assert found(torch, tmp_path) == [("error", "requirements.txt:1")] * count


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        pytest.param({"shop": "1"}, [], id="resolved without it, whatever the names"),
        pytest.param(
            {"shop": "1", "torch": "2.7"}, [("error", "requirements.txt:2")], id="brought"
        ),
    ],
)
def test_in_what_was_resolved_it_is_traced_to_a_line(versions, expected, tmp_path):
    write(tmp_path, {"requirements.txt": "sentence-transformers\nshop\n"})
    lock = Lock(None, None, "", Resolved(versions, {"shop": (), "torch": ("shop",)}))
    assert found(torch, tmp_path, of=lock) == expected


def test_it_is_found_in_a_file_that_the_manifest_includes(tmp_path):
    write(tmp_path, {"requirements.txt": "-r base.txt\n", "base.txt": "shop\ntorch\n"})
    assert found(torch, tmp_path) == [("error", "base.txt:2")]


def test_in_the_lock_of_another_tool_it_is_traced_to_the_line_of_who_asks(tmp_path):
    write(tmp_path, {"uv.lock": 'name = "torch"\nname = "shop"\n'})
    of = Lock(None, None, "", Resolved({"shop": "1", "torch": "2"}, {"torch": ("shop",)}))
    assert found(torch, tmp_path, of=of, manifest="uv.lock") == [("error", "uv.lock:2")]

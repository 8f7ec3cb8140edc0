"""What a requirements file says with all that it includes."""

from __future__ import annotations

from deploy.manifest.inputs import read_inputs
from deploy.repository import Repository
from tests.deploy.helpers import write


def test_what_it_includes_is_read_once_and_from_its_own_folder(tmp_path):
    files = {
        "api/requirements.txt": "-r base.txt\n--constraint=../limits.txt\nflask\n",
        "api/base.txt": "-r requirements.txt\n--extra-index-url https://example.org/simple # ours\n",
        "limits.txt": "flask<4\n",
    }
    inputs = read_inputs(Repository(write(tmp_path, files)), "api/requirements.txt", {})
    assert inputs is not None
    assert list(inputs.files) == ["api/requirements.txt", "api/base.txt", "limits.txt"]
    assert inputs.indexes == ["--extra-index-url https://example.org/simple"]
    assert not inputs.hashed


def test_what_is_about_to_be_written_counts(tmp_path):
    repository = Repository(write(tmp_path, {"requirements.txt": "flask\n"}))
    edited = {"requirements.txt": b"flask\r\ngunicorn"}
    inputs = read_inputs(repository, "requirements.txt", edited)
    assert inputs is not None
    assert inputs.files == {"requirements.txt": "flask\ngunicorn\n"}


def test_other_manifests_are_none(tmp_path):
    repository = Repository(write(tmp_path, {"Pipfile": ""}))
    assert read_inputs(repository, "Pipfile", {}) is None
    assert read_inputs(repository, "requirements.txt", {}) is None
    assert read_inputs(repository, None, {}) is None

from __future__ import annotations

from deploy.preflight import folders
from tests.deploy.helpers import commit, found, write


def test_what_git_has_is_there_on_the_host(tmp_path):
    write(tmp_path, {"models/one/embedding.json": "{}"})
    commit(tmp_path)
    assert found(folders, tmp_path, models=("models/one",)) == []


def test_what_it_has_not_must_be_made_by_the_build(tmp_path):
    write(tmp_path, {"app.py": ""})
    commit(tmp_path)
    missing = {"models": ("models/one",), "stores": ("stores/shop",)}
    assert found(folders, tmp_path, **missing) == [
        ("error", "models/one"),
        ("error", "stores/shop"),
    ]
    assert found(folders, tmp_path, **missing, build="bin/make-model") == []

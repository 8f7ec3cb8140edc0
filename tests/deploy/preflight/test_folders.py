from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("keep", "build", "expected"),
    [
        pytest.param("shop", None, [], id="in git"),
        pytest.param("shop/app.py", None, [], id="a file"),
        pytest.param("shpo", None, ["error"], id="not there"),
        pytest.param("shpo", "bin/make-model", ["warning"], id="perhaps made by the build"),
        pytest.param("models", "bin/make-model", [], id="where the model is made"),
    ],
)
def test_what_is_kept_is_there(keep, build, expected, tmp_path):
    write(tmp_path, {"shop/app.py": ""})
    commit(tmp_path)
    models = ("models/one",) if build else ()
    said = found(folders, tmp_path, keep=(keep,), build=build, models=models)
    assert said == [(severity, "a test") for severity in expected]

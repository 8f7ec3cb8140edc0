"""What a person's app.json says of add-ons, buildpacks, stack and size stays, with --force too."""

from __future__ import annotations

import json

import pytest

from deploy.cli import main
from deploy.finding.plan import find_plan
from deploy.heroku.theirs import with_theirs
from deploy.plan import Found
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, write
from tests.deploy.test_cli import FILES

PYTHON, NODE = {"url": "heroku/python"}, {"url": "heroku/nodejs"}
GITHUB = {"url": "https://github.com/heroku/heroku-buildpack-python.git#v300"}
FORK = {"url": "https://github.com/co/heroku-buildpack-python.git#main"}
REDIS, POSTGRES = "heroku-redis:mini", "heroku-postgresql:mini"
LARGE = {"plan": "heroku-redis:premium-0", "as": "STORE"}


@pytest.mark.parametrize(
    ("key", "theirs", "ours", "expected"),
    [
        pytest.param("addons", None, [REDIS], [REDIS], id="none yet"),
        pytest.param("addons", [REDIS], [REDIS], [REDIS], id="the same"),
        pytest.param("addons", [POSTGRES], [REDIS], [POSTGRES, REDIS], id="another"),
        pytest.param("addons", [LARGE, POSTGRES], [REDIS], [LARGE, POSTGRES], id="a larger one"),
        pytest.param("addons", ["heroku-redis"], [REDIS], ["heroku-redis"], id="no plan said"),
        pytest.param("buildpacks", [NODE], [PYTHON], [NODE, PYTHON], id="one before"),
        pytest.param("buildpacks", [PYTHON, NODE], [PYTHON], [PYTHON, NODE], id="one after"),
        pytest.param("buildpacks", [GITHUB], [PYTHON], [GITHUB], id="by its address"),
        pytest.param("buildpacks", [FORK], [PYTHON], [FORK], id="a fork"),
        pytest.param("stack", "heroku-26", "heroku-24", "heroku-26", id="a stack"),
        pytest.param("stack", "container", "heroku-24", "heroku-24", id="no stack of ours"),
    ],
)
def test_theirs_stays_and_ours_comes_last(key, theirs, ours, expected):
    document = {} if theirs is None else {key: theirs}
    theirs = {key} - ({key} if expected == ours else set())
    assert with_theirs(a_plan(), document, {key: ours}) == ({key: expected}, theirs)


THEIRS = {
    "name": "Our shop",
    "stack": "heroku-26",
    "buildpacks": [NODE, PYTHON],
    "addons": [POSTGRES],
    "formation": {"web": {"quantity": 2, "size": "standard-2x"}},
}


def test_force_replaces_nothing_but_what_it_names(tmp_path, capsys):
    files = {
        **FILES,
        "requirements.txt": "fastapi\nuvicorn\nredis\n",
        "app.json": json.dumps(THEIRS),
    }
    write(tmp_path, files)
    assert main(["heroku", str(tmp_path), "--force"]) == 0
    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if "[replaced]" in line] == [
        f"warning: app.json: addons: {[POSTGRES]}, by hand; it becomes {[POSTGRES, REDIS]} [replaced]",
    ]
    written = json.loads((tmp_path / "app.json").read_text())
    del written["env"]
    assert written == {**THEIRS, "addons": [POSTGRES, REDIS]}
    for options in (["--check"], [], ["--force"], ["--check"]):
        assert main(["heroku", str(tmp_path), *options]) == 0
        assert "[replaced]" not in capsys.readouterr().err


def test_without_a_redis_one_dyno_is_enough(tmp_path, capsys):
    write(tmp_path, {**FILES, "app.json": json.dumps({**THEIRS, "addons": []})})
    assert main(["heroku", str(tmp_path), "--force"]) == 0
    said = "formation/web/quantity: 2, by hand; it becomes 1 [replaced]"
    assert said in capsys.readouterr().err


def test_a_size_that_is_not_known_is_no_reason_for_the_smallest(tmp_path, capsys):
    document = {**THEIRS, "formation": {"web": {"quantity": 1, "size": "huge"}}}
    write(tmp_path, {**FILES, "app.json": json.dumps(document)})
    assert main(["heroku", str(tmp_path), "--force"]) == 2
    said = "app.json: formation.web.size: 'huge' is no size of a dyno. Choose one of eco, basic,"
    assert said in capsys.readouterr().err
    assert json.loads((tmp_path / "app.json").read_text()) == document


@pytest.mark.parametrize(
    ("size", "settings", "expected"),
    [
        pytest.param("eco", "", Found("eco", "app.json: formation.web.size"), id="theirs"),
        pytest.param(
            "eco",
            'heroku_size = "standard-1x"\n',
            Found("standard-1x", "fit512.toml:2"),
            id="but for the settings",
        ),
        pytest.param(
            "Performance-2XL",
            "",
            Found("performance-2xl", "app.json: formation.web.size"),
            id="large",
        ),
        pytest.param("hobby", "", Found("basic", "app.json: formation.web.size"), id="renamed"),
    ],
)
def test_the_size_of_a_dyno(size, settings, expected, tmp_path):
    document = json.dumps({"formation": {"web": {"size": size}}})
    write(tmp_path, {**FILES, "app.json": document, "fit512.toml": f"[deploy]\n{settings}"})
    assert find_plan(Repository(tmp_path)).heroku_size == expected

"""A Dockerfile installs before it copies the code, where what the installation reads is known."""

from __future__ import annotations

import pytest

from deploy.docker.dockerfile import dockerfile
from deploy.manifest.inputs import Inputs
from tests.deploy.helpers import a_plan

LOCK = "backend/requirements.lock"
INSTALL = "RUN pip install --require-hashes -r requirements.lock"


def first_stage(**values):
    """What stands between the environment and the second image."""
    lines = dockerfile(a_plan(**values)).splitlines()
    return lines[lines.index("RUN python -m venv /opt/venv") + 1 : lines.index("")]


def test_a_change_of_the_code_keeps_what_is_installed():
    found = first_stage(reads=("requirements.txt", "my base.txt"), build="bin/make-model")
    assert found == [
        "WORKDIR /app",
        "COPY requirements.txt requirements.txt",
        'COPY ["my base.txt", "my base.txt"]',
        "RUN pip install -r requirements.txt",
        "COPY . .",
        "RUN bin/make-model",
    ]


def test_an_app_in_a_folder_is_installed_and_built_there():
    inside = {"folder": "backend", "manifest": "backend/requirements.txt", "lock": LOCK}
    found = first_stage(**inside, reads=(LOCK,), build="make")
    below = "WORKDIR /app/backend"
    copied, back = f"COPY {LOCK} {LOCK}", "WORKDIR /app"
    assert found == [back, copied, below, INSTALL, back, "COPY . .", below, "RUN make"]


def test_where_it_is_not_known_all_is_copied_first():
    found = first_stage(build="bin/make-model")
    expected = "RUN pip install -r requirements.txt && bin/make-model"
    assert found == ["WORKDIR /app", "COPY . .", expected]


@pytest.mark.parametrize(
    ("line", "local"),
    [
        ("shop==1.0", False),
        ("-r base.txt", False),
        ("--index-url https://example.org/simple", False),
        ("-e git+https://example.org/shop.git#egg=shop", False),
        ("shop @ https://example.org/shop.whl", False),
        ("shop==1.0  # talk to me @ /", False),
        ("-f https://example.org/wheels", False),
        (".", True),
        ("./shop[extra]", True),
        ("-e .", True),
        ("--find-links=wheels", True),
        ("shop @ file:///srv/shop.whl", True),
    ],
)
def test_what_reads_more_than_the_manifest(line, local):
    text = f"flask\n{line}\n"
    assert Inputs("requirements.txt", {"requirements.txt": text}).local is local

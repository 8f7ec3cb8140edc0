from __future__ import annotations

import pytest

from service.config import Settings
from service.read_settings import load_settings
from service.settings_table import env_example, markdown
from tests.service.helpers import ROOT


def test_the_committed_example_is_the_generated_one():
    committed = (ROOT / ".env.example").read_text("utf-8")
    assert committed == env_example(), "run `python -m service --settings env > .env.example`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name):
    assert Settings.model_fields[name].description
    assert f"\n# {name.upper()}=" in env_example()
    assert f"\n| `{name.upper()}` |" in markdown()


def test_the_example_without_its_comment_signs_is_the_default(tmp_path, monkeypatch):
    lines = [line.removeprefix("# ") for line in env_example().splitlines()]
    names = tuple(f"{name.upper()}=" for name in Settings.model_fields)
    (tmp_path / ".env").write_text("\n".join(line for line in lines if line.startswith(names)))
    monkeypatch.chdir(tmp_path)
    assert load_settings() == Settings()


def test_rows():
    assert markdown().splitlines()[:3] == [
        "| setting | default | meaning |",
        "| --- | --- | --- |",
        "| `PORT` | `8000` | Port to listen on; hosts set it. 0 takes any free one. (at least 0, at"
        " most 65535) |",
    ]
    assert "| `OPENROUTER_API_KEY` |  | Key for OpenRouter. |" in markdown()
    assert "| `DOCS` | `false` |" in markdown()

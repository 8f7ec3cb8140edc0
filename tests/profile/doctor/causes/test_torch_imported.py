from __future__ import annotations

from tests.profile.doctor.evidence import evidence, rung
from tools.profile.doctor.causes.torch_imported import find


def test_no_torch_is_no_finding():
    assert find(evidence(packages=[rung("numpy", 12.0)])) is None


def test_who_imports_torch():
    torch = rung("torch", 210.0, "app", "sentence_transformers", "transformers")
    finding = find(evidence(packages=[torch]))
    assert finding.mib == 210.0
    assert finding.what == "torch is imported, by app > sentence_transformers > transformers"


def test_torch_by_the_app_itself():
    assert find(evidence(packages=[rung("torch", 210.0)])).what.endswith("by the app itself")


def test_what_comes_with_torch_is_said():
    packages = [
        rung("sentence_transformers", 330.0, "app"),
        rung("torch", 210.0, "app", "sentence_transformers"),
    ]
    assert find(evidence(packages=packages)).what == (
        "torch is imported, by app > sentence_transformers; sentence_transformers with all it pulls in"
        " takes 330 MiB"
    )

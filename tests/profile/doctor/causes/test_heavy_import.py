from __future__ import annotations

from tests.profile.doctor.evidence import evidence, rung
from tools.profile.doctor.causes.heavy_import import find


def test_light_packages_and_what_an_app_is_made_of_are_no_finding():
    packages = [rung("requests", 6.0, "app"), rung("onnxruntime", 40.0, "app")]
    packages += [rung("standard library", 30.0), rung("main", 90.0, "uvicorn")]
    content = {"paths": ["main.py", "requirements.txt"], "sha256": ""}
    assert find(evidence(packages=packages, content=content)) is None


def test_the_outermost_package_is_named_with_its_chain():
    packages = [
        rung("scipy", 30.0, "main", "langchain_community"),
        rung("langchain_community", 41.0, "main"),
        rung("pandas", 44.6, "main", "helpers"),
    ]
    finding = find(evidence(packages=packages))
    assert finding.mib == 44.6
    assert finding.what == (
        "pandas is imported, by main > helpers; langchain_community takes 41 MiB"
    )


def test_what_surrounds_torch_is_another_cause():
    packages = [
        rung("torch", 210.0, "main", "sentence_transformers"),
        rung("sentence_transformers", 330.0, "main"),
        rung("sklearn", 43.0, "main", "sentence_transformers"),
    ]
    content = {"paths": ["main.py"], "sha256": ""}
    assert find(evidence(packages=packages, content=content)) is None

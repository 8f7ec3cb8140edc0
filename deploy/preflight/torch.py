"""torch, or what brings it, among what is installed: it alone is over 512 MB."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.preflight.pins import name_of, requirements
from deploy.problem import Problem, error

BRINGS = {
    "accelerate", "flagembedding", "infinity-emb", "optimum", "peft", "sentence-transformers",
    "torch", "torchaudio", "torchvision",
}  # fmt: skip
EXTRAS = {("langchain-huggingface", "full"), ("transformers", "torch"), ("optimum-onnx", "export")}
ADVICE = (
    "`python -m tools.migrate apply` takes it out; where it was left, what it calls Refused says what"
    " still needs it"
)


def check(context: Context) -> Iterator[Problem]:
    manifest = context.plan.manifest.value
    for line, requirement in requirements(context.repository, manifest):
        name = name_of(requirement)
        if name in BRINGS or any((name, extra) in EXTRAS for extra in requirement.extras):
            said = "torch is installed" if name == "torch" else f"{name} brings torch"
            message = f"{said}: {ADVICE}"
            yield error("torch", f"{manifest}:{line}", message)

"""torch among what is installed: it alone is over 512 MB."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.locking.others import lock_of, place
from deploy.locking.resolved import Resolved
from deploy.preflight.context import Context
from deploy.preflight.pins import name_of, requirements
from deploy.problem import Problem, error

# What brings it, for want of a resolution.
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
    if context.lock.resolved is not None:
        yield from _resolved(context, context.lock.resolved)
        return
    manifest = context.plan.manifest.value
    for where, requirement in requirements(context.repository, manifest):
        name = name_of(requirement)
        if name in BRINGS or any((name, extra) in EXTRAS for extra in requirement.extras):
            said = "torch is installed" if name == "torch" else f"{name} brings torch"
            message = f"{said}: {ADVICE}"
            yield error("torch", where, message)


def _resolved(context: Context, resolved: Resolved) -> Iterator[Problem]:
    """Who asks for it, from the line of the manifest on, or of the lock of another tool."""
    if "torch" not in resolved.versions:
        return
    chain, manifest = resolved.chain("torch"), context.plan.manifest.value
    asked = requirements(context.repository, manifest)
    other = lock_of(manifest)
    otherwise = place(context.repository, other, chain[0]) if other else str(manifest)
    where = next((line for line, one in asked if name_of(one) == chain[0]), otherwise)
    through = f" ({' → '.join(chain)})" if len(chain) > 1 else ""
    message = f"torch {resolved.versions['torch']} is installed{through}: {ADVICE}"
    yield error("torch", where, message)

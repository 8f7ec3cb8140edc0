"""The lines that a requirements file gets: what the runtime needs, and what torch had brought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from tools.migrate.requirements.edit import Style
from tools.migrate.requirements.inputs import Place
from tools.migrate.requirements.lines import Line
from tools.migrate.requirements.resolve import Resolution
from tools.migrate.requirements.stack import Case
from tools.migrate.requirements.uses import Use

ONNXRUNTIME = ">=1.22"  # the first whose CPU build runs 8-bit MatMulNBits
TOKENIZERS = ">=0.13.2"  # the oldest that was tried, on a WordPiece vocabulary (BERT's)
TOKENIZERS_OF_OTHERS = ">=0.20"  # older ones read neither the merges nor the Metaspace written now

# What these packages require, for when the resolver cannot be asked: only what a chatbot's other
# packages do not bring anyway.
BROUGHT = {
    "torch": ("jinja2", "networkx", "sympy", "fsspec", "filelock"),
    "sentence-transformers": ("scikit-learn", "scipy", "pillow", "tqdm", "nltk"),
    "transformers": ("regex", "pyyaml", "requests", "tqdm", "filelock"),
}


@dataclass(frozen=True)
class Needs:
    """What the converted code needs: new requirements, and listed ones that are too old."""

    added: tuple[str, ...]
    raised: dict[Place, str]
    why: Mapping[str, str] = field(default_factory=dict)  # added requirement -> reason


@dataclass(frozen=True)
class Ranges:
    """The versions that run a model."""

    onnxruntime: str = ONNXRUNTIME
    tokenizers: str = TOKENIZERS


def needs_of_runtime(case: Case, ranges: Ranges) -> Needs:
    """`ranges` are those that the repository's model folders ask for."""
    wanted = {}
    if "onnx_embeddings" in case.runtime:
        wanted = {
            "onnxruntime": ranges.onnxruntime,
            "tokenizers": ranges.tokenizers,
            "numpy": "",
        }
    if "langchain_store" in case.runtime and "faiss-gpu" not in case.names:
        wanted["faiss-cpu"] = ""
    raised = {
        (file.path, line.number): line_with(line, wanted[line.name])
        for file, line in case.lines()
        if line.name in wanted and _too_old(line, wanted[line.name])
    }
    added = tuple(name + wanted[name] for name in wanted if name not in case.names)
    return Needs(added, raised)


def _too_old(line: Line, floor: str) -> bool:
    if not floor or not line.pin:
        return False
    try:
        return not Requirement(f"x{floor}").specifier.contains(Version(line.pin), prereleases=True)
    except InvalidVersion:
        return False


def line_with(line: Line, specifier: str) -> str:
    """The requirement of a line with another version: extras and marker stay."""
    assert line.requirement
    changed = Requirement(line.code.partition(" --")[0])
    changed.specifier = Requirement(f"x{specifier}").specifier
    return str(changed)


def lost_imports(case: Case, before: Resolution | None, after: Resolution | None) -> dict[str, Use]:
    """Package -> use, for what the code that stays imports and only a removed package brought."""
    if before and after:
        lost = set(before.versions) - set(after.versions)
    else:
        lost = set()
    # The resolver sees nothing of conda's packages, nor of those given by address.
    unknown = {name for name in case.names if not before or name not in before}
    lost |= {brought for name in BROUGHT if name in unknown for brought in BROUGHT[name]}
    found: dict[str, Use] = {}
    for use in sorted(case.staying(), key=lambda use: not use.served):
        if use.package in lost and use.package not in case.names:
            found.setdefault(use.package, use)
    return found


def new_line(name: str, floor: str, style: Style, resolved: Resolution | None) -> str:
    """One new line, written as the file writes its own; with hashes over several lines."""
    version = resolved.versions.get(name) if resolved else None
    # Never the resolved version as a floor: another Python may have none that is as new.
    if style in ("bare", "ranges") or version is None:
        return name + floor
    hashes = resolved.hashes.get(name, ()) if resolved and style == "hashed" else ()
    return " \\\n    ".join([f"{name}=={version}", *(f"--hash={value}" for value in hashes)])


def new_lines(requirements: Iterable[str], style: Style, resolved: Resolution | None) -> list[str]:
    return [
        new_line(name, requirement[len(name) :], style, resolved)
        for requirement in requirements
        for name in [Requirement(requirement).name]
    ]

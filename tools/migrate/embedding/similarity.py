"""Notes the helpers of sentence-transformers that keep torch for a few lines of numpy."""

from __future__ import annotations

from tools.migrate.project import Project
from tools.migrate.syntax.file import open_files
from tools.migrate.syntax.names import references

COSINE = "(a / norm(a)) @ (b / norm(b)).T with numpy.linalg.norm over axis 1, keepdims=True"
DOT = "a @ b.T"
HELPERS = {
    "cos_sim": COSINE,
    "pytorch_cos_sim": COSINE,
    "dot_score": DOT,
    "semantic_search": "numpy.argsort of the scores",
}
TARGETS = {f"sentence_transformers.util.{name}": text for name, text in HELPERS.items()}


def note_similarities(project: Project, rule: str) -> None:
    """Note each use, with what would do the same without torch; none is changed.

    What they return is a tensor, and what the code does with it cannot be seen.
    """
    for file in open_files(project, rule, *HELPERS):
        for found in references(file, TARGETS):
            instead = TARGETS[found.origin]
            file.note(
                "kept",
                found.node,
                f"{file.source(found.node)} makes tensors, and keeps torch: {instead} gives the same"
                " numbers without",
            )

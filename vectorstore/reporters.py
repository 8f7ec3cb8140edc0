"""What the commands print: text for people, or one JSON value."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vectorstore.base import Document, Hit, StoreInfo
from vectorstore.convert import Comparison
from vectorstore.manifest import DOCUMENTS, INDEX, Loss
from vectorstore.metadata import excerpt
from vectorstore.tune import Tuned

METRICS = {"ip": "inner product", "l2": "L2 distance"}
MAX_WIDTH = 100
NAMED = 3
MOST_SOURCES = 5
SHOWN_LINES = 8


def written(
    verb: str,
    store: StoreInfo,
    as_json: bool,
    *,
    comparison: Comparison | None = None,
    loss: Loss | None = None,
    asked: float = 0.0,
) -> None:
    """`asked`: the recall that the index was to have; a warning where that is not certain."""
    if loss and loss.least < asked:
        note(
            f"an {store.kind} index of these vectors finds {loss.least:.1%} of the ten nearest with 95 %"
            f" confidence, and {asked:.1%} were asked for. Another --index finds more: flat finds all."
        )
    if as_json:
        figures = {} if comparison is None else {"comparison": _comparison(comparison)}
        _print_json({**_store(store, loss), **figures})
        return
    print(f"{verb} {store.folder}: {_summary(store)}")
    if loss:
        print(f"  index {store.kind}: {_lost(loss)}")
    if comparison:
        _compared(store, comparison)


def _compared(store: StoreInfo, comparison: Comparison) -> None:
    kind = "" if comparison.kind == "flat" else f" ({comparison.kind} index, kept as it is)"
    if comparison.unchecked:
        note(
            f"faiss cannot give the vectors of a {comparison.kind} index back, so it was not checked"
            f" that {store.model_name} made them: ask it something that you know the answer to"
        )
    elif comparison.cosines:
        print(
            f"  vectors unchanged{kind}; {len(comparison.cosines)} texts embedded again with"
            f" {store.model_name}: cosine median {comparison.median:.4f},"
            f" lowest {comparison.lowest:.4f}"
        )
    if comparison.differing:
        names = ", ".join(map(excerpt, comparison.differing))
        note(
            f"the stored vectors of {len(comparison.differing)} sampled documents are not"
            f" those of their texts (edited, or cut at another length?): {names}"
        )


def note(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)


def cut_short(longer: Sequence[Document], reach: int) -> None:
    """Names the records that the model does not read to their end."""
    if longer:
        names = ", ".join(excerpt(document.id) for document in longer[:NAMED])
        note(
            f"{len(longer):,} {'record is' if len(longer) == 1 else 'records are'} longer than the"
            f" {reach} tokens that the model reads, and what follows is not searched: {names}"
            f"{' …' if len(longer) > NAMED else ''}. Split them, or give them as Markdown or text,"
            " which is cut into chunks."
        )


def info(
    store: StoreInfo,
    loss: Loss | None,
    sources: Mapping[str, int],
    examples: Sequence[Document],
    as_json: bool,
) -> None:
    if as_json:
        _print_json({**_store(store, loss), "sources": dict(sources)})
        return
    print(f"{store.folder}: {_summary(store)}")
    print(f"  model      {store.model_name}, sha256 {store.model_sha256[:16]}…")
    print(f"  index      {store.kind}, {METRICS[store.metric]}, {_size(store.folder / INDEX)}")
    if loss:
        print(f"  loss       {_lost(loss)}")
    print(f"  documents  SQLite, {_size(store.folder / DOCUMENTS)}")
    print("  files      complete, sha256 as in the manifest")
    _sources(sources)
    for number, document in enumerate(examples):
        print(f"  {'' if number else 'such as':<10} {_line(document)}")


def _sources(sources: Mapping[str, int]) -> None:
    lines = [f"{count:>6,} {excerpt(name)}" for name, count in [*sources.items()][:MOST_SOURCES]]
    if len(sources) > MOST_SOURCES:
        lines.append(f"     … {len(sources) - MOST_SOURCES:,} more (--json)")
    for number, line in enumerate(lines):
        print(f"  {'' if number else 'sources':<10} {line}")


def _lost(loss: Loss) -> str:
    least = f" ({loss.least:.1%} with 95 % confidence)" if loss.least else ""
    return (
        f"{loss.recall_at_10:.1%} of the ten nearest are found{least}, scores within"
        f" {loss.score_error:.4f} ({loss.questions} questions made from its vectors, against exact"
        " search)"
    )


def tuned(folder: Path, found: Tuned, asked: float, as_json: bool) -> None:
    trial, search = found.trial, found.trial.search
    if as_json:
        _print_json({"asked": asked, **asdict(found)})
        return
    print(
        f"{folder}: {search.probes} of {found.lists} lists are read for a question"
        + (f", {search.reranked} vectors compared" if search.reranked else "")
    )
    print(
        f"  recall@10 {trial.recall:.3f} ({trial.least:.3f} with 95 % confidence, {asked:g} asked),"
        f" {trial.ms:.2f} ms, on {found.questions}"
        f" {'questions of yours' if found.own else 'questions made from its vectors'}, against {found.against}"
    )


def hits(found: Sequence[Hit], as_json: bool, *, full: bool = False) -> None:
    if as_json:
        _print_json([_hit(hit) for hit in found])
        return
    for number, hit in enumerate(found, 1):
        print(f"{number}. {hit.score:.3f}  {hit.document.id}")
        for line in _shown(hit.document.text, full):
            print(f"   {line}".rstrip())
        print()
    if not found:
        note("no document was found")


def _shown(text: str, full: bool) -> list[str]:
    """The text in lines that fit the terminal; a long one cut, saying by how much."""
    lines = [
        part for line in text.splitlines() for part in textwrap.wrap(line, _width() - 3) or [""]
    ]
    if full or len(lines) <= SHOWN_LINES + 1:
        return lines
    return [*lines[:SHOWN_LINES], f"… {len(lines) - SHOWN_LINES} more lines (--full)"]


def _summary(store: StoreInfo) -> str:
    noun = "document" if store.count == 1 else "documents"
    return f"{store.count:,} {noun}, {store.dim} dimensions, {store.model_name}"


def _line(document: Document) -> str:
    return textwrap.shorten(document.text, _width() - 13, placeholder=" …")


def _width() -> int:
    return min(MAX_WIDTH, shutil.get_terminal_size().columns)


def _size(path: Path) -> str:
    kib = path.stat().st_size / 1024
    return f"{kib:,.1f} KiB" if kib < 1024 else f"{kib / 1024:,.1f} MiB"


def _store(store: StoreInfo, loss: Loss | None = None) -> dict[str, Any]:
    return {
        "folder": store.folder.as_posix(),
        "count": store.count,
        "dim": store.dim,
        "metric": store.metric,
        "kind": store.kind,
        "model": {"name": store.model_name, "sha256": store.model_sha256},
        **({"loss": asdict(loss)} if loss else {}),
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "texts": len(comparison.cosines),
        "checked": not comparison.unchecked,
        "median": comparison.median,
        "lowest": comparison.lowest,
        "differing": list(comparison.differing),
    }


def _hit(hit: Hit) -> dict[str, Any]:
    document = hit.document
    return {
        "id": document.id,
        "score": hit.score,
        "text": document.text,
        "metadata": document.metadata,
    }


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))

"""The tables of docs/million.md, from reports/million.json. Called by cog."""

from __future__ import annotations

from typing import Any

from blocks import report as _report

from bench.million import CHOSEN, verdict


def figures() -> str:
    """Each target, what was measured, and LangChain's store beside it."""
    report = _report("million")
    kinds = list(report["search"])
    head = ["| | " + " | ".join(kinds) + " |", "| --- |" + " --- |" * len(kinds)]
    asked = {"tuned": report["tuned_on"], "judged": report["questions"] - report["tuned_on"]}
    rows = [
        f"| {name.format(**asked)} | "
        + " | ".join(str(value(report, kind)) for kind in kinds)
        + " |"
        for name, value in ROWS.items()
    ]
    return "\n".join([*head, *rows, "", _legacy(report["legacy"]), "", _note(report)])


ROWS = {
    "as built: lists read of 4,096": lambda r, k: r["build"][k]["probes"],
    "index and documents, MiB": lambda r, k: sum(
        size for name, size in r["build"][k]["files_mib"].items() if name != "vectors.faiss"
    ),
    "building inside 1 GiB: anonymous MiB at most": lambda r, k: r["build"][k][
        "peak_anonymous_mib"
    ],
    "recall@10, {judged} made questions": lambda r, k: r["search"][k]["recall_made"],
    "recall@10, {judged} real questions": lambda r, k: r["search"][k]["recall_real"],
    "recall@10 of the 20,000 embedded texts alone": lambda r, k: r["embedded_alone"][k]["recall"],
    "one search inside 512 MiB, warm, median and p95, ms": lambda r, k: (
        f"{r['search'][k]['p50_ms']}, {r['search'][k]['p95_ms']}"
    ),
    "service inside 512 MiB, recall@10 of its answers": lambda r, k: r["service"][k]["recall"],
    "service inside 512 MiB: one search, warm, median and p95, ms": lambda r, k: _warm(
        r, k, "{p50_ms}, {p95_ms}"
    ),
    "service: half of these searches between, the longest, ms": lambda r, k: _warm(
        r, k, "{quartiles_ms[0]} and {quartiles_ms[1]}, {max_ms}"
    ),
    "service: of the index in the page cache before them": lambda r, k: _warm(
        r, k, "{index_cached_share:.0%}"
    ),
    "service: ready on a cold cache, s (with the sample store)": lambda r, k: (
        f"{r['service'][k]['ready_s']} ({r['service'][k]['small_store']['ready_s']})"
    ),
    "service: whole answer, median, ms (with the sample store)": lambda r, k: (
        f"{r['service'][k]['p50_ms']} ({r['service'][k]['small_store']['p50_ms']})"
    ),
    "service: questions it was asked until its memory was read": lambda r, k: (
        f"{r['service'][k].get('asked', r['questions'] - r['tuned_on']):,}"
    ),
    "service: anonymous MiB then (with the sample store)": lambda r, k: (
        f"{r['service'][k]['anonymous_mib']} ({r['service'][k]['small_store']['anonymous_mib']})"
    ),
    "service: working set then, MiB": lambda r, k: r["service"][k]["working_set_mib"],
    "tuned on {tuned} other real questions: lists read, recall@10 of these {judged}, ms": lambda r, k: (
        f"{r['tune'][k]['probes']}, {r['tuned'][k]['recall_real']}, {r['tuned'][k]['p50_ms']}"
    ),
    "killed for memory: building, searching, serving": lambda r, k: ", ".join(
        "yes" if r[part][k]["killed"] else "no" for part in ("build", "search", "service")
    ),
}


def _warm(report: dict[str, Any], kind: str, shown: str) -> str:
    """Of the searches in the warm service; a report from before they were measured has none."""
    search = report["service"][kind].get("search")
    return shown.format(**search) if search else "*not measured*"


def quantized() -> str:
    """Bytes, recall before and after ranking again, and ms of each kind, on embedded texts."""
    report = _report("quantized")
    head = [
        "| index | bytes a chunk | of it on disk only | recall@10 of the codes | ranked again | stated by the build | ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = [
        f"| {kind} | {found['bytes_per_chunk'] + found['bytes_on_disk']:,.0f} |"
        f" {found['bytes_on_disk']:,.0f} | {found['recall_of_codes']:.3f} |"
        f" {format(found['recall'], '.3f') if found['reranked'] else ''} |"
        f" {found['recall_stated']:.3f} | {found['p50_ms']:.2f} |"
        for kind, found in report["kinds"].items()
    ]
    note = (
        f"{report['chunks']:,} really embedded texts, {report['questions']} other paragraphs as"
        " questions; ivf-rabitq keeps one bit a number and compares its nearest by the vectors. One"
        " run, on the processor. What a process takes with each, and what it finds of a labelled set:"
        f" [guide.md](guide.md#which-kind-of-vectors). {report['machine']['measured']}: `{report['command']}`."
    )
    return "\n".join([*head, *rows, "", note])


def rabitq() -> str:
    """What the small kind finds of a million chunks, beside what its build said."""
    report = _report("million")
    built, searched, tuned = (report[part]["ivf-rabitq"] for part in ("build", "search", "tuned"))
    return (
        "At a million chunks `ivf-rabitq` takes a fifth of the memory that can be mapped. As built it"
        f" finds {searched['recall_real']:.1%} of what the real questions ask for, where the build"
        f" stated {built['recall_stated']:.1%}: its codes rank the store's own vectors better than"
        " questions. It is never chosen by itself; whoever takes it should `tune` it with questions of"
        f" theirs, which brought it to {tuned['recall_real']:.1%} at {tuned['p50_ms']:.1f} ms a search."
    )


def _legacy(legacy: dict[str, Any]) -> str:
    free = legacy["without_limit"]
    limited = legacy["512 MiB"]
    end = "is killed for memory" if limited["killed"] else "lives"
    return (
        "LangChain's FAISS with the same chunks, a flat index and pickled texts in memory:"
        f" {free['anonymous_added_mib']:,.0f} MiB of anonymous memory, {free['load_s']:.0f} s until it"
        f" is loaded, {free['p50_ms']:.0f} ms for a search; inside 512 MiB it {end}."
    )


def _note(report: dict[str, Any]) -> str:
    machine = report["machine"]
    missed = {kind: _missed(report, kind) for kind in report["search"]}
    others = "".join(
        f" {kind}, which is never chosen by itself, misses {found}."
        for kind, found in missed.items()
        if kind != CHOSEN
    )
    return (
        f"{report['chunks']:,} chunks, {report['really_embedded']:,} of them paragraphs of docstrings"
        " embedded with the default model, the others made around them; one run, each figure a fresh"
        f" process on a cold cache. {machine['processor']}, {machine['cores']} cores that were shared"
        " with other work, so that times say little alone: compare them with those of the sample"
        " store. A warm search is of a process of its own that is asked the same questions a second time,"
        " so that their lists are in memory; the service is asked each once, and its whole answers say"
        " what lists from disk add. Its own warm searches are what it says in `Server-Timing` (index and"
        " texts, without the embedding) of questions that it was not asked before, after others that"
        " brought the lists into the page cache, as far as the limit leaves room. What is built inside 1 GiB are indexes of vectors that are there:"
        " the embedding model is not in these MiB."
        f" Targets missed by {CHOSEN}, the kind that is chosen: {missed[CHOSEN]}.{others}"
        f" {machine['measured']}: `{report['command']}`."
    )


def _missed(report: dict[str, Any], kind: str) -> str:
    lines = [line for line in verdict(report, kind) if not line.startswith("ok")]
    return "; ".join(line.removeprefix("MISSED: ") for line in lines) or "none"

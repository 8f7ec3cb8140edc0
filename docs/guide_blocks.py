"""The answers of docs/guide.md, with figures from reports/*.json. Called by cog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blocks import mark_of_code, report, said_of_code

from bench.retrieval import NAMED

ROW = "| {} | {} | {} |"


def answers() -> str:
    """Each claim, what was measured, and the report that holds it."""
    head = ["| what is said | what was measured | from |", "| --- | --- | --- |"]
    return "\n".join([*head, *(ROW.format(*row) for row in _rows())])


def _rows() -> Iterator[tuple[str, str, str]]:
    sides = {side["name"]: side for side in report("before_after")["sides"]}
    legacy, converted = (sides[name]["limits"]["8192 MiB"] for name in ("legacy", "converted"))
    installed = [sides[name]["installed_mib"] for name in ("legacy", "converted")]
    wheels = report("migrate")["sizes"]["wheels_mib"]
    service = report("service")["limits"]["512 MiB"]
    recipes = report("recipes")["recipes"]
    formats = report("store")["formats"]
    codes = report("quantized")["kinds"]
    claims = report("claims")
    window = claims["window"]
    langchain = [window["kib_each"][f"LangChain's window, k={k}"] for k in (5, 3)]
    rest = {name: _(side, "working_set_mib") for name, side in claims["services"].items()}
    yield (
        "replacing torch by onnxruntime saves 2 GB",
        f"on the disk {installed[0] - installed[1]:,.0f} MiB with the CPU build of torch; with the"
        f" CUDA libraries that it brings from PyPI, {wheels['before']:,.0f} MiB of wheels to"
        f" {wheels['after']:.0f} (the example). Of memory at rest"
        f" {_(legacy, 'rest_rss_mib') - _(converted, 'rest_rss_mib'):.0f} MiB",
        "before_after.json, migrate.json",
    )
    yield (
        "the model needs 500 MB per request, or 200 MB loaded once",
        f"loaded once: {_(recipes['fp32'], 'rss_mib'):.0f} MiB in fp32,"
        f" {_(recipes['w8'], 'rss_mib'):.0f} with 8-bit weights. Loaded per request it is paid again"
        " and again: load it once",
        "recipes.json",
    )
    yield (
        "RAM at start from 2.7 GB to 500 MB, running from 3 GB to 700 MB",
        f"{_(legacy, 'rest_rss_mib'):.0f} to {_(converted, 'rest_rss_mib'):.0f} MiB at start,"
        f" {_(legacy, 'many_rss_mib'):.0f} to {_(converted, 'many_rss_mib'):.0f} under load."
        " 700 MB would not fit into 512",
        "before_after.json",
    )
    yield (
        "start from 30 s to 15 s",
        f"{_(legacy, 'ready_s'):.1f} to {_(converted, 'ready_s'):.1f} s; our service"
        f" {_(service, 'ready_s'):.1f} s",
        "before_after.json, service.json",
    )
    yield (
        "an answer from 2–3 s to 1–2 s",
        f"{_(legacy, 'one_p50_ms'):.0f} to {_(converted, 'one_p50_ms'):.0f} ms, of which the upstream"
        " here takes 50 ms and more; a real one takes most of the time, and no conversion changes"
        " that",
        "before_after.json",
    )
    yield (
        "a window of 5 is about 5 MB, and k=3 saves more",
        f"after {window['turns']} turns of 200 bytes one conversation takes"
        f" {window['kib_each']['service, k=5']:.1f} KiB here, and"
        f" {window['kib_each']['service, k=3']:.1f} with k=3. LangChain's window hides older turns and"
        f" keeps them: {langchain[0]:.0f} KiB with k=5, {langchain[1]:.0f} with k=3, and growing",
        "claims.json",
    )
    yield (
        "all-MiniLM-L6-v1 is 28 MB against v2's 33, sentence-t5-small 22 MB",
        "v1 and v2 have the same architecture, so the same size: the table below has v2 in every"
        " recipe. v1 was *not measured*: no source could be reached. We found no sentence-t5-small:"
        " the family that is published begins with sentence-t5-base, 110 million parameters, 219 MB"
        " in fp16, 768 dimensions, and its own page advises against it for search",
        "retrieval.json, model page",
    )
    yield (
        "quantized embeddings save 75 %",
        f"of the index file: {formats['docstrings/flat']['index_mib']:.1f} to"
        f" {formats['docstrings/sq8']['index_mib']:.1f} MiB for 5,391 texts (int8, recall@10"
        f" {_(formats['docstrings/sq8'], 'recall_at_10'):.3f}). Of the memory of a process"
        " next to nothing, since the vectors are mapped. One bit a number (RaBitQ):"
        f" {codes['ivf-rabitq']['bytes_per_chunk']:.0f} bytes a chunk instead of"
        f" {codes['flat']['bytes_per_chunk']:,.0f}, recall@10 {codes['ivf-rabitq']['recall_of_codes']:.2f}"
        f" by the codes, {codes['ivf-rabitq']['recall']:.2f} ranked again by the vectors, which stay on"
        " the disk",
        "store.json, quantized.json",
    )
    yield (
        "`lru_cache(100)` on the question",
        "wrong once there is a history: the same question after another conversation has another"
        " answer. The service's cache has the conversation in its key, and a bound in bytes",
        "by its tests",
    )
    yield (
        "Redis for the sessions",
        "needed from the second instance on; for one it saves nothing, and takes"
        f" {rest['with Redis'] - rest['one']:.0f} MiB",
        "claims.json",
    )
    yield (
        "the FAISS index is optimal as it is",
        f"a flat index is exact, and for 5,391 texts a search takes"
        f" {_(formats['docstrings/flat'], 'p50_ms'):.1f} ms. What is not optimal is reading it into"
        " memory with its texts in a pickle: [a million chunks](million.md)",
        "store.json, million.json",
    )
    yield (
        "`workers=1`",
        "right: a second worker holds the model a second time, and half of the conversations:"
        f" {rest['uvicorn, 2 workers']:.0f} MiB of working set in place of"
        f" {rest['uvicorn, 1 worker']:.0f}",
        "claims.json",
    )
    yield (
        "the $0 tier suffices",
        f"by memory: {_(service, 'working_set_mib'):.0f} MiB of working set inside 512. Whether a"
        " host's free tier sleeps or ends is its own rule, and not measured",
        "service.json",
    )


def models() -> str:
    """Models and recipes, what each takes and finds; and which could not be had."""
    found = report("retrieval")
    asked, k = found["labelled"], found["k"]
    head = [
        f"| model | recipe | file, MiB | peak, MiB | ms | recall@{k} | MRR |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = [
        f"| {row['model']} | {row['recipe']} | {row['file_mib']:.1f} | {row['peak_mib']:.0f} |"
        f" {row['question_ms']:.2f} | {row['recall']:.3f} | {row['mrr']:.3f} |"
        for row in found["models"]
    ]
    measured = {row["model"] for row in found["models"]}
    # Those that have been named since the run are not measured either.
    without = dict.fromkeys((*found["not_measured"], *NAMED))
    missing = [name for name in without if name not in measured]
    rows += [f"| {name} | *not measured*: no source | | | | | |" for name in missing]
    note = (
        f"{asked['questions']} questions in visitors' words about the {asked['passages']} documents of"
        f" the sample shop, so that a difference of a few hundredths is chance; MiB are the peak of a"
        f" fresh process with the model alone, medians of {found['runs']}."
        f" {found['machine']['measured']}: `{found['command']}`; of yours:"
        " `python -m tools.migrate export --compare MODEL… --labelled FILE`. Of those that are not"
        " measured no file could be had here. Where the model hub can be reached, this measures them"
        f" on the same questions: `python -m tools.migrate export --compare {' '.join(missing)}`."
    )
    return "\n".join([*head, *rows, "", note])


def quantized() -> str:
    """Kinds of index, what each takes and finds; of a report from before that, what it holds."""
    found = report("quantized")
    head = [
        f"| index | files, MiB | anonymous, MiB | mapped, MiB | ms | recall@10 | recall@{found.get('k', 4)} | MRR |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows = []
    for name, kind in found["kinds"].items():
        size = (kind["bytes_per_chunk"] + kind["bytes_on_disk"]) * found["chunks"] / 2**20
        taken = "*not measured* | | |"
        right = "*not measured* | |"
        if "labelled" in kind:
            taken = (
                f"{_(kind, 'anonymous_mib'):.1f} | {_(kind, 'mapped_mib'):.1f} |"
                f" {_(kind, 'search_ms'):.2f} |"
            )
            right = f"{kind['labelled']['recall']:.3f} | {kind['labelled']['mrr']:.3f} |"
        rows.append(f"| {name} | {size:.1f} | {taken} {kind['recall']:.3f} | {right}")
    measured = f"{found['machine']['measured']}: `{found['command']}`."
    if "labelled" not in found:
        return "\n".join([*head, *rows, "", measured])
    asked, codes = found["labelled"], found["kinds"]["ivf-rabitq"]["labelled_of_codes"]
    note = (
        f"{found['chunks']:,} chunks: the {asked['passages']} documents of the sample shop, about which"
        f" the {asked['questions']} questions of the table above are asked, and really embedded"
        " paragraphs. MiB are those of a fresh process after"
        f" {found['questions']:,} questions (recall@10 is theirs, against exact search), interpreter"
        f" included and no model, medians of {found['runs']}; what is mapped the kernel can take back."
        f" The files of ivf-rabitq are mostly the vectors that it ranks its nearest by: by the codes"
        f" alone, one bit a number, recall@{found['k']} is {codes['recall']:.3f} and MRR"
        f" {codes['mrr']:.3f}. {measured}"
    )
    return "\n".join([*head, *rows, "", note])


def sources() -> str:
    """When each report of this page was measured, where, and whether of this code."""
    named = {name for *_, source in _rows() for name in source.split(", ")}
    found = {
        name: report(name.removesuffix(".json")) for name in sorted(named) if name.endswith(".json")
    }
    head = ["| report | measured | on | with |", "| --- | --- | --- | --- |"]
    rows = [
        f"| {f'{name} {mark_of_code(one)}'.strip()} | {one['machine'].get('measured', 'not recorded')} |"
        f" {one['machine']['processor']} | `{one['command']}` |"
        for name, one in found.items()
    ]
    return "\n".join([*head, *rows, "", said_of_code(*found.values())]).rstrip()


def _(found: dict[str, Any], name: str) -> float:
    return float(found[name]["median"])

"""Generated parts of README.md and docs/: figures from reports/, tables and help from the code.

Called by cog (`make docs`); `make docs-check` fails when the text and its source differ.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.limits.content import content_sha256

ROOT = Path(__file__).parent.parent
EARLIER, UNKNOWN = "†", "‡"
CODE_MARKS = {
    EARLIER: "† Measured with earlier code than this.",
    UNKNOWN: "‡ Measured before reports recorded their code, and so with earlier code.",
}


def report(name: str) -> dict[str, Any]:
    """A committed report, e.g. `service` for reports/service.json."""
    return dict(json.loads((ROOT / f"reports/{name}.json").read_text("utf-8")))


def mark_of_code(found: dict[str, Any]) -> str:
    """A mark where what a report measured has changed since, or was not recorded; "" else."""
    if "content" not in found:
        return UNKNOWN
    paths, sha256 = found["content"]["paths"], found["content"]["sha256"]
    there = all((ROOT / path).exists() for path in paths)
    return "" if there and content_sha256(ROOT, paths) == sha256 else EARLIER


def said_of_code(*reports: dict[str, Any]) -> str:
    """What the marks of these mean; nothing where there are none."""
    seen = set(map(mark_of_code, reports))
    return " ".join(text for mark, text in CODE_MARKS.items() if mark in seen)


def headline() -> str:
    """The first sentences, with the figures that matter."""
    service, reference = report("service")["limits"]["none"], report("reference")
    after = next(v for k, v in reference["verify"]["run"]["memory"].items() if k.startswith("8 "))
    compared = next(
        s for s in reference["verify"]["steps"] if s["name"] == "retrieval of faiss_index"
    )
    overlap = compared["figures"]["mean_overlap"]
    return (
        "Makes a Python chatbot fit into the 512 MB that Render, Heroku and Railway give it, and proves"
        " it. A legacy LangChain bot goes in; out comes the same bot without torch,"
        f" {after['rss_mib']:.0f} MiB of RSS under load, started and questioned inside a real memory"
        f" limit, of whose top 4 documents {overlap:.0%} are the ones it retrieved before. Beside it is a chat service that shows how"
        f" small one can be: {service['rest_rss_mib']['median']:.0f} MiB at rest."
    )


def proof(name: str) -> str:
    """The steps and figures of a verification, as `make migrate` prints them."""
    from tools.migrate.verify.reporters import from_json, render

    return fenced(render(from_json(report(name)["verify"])))


def reference() -> str:
    """What happened to the repository that fit512 started from."""
    done = report("reference")
    figures = {step["name"]: step for step in done["verify"]["steps"]}
    compared = figures["retrieval of faiss_index"]["figures"]
    installed = figures["install"]["figures"]["installed_mib"]
    counts = {kind: len(paths) for kind, paths in done["files"].items()}
    return (
        "The repository whose author gave up (`sairamsatvik-1/myshop-chatbot-api` at 24a8007: UTF-16"
        f" requirements, one conversation for all visitors, 18 loose scripts) takes the same command:"
        f" {counts['changed']} files changed, {counts['added']} added, verdict"
        f" {done['verify']['verdict']}, {installed:.0f} MiB installed, and of the top 4 documents of"
        f" {compared['questions']} questions {compared['mean_overlap']:.1%} are the legacy ones"
        f" ({compared['reference']}). [reports/reference.json](reports/reference.json) has every note"
        " and figure."
    )


def chat_answer(question: str) -> str:
    """What the service answers on the sample store: asked of the real app, in this process."""
    import asyncio

    import httpx

    from service.app import create_app
    from service.config import Settings

    async def ask() -> str:
        app = create_app(Settings(_env_file=None))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            answer = (await client.post("/chat", json={"question": question})).json()
        answer["session_id"] = "…"
        answer["sources"] = [*answer["sources"][:1], "…"]
        answer["sources"][0]["score"] = round(answer["sources"][0]["score"], 2)  # processors differ
        return json.dumps(answer, indent=2, ensure_ascii=False)

    return f"```json\n{asyncio.run(ask())}\n```"


def numbers() -> str:
    """The service's figures, without a limit and inside real ones."""
    measured = report("service")
    names = {
        "ready_s": "ready, s",
        "rest_rss_mib": "RSS at rest, MiB",
        "rss_mib": "RSS after 2,000 questions, MiB",
        "anonymous_mib": "of it anonymous, MiB",
        "one_p50_ms": "own time, one at a time, p50, ms",
        "p95_ms": "8 at a time, p95, ms",
        "per_second": "questions a second, 8 at a time",
    }
    limits = measured["limits"]
    head = ["| the service | " + " | ".join(f"limit {name}" for name in limits) + " |"]
    head.append("| --- |" + " --- |" * len(limits))
    rows = [
        f"| {text} | " + " | ".join(_spread(limits[name][key]) for name in limits) + " |"
        for key, text in names.items()
    ]
    load, machine = measured["load"], measured["machine"]
    note = (
        f"Median of {measured['runs']} runs (lowest to highest), each a fresh process on a cold cache,"
        f" the limits alternately; {load['different']:,} different questions over {load['sessions']}"
        f" sessions, cache off. {machine['processor']}, {machine['cores']} cores,"
        f" {machine['measured']}: `{measured['command']}`."
    )
    return "\n".join([*head, *rows, "", note])


def _spread(figure: dict[str, float]) -> str:
    digits = 2 if figure["median"] < 2 else 1 if figure["median"] < 100 else 0
    low, middle, high = (f"{figure[k]:.{digits}f}" for k in ("min", "median", "max"))
    return f"{middle} ({low} to {high})"


def make_help() -> str:
    """The targets as `make help` shows them."""
    targets = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    return fenced("\n".join(f"make {name:<14} {text}" for name, text in targets))


def command_help(*arguments: str) -> str:
    """What `python -m ARGUMENTS --help` prints, at 100 columns."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"COLUMNS": "100", "PATH": "/usr/bin:/bin"},
    )
    return fenced(f"$ python -m {' '.join(arguments)} --help\n{done.stdout.rstrip()}")


def settings_table() -> str:
    from service.settings_table import markdown

    return markdown().rstrip()


def rules() -> str:
    """Every rule with its documentation."""
    from tools.migrate.registry import RULES, documentation

    return "\n\n".join(f"### {rule.ID}\n\n{documentation(rule)}" for rule in RULES)


def rule_summaries() -> str:
    from tools.migrate.registry import RULES, summary

    rows = [f"| [`{r.ID}`](docs/migrate.md#{r.ID}) | {summary(r)} |" for r in RULES]
    return "\n".join(["| rule | what it does |", "| --- | --- |", *rows])


def fenced(text: str) -> str:
    return f"```text\n{text}\n```"

"""Generated parts about load tests; called by cog as docs/blocks.py is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.options import Options
from loadtests.plan import PLANS
from loadtests.report import terminal
from loadtests.thresholds import METRICS

ROOT = Path(__file__).parent.parent
# Figure -> its head and its digits.
COLUMNS = {
    "questions": ("questions", 0),
    "request_rate": ("answered/s", 1),
    "rate_held": ("of the due rate, %", 0),
    "error_rate": ("errors, %", 2),
    "peak_working_set_mib": ("working set, MiB", 0),
    "peak_rss_mib": ("RSS, MiB", 0),
    "memory_slope": ("slope, MiB/h", 1),
    "memory_slope_net": ("beside what is kept", 1),
    "memory_per_request": ("KiB/request", 1),
    "p50": ("p50, ms", 0),
    "p95": ("p95, ms", 0),
    "p99": ("p99, ms", 0),
    "first_token_p95": ("first token p95, ms", 0),
}
# What the figures depend on.
RUN_COLUMNS: dict[str, Callable[[Mapping[str, Any]], float | None]] = {
    "left in the page cache, MiB": lambda load: load["left_in_cache_mib"],
    "cores taken by others, %": lambda load: load.get("machine_load", {}).get("others_percent"),
}
MARKS = {0: "✓ pass", 1: "✗ fail", 2: "no verdict"}
OTHER, UNKNOWN = "†", "‡"
CODE_MARKS = {
    OTHER: "† Measured with other code than the rest.",
    UNKNOWN: "‡ Which code it was measured with was not recorded.",
}


def shapes() -> str:
    """The shapes with their length."""
    rows = [
        f"| `{name}` | {plan.about} | {_time(plan.duration_s)} |" for name, plan in PLANS.items()
    ]
    return "\n".join(["| shape | load | at most |", "| --- | --- | --- |", *rows])


def metrics() -> str:
    """What thresholds can be set on."""
    rows = [
        f"| `{name}` | {unit or 'a number'} | {text} |" for name, (unit, text) in METRICS.items()
    ]
    return "\n".join(["| metric | unit | in the verdict |", "| --- | --- | --- |", *rows])


def thresholds() -> str:
    return f"```toml\n{(ROOT / 'loadtests/thresholds.toml').read_text('utf-8').rstrip()}\n```"


def variables() -> str:
    """The LOADTEST_… variables with their defaults."""
    defaults = Options().environment()
    rows = [f"{name}={value}".replace(str(ROOT) + "/", "") for name, value in defaults.items()]
    return "```text\n" + "\n".join(rows) + "\n```"


def target() -> str:
    """Our service inside its limits."""
    return _with_reasons(("steady", "spike", "sessions", "soak"))


def reference() -> str:
    """The reference repository as it was and as it is converted."""
    return _with_reasons(("legacy", "converted"))


def _with_reasons(prefixes: Sequence[str]) -> str:
    return f"{_table(prefixes)}\n\n{why(*prefixes)}"


def verdict(name: str) -> str:
    """What the terminal showed at the end of a run."""
    return "```text\n" + "\n".join(terminal.lines(_report()["loads"][name])) + "\n```"


def knees() -> str:
    """The highest rates held."""
    rows = ["| | questions/s held | what broke at the next step |", "| --- | --- | --- |"]
    for _, load in _loads("knee"):
        last, held = load["steps"][-1], _shown(load["figures"]["rate_reached"], 0)
        said = (
            f"at {last['rate']:g}/s: {'; '.join(last['broken'])}" if last["broken"] else "nothing"
        )
        rows.append(f"| {_title(load).removeprefix('highest rate held, ')} | {held} | {said} |")
    return _or_nothing(rows)


def broken() -> str:
    """What has to fail."""
    lines = ["| broken on purpose | verdict | why |", "| --- | --- | --- |"]
    for _, load in _loads("broken"):
        lines.append(f"| {_title(load)} | {_mark(load)} | {' '.join(load['why'])} |")
    return _or_nothing(lines)


def not_run() -> str:
    """What the list has and the report has not."""
    missing = _report()["not_run"]
    return f"Not run: {', '.join(missing)}." if missing else "All of the list was run."


def other_code() -> str:
    """What the marks behind titles mean; nothing where there are none."""
    seen = {_mark_of_code(load) for load in _report()["loads"].values()}
    return "\n\n".join(text for mark, text in CODE_MARKS.items() if mark in seen)


def _mark_of_code(load: Mapping[str, Any]) -> str:
    """A mark where it was of other code than most loads of the same, or of code that is not known."""
    own = load.get("loaded")
    if not own:
        return UNKNOWN
    every = (other.get("loaded") for other in _report()["loads"].values())
    same = Counter(of["sha256"] for of in every if of and of["name"] == own["name"])
    return "" if same.most_common(1)[0][0] == own["sha256"] else OTHER


def machine() -> str:
    found = _report()["machine"]
    return f"{found['processor']}, {found['cores']} cores, {found['measured']}: `python -m bench.loads`."


def _table(prefixes: Sequence[str]) -> str:
    heads = [*(head for head, _ in COLUMNS.values()), *RUN_COLUMNS]
    lines = ["| | verdict | " + " | ".join(heads) + " |", "| --- | --- |" + " --- |" * len(heads)]
    for prefix in prefixes:
        for _, load in _loads(prefix):
            cells = [
                _shown(load["figures"].get(key), digits) for key, (_, digits) in COLUMNS.items()
            ]
            cells += [_shown(tell(load), 0) for tell in RUN_COLUMNS.values()]
            lines.append(f"| {_title(load)} | {_mark(load)} | " + " | ".join(cells) + " |")
    return _or_nothing(lines)


def why(*prefixes: str) -> str:
    """Why runs failed, as a list; a sentence where none did."""
    loads = [load for prefix in prefixes for _, load in _loads(prefix)]
    failed = [f"- {load['title']}: {' '.join(load['why'])}" for load in loads if load["why"]]
    return "\n".join(failed) or "All thresholds held."


def _loads(prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((n, load) for n, load in _report()["loads"].items() if n.startswith(f"{prefix}-"))


def _report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "reports/load.json").read_text("utf-8"))
    return found


def _or_nothing(lines: list[str]) -> str:
    return "\n".join(lines) if len(lines) > 2 else "Not run."


def _title(load: Mapping[str, Any]) -> str:
    return f"{load['title']} {_mark_of_code(load)}".rstrip()


def _mark(load: Mapping[str, Any]) -> str:
    return MARKS[load["exit_code"]]


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

"""Generated parts of docs/profile.md: real runs of the commands on the committed profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import blocks

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "reports/profile.json"
TIGHT = """\
[budget]
limit = "128MiB"
fail = 0.7
warn = 0.6
baseline = "reports/profile.json"

[stages]
ready = "80MiB"

[packages]
numpy = "8MiB"
"""
LOG = """\
2026-01-01T09:00:00Z ==> Starting service with 'gunicorn app:app'
2026-01-01T09:12:41Z ==> Ran out of memory (used over 512MB) while running your code.
"""


def gate_pass() -> str:
    """The committed profile against the budget that `make gate` judges by."""
    return _run(["gate", "--budget", "budget.toml", "--profile", "reports/profile.json"], ROOT, 0)


def gate_fail() -> str:
    """The same profile against a budget that it cannot keep."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "budget.toml").write_text(TIGHT, "utf-8")
        (folder / "reports").mkdir()
        (folder / "reports/profile.json").write_bytes(PROFILE.read_bytes())
        arguments = ["gate", "--profile", "reports/profile.json"]
        return f"```toml\n{TIGHT}```\n\n{_run(arguments, folder, 1)}"


def doctor() -> str:
    """The committed profile, as if gunicorn ran it with the host's two workers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "host.log").write_text(LOG, "utf-8")
        (folder / "host.env").write_text("WEB_CONCURRENCY=2\n", "utf-8")
        (folder / "profile.json").write_bytes(PROFILE.read_bytes())
        files = ["--profile", "profile.json", "--log", "host.log", "--env", "host.env"]
        said = _run(["doctor", *files, "--", "gunicorn", "app:app"], folder, 1)
        return f"```text\n{LOG}```\n\n{said}"


def causes() -> str:
    """Every cause that the doctor knows, with what its module says of it."""
    from tools.profile.doctor.registry import documentation

    rows = [f"| `{name}` | {' '.join(text.split())} |" for name, text in documentation().items()]
    return "\n".join(["| cause | what it is |", "| --- | --- |", *rows])


def ladder() -> str:
    """The highest rungs of the committed profile."""
    from tools.profile.report.bars import rungs
    from tools.profile.result import read_profile

    rows = [
        f"| {rung['package']} | {rung['own_mib']:.1f} | {rung['total_mib']:.1f} | {rung['by']} |"
        for rung in rungs(read_profile(PROFILE), 8)
    ]
    head = ["| package | own MiB | with all it pulled in | by |", "| --- | ---: | ---: | --- |"]
    return "\n".join([*head, *rows])


def sides() -> str:
    """The stages of our service, the converted repository and the legacy one."""
    import bench_blocks

    from bench.profile_sides_table import table

    report = json.loads((ROOT / "reports/profile_sides.json").read_text("utf-8"))
    runs = "One run" if report["runs"] == 1 else f"Medians of {report['runs']} runs"
    note = (
        f"{runs} of each, {report['requests']} questions, on a cold cache, inside"
        f" {report['sides'][0]['limit_mib']:.0f} MiB. The service tells its stages itself; those of the"
        " others are seen from outside. The sides were measured one after the other, on a machine with"
        " other work, so the times are no comparison of speed: `bench.before_after`, which alternates,"
        f" is. The repository is {report['repository']}."
    )
    return "\n".join([*table(report), "", f"{note} {bench_blocks.made(report)}"])


def overhead() -> str:
    """What the harness itself costs, from the committed benchmark."""
    import bench_blocks

    report = json.loads((ROOT / "reports/profile_overhead.json").read_text("utf-8"))
    ratio, share = report["figures"]["ratio"], report["figures"]["share_of_a_core"]
    return (
        f"In {report['runs']} pairs of starts of the chat service, with the harness and without,"
        f" alternately, the time until it is ready is {ratio['median']:.2f} of the plain one in the"
        f" median ({ratio['min']:.2f} to {ratio['max']:.2f} from pair to pair); looking takes"
        f" {share['median']:.1%} of a core while the service rests for {report['idle_s']:.0f} s."
        f" {bench_blocks.made(report)}"
    )


def fit() -> str:
    """What `fit --into` put into the committed profile."""
    from tools.limits import format_mib
    from tools.profile.result import read_profile

    found = read_profile(PROFILE).fit
    if not found:
        return "not measured"
    died = f"; inside {format_mib(found['died_at_mib'])} it died in stage {{}}"
    why = died.format(found["deaths"][0]) if found["deaths"] else ""
    return (
        f"This service fits into **{format_mib(found['limit_mib'])}** ({found['enforcement']}){why}."
        f" Without a limit its RSS reached {format_mib(found['baseline']['peak_mib'])}."
    )


def malloc() -> str:
    """What `malloc --into` put into the committed profile."""
    from tools.profile.result import read_profile

    found = read_profile(PROFILE).malloc
    if not found:
        return "not measured"
    rows = [
        f"| `{setting['name']}` | {gain['median']:.1f} | {gain['min']:.1f} to {gain['max']:.1f} |"
        for setting in found["settings"]
        if (gain := setting["gain_mib"])
    ]
    held = f"{found['plain_mib']['median']:.1f} MiB anonymous after the load without a setting."
    head = ["| setting | saves, MiB | in each round |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *rows, "", held])


def budget() -> str:
    return f"```toml\n{(ROOT / 'budget.toml').read_text('utf-8')}```"


_INSTALL = "fit512[profile] @ git+https://HOST/OWNER/REPOSITORY@COMMIT"


def workflow() -> str:
    from tools.profile.ci.workflow import Workflow, render

    text = render(Workflow(command=("uvicorn", "app:app"), install=_INSTALL))
    return f"```yaml\n{text}```"


def _run(arguments: list[str], folder: Path, code: int) -> str:
    """What the command prints; a docs build whose command ends otherwise fails."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "tools.profile", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{arguments} ended with {done.returncode}"
    command = " ".join(["python -m tools.profile", *arguments])
    return blocks.fenced(f"$ {command}\n{done.stdout.rstrip()}\n$ echo $?\n{code}")

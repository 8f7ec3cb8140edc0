"""`python -m deploy rehearse HOST [PATH]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.plan import Plan
from deploy.platforms import PLATFORMS
from deploy.prepare import Prepared, prepare
from deploy.rehearse.building import Stopped, check_posix, make
from deploy.rehearse.host import HOSTS, Host
from deploy.rehearse.playing import Played, failed, play
from deploy.rehearse.table import rows, text
from deploy.reporters import say
from deploy.repository import Repository
from deploy.run import deploy_to
from tools.limits.atomic import write_text
from tools.limits.machine import machine
from tools.limits.units import parse_mib
from vectorstore.commandline import Exit, local_path

ALL = "all"


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("host", choices=[*HOSTS, ALL], help="all: one build, then each host in turn")
    add("path", type=local_path, nargs="*", default=[Path()], help="the repositories (.)")
    add("--limit", type=parse_mib, metavar="SIZE", help="memory (the plan's, e.g. 512MiB)")
    add("--out", type=local_path, metavar="FILE", help="write the report there")
    add("--json", action="store_true", help="print JSON alone on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when every host would run it, 1 when one would not."""
    check_posix()
    hosts = list(HOSTS.values()) if arguments.host == ALL else [HOSTS[arguments.host]]
    apps = []
    for path in arguments.path:
        repository = Repository(path)
        prepared = prepare(repository, ask=False)
        apps.append((prepared.plan, rehearse(hosts, prepared, repository, arguments.limit)))
    document = report(arguments.host, apps)
    if arguments.out:
        write(arguments.out, document)
    if arguments.json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(
            "\n\n".join(_table(plan, each) for plan, played in apps for each in played) + "\n"
        )
    failed_one = any(each.error for _, played in apps for each in played)
    return int(Exit.NO if failed_one else Exit.OK)


def rehearse(
    hosts: Sequence[Host], prepared: Prepared, repository: Repository, limit_mib: float | None
) -> list[Played]:
    """Build once, then play each host on it. Nothing is left behind, not after Ctrl-C either."""
    plan = prepared.plan
    of = {host.name: limit_mib or PLATFORMS[host.name].limit_mib(plan) for host in hosts}
    with tempfile.TemporaryDirectory(prefix="fit512-rehearse-") as folder:
        scratch = Path(folder)
        say(f"building {plan.name.value} in a clean checkout …")
        try:
            built = make(plan, repository, scratch)
        except Stopped as stopped:
            return [failed(host, plan, of[host.name], str(stopped)) for host in hosts]
        played = []
        for host in hosts:
            say(f"{host.name}: starting it …")
            notes = _notes(host, prepared, repository)
            played.append(play(host, plan, built, of[host.name], scratch, notes))
        return played


def _notes(host: Host, prepared: Prepared, repository: Repository) -> tuple[str, ...]:
    """What the host would read otherwise than it is played, and what it would refuse."""
    result = deploy_to(
        host.name, prepared, repository, out=repository.root, write=False, force=False
    )
    errors = (str(problem) for problem in result.problems if problem.severity == "error")
    differs = f"played from the plan: {', '.join(result.differs)} would be written otherwise"
    return (*errors, *([differs] if result.differs else []))


def report(host: str, apps: Sequence[tuple[Plan, Sequence[Played]]]) -> dict[str, Any]:
    return {
        "schema": 2,
        "command": f"python -m deploy rehearse {host}",
        "machine": machine(),
        "apps": [
            {
                "name": plan.name.value,
                "repository": plan.repository.value,
                "framework": plan.framework.value,
                "command": plan.command.value,
                "lock": plan.lock.value,
                "hosts": [each.as_json() for each in played],
            }
            for plan, played in apps
        ],
    }


def write(path: Path, document: dict[str, Any]) -> None:
    """Whole or not at all. Raises CommandError."""
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _table(plan: Plan, played: Played) -> str:
    host = played.host
    return text(
        f"{plan.name.value} on {host.name}",
        rows(played.as_json(), host.size_name, host.size_limit_mb),
    )

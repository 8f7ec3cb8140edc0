"""One host and one built app, from start to end."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.plan import Plan
from deploy.rehearse.building import Built
from deploy.rehearse.host import Host
from deploy.rehearse.packing import packed_mib
from deploy.rehearse.spec import Result, Spec
from deploy.shell import for_docker
from tools import limits
from tools.limits.free_port import free_port
from vectorstore.commandline import CommandError

QUESTION = "How long does delivery take?"
MB_IN_MIB = 1e6 / 2**20
# A program of its own, like all that deploy asks of migrate.
_OPENS = Path(__file__).parents[2] / "tools/migrate/verify/inside/open_streamlit.py"


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one host; sizes are None when nothing was built."""

    host: Host
    limit_mib: float
    asked_python: str
    python: str | None
    installed_mib: float | None
    checkout_mib: float | None
    network: str
    result: Result
    packed_mib: float | None = None  # where the host packs what it built
    notes: tuple[str, ...] = ()

    @property
    def error(self) -> str | None:
        """Why the answer is no; None when it is yes."""
        if self.result.oom_killed:
            return f"killed for memory inside {self.limit_mib:g} MiB"
        if self.result.error:
            return self.result.error
        if self.result.chat is not None and self.result.chat >= 500:
            return f"/chat answered {self.result.chat}"
        if self.result.chat == 0:
            return "/chat did not answer"
        size, most = self.size_mib, self.host.size_limit_mb
        if size is not None and most is not None and size > most * MB_IN_MIB:
            return f"{size:.0f} MiB are over the limit of {most:g} MB"
        return None

    @property
    def size_mib(self) -> float | None:
        """What the host counts: the packed slug, else all files."""
        if self.packed_mib is not None:
            return self.packed_mib
        if self.installed_mib is None or self.checkout_mib is None:
            return None
        return self.installed_mib + self.checkout_mib

    def as_json(self) -> dict[str, Any]:
        return {
            "host": self.host.name,
            "limit_mib": self.limit_mib,
            "python": {"asked": self.asked_python, "used": self.python},
            "installed_mib": self.installed_mib,
            "checkout_mib": self.checkout_mib,
            "packed_mib": self.packed_mib,
            "notes": list(self.notes),
            "network": self.network,
            "grace_s": self.host.grace_s,
            "error": self.error,
            **{name: value for name, value in asdict(self.result).items() if name != "error"},
        }


def failed(host: Host, plan: Plan, limit_mib: float, error: str) -> Played:
    """Nothing was built."""
    result = Result(error=error)
    return Played(host, limit_mib, plan.python.value, None, None, None, "not reached", result)


def play(
    host: Host,
    plan: Plan,
    built: Built,
    limit_mib: float,
    scratch: Path,
    notes: tuple[str, ...] = (),
) -> Played:
    """Start it as the host does, and all that follows."""
    why_not = limits.why_not()
    network = "cut off" if why_not is None else f"not cut off: {why_not}"
    result = _run(_spec(host, plan, built, limit_mib, scratch), scratch, cut=why_not is None)
    return Played(
        host,
        limit_mib,
        plan.python.value,
        built.python,
        round(built.installed_mib, 1),
        round(built.checkout_mib, 1),
        network,
        result,
        round(packed_mib(plan, built), 1) if host.packs else None,
        (*notes, *result.warnings),
    )


def _spec(host: Host, plan: Plan, built: Built, limit_mib: float, scratch: Path) -> Spec:
    port = _port(plan)
    system = {"PATH": built.path, "HOME": str(scratch), "LANG": "C.UTF-8"}
    return Spec(
        command=["/bin/sh", "-c", for_docker(plan)],
        folder=str(built.checkout / plan.folder.value),
        environment={**system, **host.environment(plan, port, limit_mib)},
        limit_mib=limit_mib,
        cold=[str(built.checkout), str(built.environment)],
        log=str(scratch / "app.log"),
        port=port if plan.web else None,
        path=plan.health.value if host.checks_path else None,
        page=plan.health.value or "/",
        check_name=host.check_name or host.public_name(plan),
        public_name=host.public_name(plan),
        statuses=list(host.statuses),
        ready_s=host.ready_s,
        answer_s=host.answer_s,
        grace_s=host.grace_s,
        question=QUESTION,
        session=_session(plan, built, port),
    )


def _session(plan: Plan, built: Built, port: int) -> list[str]:
    """Streamlit runs its script for a page alone; with the app's own Python, which has its protocol."""
    if plan.framework.value != "streamlit":
        return []
    return [str(built.environment / "bin/python"), str(_OPENS), str(port), QUESTION]


def _port(plan: Plan) -> int:
    """The one that the code fixes, else a free one."""
    if isinstance(plan.port.value, int):
        return plan.port.value
    return free_port()


def _run(spec: Spec, scratch: Path, *, cut: bool) -> Result:
    asked, answered, said = (scratch / name for name in ("spec.json", "result.json", "inside.log"))
    answered.unlink(missing_ok=True)
    asked.write_text(json.dumps(asdict(spec)), "utf-8")
    command = [sys.executable, "-m", "deploy.rehearse.inside", str(asked), str(answered)]
    with (
        said.open("wb") as log,
        limits.start(
            limits.cut_off(command) if cut else command, stdout=log, stderr=log
        ) as process,
    ):
        code = process.wait()
    if not answered.exists():
        raise CommandError(f"the process inside ended with {code}: {said.read_text()[-800:]}")
    return Result(**json.loads(answered.read_text("utf-8")))

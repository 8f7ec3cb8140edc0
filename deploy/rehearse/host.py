"""What each host does, in figures.

https://render.com/docs/health-checks, https://devcenter.heroku.com/articles/limits,
https://docs.railway.com/deployments/healthchecks
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.domains import DOMAINS, RAILWAY_CHECK
from deploy.heroku.slug import LIMIT_MB
from deploy.plan import Plan
from deploy.railway.service import DRAINING_S, HEALTH_TIMEOUT_S
from deploy.rehearse.placeholders import placeholder
from deploy.render.blueprint import SHUTDOWN_S
from deploy.shell import environment

HEROKU_WORKERS_MIB = 256  # of a dyno's memory to each worker, the buildpack's reckoning


@dataclass(frozen=True, slots=True)
class Host:
    """One host. Not `checks_path`: it only looks for an open port. Times are in seconds."""

    name: str
    ready_s: float  # until a deploy counts as failed
    answer_s: float  # for one health check
    statuses: range
    check_name: str | None  # the Host that a health check comes with; None: the app's own
    checks_path: bool
    grace_s: float  # from SIGTERM to SIGKILL
    size_name: str
    size_limit_mb: float | None
    variables: Mapping[str, str]
    packs: bool = False

    def public_name(self, plan: Plan) -> str:
        """The name under which the host shows the app."""
        return f"{plan.name.value}{DOMAINS[self.name]}"

    def environment(self, plan: Plan, port: int, limit_mib: float) -> dict[str, str]:
        """The host's variables, the plan's over them, and a placeholder for each secret."""
        values = {**self.variables, "PORT": str(port)}
        values |= {name: placeholder(name) for name in plan.secrets.value}
        own = environment(plan)
        if self.name == "railway":
            values["RAILWAY_PUBLIC_DOMAIN"] = self.public_name(plan)
        if self.name == "render":
            values["RENDER_EXTERNAL_HOSTNAME"] = self.public_name(plan)
            values["RENDER_EXTERNAL_URL"] = f"https://{self.public_name(plan)}"
            values["GUNICORN_CMD_ARGS"] = f"--bind=0.0.0.0:{port}"
        if self.name == "heroku":
            values["DYNO_RAM"] = str(int(limit_mib))
            if "WEB_CONCURRENCY" not in own:  # a config var wins, and then nobody says who set it
                values["WEB_CONCURRENCY"] = str(max(1, int(limit_mib // HEROKU_WORKERS_MIB)))
                values["WEB_CONCURRENCY_SET_BY"] = "heroku/python"
        return {**values, **own}


_RENDER = {
    "RENDER": "true",
    "RENDER_CPU_COUNT": "0.1",
    "RENDER_INSTANCE_ID": "srv-rehearsal-0",
    "RENDER_SERVICE_ID": "srv-rehearsal",
    "RENDER_SERVICE_NAME": "rehearsal",
    "RENDER_SERVICE_TYPE": "web",
}
_HEROKU = {
    "DYNO": "web.1",
    "FORWARDED_ALLOW_IPS": "*",
    "GUNICORN_CMD_ARGS": "--access-logfile -",
    "PYTHONUNBUFFERED": "1",
}
_RAILWAY = {
    "RAILWAY_ENVIRONMENT_NAME": "production",
    "RAILWAY_PROJECT_NAME": "rehearsal",
    "RAILWAY_SERVICE_NAME": "rehearsal",
    "RAILWAY_PRIVATE_DOMAIN": "rehearsal.railway.internal",
}
HOSTS: Mapping[str, Host] = {
    host.name: host
    for host in (
        Host(
            "render",
            900,
            5,
            range(200, 400),
            None,
            True,
            SHUTDOWN_S,
            "installed and checkout",
            None,
            _RENDER,
        ),
        Host("heroku", 60, 30, range(0), None, False, 30, "slug", LIMIT_MB, _HEROKU, packs=True),
        Host(
            "railway",
            HEALTH_TIMEOUT_S,  # what our file sets; 300 without it
            30,
            range(200, 201),
            RAILWAY_CHECK,
            True,
            DRAINING_S,
            "image, without its base",
            4000,
            _RAILWAY,
        ),
    )
}

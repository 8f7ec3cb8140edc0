"""A request that asks one question: read from --probe, or found among the app's routes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp
from tools.migrate.verify.routes import Route, routes
from vectorstore.commandline import CommandError

QUESTION = "{question}"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Probe:
    """A request. `{question}` stands in the body, or in the path, where the question goes."""

    method: str
    path: str
    body: str = ""

    @classmethod
    def parse(cls, text: str) -> Probe:
        """Read `POST /chat {"question": "{question}"}` or `GET /ask?q={question}`."""
        parts = text.split(None, 2)
        if len(parts) < 2 or not parts[1].startswith("/") or QUESTION not in text:
            raise CommandError(
                f"--probe {text!r} cannot be read. Write it as"
                """ 'POST /chat {"question": "{question}"}', with {question} where the question goes."""
            )
        return cls(parts[0].upper(), parts[1], "".join(parts[2:]))

    @property
    def content_type(self) -> str:
        return JSON if self.body.lstrip().startswith(("{", "[", '"')) else FORM

    def fill(self, question: str) -> str:
        """The body that asks."""
        escaped = json.dumps(question)[1:-1] if self.content_type == JSON else quote_plus(question)
        return self.body.replace(QUESTION, escaped)

    def fill_path(self, question: str) -> str:
        return self.path.replace(QUESTION, quote(question, safe=""))

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body}".rstrip()


def find_probe(project: Project, app: ServedApp) -> Probe | None:
    """The app's route that takes a question; None when none is recognised."""
    found = [route for route in routes(project, app.path) if route.key]
    return _probe(min(found, key=_rank)) if found else None


def _rank(route: Route) -> tuple[bool, bool]:
    return not route.chats, route.method != "POST"


def _probe(route: Route) -> Probe:
    if route.where == "query":
        return Probe(route.method, f"{route.path}?{route.key}={QUESTION}")
    if route.where == "form":
        return Probe(route.method, route.path, f"{route.key}={QUESTION}")
    return Probe(route.method, route.path, json.dumps({route.key: QUESTION}))

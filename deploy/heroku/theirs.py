"""What an app.json that is there says otherwise, and is left so: its add-ons, buildpacks, stack, name, size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deploy.generated import Adapted
from deploy.heroku.app_json import process
from deploy.heroku.sizes import RENAMED
from deploy.plan import Found, Plan
from deploy.repository import Repository
from deploy.settings import FILE as SETTINGS
from deploy.tree import get, mappings

FILE = "app.json"
_STACK = re.compile(r"heroku-\d+")
# A fork, too: beside it the buildpack itself would install everything twice.
_ON_GITHUB = re.compile(
    r"(https://|git@)github\.com[/:][\w.-]+/heroku-buildpack-([\w-]+?)(\.git|\.tgz)?([#@].*)?"
)


def with_theirs(plan: Plan, document: Any, ours: Any) -> Adapted:
    """Our document beside theirs: what is missing in their lists comes last."""
    if not isinstance(document, Mapping):
        return ours, ()
    found = dict(ours)
    for key, of in (("addons", _service), ("buildpacks", _buildpack)):
        if key in ours:
            found[key] = _with_missing(document.get(key), ours[key], of)
    if _STACK.fullmatch(str(document.get("stack"))):
        found["stack"] = document["stack"]
    quantity = _quantity(plan, document)
    if quantity is not None:
        found["formation"] = {
            name: {**dyno, "quantity": quantity} for name, dyno in ours["formation"].items()
        }
    if document.get("name") and not plan.name.source.startswith(SETTINGS):
        found["name"] = document["name"]
    return found, {key for key in found if found[key] != ours[key]}


def read_size(repository: Repository, *, web: bool) -> Found[str] | None:
    """The size of the process in app.json, known or not; None where it names none."""
    try:
        document = json.loads(repository.text(FILE) or "null")
    except ValueError:
        return None  # whoever writes the file says so
    place = ("formation", process(web=web), "size")
    size = get(document, place)
    if not isinstance(size, str):
        return None
    size = size.lower()  # as the schema has it; the API takes Standard-2X, too
    return Found(RENAMED.get(size, size), f"{FILE}: {'.'.join(place)}")


def _quantity(plan: Plan, document: Mapping[str, Any]) -> int | None:
    """The dynos that run, where Redis shares their conversations and the settings name no number."""
    quantity = get(document, ("formation", process(web=plan.web), "quantity"))
    said = plan.instances.source.startswith(SETTINGS) or not plan.redis.value
    return None if said or not isinstance(quantity, int) else quantity


def _with_missing(theirs: Any, ours: Sequence[Any], of: Callable[[Any], str]) -> Sequence[Any]:
    if not isinstance(theirs, list):
        return ours
    there = {of(item) for item in theirs}
    return [*theirs, *(item for item in ours if of(item) not in there)]


def _service(addon: Any) -> str:
    """Without its plan: heroku-redis of heroku-redis:mini."""
    found = addon.get("plan") if isinstance(addon, Mapping) else addon
    return str(found).partition(":")[0]


def _buildpack(item: Any) -> str:
    (url,) = [str(found.get("url")) for found in mappings([item])] or [str(item)]
    on_github = _ON_GITHUB.fullmatch(url)
    return f"heroku/{on_github[2]}" if on_github else url

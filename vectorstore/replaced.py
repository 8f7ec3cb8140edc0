"""A store in a database that was replaced while it is open: by one of another model it is not searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vectorstore.base import OtherModel, StoreInfo
from vectorstore.metadata import excerpt


def check_model(kind: str, name: str, about: Mapping[str, Any] | None, info: StoreInfo) -> None:
    """Raises OtherModel when the `kind` of that name, of which `about` tells, is not what was opened."""
    try:
        said = about or {}
        found = (said["sha256"], said["metric"])
        holds = f"vectors of {excerpt(str(said['name']))} (metric {said['metric']})"
    except KeyError:
        found, holds = ("", ""), "no store"
    if found != (info.model_sha256, info.metric):
        raise OtherModel(
            f"the {kind} {name} holds {holds} now, and was opened for those of"
            f" {info.model_name} (metric {info.metric}). Copy a store of that model there, or start"
            f" again with the model of the {kind}."
        )

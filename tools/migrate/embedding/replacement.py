"""What our class is called with in the place of a legacy one."""

from __future__ import annotations

import json

from tools.migrate.embedding.arguments import Encoding, NotUnderstood, Wanted
from tools.migrate.embedding.classes import Legacy
from tools.migrate.embedding.models import ModelFolder


def options(legacy: Legacy, wanted: Wanted, model: ModelFolder) -> list[str]:
    """The arguments behind the folder: what differs from the model folder's own settings.

    Raises NotUnderstood where ours cannot do what the call asked for.
    """
    given = []
    if _normalize(wanted, model) and not model.normalize:
        given.append("normalize=True")
    if legacy.style == "langchain":
        query = _prefix(wanted.query, model)
        document = _prefix(wanted.documents, model)
        if query != model.query_prefix:
            given.append(f"query_prefix={json.dumps(query, ensure_ascii=False)}")
        if document != model.document_prefix:
            given.append(f"document_prefix={json.dumps(document, ensure_ascii=False)}")
    return given


def _normalize(wanted: Wanted, model: ModelFolder) -> bool:
    if wanted.query.normalize != wanted.documents.normalize and not model.normalize:
        raise NotUnderstood("questions are normalized and documents are not, or the reverse")
    return wanted.documents.normalize


def _prefix(encoding: Encoding, model: ModelFolder) -> str:
    """What the legacy class had encoded before a text.

    LangChain's classes call plain encode: of the model's own prompts only the default one counts.
    """
    if encoding.prompt is not None:
        prompt = encoding.prompt
    elif encoding.prompt_name is None:
        prompt = model.default_prompt
    elif encoding.prompt_name in ("query", "document") and not model.default_prompt:
        query = encoding.prompt_name == "query"
        prompt = model.query_prefix if query else model.document_prefix
    else:
        raise NotUnderstood(f"the prompt {encoding.prompt_name!r} of the model cannot be told")
    return prompt + encoding.instruction

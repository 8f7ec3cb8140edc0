"""What an error message says is missing: a package, a system library, a file or a host."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from tools.migrate.requirements.uses import package_of

MODULE = re.compile(
    r"No module named '([\w.]+)'|cannot import name '\w+' from '([\w.]+)'|none of ([\w.]+):\w+"
)
ADVISED = re.compile(r"\bpip3? install (?:-\S+ )*[\"']?([A-Za-z0-9][\w.-]*)")
NOT_INSTALLED = re.compile(r"[`'\"]?([\w.-]+)[`'\"]? (?:python )?package not found")
SHARED_OBJECT = re.compile(r"\b(lib[\w.+-]+\.so[\d.]*): cannot open shared object file")
FILE = re.compile(
    r"(?:No such file or directory: |Error loading |File path )['\"]?(?!/)([\w./-]+\.(?:txt|pdf|csv|json|docx|md))\b"
)
UNRESOLVED = re.compile(r"Failed to resolve '([\w.-]+)'")
# The conversion, or the redirection to the local model, answers for these.
MODEL_HOSTS = re.compile(
    r"(?:^|\.)(?:openai|groq|anthropic|googleapis|huggingface|hf|openrouter|mistral|cohere|together|"
    r"replicate|deepseek|perplexity|fireworks|azure|amazonaws|pytorch)\.\w+$"
)


def packages_missed(error: str) -> list[str]:
    """The packages of which an ImportError says that one is needed, the likeliest first."""
    if found := MODULE.search(error):
        return [package_of(next(filter(None, found.groups())))]
    if "ImportError" not in error and "ModuleNotFoundError" not in error:
        return []
    named = ADVISED.findall(error) or NOT_INSTALLED.findall(error)
    return list(dict.fromkeys(canonicalize_name(name.rstrip(".-")) for name in named))


def library_missed(error: str) -> str | None:
    """The file name of the system library that could not be loaded."""
    found = SHARED_OBJECT.search(error)
    return found[1] if found else None


def document_missed(error: str) -> str | None:
    """The relative path of a document that the app could not open."""
    found = FILE.search(error)
    return found[1] if found else None


def host_missed(error: str) -> str | None:
    """The host that could not be looked up, unless it is a model API's or a model hub's."""
    found = UNRESOLVED.search(error)
    return found[1] if found and not MODEL_HOSTS.search(found[1]) else None

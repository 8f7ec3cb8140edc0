"""Ask a running Gradio app one question through its own API.

Runs in the app's own environment (`python ask_gradio.py PORT QUESTION`), with nothing of ours, by the
client that Gradio itself brings, which speaks the protocol of the installed version. Prints one JSON
object: what was done, whether that was a question, and the errors that the app gave back.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from typing import Any

TEXT = ("Textbox", "MultimodalTextbox")
UPLOADS = ("File", "UploadButton")
CHATS = re.compile(r"chat|ask|answer|respon|predict|generat|submit|quer|message|bot", re.I)
EMPTY = {"Chatbot": [], "Textbox": "", "Checkbox": False}


def main(port: str, question: str) -> dict[str, Any]:
    from gradio_client import Client  # type: ignore[import-not-found]

    with contextlib.redirect_stdout(sys.stderr):  # it prints what it has loaded
        client = Client(f"http://127.0.0.1:{port}/")
        endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    found = [(name, given) for name, e in endpoints.items() if (given := arguments(e, question))]
    if not found:
        return {
            "did": "no function of its API takes a text alone",
            "asked": False,
            "exceptions": [],
        }
    name, given = min(found, key=lambda pair: not CHATS.search(pair[0]))
    try:
        client.predict(*given, api_name=name)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        if any(c.get("type", "").lower() in ("file", "uploadbutton") for c in components(client)):
            did = f"{name} was asked without the document that it may want first, and said {said}"
            return {"did": did, "asked": False, "exceptions": []}
        return {"did": f"{name} was asked", "asked": True, "exceptions": [said]}
    return {"did": f"{name} was asked and answered", "asked": True, "exceptions": []}


def arguments(endpoint: dict[str, Any], question: str) -> list[Any] | None:
    """What to call it with: the question as the first text; None where it wants other things."""
    given: list[Any] = []
    asked = False
    for parameter in endpoint["parameters"]:
        kind = parameter["component"]
        if kind in TEXT and not asked:
            given.append({"text": question, "files": []} if kind == TEXT[1] else question)
            asked = True
        elif parameter.get("parameter_has_default"):
            given.append(parameter["parameter_default"])
        elif kind in EMPTY:
            given.append(EMPTY[kind])
        else:
            return None
    return given if asked else None


def components(client: Any) -> list[dict[str, Any]]:
    return list(client.config.get("components", ()))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2])))

"""A model hub on loopback: the part of its HTTP protocol that downloading a model needs.

https://huggingface.co/docs/hub/api: the commit of a revision, the tree of a commit, and its files,
the large ones by a redirect to another host (here another port), with ETags and ranges.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
TOKEN = "hf_a-token-of-the-tests"


@dataclass
class Hub:
    """A hub with one repository; `faults` are answers given before the right ones, by path."""

    repo: str
    files: dict[str, bytes]
    gated: bool = False
    private: bool = False
    faults: dict[str, list[int]] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(host, "METHOD path", token sent)"""
    ranges: list[str] = field(default_factory=list)
    endpoint: str = ""
    storage: str = ""

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [what for _, what, _ in self.asked]

    def fetched(self) -> set[str]:
        """The files whose contents were asked for."""
        files = (
            re.fullmatch(r"GET (?:/.*?)?/(?:resolve|blob)/\w+/(.*)", what) for what in self.paths()
        )
        return {match[1] for match in files if match}


def is_large(name: str) -> bool:
    """Whether a hub keeps it in its large file storage."""
    return name.endswith((".safetensors", ".onnx", ".bin", ".pkl", "onnx_data"))


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """The hub on one port of loopback, its storage on another, as long as the context lasts."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) for _ in range(2)]
    hub.endpoint, hub.storage = (f"http://127.0.0.1:{s.server_port}" for s in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def folder_files(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their names in a repository."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            token = self.headers.get("Authorization")
            hub.asked.append((self.headers["Host"], f"{self.command} {path}", token))
            if waiting := hub.faults.get(path):
                return self._answer(waiting.pop(0), b"", {"Retry-After": "0"})
            if path.startswith("/blob/"):
                return self._blob(path)
            if refusal := self._refusal(path, token):
                return self._answer(refusal[0], b"", {"X-Error-Code": refusal[1]})
            if path.startswith("/api/"):
                return self._api(path)
            return self._resolve(path)

        def _refusal(self, path: str, token: str | None) -> tuple[int, str] | None:
            if hub.repo not in path or (hub.private and token != f"Bearer {TOKEN}"):
                return 401 if token is None else 404, "RepoNotFound"
            if hub.gated and token != f"Bearer {TOKEN}" and "/resolve/" in path:
                return 401 if token is None else 403, "GatedRepo"
            revision = re.search(r"/(?:revision|tree|resolve)/([^/]+)", path)
            if revision and revision[1] not in ("main", "v1", COMMIT):
                return 404, "RevisionNotFound"
            return None

        def _api(self, path: str) -> None:
            if "/tree/" in path:
                entries = [_entry(name, data) for name, data in hub.files.items()]
                return self._answer(200, json.dumps(entries).encode())
            siblings = [{"rfilename": name} for name in hub.files]
            about = {"id": hub.repo, "sha": COMMIT, "siblings": siblings, "private": False}
            return self._answer(200, json.dumps(about).encode())

        def _resolve(self, path: str) -> None:
            name = re.sub(rf"^/{hub.repo}/resolve/[^/]+/", "", path)
            if (data := hub.files.get(name)) is None:
                return self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            about = {"X-Repo-Commit": COMMIT, "ETag": f'"{_git_id(data)}"'}
            if not is_large(name):
                return self._answer(200, data, about)
            about |= {"X-Linked-Size": str(len(data)), "Location": _blob_url(hub, name)}
            about |= {"X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
            return self._answer(302, b"", about)

        def _blob(self, path: str) -> None:
            name = path.split("/", 3)[3]
            data, total = hub.files[name], len(hub.files[name])
            wanted = self.headers.get("Range")
            if wanted:
                hub.ranges.append(wanted)
            start = int((wanted or "bytes=0-")[6:].split("-")[0])
            headers = {"ETag": '"storage"', "Accept-Ranges": "bytes"}
            if start:
                headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
            if name in hub.cut and self.command == "GET":
                hub.cut.discard(name)
                self._answer(200, data[: total // 2], {**headers, "Content-Length": str(total)})
                self.close_connection = True
                return
            self._answer(206 if start else 200, data[start:], headers)

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


def _blob_url(hub: Hub, name: str) -> str:
    return f"{hub.storage}/blob/{COMMIT}/{name}"


def _entry(name: str, data: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"type": "file", "path": name, "size": len(data)}
    entry["oid"] = _git_id(data)
    if is_large(name):
        sha256 = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 130}
    return entry


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

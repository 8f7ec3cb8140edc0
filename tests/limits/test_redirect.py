"""The proxy, as apps use it: with the clients that they have, started with its environment."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.limits.conftest import eventually, is_running
from tests.missing import missing
from tools.limits import Redirect, Upstream, cut_off, redirect, upstream, why_not
from vectorstore.commandline import CommandError

URL = "https://openrouter.ai/api/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "When do you ship?"}]
BODY = {"model": "some/model", "messages": MESSAGES}
ANSWER = "You asked: When do you ship? There was no context. (1 messages)"

# Each asks as its library does by default, with nothing said about proxies or certificates.
CLIENTS = {
    "httpx": "import httpx; print(httpx.post(url, json=body, headers=headers).text)",
    "httpx, asynchronous": """
import asyncio, httpx
async def main():
    async with httpx.AsyncClient() as client:
        return (await client.post(url, json=body, headers=headers)).text
print(asyncio.run(main()))""",
    "requests": "import requests; print(requests.post(url, json=body, headers=headers).text)",
    "urllib": """
import urllib.request
headers['Content-Type'] = 'application/json'
request = urllib.request.Request(url, json.dumps(body).encode(), headers)
print(urllib.request.urlopen(request).read().decode())""",
    "openai": """
import openai
client = openai.OpenAI(base_url=url.removesuffix('/chat/completions'), api_key='sk-very-secret')
print(client.chat.completions.create(**body).model_dump_json())""",
}
PREAMBLE = """
import json, sys
url, body = sys.argv[1], json.loads(sys.argv[2])
headers = {'Authorization': 'Bearer sk-very-secret'}
"""


@pytest.fixture(scope="module")
def model() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(model: Upstream) -> Iterator[Redirect]:
    with redirect(model.base_url) as server:
        yield server


@pytest.fixture(autouse=True)
def _forget(model: Upstream) -> None:
    model.clear()


def client(proxy: Redirect, **options) -> httpx.Client:
    trust = ssl.create_default_context(cafile=proxy.env["SSL_CERT_FILE"])
    return httpx.Client(
        proxy=proxy.env["HTTPS_PROXY"], verify=trust, trust_env=False, timeout=20, **options
    )


def run_client(library: str, url: str, proxy: Redirect) -> subprocess.CompletedProcess[str]:
    if subprocess.run(
        [sys.executable, "-c", f"import {library.partition(',')[0]}"], capture_output=True
    ).returncode:
        missing(f"{library} is not installed")
    script = PREAMBLE + CLIENTS[library]
    environment = {"PATH": os.defpath, **proxy.env}
    command = [sys.executable, "-c", script, url, json.dumps(BODY)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("library", CLIENTS)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_hard_coded_address_is_answered_from_here(library, scheme, proxy, model):
    done = run_client(library, URL.replace("https", scheme), proxy)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == ANSWER
    (entry,) = model.received()
    assert (entry["path"], entry["host"]) == ("/v1/chat/completions", "openrouter.ai")
    assert (entry["authorization"], entry["body"]) == (True, BODY)
    assert "very-secret" not in json.dumps(model.received())


def test_loopback_is_reached_past_the_proxy(proxy, model):
    before = proxy.hosts()
    done = run_client("httpx", f"{model.base_url}/chat/completions", proxy)
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == ANSWER
    assert proxy.hosts() == before


def test_hosts_are_recorded_once_in_order(model):
    with redirect(model.base_url) as proxy, client(proxy) as asking:
        assert (proxy.hosts(), proxy.refused()) == ([], [])
        for host in ("b.example", "a.example", "b.example"):
            assert asking.get(f"https://{host}/v1/models").status_code == 200
        assert asking.get("http://c.example/v1/models").status_code == 200
        assert proxy.hosts() == ["b.example", "a.example", "c.example"]
        assert proxy.refused() == []


def test_hosts_that_are_not_allowed_get_403(model):
    with redirect(model.base_url, allow=["openrouter.ai"]) as proxy, client(proxy) as asking:
        assert asking.post(URL, json=BODY).status_code == 200
        assert asking.get("http://huggingface.co/v1/models").status_code == 403
        with pytest.raises(httpx.ProxyError, match="403"):
            asking.get("https://huggingface.co/v1/models")
        assert proxy.hosts() == ["openrouter.ai", "huggingface.co"]
        assert proxy.refused() == ["huggingface.co"]
    with redirect(model.base_url, allow=[]) as proxy, client(proxy) as asking:
        assert asking.get("http://openrouter.ai/v1/models").status_code == 403


@pytest.mark.parametrize("host", ["192.0.2.7", "[2001:db8::7]", "xn--mnchen-3ya.example"])
def test_addresses_and_other_names_have_certificates_too(proxy, host):
    with client(proxy) as asking:
        assert asking.get(f"https://{host}/v1/models").status_code == 200


def test_one_connection_serves_many_requests(proxy, model):
    with client(proxy) as asking:
        connections = set()
        for number in range(5):
            with asking.stream("POST", URL, json={**BODY, "n": number}) as response:
                connections.add(id(response.extensions["network_stream"]))
                response.read()
    assert len(connections) == 1
    assert [body["n"] for body in model.requests()] == list(range(5))


def test_large_bodies_pass_in_both_directions(proxy, model):
    body = {**BODY, "padding": "x" * 3_000_000}
    with client(proxy) as asking:
        assert asking.post(URL, json=body).json()["choices"][0]["message"]["content"] == ANSWER
    assert model.requests() == [body]
    with client(proxy) as asking:
        listed = asking.get("https://openrouter.ai/__fit512/requests")
        assert listed.json()["requests"][0]["body"] == body


def test_a_body_without_a_length_and_one_that_waits_for_a_go_pass(proxy, model):
    pieces = (piece for piece in [b'{"messages": ', json.dumps(MESSAGES).encode(), b"}"])
    with client(proxy) as asking:
        assert asking.post(URL, content=pieces).status_code == 200
        assert asking.post(URL, json=BODY, headers={"Expect": "100-continue"}).status_code == 200
    assert model.requests() == [{"messages": MESSAGES}, BODY]


def test_streams_are_not_held_back():
    """The first token is here while the model still waits with the next."""
    with (
        upstream(token_rate=0.5) as model,
        redirect(model.base_url) as proxy,
        client(proxy) as asking,
        asking.stream("POST", URL, json={**BODY, "stream": True}) as got,
    ):
        lines = got.iter_lines()
        first = [next(lines) for _ in range(3)]
        got.close()
    assert json.loads(first[2].removeprefix("data: "))["choices"][0]["delta"] == {"content": "You "}


@pytest.mark.parametrize("fault", ["reset", "cut"])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_broken_connection_breaks_the_clients(fault, scheme):
    with upstream(faults={fault: 1.0}) as model, redirect(model.base_url) as proxy:
        with client(proxy) as asking, pytest.raises(httpx.TransportError):
            asking.post(URL.replace("https", scheme), json={**BODY, "stream": True})
        assert model.count() == 1


def test_statuses_and_headers_pass():
    with (
        upstream(faults={"429": 1.0}, retry_after_s=9) as model,
        redirect(model.base_url) as proxy,
        client(proxy) as asking,
    ):
        response = asking.post(URL, json=BODY)
    assert (response.status_code, response.headers["retry-after"]) == (429, "9")


def test_a_client_that_leaves_is_not_waited_for():
    """The upstream sees it leave, through the proxy."""
    with upstream(faults={"timeout": 1.0}) as model, redirect(model.base_url) as proxy:
        with client(proxy) as asking, pytest.raises(httpx.ReadTimeout):
            asking.post(URL, json=BODY, timeout=0.3)
        port = model.where["port"]
        assert eventually(lambda: established(port) == 0)


def established(port: int) -> int:
    """Connections to a local port that are open on the client's side."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.read().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_an_upstream_that_is_gone_is_502():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with redirect(f"http://127.0.0.1:{port}/v1") as proxy, client(proxy) as asking:
        response = asking.post(URL, json=BODY)
    assert response.status_code == 502
    assert "the local upstream cannot be reached" in response.text


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x16\x03\x01\x02\x00", id="TLS without CONNECT"),
        pytest.param(b"CONNECT\r\n\r\n", id="no address"),
        pytest.param(b"CONNECT : HTTP/1.1\r\nHost: a\r\n\r\n", id="no host"),
        pytest.param(
            b"CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\nno TLS here\r\n", id="no TLS"
        ),
        pytest.param(b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", id="empty host"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, id="endless header"),
    ],
)
def test_what_is_no_request_does_not_harm(proxy, sent, capfd):
    with socket.create_connection(
        ("127.0.0.1", int(proxy.where["proxy"].rpartition(":")[2]))
    ) as raw:
        raw.sendall(sent)
        raw.shutdown(socket.SHUT_WR)
        raw.settimeout(10)
        try:
            while raw.recv(65536):
                continue
        except ConnectionResetError:
            pass
    with client(proxy) as asking:
        assert asking.get("https://openrouter.ai/v1/models").status_code == 200
    assert capfd.readouterr().err == ""


def test_who_does_not_trust_us_gets_nothing(proxy):
    with (
        httpx.Client(proxy=proxy.env["HTTPS_PROXY"], trust_env=False) as asking,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        asking.get(URL)


def test_asked_for_nothing_but_itself_it_says_what_it_is(proxy):
    response = httpx.get(proxy.where["proxy"] + "/", trust_env=False)
    assert (response.status_code, response.text) == (
        400,
        "this is a proxy: ask it for an absolute address\n",
    )


def test_the_key_is_never_left_in_a_file_and_the_folder_is_ours_alone(model):
    with redirect(model.base_url) as proxy:
        with client(proxy) as asking:
            asking.get("https://openrouter.ai/v1/models")
        folder = Path(proxy.env["SSL_CERT_FILE"]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [file.name for file in folder.iterdir()] == ["ca.pem"]
        assert b"PRIVATE KEY" not in (folder / "ca.pem").read_bytes()
    assert not folder.exists()


def test_nothing_is_left_when_the_server_was_killed(model):
    with redirect(model.base_url) as proxy:
        folder = Path(proxy.env["SSL_CERT_FILE"]).parent
        os.kill(proxy.pid, 9)
    assert not folder.exists()


def test_nothing_is_left_when_the_owner_was_killed(model):
    code = (
        "import sys, time; from tools.limits import redirect\n"
        f"with redirect({model.base_url!r}) as proxy:\n"
        "    print(proxy.pid, proxy.env['SSL_CERT_FILE'], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        server, certificate = owner.stdout.readline().split()
        owner.kill()
    assert eventually(lambda: not is_running(int(server)))
    assert not Path(certificate).parent.exists()


@pytest.mark.parametrize("to", ["openrouter.ai", "https://127.0.0.1:1/v1", "http://", "http://a:b"])
def test_an_address_that_is_none_is_refused(to, capfd):
    with pytest.raises(CommandError, match="ended with 2"):
        redirect(to)
    assert "is no address such as http://127.0.0.1:8001/v1" in capfd.readouterr().err


def test_works_where_every_other_network_is_cut_off():
    if why_not():
        missing(f"a command cannot be cut off here: {why_not()}")
    code = f"""
import os, subprocess, sys
from tools.limits import redirect, upstream
client = "import httpx; print(httpx.post({URL!r}, json={BODY!r}).json()['usage'])"
with upstream() as model, redirect(model.base_url) as proxy:
    subprocess.run([sys.executable, "-c", client], env={{**os.environ, **proxy.env}}, check=True)
    print(proxy.hosts())
"""
    done = subprocess.run(cut_off([sys.executable, "-c", code]), capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "{'prompt_tokens': 4, 'completion_tokens': 12, 'total_tokens': 16}",
        "['openrouter.ai']",
    ]


def test_many_at_a_time(proxy, model):
    async def ask_all() -> list[int]:
        trust = ssl.create_default_context(cafile=proxy.env["SSL_CERT_FILE"])
        async with httpx.AsyncClient(
            proxy=proxy.env["HTTPS_PROXY"], verify=trust, trust_env=False, timeout=30
        ) as asking:
            bodies = [{**BODY, "n": number} for number in range(60)]
            answers = await asyncio.gather(*(asking.post(URL, json=body) for body in bodies))
            return [answer.status_code for answer in answers]

    assert asyncio.run(ask_all()) == [200] * 60
    assert sorted(body["n"] for body in model.requests()) == list(range(60))

from __future__ import annotations

import json
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.profile.doctor.evidence import evidence, rung
from tools.limits import upstream
from tools.profile.cli import main
from tools.profile.doctor import causes
from tools.profile.doctor.command import read_variables
from tools.profile.doctor.probe import latency_ms
from tools.profile.doctor.registry import CAUSES, diagnose, documentation
from tools.profile.result import write_profile
from vectorstore.commandline import CommandError

TORCH = [rung("torch", 210.0, "app", "sentence_transformers")]
LOG = "boot\n==> Ran out of memory (used over 512MB) while running your code.\n"
REPORT = """\
The log says:
  line 2: Render ended it for memory

At its peak it took 100 MiB RSS here; of 512 MiB: within it.

1. torch_imported: 210.0 MiB, 10 ms
   torch is imported, by app > sentence_transformers.
   -> Embed with ONNX Runtime: `python -m tools.migrate run REPO` converts the repository.
2. workers: 80.0 MiB
   2 workers (WEB_CONCURRENCY=2), each with memory of its own: 80 MiB.
   -> Start it with `--workers 1`, which wins over WEB_CONCURRENCY and gunicorn.conf.py, and set
      WEB_CONCURRENCY=1; gunicorn's `--threads 4` shares the memory.
3. slow_answers: 1,500 ms
   one answer in twenty takes 1500 ms here, half of them 1000 ms. Of it: nothing was measured;
   embedding and search apart: not measured. The model API (here a local one that answers at once):
   not measured.
   -> Embed shorter texts, search fewer candidates, and cache repeated questions.
not looked at: malloc_arenas (`python -m tools.profile malloc --into PROFILE`)
not looked at: growing_history (`python -m tools.profile leak --into PROFILE`)
not looked at: slow_upstream (--upstream URL)
"""


@pytest.fixture
def files(tmp_path):
    """Arguments that name a profile, the host's log and its variables."""
    write_profile(tmp_path / "p.json", evidence(packages=TORCH, load=(1000.0, 1500.0)).profile)
    (tmp_path / "host.log").write_text(LOG)
    (tmp_path / "host.env").write_text("export WEB_CONCURRENCY='2'\nAPI_KEY=sk-secret\n")
    return [
        f"--profile={tmp_path}/p.json",
        f"--log={tmp_path}/host.log",
        f"--env={tmp_path}/host.env",
    ]


def test_the_most_expensive_cause_comes_first(files, capsys):
    assert main(["doctor", *files, "--", "uvicorn", "app:app"]) == 1
    assert capsys.readouterr().out == REPORT


def test_json_is_alone_on_stdout_and_holds_no_variable(files, capsys):
    assert main(["doctor", *files, "--json", "--", "uvicorn", "app:app"]) == 1
    out = capsys.readouterr().out
    found = json.loads(out)["findings"]
    assert [one["cause"] for one in found] == ["torch_imported", "workers", "slow_answers"]
    assert "sk-secret" not in out


def test_an_app_with_nothing_wrong(tmp_path, capsys):
    write_profile(tmp_path / "p.json", evidence().profile)
    (tmp_path / "none.env").write_text("")
    assert main(["doctor", f"--profile={tmp_path}/p.json", f"--env={tmp_path}/none.env"]) == 0
    assert "\n\nNo cause was found in what was measured.\n" in capsys.readouterr().out


def test_a_profile_of_an_app_that_died_in_its_limit(tmp_path, capsys):
    died = {"limit_mib": 90.0, "stage": "load", "why": "killed for memory", "limit_hits": 7}
    write_profile(tmp_path / "p.json", replace(evidence().profile, limit_mib=None, died=died))
    main(["doctor", f"--profile={tmp_path}/p.json"])
    out = capsys.readouterr().out
    assert "of 90 MiB: 10 MiB too much.\n" in out
    assert "which it needs: killed for memory inside 90 MiB, in stage load (7 limit hits).\n" in out


def test_nothing_to_look_at_is_an_error(capsys):
    assert main(["doctor"]) == 2
    assert "give a COMMAND behind two dashes, --profile or --log" in capsys.readouterr().err


def test_variables_in_another_encoding_are_refused(tmp_path, capsys):
    (tmp_path / "host.env").write_text("A=1\n", "utf-16")
    assert main(["doctor", "--env", str(tmp_path / "host.env"), "--", "true"]) == 2
    assert "host.env: is no text in UTF-8. Save it as such." in capsys.readouterr().err


def test_an_app_that_does_not_start(tmp_path, capsys):
    (tmp_path / "app.py").write_text("import no_such_module_of_mine\n")
    app = [sys.executable, "app.py"]
    assert main(["doctor", "--cwd", str(tmp_path), "--", *app]) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "1. does_not_load: not measured\n   a module is missing: ModuleNotFoundError:"
    )
    assert "\n  | ModuleNotFoundError: No module named 'no_such_module_of_mine'\n   ->" in out


def test_a_command_that_cannot_be_run_is_an_error(capsys):
    assert main(["doctor", "--", "no-such-program"]) == 2
    assert "cannot run 'no-such-program'" in capsys.readouterr().err


def test_a_log_alone_says_what_to_run(tmp_path, capsys):
    log = tmp_path / "host.log"
    log.write_text("Error R14 (Memory quota exceeded)\nProcess running mem=612M(119.6%)\n")
    assert main(["doctor", "--log", str(log)]) == 1
    out = capsys.readouterr().out
    assert "line 2: Heroku counted its memory, 612 MiB" in out
    assert "Nothing was measured, so no cause can be told for certain. Give the command" in out


def test_what_is_found_without_a_measurement_says_so(tmp_path, capsys):
    """As its dashboard exports it, with a comment."""
    log, variables = tmp_path / "host.log", tmp_path / ".env"
    log.write_text("started\n")
    variables.write_text('export WEB_CONCURRENCY=4 # of the plan\nNAME="a # b"\n')
    looked = ["doctor", "--log", str(log), "--env", str(variables)]
    assert main(looked) == 0
    out = capsys.readouterr().out
    assert out.startswith("No line of the log is one in which a host or Python tells of trouble.\n")
    assert "Nothing was measured" in out
    assert read_variables(variables) == {"WEB_CONCURRENCY": "4", "NAME": "a # b"}


def test_what_the_log_complains_of_comes_before_what_is_large():
    slow = evidence(packages=TORCH, load=(1000.0, 1500.0), log="code=H12 desc=Request timeout")
    assert [finding.cause for finding in diagnose(slow)] == ["slow_answers", "torch_imported"]


def test_the_latency_of_a_model_api_is_probed():
    with upstream() as api:
        assert 0 < latency_ms(api.base_url) < 30_000
        assert api.count() == 0  # no question was asked


def test_a_model_api_that_is_not_there_is_an_error():
    with pytest.raises(CommandError, match="gave no answer"):
        latency_ms("http://127.0.0.1:9/v1")
    with pytest.raises(CommandError, match="is no http or https address"):
        latency_ms("file:///etc/passwd")


def test_what_speaks_no_http_is_no_model_api():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"-ERR unknown command 'GET'\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CommandError, match="/v1/models: gave no answer"):
            latency_ms(f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        thread.join()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        pytest.param(
            "http://me:secret@127.0.0.1:9/v1?key=secret#secret",
            r"http://127\.0\.0\.1:9/v1/models: gave no answer",
            id="whole",
        ),
        pytest.param("http://exa mple:secret@h i/v1", "is no http or https address", id="blank"),
        pytest.param("http://[::1/secret", "is no http or https address", id="half a bracket"),
        pytest.param("http://h:secret/v1", "is no http or https address", id="no port"),
    ],
)
def test_an_address_of_a_model_api_is_said_without_what_may_be_a_key(address, said):
    with pytest.raises(CommandError, match=said) as refused:
        latency_ms(address)
    assert "secret" not in str(refused.value)


def test_every_cause_has_its_module_its_test_and_its_documentation():
    modules = {p.stem for p in Path(causes.__file__).parent.glob("[a-z]*.py")}
    tests = {
        p.stem.removeprefix("test_") for p in (Path(__file__).parent / "causes").glob("test_*.py")
    }
    assert list(CAUSES) == sorted(modules)
    assert modules == tests
    assert all(documentation().values())

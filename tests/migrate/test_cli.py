from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrate.helpers import model_folder, write
from tests.migrate.test_commit import snapshot
from tests.migrate.test_tree import git
from tools.migrate.cli import COMMANDS, main
from tools.migrate.registry import RULES
from vectorstore.commandline import Exit

ROOT = Path(__file__).parents[2]
LEGACY = """\
from langchain.memory import ConversationBufferMemory
from langchain_huggingface import HuggingFaceEmbeddings

embeddings = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
memory = ConversationBufferMemory(return_messages=True)
"""
CONVERTED = """\
from fit512_runtime.window_memory import WindowMemory
from fit512_runtime.onnx_embeddings import OnnxEmbeddings

embeddings = OnnxEmbeddings("models/all-MiniLM-L6-v2")
memory = WindowMemory(k=5, return_messages=True)
"""
RULES_OF_CODE = ["--skip", "requirements"]  # that one asks a package index


@pytest.fixture
def model(tmp_path):
    return ["--model", str(model_folder(tmp_path / "model"))]


@pytest.fixture
def repo(tmp_path):
    root = write(tmp_path / "repo", {"bot.py": LEGACY, "other.py": "x = 1\n"})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "legacy")
    return root


def test_check_writes_nothing_and_says_no(repo, model, capsys):
    before = snapshot(repo)
    assert main(["check", str(repo), *model, *RULES_OF_CODE]) == Exit.NO
    assert snapshot(repo) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "bot.py:4: langchain model all-MiniLM-L6-v2 runs on onnxruntime" in captured.err
    assert "Nothing to convert in: other.py\n" in captured.err
    assert captured.err.splitlines()[-1].startswith("1 file changed, ")


@pytest.mark.parametrize("command", ["check", "diff"])
def test_what_would_be_exported_is_said_and_not_fetched(
    repo, command, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIT512_CACHE", str(tmp_path / "cache"))
    main([command, str(repo), *RULES_OF_CODE])
    said = "models/all-MiniLM-L6-v2: the model would be exported and added, about 25 MB"
    captured = capsys.readouterr()
    assert said in captured.err
    assert ('+embeddings = OnnxEmbeddings("models/all' in captured.out) == (command == "diff")
    assert not (tmp_path / "cache").exists()


def test_several_models_are_given_by_their_names(repo, tmp_path):
    write(
        repo,
        {
            "bot.py": "from sentence_transformers import SentenceTransformer as S\n"
            "a, b = S('me/one'), S('two')\n"
        },
    )
    one, two = (model_folder(tmp_path / name, name=name) for name in ("first", "two"))
    models = ["--model", f"me/one={one}", "--model", str(two)]
    assert main(["apply", str(repo), *models, "--allow-dirty", *RULES_OF_CODE]) == Exit.OK
    assert (repo / "bot.py").read_text(encoding="utf-8").splitlines()[1] == (
        "a, b = OnnxEmbeddings('models/first'), OnnxEmbeddings('models/two')"
    )


def test_apply_in_place_and_again(repo, model, capsys):
    assert main(["apply", str(repo), *model, *RULES_OF_CODE]) == Exit.OK
    assert (repo / "bot.py").read_text(encoding="utf-8") == CONVERTED
    assert (repo / "models/all-MiniLM-L6-v2/embedding.json").is_file()
    assert (repo / "fit512_runtime/window_memory.py").is_file()
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "converted")
    before = snapshot(repo)
    assert main(["check", str(repo), *model]) == Exit.OK
    assert main(["apply", str(repo), *model]) == Exit.OK
    assert snapshot(repo) == before
    assert main(["diff", str(repo), *model]) == Exit.OK
    assert capsys.readouterr().out == ""


def test_the_diff_can_be_applied(repo, model, capfdbinary):
    assert main(["diff", str(repo), *model, *RULES_OF_CODE]) == Exit.OK
    diff = capfdbinary.readouterr().out
    assert diff.endswith(
        b"Binary files /dev/null and b/models/all-MiniLM-L6-v2/embedding.json differ (0.0 MiB)\n"
    )
    subprocess.run(["git", "apply", "--exclude=models/*"], input=diff, cwd=repo, check=True)
    assert (repo / "bot.py").read_text(encoding="utf-8") == CONVERTED
    copied = ROOT / "tools/migrate/runtime/window_memory.py"
    assert (repo / "fit512_runtime/window_memory.py").read_bytes() == copied.read_bytes()


def test_a_dirty_tree_is_refused(repo, model, capsys):
    write(repo, {"other.py": "x = 2\n", "new.py": ""})
    before = snapshot(repo)
    assert main(["apply", str(repo), *model]) == Exit.ERROR
    assert "uncommitted changes (other.py, new.py)" in capsys.readouterr().err
    assert snapshot(repo) == before
    assert main(["apply", str(repo), *model, *RULES_OF_CODE, "--allow-dirty"]) == Exit.OK
    assert (repo / "other.py").read_text(encoding="utf-8") == "x = 2\n"


def test_without_git_in_place_is_refused(tmp_path, model, capsys):
    root = write(tmp_path / "plain", {"bot.py": LEGACY})
    assert main(["apply", str(root), *model]) == Exit.ERROR
    assert "is not under git" in capsys.readouterr().err


def test_out_leaves_the_repository_alone(repo, model, tmp_path):
    before = snapshot(repo)
    assert main(["apply", str(repo), *model, *RULES_OF_CODE, "--out", str(tmp_path / "out")]) == 0
    assert snapshot(repo) == before
    assert (tmp_path / "out/bot.py").read_text(encoding="utf-8") == CONVERTED
    assert not (tmp_path / "out/.git").exists()


def test_only_and_skip(repo, model, capsys):
    assert main(["diff", str(repo), *model, "--only", "memory"]) == Exit.OK
    out = capsys.readouterr().out
    assert "WindowMemory" in out
    assert "OnnxEmbeddings" not in out
    assert (
        main(["check", str(repo), *model, "--only", "quiet, health", "--only", "launch"]) == Exit.OK
    )
    everything = [rule.ID for rule in RULES]
    skipped = [part for rule in everything for part in ("--skip", rule)]
    assert main(["check", str(repo), *model, *skipped]) == Exit.OK


def test_json_alone_on_stdout(repo, model, capsys):
    assert main(["check", str(repo), *model, *RULES_OF_CODE, "--json"]) == Exit.NO
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == 2
    assert report["changed"] is True
    assert report["files"]["changed"] == ["bot.py"]
    assert report["files"]["nothing to convert"] == ["other.py"]
    assert {
        "rule": "embeddings",
        "kind": "changed",
        "path": "bot.py",
        "line": 4,
        "message": "langchain model all-MiniLM-L6-v2 runs on onnxruntime",
    } in report["notes"]
    assert report["command"] == (
        "python -m tools.migrate check repo --model model --skip requirements --json"
    )
    assert {"machine", "versions", "apps", "sizes", "next"} <= report.keys()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["check", "nowhere"], "is not a folder", id="no folder"),
        pytest.param(["apply", "nowhere"], "is not a folder", id="no folder in place"),
        pytest.param(["check", "README.md"], "is a file, not a folder", id="a file"),
        pytest.param(
            ["check", ".", "--only", "memory", "--skip", "memory"],
            "--only and --skip both name memory",
            id="a rule both chosen and left out",
        ),
        pytest.param(["check", ".", "--model", "nowhere"], "is not a model folder", id="no model"),
    ],
)
def test_what_cannot_run(arguments, says, capsys):
    assert main(arguments) == Exit.ERROR
    err = capsys.readouterr().err
    assert says in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["apply"],
        ["check", ".", "--only", "nonsense"],
        ["check", ".", "--only", "quiet,x"],
    ],
)
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == Exit.ERROR
    assert "usage:" in capsys.readouterr().err


def test_an_empty_folder_is_no_repository(tmp_path, capsys):
    for arguments in (["check"], ["apply", "--allow-dirty"], ["verify"]):
        assert main([*arguments, str(tmp_path)]) == Exit.ERROR
        assert f"{tmp_path} is empty. Name the folder of the repository" in capsys.readouterr().err


def test_a_file_of_ours_in_the_way(repo, model, capsys):
    write(repo, {"fit512_runtime/__init__.py": "# somebody else's\n"})
    before = snapshot(repo)
    assert main(["apply", str(repo), *model, "--allow-dirty", *RULES_OF_CODE]) == Exit.NO
    assert "fit512_runtime is in the way" in capsys.readouterr().err
    assert snapshot(repo) == before


def test_a_model_folder_in_the_way(repo, model, capsys):
    write(repo, {"models/all-MiniLM-L6-v2/embedding.json": '{"name": "other"}'})
    assert main(["apply", str(repo), *model, "--allow-dirty", *RULES_OF_CODE]) == Exit.OK
    assert 'OnnxEmbeddings("models/all-MiniLM-L6-v2-onnx")' in (repo / "bot.py").read_text()
    assert (repo / "models/all-MiniLM-L6-v2-onnx/embedding.json").is_file()
    assert (repo / "models/all-MiniLM-L6-v2/embedding.json").read_text() == '{"name": "other"}'


def test_what_cannot_be_parsed_is_named(repo, model, capsys):
    write(
        repo,
        {
            "two.py": "print 'from langchain.memory import ConversationBufferMemory'\n",
            "bytes.py": b"# \xff ConversationBufferMemory\n",
            "a.ipynb": "{}",
        },
    )
    assert main(["check", str(repo), *model, *RULES_OF_CODE]) == Exit.NO
    err = capsys.readouterr().err
    assert "two.py:1: does not parse: Missing parentheses in call to 'print'" in err
    assert "bytes.py: does not parse: " in err
    assert "a.ipynb: a notebook: not rewritten" in err


def test_the_rules_and_their_documentation(capsys):
    assert main(["rules"]) == Exit.OK
    full = capsys.readouterr().out
    assert main(["rules", "--short"]) == Exit.OK
    short = capsys.readouterr().out
    for command in ("check", "diff", "apply", "run"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--list"])
        assert (ended.value.code, capsys.readouterr().out) == (Exit.OK, short)
    assert [line.split()[0] for line in short.splitlines()] == [rule.ID for rule in RULES]
    for rule in RULES:
        assert f"\n{rule.ID}\n\n" in f"\n{full}"
        document = (rule.__doc__ or "").splitlines()
        before_and_after = [line for line in document if line.startswith("    ")]
        assert any(line.startswith(("    +", "    -")) for line in before_and_after), rule.ID


def test_every_rule_has_its_test():
    # The module of a rule, its id, its test and its --only value have one name.
    rules = ROOT / "tools/migrate/rules"
    named = {file.stem for file in rules.glob("*.py")} - {"__init__"}
    assert {rule.ID for rule in RULES} == named
    tested = {
        file.stem.removeprefix("test_") for file in (ROOT / "tests/migrate").rglob("test_*.py")
    }
    assert named - {"requirements"} <= tested


def test_as_a_process_without_heavy_imports(repo, model):
    # Deprecations in what we import are errors; the model's runtime is for committed stores alone.
    code = (
        "import sys; from tools.migrate.cli import main; code = main(sys.argv[1:]);"
        " print(sorted({'onnxruntime', 'numpy', 'torch', 'faiss'} & set(sys.modules)));"
        " sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "check", str(repo), *model, *RULES_OF_CODE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (Exit.NO, "[]\n"), ran.stderr
    ran = subprocess.run(
        [sys.executable, "-m", "tools.migrate", "check", str(repo), "--skip", "nonsense"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == Exit.ERROR


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--help"])
    assert raised.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param(["--probe", "POST /chat {}"], "--probe 'POST /chat {}' cannot be read", id="probe"),
        pytest.param(["--app", "web.py"], "--app web.py: no app is in that file", id="app"),
        pytest.param(["--expected", "gone.json"], "--expected: there is no gone.json", id="expected"),
        pytest.param(["--legacy-python", "gone"], "--legacy-python: there is no gone", id="python"),
    ],
)  # fmt: skip
def test_what_is_asked_of_the_proof_is_looked_at_before_the_work(
    repo, tmp_path, options, says, capsys
):
    out = tmp_path / "out"
    assert main(["run", str(repo), "--out", str(out), *options]) == Exit.ERROR
    assert not out.exists()
    assert says in capsys.readouterr().err
    assert main(["verify", str(repo), *options]) == Exit.ERROR
    err = capsys.readouterr().err
    assert says in err
    assert "resolving" not in err


def test_the_reports_of_each_repository_and_of_the_last_run(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        write(tmp_path / name, {"bot.py": LEGACY})
        arguments = [str(tmp_path / name), "--out", f"build/{name}", *model, *RULES_OF_CODE]
        assert main(["run", *arguments, "--no-verify"]) == Exit.OK
    reports = tmp_path / "build/reports"
    named = {f: json.loads((reports / f / "migrate.json").read_text())["repository"] for f in "ab"}
    assert named == {"a": "a", "b": "b"}
    assert json.loads((reports / "migrate.json").read_text())["repository"] == "b"
    assert (reports / "migrate.md").read_text() == (reports / "b/migrate.md").read_text()


def test_a_folder_of_repositories(tmp_path, capsys):
    for name in ("one", "two"):
        git(write(tmp_path / "all" / name, {"bot.py": LEGACY}), "init", "-q")
    assert main(["check", str(tmp_path / "all")]) == Exit.ERROR
    assert "holds 2 repositories (one, two), which would be converted as one" in (
        capsys.readouterr().err
    )
    git(tmp_path / "all", "init", "-q")  # then they are parts of it
    assert main(["check", str(tmp_path / "all"), "--only", "quiet"]) == Exit.OK


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_git_takes_what_the_diff_can_hold(tmp_path, model, encoding, capsysbinary):
    heading = "# -*- coding: latin-1 -*-\n# ü\n" if encoding == "iso-8859-1" else "# ü\n"
    name = "run.sh" if encoding == "utf-16" else "more.py"
    code = "uvicorn app:app --workers 4\n" if name == "run.sh" else LEGACY
    root = write(tmp_path / "repo", {"bot.py": LEGACY, name: (heading + code).encode(encoding)})
    git(root, "init", "-q")
    assert main(["diff", str(root), *model, *RULES_OF_CODE]) == Exit.OK
    patch = capsysbinary.readouterr().out
    done = subprocess.run(["git", "apply"], cwd=root, input=patch, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (root / "bot.py").read_text() == CONVERTED
    applied = (root / name).read_bytes() != (heading + code).encode(encoding)
    assert applied is encoding.startswith("utf-8")
    shown = f"Binary files a/{name} and b/{name} differ ({encoding}".encode()
    assert (shown in patch) is not applied

from __future__ import annotations

import codecs
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from tools.limits import resolving
from tools.migrate.project import Project
from tools.migrate.requirements import resolve
from tools.migrate.requirements.files import MARK
from tools.migrate.requirements.python_version import stated_python
from tools.migrate.rules import requirements
from tools.migrate.settings import Settings

APP = """\
from fastapi import FastAPI
from fastapi.templating import Jinja2Templates
from fit512_runtime.onnx_embeddings import OnnxEmbeddings

app = FastAPI()
"""
LEGACY = (
    "fastapi==0.115\nsentence-transformers==5.0\ntorch==2.7.0 # for the model\nlangchain==0.3.26\n"
)
CONVERTED = "fastapi==0.115\nonnxruntime==1.23.0\ntokenizers==0.21.4\nnumpy==2.2.0\nlangchain==0.3.26\njinja2==3.1.6\n"


def repository(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def converted(
    folder: Path, files: dict[str, str | bytes]
) -> tuple[dict[str, bytes | None], list[str]]:
    """(staged files, notes) of the rule on a repository with these files."""
    project = Project.open(repository(folder, files))
    requirements.apply(project, Settings())
    staged = {str(path): data for path, data in project.staged().items()}
    return staged, [f"{note.kind} {note}".removesuffix(" [requirements]") for note in project.notes]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"README.md": ""}, id="nothing at all"),
        pytest.param({"app.py": "import fastapi"}, id="no requirement file"),
        pytest.param({"app.py": "import fastapi", "requirements.txt": "fastapi\n"}, id="no torch"),
        pytest.param({"app.py": APP, "requirements.txt": CONVERTED}, id="converted already"),
        pytest.param(
            {"app.py": APP, "requirements.txt": CONVERTED, "requirements-dev.txt": "pytest\n"},
            id="development tools in a file of their own",
        ),
        pytest.param({"app.py": "", "requirements.txt": b"\x00\x01\x02torch"}, id="not text"),
        pytest.param({"app.py": "", "requirements.txt": "# torch==2.7.0\n"}, id="commented out"),
        pytest.param({"app.py": "", "vendor/x/requirements.txt": "torch\n"}, id="vendored"),
    ],
)
def test_nothing_to_do(tmp_path: Path, index: None, files: dict[str, str | bytes]) -> None:
    assert converted(tmp_path, files) == ({}, [])


def test_torch_out_runtime_in_and_what_torch_had_brought(tmp_path: Path, index: None) -> None:
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": LEGACY})
    assert staged == {"requirements.txt": CONVERTED.encode()}
    assert notes == [
        "changed requirements.txt:2: removed sentence-transformers==5.0",
        "changed requirements.txt:3: removed torch==2.7.0",
        "changed requirements.txt: added onnxruntime==1.23.0: the copied runtime needs it",
        "changed requirements.txt: added tokenizers==0.21.4: the copied runtime needs it",
        "changed requirements.txt: added numpy==2.2.0: the copied runtime needs it",
        "changed requirements.txt: added jinja2==3.1.6: app.py:2 uses fastapi.templating, and only"
        " what was removed brought it",
    ]
    (tmp_path / "requirements.txt").write_bytes(staged["requirements.txt"] or b"")
    assert converted(tmp_path, {}) == ({}, [])


@pytest.mark.parametrize("bom", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8, b""])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("final", ["", "\n"])
def test_every_other_byte_stays(
    tmp_path: Path, index: None, bom: bytes, newline: str, final: str
) -> None:
    encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(
        bom, "utf-8"
    )
    heading = "# Über alles\n\n  \n"

    def written(text: str) -> bytes:
        return bom + text.replace("\n", newline).encode(encoding)

    before = written(heading + LEGACY.strip() + final)
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": before})
    assert staged == {"requirements.txt": written(heading + CONVERTED)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("torch\nfastapi\n", "onnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\nfastapi\njinja2\n", id="bare"),
        pytest.param("torch>=2\nfastapi>=0.1\n", "onnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\nfastapi>=0.1\njinja2\n", id="ranges"),
        pytest.param("Torch==2.7.0\nsentence_transformers==5.0\nSentence-Transformers==5.0\nfastapi==0.115\nnumpy==1.26.4", "onnxruntime==1.23.0\ntokenizers==0.21.4\nfastapi==0.115\nnumpy==1.26.4\njinja2==3.1.6\n", id="spellings, twice, numpy pinned"),
        pytest.param("torch==2.7.0+cpu\n--extra-index-url https://download.pytorch.org/whl/cpu\nfastapi==0.115\n", "onnxruntime==1.23.0\ntokenizers==0.22.1\nnumpy==2.2.0\nfastapi==0.115\njinja2==3.1.6\n", id="the index of a build of torch goes with it"),
        pytest.param("https://download.pytorch.org/whl/cpu/torch-2.7.0%2Bcpu-cp311-cp311-linux_x86_64.whl\n-f https://download.pytorch.org/whl/torch_stable.html\ntorchvision @ https://x/t.whl\nfastapi==0.115\n", "onnxruntime==1.23.0\ntokenizers==0.22.1\nnumpy==2.2.0\nfastapi==0.115\njinja2==3.1.6\n", id="wheels by their address, and a page of links"),
        pytest.param("torchvision==0.22\nfastapi==0.115\nflask==3.1\n", "onnxruntime==1.23.0\ntokenizers==0.22.1\nnumpy==2.2.0\nfastapi==0.115\nflask==3.1\n", id="flask brings jinja2 as well"),
        pytest.param("torch==2.7.0\nonnxruntime==1.16.3\ntokenizers==0.12.1 ; python_version >= '3.8' # frozen\nfastapi==0.115\nnumpy==1.26.4\njinja2==3.1.6\n", "onnxruntime==1.23.0\ntokenizers==0.22.1; python_version >= \"3.8\" # frozen\nfastapi==0.115\nnumpy==1.26.4\njinja2==3.1.6\n", id="too old for the model"),
        pytest.param("torch==2.7.0\nfastapi==0.115\npywin32==306\nnumpy==1.26.4\njinja2==3.1.6\n", "onnxruntime==1.23.0\ntokenizers==0.22.1\nfastapi==0.115\npywin32==306 ; sys_platform == \"win32\"\nnumpy==1.26.4\njinja2==3.1.6\n", id="Windows alone"),
    ],
)  # fmt: skip
def test_styles(tmp_path: Path, index: None, before: str, after: str) -> None:
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": before})
    assert (staged["requirements.txt"] or b"").decode() == after


def test_a_script_that_needs_torch_keeps_it_in_a_file_of_its_own(
    tmp_path: Path, index: None
) -> None:
    script = "import torch\nfrom transformers import BlipProcessor\nfrom PIL import Image\n"
    files = {"app.py": APP, "img.py": script, "requirements.txt": LEGACY}
    staged, notes = converted(tmp_path, files)
    assert staged["requirements.txt"] == CONVERTED.encode()
    assert (
        staged["requirements-torch.txt"]
        == (
            f"{MARK} img.py\n-r requirements.txt\npillow==11.0\ntorch==2.7.0\ntransformers==4.53\n"
        ).encode()
    )
    assert (
        "kept img.py:1: needs torch (torch), is not served: run it after"
        " `pip install -r requirements-torch.txt`" in notes
    )
    for name, data in staged.items():
        (tmp_path / name).write_bytes(data or b"")
    assert converted(tmp_path, {}) == ({}, [])


def test_a_file_of_that_name_is_left_alone(tmp_path: Path, index: None) -> None:
    files = {"app.py": APP, "img.py": "import torch", "requirements.txt": LEGACY}
    staged, notes = converted(tmp_path, {**files, "requirements-torch.txt": "numpy\n"})
    assert "requirements-torch.txt" not in staged
    assert any(
        note.startswith("warning requirements-torch.txt: was there already") for note in notes
    )


def test_the_served_app_needs_torch(tmp_path: Path, index: None) -> None:
    app = APP + "from transformers import pipeline\n"
    staged, notes = converted(tmp_path, {"app.py": app, "requirements.txt": LEGACY})
    assert staged["requirements.txt"] == LEGACY.encode() + (
        b"onnxruntime==1.23.0\ntokenizers==0.21.4\nnumpy==2.2.0\n"
    )
    assert notes[0] == (
        "refused app.py:6: the served app needs torch here (transformers): torch stays in the"
        " requirements"
    )


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        pytest.param("from transformers import AutoTokenizer", True, id="tokenizers need no torch"),
        pytest.param("from langchain_huggingface import HuggingFaceEmbeddings", False, id="unused"),
        pytest.param("import safetensors", False, id="another package"),
    ],
)
def test_what_the_app_uses_without_torch_stays(
    tmp_path: Path, index: None, line: str, stays: bool
) -> None:
    listed = "torch==2.7.0\ntransformers==4.53\nfastapi==0.115\n"
    staged, notes = converted(tmp_path, {"app.py": f"{APP}{line}\n", "requirements.txt": listed})
    text = (staged["requirements.txt"] or b"").decode()
    assert "torch==2.7.0" not in text
    assert ("transformers==4.53" in text) is stays
    assert any("transformers==4.53 stays: app.py:6 uses" in note for note in notes) is stays


def test_a_package_that_requires_torch_anyway(tmp_path: Path, index: None) -> None:
    listed = LEGACY + "keybert==0.8\n"
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": listed})
    assert staged["requirements.txt"] == listed.encode() + (
        b"onnxruntime==1.23.0\ntokenizers==0.21.4\nnumpy==2.2.0\n"
    )
    assert (
        "refused requirements.txt: torch would be installed all the same: keybert requires"
        " sentence-transformers requires torch. Replace keybert, or remove its line if nothing uses"
        " it, then run this again" in notes
    )


def test_scripts_alone_keep_their_torch(tmp_path: Path, index: None) -> None:
    files = {
        "app.py": APP,
        "requirements.txt": LEGACY,
        "train/tune.py": "import torch",
        "train/requirements.txt": "torch\n",
    }
    staged, notes = converted(tmp_path, files)
    assert "train/requirements.txt" not in staged
    assert (
        "kept train/requirements.txt:1: torch stays: the scripts that it is for need torch, and nothing here is served"
        in notes
    )


def test_a_freeze_loses_what_only_torch_required(tmp_path: Path, index: None) -> None:
    rest = [f"filler-{number}==1.0" for number in range(40)]
    frozen = [
        "fastapi==0.115",
        "jinja2==3.1.6",
        "mpmath==1.3",
        "numpy==2.2.0",
        "nvidia-cublas-cu12==12.6",
        "scikit-learn==1.7",
        "scipy==1.15",
        "sentence-transformers==5.0",
        "sympy==1.14",
        "torch==2.7.0",
        "transformers==4.53",
    ]
    listed = "\n".join([*frozen, "starlette==0.46"]) + "\n"
    text = listed + "".join(f"{line} ; python_version < '3'\n" for line in rest)
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": text})
    kept = (staged["requirements.txt"] or b"").decode().splitlines()[:6]
    assert kept == [
        "fastapi==0.115",
        "jinja2==3.1.6",
        "onnxruntime==1.23.0",
        "tokenizers==0.21.4",
        "numpy==2.2.0",
        "starlette==0.46",
    ]


def test_included_files(tmp_path: Path, index: None) -> None:
    files = {
        "app.py": APP,
        "requirements.txt": "-r base.txt\nfastapi==0.115\n",
        "base.txt": "torch==2.7.0\nlangchain==0.3.26\n",
    }
    staged, _ = converted(tmp_path, files)
    assert staged == {
        "base.txt": b"onnxruntime==1.23.0\ntokenizers==0.22.1\nnumpy==2.2.0\nlangchain==0.3.26\njinja2==3.1.6\n"
    }


def test_a_file_in_a_folder_is_for_the_code_there(tmp_path: Path, index: None) -> None:
    files = {
        "my api/app.py": APP,
        "my api/requirements.txt": LEGACY,
        "web/x.py": "import fastapi",
        "web/requirements.txt": "fastapi==0.115\n",
    }
    staged, _ = converted(tmp_path, files)
    assert staged == {"my api/requirements.txt": CONVERTED.encode()}


def test_an_invalid_line_is_named_and_stays(tmp_path: Path, index: None) -> None:
    text = "langchain>=0.1.XX   # any\n" + LEGACY
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": text})
    assert staged["requirements.txt"] == b"langchain>=0.1.XX   # any\n" + CONVERTED.encode()
    assert (
        notes[0]
        == "skipped requirements.txt:1: pip refuses the whole file because of 'langchain>=0.1.XX'; left as it is"
    )


def test_with_hashes_every_line_gets_its_own(tmp_path: Path, index: None) -> None:
    hashes = "    --hash=sha256:" + "0" * 64
    legacy = "".join(
        f"{pin} \\\n{hashes}\n" for pin in ("fastapi==0.115", "starlette==0.46", "torch==2.7.0")
    )
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": legacy})
    lines = (staged["requirements.txt"] or b"").decode().split("\n")
    assert [line for line in lines if "==" in line] == [
        "fastapi==0.115 \\", "starlette==0.46 \\", "onnxruntime==1.23.0 \\", "tokenizers==0.22.1 \\", "numpy==2.2.0 \\", "jinja2==3.1.6 \\", "markupsafe==3.0 \\",
    ]  # fmt: skip
    assert sum(line.startswith("    --hash=sha256:") for line in lines) == 7


def test_a_conflict_that_was_there_before(tmp_path: Path, index: None) -> None:
    text = "numpy==1.26.4\nnumpy==2.2.0\ntorch==2.7.0\nfastapi==0.115\n"
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": text})
    assert staged["requirements.txt"] == (
        b"numpy==1.26.4\nnumpy==2.2.0\nonnxruntime>=1.22\ntokenizers>=0.13.2\nfastapi==0.115\njinja2\n"
    )
    assert [note.split(";")[0] for note in notes if note.startswith("warning")] == [
        "warning requirements.txt: did not resolve for Python 3.11 as it was, so what only torch"
        " brought is known from a table",
        "warning requirements.txt: does not resolve for Python 3.11 after the edit, so new lines"
        " have ranges instead of versions that were tried",
    ]


def test_without_uv_the_edit_is_made_with_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_uv() -> str:
        raise resolving.NotAskedError("uv is not installed")

    monkeypatch.setattr(resolving, "uv_program", no_uv)
    resolve._resolve.cache_clear()
    staged, notes = converted(tmp_path, {"app.py": APP, "requirements.txt": LEGACY})
    assert staged["requirements.txt"] == (
        b"fastapi==0.115\nonnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\nlangchain==0.3.26\njinja2\n"
    )
    assert sum("uv is not installed" in note for note in notes) == 2


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        (".python-version", "3.12.1\n", "3.12"),
        ("runtime.txt", "python-3.10.8", "3.10"),
        ("Dockerfile", "FROM --platform=linux/amd64 docker.io/python:3.12-slim\n", "3.12"),
        ("Pipfile", '[requires]\npython_version = "3.12"\n', "3.12"),
        ("environment.yml", "dependencies:\n  - python=3.10.4\n", "3.10"),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.12,<4"\n', "3.12"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "~3.10"\n', "3.10"),
        ("render.yaml", "envVars:\n  - key: PYTHON_VERSION\n    value: 3.13.0\n", "3.13"),
    ],
)
def test_the_python_that_a_repository_states(
    tmp_path: Path, name: str, text: str, version: str
) -> None:
    project = Project.open(repository(tmp_path, {name: text, "api/requirements.txt": ""}))
    assert stated_python(project, PurePosixPath("api")) == (version, PurePosixPath(name))


@pytest.mark.parametrize("text", [">=3.8", "^3.9", ">3.10", "==3.11.*", "3.*", "odd"])
def test_a_range_that_holds_the_usual_python_states_none(tmp_path: Path, text: str) -> None:
    files = {"pyproject.toml": f'[project]\nrequires-python = "{text}"\n'}
    assert stated_python(Project.open(repository(tmp_path, files)), PurePosixPath(".")) is None


def test_a_python_that_is_too_old_for_onnxruntime(tmp_path: Path, index: None) -> None:
    files = {"app.py": APP, "requirements.txt": LEGACY, "runtime.txt": "python-3.9.18\n"}
    staged, notes = converted(tmp_path, files)
    assert staged == {"requirements.txt": CONVERTED.encode()}
    assert (
        "warning requirements.txt: runtime.txt says Python 3.9, for which onnxruntime is not made"
        " any more: write 3.11 there" in notes
    )


def test_the_edited_file_is_one_that_pip_takes(tmp_path: Path, index: None, wheels: Path) -> None:
    staged, _ = converted(tmp_path, {"app.py": APP, "requirements.txt": LEGACY})
    (tmp_path / "out.txt").write_bytes(staged["requirements.txt"] or b"")
    done = subprocess.run(
        [resolving.uv_program(), "pip", "compile", "--quiet", "out.txt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "torch" not in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("setup.py", "setup(install_requires=read() + ['sentence_transformers'])\n", 1),
        ("render.yaml", "services:\n- buildCommand: pip install torch\n", 2),
        ("install.sh", "set -e\nconda install pytorch torch -c pytorch\n", 2),
        ("pyproject.toml", "[tool.ruff]\n# torch\nexclude = ['src/torch/x', 'pytorch']\n", 0),
        ("README.md", "needs torch\n", 0),
    ],
)
def test_other_places_that_list_torch_are_named(
    tmp_path: Path, index: None, name: str, text: str, line: int
) -> None:
    files = {"app.py": APP, "requirements.txt": CONVERTED, name: text}
    staged, notes = converted(tmp_path, files)
    assert staged == {}
    assert [note.partition(": ")[0] for note in notes] == (
        [f"skipped {name}:{line}"] if line else []
    )


OUT = ["onnxruntime==1.23.0", "tokenizers==0.22.1", "numpy==2.2.0", "jinja2==3.1.6"]


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        pytest.param(
            "pyproject.toml",
            "[project]\ndependencies = ['fastapi==0.115', 'torch==2.7.0']\n",
            f"[project]\ndependencies = ['fastapi==0.115', {', '.join(map(repr, OUT))}]\n",
            id="pyproject.toml",
        ),
        pytest.param(
            "Pipfile",
            '[packages]\nfastapi = "*"\ntorch = "*"\n[requires]\npython_version = "3.12"\n',
            '[packages]\nfastapi = "*"\nonnxruntime = ">=1.22"\ntokenizers = ">=0.13.2"\nnumpy = "*"\n'
            'jinja2 = "*"\n[requires]\npython_version = "3.12"\n',
            id="Pipfile",
        ),
        pytest.param(
            "environment.yml",
            "dependencies:\n- pytorch\n- pip:\n  - fastapi==0.115\n",
            "dependencies:\n- pip:\n  - fastapi==0.115\n"
            + "".join(f"  - {line}\n" for line in [*OUT[:3], *OUT[3:]]),
            id="environment.yml",
        ),
        pytest.param(
            "Dockerfile",
            "FROM python:3.11\nRUN pip install torch fastapi\n",
            'FROM python:3.11\nRUN pip install "onnxruntime>=1.22" "tokenizers>=0.13.2" numpy jinja2 fastapi\n',
            id="Dockerfile",
        ),
    ],
)
def test_the_same_decisions_in_every_format(
    tmp_path: Path, index: None, name: str, text: str, after: str
) -> None:
    staged, _ = converted(tmp_path, {"app.py": APP, name: text})
    assert {name: (data or b"").decode() for name, data in staged.items()} == {name: after}
    (tmp_path / name).write_text(after)
    assert converted(tmp_path, {}) == ({}, [])


def test_what_cannot_be_edited_is_said_in_full(tmp_path: Path, index: None) -> None:
    setup = "setup(install_requires=[\n  'torch'\n  , *MORE])\n"
    staged, notes = converted(tmp_path, {"app.py": APP, "setup.py": setup})
    assert staged == {}
    assert notes == [
        "skipped setup.py: is written in a way that cannot be edited safely: change it by hand"
        " (removed torch; added onnxruntime>=1.22: the copied runtime needs it; added"
        " tokenizers>=0.13.2: the copied runtime needs it; added numpy: the copied runtime needs it; added"
        " jinja2: app.py:2 uses fastapi.templating, and only what was removed brought it)"
    ]


def test_new_packages_go_into_the_list_that_is_installed(tmp_path: Path, index: None) -> None:
    pyproject = "[dependency-groups]\ndev = ['ruff']\n[project]\ndependencies = ['fastapi']\n"
    staged, _ = converted(tmp_path, {"app.py": APP, "pyproject.toml": pyproject})
    assert staged == {
        "pyproject.toml": b"[dependency-groups]\ndev = ['ruff']\n[project]\n"
        b"dependencies = ['fastapi', 'onnxruntime>=1.22', 'tokenizers>=0.13.2', 'numpy']\n"
    }


def test_development_tools_are_no_list_of_the_app(tmp_path: Path, index: None) -> None:
    pyproject = "[dependency-groups]\ndev = ['ruff']\n"
    staged, _ = converted(tmp_path, {"app.py": APP, "pyproject.toml": pyproject})
    assert staged.keys() == {"requirements.txt"}


def test_a_dockerfile_beside_a_list_only_loses(tmp_path: Path, index: None) -> None:
    docker = "FROM python:3.11\nCOPY api/requirements.txt /code/\nRUN pip install torch -i ${TORCH_URL}\n"
    files = {
        "api/app.py": APP,
        "api/requirements.txt": LEGACY,
        "Dockerfile": docker + "RUN pip install -r /code/requirements.txt\n",
    }
    staged, _ = converted(tmp_path, files)
    assert staged == {
        "api/requirements.txt": CONVERTED.encode(),
        "Dockerfile": b"FROM python:3.11\nCOPY api/requirements.txt /code/\n"
        b"RUN pip install -r /code/requirements.txt\n",
    }


def test_a_newline_in_a_file_name_adds_no_requirement(tmp_path: Path, index: None) -> None:
    script = "x\nevil #.py"
    files = {"app.py": APP, "requirements.txt": LEGACY, script: "import torch\n"}
    staged, _ = converted(tmp_path, files)
    text = (staged["requirements-torch.txt"] or b"").decode()
    assert text.startswith(f"{MARK} x\\nevil #.py\n-r requirements.txt\n")

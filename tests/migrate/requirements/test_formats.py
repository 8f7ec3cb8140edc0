"""Each format: what is read from it, and exactly what an edit makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.migrate.requirements.distributions import is_torch
from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.files import RequirementFile
from tools.migrate.requirements.formats import format_of
from tools.migrate.source import SourceError, Text

NEW = ("onnxruntime>=1.22", "numpy")


def opened(name: str, text: str) -> RequirementFile:
    path = PurePosixPath(name)
    kind = format_of(path)
    assert kind
    return RequirementFile(path, Text(text, "utf-8"), kind.parse(text), (), kind)


def without_torch(name: str, text: str, new: Sequence[str] = NEW) -> str:
    """The file after the removal of torch and sentence-transformers, with new packages."""
    file = opened(name, text)
    gone = {
        line.number
        for line in file.lines
        if is_torch(line.name)
        or line.name == "sentence-transformers"
        or "pytorch" in line.code
        or line.code in ("--source torch", "--extra torch")
    }
    return file.edited(Edit(removed=gone, here=list(new))).decode()


def names(name: str, text: str) -> list[str]:
    return [line.code for line in opened(name, text).lines]


PYPROJECT = [
    pytest.param(
        '[project]\nname = "x"\ndependencies = [\n    "fastapi", # web\n    "torch>=2; python_version > \'3\'", # big\n'
        '    "numpy2",\n]\n\n[tool.ruff]\nline-length = 100\n',
        '[project]\nname = "x"\ndependencies = [\n    "fastapi", # web\n    "onnxruntime>=1.22",\n    "numpy",\n'
        '    "numpy2",\n]\n\n[tool.ruff]\nline-length = 100\n',
        id="one a line",
    ),
    pytest.param(
        "[project]\ndependencies = ['torch', 'fastapi']\n",
        "[project]\ndependencies = ['onnxruntime>=1.22', 'numpy', 'fastapi']\n",
        id="first in a row",
    ),
    pytest.param(
        "[project]\ndependencies = ['fastapi', 'torch', 'sentence-transformers', ]\n",
        "[project]\ndependencies = ['fastapi', 'onnxruntime>=1.22', 'numpy', ]\n",
        id="last in a row",
    ),
    pytest.param(
        '[project]\ndependencies = [\n  "fastapi",\n  "torch"\n]\n',
        '[project]\ndependencies = [\n  "fastapi",\n  "onnxruntime>=1.22",\n  "numpy",\n]\n',
        id="no comma at the end",
    ),
    pytest.param(
        '[project]\r\ndependencies = [\r\n\t"torch",\r\n\t"fastapi"]\r\n',
        '[project]\r\ndependencies = [\r\n\t"onnxruntime>=1.22",\r\n\t"numpy",\r\n\t"fastapi"]\r\n',
        id="carriage returns and tabs",
    ),
    pytest.param(
        '[project]\ndependencies = ["fastapi"]\n[project.optional-dependencies]\nlocal = ["torch"]\n'
        "[dependency-groups]\ndev = ['pytest', 'torchvision', {include-group = 'x'}]\n",
        '[project]\ndependencies = ["fastapi"]\n[project.optional-dependencies]\n'
        'local = ["onnxruntime>=1.22", "numpy"]\n'
        "[dependency-groups]\ndev = ['pytest', {include-group = 'x'}]\n",
        id="extras and groups",
    ),
    pytest.param(
        '[project]\ndependencies = ["torch"]\n\n[tool.uv.sources]\ntorch = { index = "pytorch-cpu" }\n\n'
        '[[tool.uv.index]]\nname = "pytorch-cpu"\nurl = "https://download.pytorch.org/whl/cpu"\n'
        "explicit = true\n\n[tool.x]\na = 1\n",
        '[project]\ndependencies = ["onnxruntime>=1.22", "numpy"]\n\n[tool.uv.sources]\n\n\n[tool.x]\na = 1\n',
        id="uv's index of torch",
    ),
    pytest.param(
        '[tool.poetry.dependencies]\npython = "^3.10"\ntorch = { version = "^2.1", source = "pytorch" } # big\n'
        'fastapi = "^0.115"\nown = { path = "../own" }\n\n[tool.poetry.group.dev.dependencies]\n'
        'torchvision = "*"\n\n[[tool.poetry.source]]\nname = "pytorch"\n'
        'url = "https://download.pytorch.org/whl/cpu"\n',
        '[tool.poetry.dependencies]\npython = "^3.10"\nonnxruntime = ">=1.22"\nnumpy = "*"\n'
        'fastapi = "^0.115"\nown = { path = "../own" }\n\n[tool.poetry.group.dev.dependencies]\n\n',
        id="Poetry",
    ),
]
PYPROJECT += [
    pytest.param(
        '[tool.poetry.dependencies]\ntorch = [\n  {version = "^2.1", platform = "darwin"},\n'
        '  {version = "2.1.0+cpu", source = "pytorch"},\n]\nflask = "*"\n'
        '[tool.poetry.extras]\nlocal = ["torch"]\nweb = ["flask"]\n',
        '[tool.poetry.dependencies]\nonnxruntime = ">=1.22"\nnumpy = "*"\nflask = "*"\n'
        '[tool.poetry.extras]\nlocal = []\nweb = ["flask"]\n',
        id="Poetry, by platform and as an extra",
    ),
    pytest.param(
        '[project]\ndependencies = ["torch"]\n[tool.uv.sources]\n'
        "torch = [\n  { index = 'a', marker = 'x' },\n]\nown = { path = '.' }\n",
        '[project]\ndependencies = ["onnxruntime>=1.22", "numpy"]\n[tool.uv.sources]\n'
        "own = { path = '.' }\n",
        id="uv, by platform",
    ),
]
PIPFILE = pytest.param(
    '[packages]\n"sentence-transformers" = "*"\nflask = {version = ">=2", extras = ["async"]}\n'
    '[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.11"\n',
    '[packages]\nonnxruntime = ">=1.22"\nnumpy = "*"\nflask = {version = ">=2", extras = ["async"]}\n'
    '[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.11"\n',
    id="Pipfile",
)
CONDA = [
    pytest.param(
        "name: bot\nchannels:\n  - pytorch\n  - conda-forge\ndependencies:\n  - python=3.11\n"
        "  - pytorch=2.1 # CPU\n  - cpuonly\n  - flask\n  - pip\n  - pip:\n    - sentence-transformers==2.2\n"
        "    - openai\n",
        "name: bot\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n"
        "  - flask\n  - pip\n  - pip:\n    - onnxruntime>=1.22\n    - numpy\n    - openai\n",
        id="with a pip list",
    ),
    pytest.param(
        "dependencies:\n- python=3.11\n- pytorch::pytorch>=2\n- pytorch-cuda=12.1\n- flask",
        "dependencies:\n- python=3.11\n- pip\n- pip:\n    - onnxruntime>=1.22\n    - numpy\n- flask",
        id="without a pip list",
    ),
    pytest.param(
        "channels: [pytorch]\ndependencies:\n  - faiss-cpu\n  - 'torchvision'\n  - pip:\n      - -r more.txt\n      - torch\n",
        "channels: [pytorch]\ndependencies:\n  - faiss-cpu\n  - pip:\n      - -r more.txt\n      - onnxruntime>=1.22\n      - numpy\n",
        id="faiss comes from the channel too",
    ),
]
SETUP = [
    pytest.param(
        "from setuptools import setup\nsetup(\n    name='x',\n    install_requires=[\n"
        "        'torch>=2',  # ä\n        'flask',\n    ],\n    extras_require={'dev': ['pytest', 'torchaudio']},\n)\n",
        "from setuptools import setup\nsetup(\n    name='x',\n    install_requires=[\n"
        "        'onnxruntime>=1.22',\n        'numpy',\n        'flask',\n    ],\n    extras_require={'dev': ['pytest']},\n)\n",
        id="in the call",
    ),
    pytest.param(
        'REQUIRES = ["ä", "flask",\n            "torch", "numpy2"]\nsetup(install_requires=REQUIRES)\n',
        'REQUIRES = ["ä", "flask",\n            "onnxruntime>=1.22", "numpy", "numpy2"]\nsetup(install_requires=REQUIRES)\n',
        id="under a name",
    ),
]
SETUP_CFG = pytest.param(
    "[options]\ninstall_requires =\n    torch>=2\n    # web\n    flask ; python_version > '3'\n\n"
    "[options.extras_require]\ndev =\n    pytest\n    torchvision\n[tool:x]\na =\n    torch\n",
    "[options]\ninstall_requires =\n    onnxruntime>=1.22\n    numpy\n    # web\n    flask ; python_version > '3'\n\n"
    "[options.extras_require]\ndev =\n    pytest\n[tool:x]\na =\n    torch\n",
    id="setup.cfg",
)
DOCKERFILES = [
    pytest.param(
        "FROM python:3.11\nRUN --mount=type=cache,target=/c pip install --no-cache-dir torch==2.1 flask\n",
        'FROM python:3.11\nRUN --mount=type=cache,target=/c pip install --no-cache-dir "onnxruntime>=1.22" numpy flask\n',
        id="among others",
    ),
    pytest.param(
        "RUN apt-get update && \\\n    pip3 install torch torchvision \\\n"
        "      --index-url https://download.pytorch.org/whl/cpu \\\n      'sentence-transformers>=2' flask \\\n"
        "  && rm -rf /x\n",
        'RUN apt-get update && \\\n    pip3 install "onnxruntime>=1.22" numpy flask \\\n  && rm -rf /x\n',
        id="continued",
    ),
]
SHELLS = [
    pytest.param(
        "set -e\npython -m pip install -U torch flask # all\n",
        'set -e\npython -m pip install -U "onnxruntime>=1.22" numpy flask # all\n',
        id="script",
    ),
    pytest.param(
        "sudo uv pip install sentence_transformers $MORE\n",
        'sudo uv pip install "onnxruntime>=1.22" numpy $MORE\n',
        id="uv",
    ),
]


def table(name: str, cases: list) -> list:
    return [pytest.param(name, *case.values, id=f"{name}: {case.id}") for case in cases]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        *table("pyproject.toml", PYPROJECT),
        *table("Pipfile", [PIPFILE]),
        *table("environment.yml", CONDA),
        *table("setup.py", SETUP),
        *table("setup.cfg", [SETUP_CFG]),
        *table("Dockerfile", DOCKERFILES),
        *table("setup.sh", SHELLS),
    ],
)
def test_torch_out_and_others_in(name: str, before: str, after: str) -> None:
    assert without_torch(name, before) == after
    assert without_torch(name, after, ()) == after


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["torch"]\n', "[project]\ndependencies = []\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "torch", "x", # two\n]\n', '[project]\ndependencies = [\n  "x", # two\n]\n'),
        ("Dockerfile", "FROM x\nRUN pip install torch \\\n    --index-url https://download.pytorch.org/whl/cpu\nRUN pip install -r r.txt\n", "FROM x\nRUN pip install -r r.txt\n"),
        ("Dockerfile", "WORKDIR /app\n\n# web\n# CPU PyTorch first\nRUN pip install torch\nCOPY . .\n", "WORKDIR /app\n\n# web\nCOPY . .\n"),
        ("Dockerfile", "RUN pip install torch && pip install -r r.txt\n", "RUN pip install -r r.txt\n"),
        ("Dockerfile", "RUN pip install -r r.txt \\\n && pip install torch\n", "RUN pip install -r r.txt\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "x", "torch",\n  "y", "triton", # two\n]\n', '[project]\ndependencies = [\n  "x",\n  "y", # two\n]\n'),
        ("setup.py", "setup(install_requires=['torch', *MORE, 'flask', 'triton', ODD, 'torch'])\n", "setup(install_requires=[*MORE, 'flask', ODD])\n"),
        ("setup.py", "setup(install_requires=[\n  'torch', *MORE, 'triton',\n])\n", "setup(install_requires=[\n  *MORE,\n])\n"),
        ("Dockerfile", "RUN pip install torch -e .[all]\n", "RUN pip install -e .[all]\n"),
        ("Dockerfile", "RUN pip install torch -r r.txt\n", "RUN pip install -r r.txt\n"),
        ("s.sh", "if x; then\n  pip install torch\nfi\npip install torch\necho done\n", "if x; then\n  :\nfi\necho done\n"),
        ("s.sh", "pip install -r r.txt || pip install torch\n", "pip install -r r.txt\n"),
        ("s.sh", "pip install torch || pip install x\n", ": || pip install x\n"),
        ("environment.yml", "dependencies:\n- pytorch=2.0=cuda_1\n- cuda-cudart=11.7\n- libcublas\n- cudatoolkit\n- flask\n", "dependencies:\n- flask\n"),
        ("s.sh", "if x; then pip install torch; fi\n", "if x; then :; fi\n"),
    ],
)  # fmt: skip
def test_nothing_takes_its_place(name: str, before: str, after: str) -> None:
    assert without_torch(name, before, ()) == after


@pytest.mark.parametrize(
    ("name", "text", "asked"),
    [
        ("pyproject.toml", "not = [toml", []),
        ("pyproject.toml", "[tool.ruff]\nselect = ['torch']\n", []),
        ("pyproject.toml", "[project]\ndynamic = ['dependencies']\n", []),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\na = "^1.2.3"\nb = "~1.2"\nc = "1.*"\nd = "1.2"\ne = "^0.0.3"\n'
            'f = ">=1, <2"\ng = {version = "*", markers = "python_version > \'3\'"}\n',
            ["a<2,>=1.2.3", "b<1.3,>=1.2", "c==1.*", "d==1.2", "e<0.0.4,>=0.0.3", "f<2,>=1"]
            + ['g; python_version > "3"'],
        ),
        ("Dockerfile", 'RUN ["pip", "install", "torch"]\n# RUN pip install torch\n', []),
        ("s.sh", "pip download torch\necho pip install torch\npip freeze\n", []),
        (
            "s.sh",
            "A=1 pip --quiet install 'torch>=2' -rx.txt -r y.txt --extra-index-url=https://i ./z\n",
            ["torch>=2", "-r y.txt", "--extra-index-url https://i", "./z"],
        ),
        ("s.sh", "pip install torch \u00a0flask \\", ["torch", "\u00a0flask", "\\"]),
        ("environment.yml", "{{ template }}\n", []),
        ("environment.yml", "dependencies:\n  - a=1.2=py_0\n  - b>=2\n  - python=3.11\n", ["a=1.2=py_0", "b>=2"]),
        ("setup.py", "setup(install_requires=open('r.txt').read())\n", []),
        ("setup.py", "setup(\n", []),
        ("setup.cfg", "[options]\ninstall_requires = torch\n", []),
    ],
)  # fmt: skip
def test_what_is_read(name: str, text: str, asked: list[str]) -> None:
    assert names(name, text) == asked


TEXTS = [*PYPROJECT, PIPFILE, *CONDA, *SETUP, SETUP_CFG, *DOCKERFILES, *SHELLS]
FILES = ["pyproject.toml", "Pipfile", "environment.yml", "setup.py", "setup.cfg", "Dockerfile"]
PIECES = st.sampled_from(
    [part for case in TEXTS for part in case.values[0].splitlines(keepends=True)]
)


@pytest.mark.parametrize("name", [*FILES, "run.sh"])
@given(text=st.one_of(st.text(), st.lists(PIECES).map("".join)))
@example(text="[tool.uv.sources]\ntorch = 1\nflask = [2]\n")
def test_no_edit_changes_nothing(name: str, text: str) -> None:
    assert opened(name, text).edited(Edit()) == text.encode()


PACKAGES = st.lists(
    st.sampled_from(["torch", "torch>=2", "flask", "numpy==1.2", "torchvision", "x[y]", "triton"]),
    min_size=1,
)
GAPS = st.sampled_from([", ", ",", ",\n    ", " ,\t", ", # why\n  "])


@given(packages=PACKAGES, gaps=st.data(), comma=st.booleans(), new=st.booleans())
@pytest.mark.parametrize("name", ["pyproject.toml", "setup.py"])
def test_any_layout_of_a_list(
    name: str, packages: list[str], gaps: st.DataObject, comma: bool, new: bool
) -> None:
    foreign = {"pyproject.toml": "'./not one'", "setup.py": "*MORE"}[name]
    items = [f'"{package}"' for package in packages]
    items.insert(gaps.draw(st.integers(0, len(items))), foreign)
    listed = gaps.draw(st.sampled_from(["", "\n  "])) + items[0]
    for item in items[1:]:
        listed += gaps.draw(GAPS) + item
    end = gaps.draw(st.sampled_from(["", "\n", " # end\n"]))
    listed = f"[{listed}{',' if comma else ''}{end}]"
    before = {
        "pyproject.toml": f"[project]\ndependencies = {listed}\nname = 'x'\n",
        "setup.py": f"setup(install_requires={listed}, name='x')\n",
    }[name]
    added = NEW if new else ()
    after = without_torch(name, before, added)
    assert after.count(foreign) == 1
    kept = [package for package in packages if not is_torch(package.partition(">")[0])]
    assert sorted(names(name, after)) == sorted([*kept, *added])
    assert after.endswith(before[before.rindex("]") :])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "setup.py", "setup(install_requires=[\n  'torch'\n  , *MORE])\n", id="comma first"
        ),
        pytest.param("Dockerfile", "RUN pip install -r r.txt\n", id="no place for a new one"),
    ],
)
def test_an_edit_that_would_break_the_file_is_refused(name: str, text: str) -> None:
    with pytest.raises(SourceError, match="cannot be edited safely"):
        without_torch(name, text, () if "torch" in text else NEW)


WORDS = ["torch", "'torch>=2'", "flask", "-U", "-r more.txt", "$MORE", "'x[y]'", "-e .", "triton"]


@given(
    words=st.lists(st.tuples(st.sampled_from([" ", "  ", " \\\n   "]), st.sampled_from(WORDS))),
    ending=st.sampled_from(["\n", " && ls\n", " # all\n"]),
    new=st.booleans(),
)
@pytest.mark.parametrize("name", ["Dockerfile", "run.sh"])
def test_any_layout_of_a_command(
    name: str, words: list[tuple[str, str]], ending: str, new: bool
) -> None:
    run = "RUN " if name == "Dockerfile" else ""
    before = f"{run}pip install{''.join(map(''.join, words))}{ending}{run}echo done\n"
    listed = any(line.name for line in opened(name, before).lines)
    after = without_torch(name, before, NEW if new and listed else ())
    kept = [asked for asked in names(name, before) if not asked.startswith(("torch", "triton"))]
    found = [asked for asked in names(name, after) if asked not in NEW]
    assert found == kept
    assert after.endswith(f"{run}echo done\n")

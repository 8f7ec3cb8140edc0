"""Values of the argument of `E(…)` in app.py."""

from __future__ import annotations

import ast
import warnings
from pathlib import PurePosixPath

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.migrate.helpers import Files, write
from tools.migrate.constants.told import told
from tools.migrate.project import Project
from tools.migrate.syntax.file import open_file
from tools.migrate.syntax.values import Known, Unknown


def value_of(root, files: Files | str) -> Known | Unknown:
    files = {"app.py": files} if isinstance(files, str) else files
    file = open_file(Project.open(write(root, files)), PurePosixPath("app.py"), "test")
    assert file is not None
    calls = [
        c for c in file.nodes(cst.Call) if isinstance(c.func, cst.Name) and c.func.value == "E"
    ]
    return told(file, calls[-1].args[0].value)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param("N = 'm'\nE(N)\n", id="constant"),
        pytest.param("A = 'M'\nN = f'{A}'\nE(N.strip() if x else 'M')\n", id="f-string"),
        pytest.param("N = None\ndef f():\n    global N\n    N = 'm'\nE(N)\n", id="global"),
        pytest.param("def f(n='m'):\n    return E(n)\n", id="default"),
        pytest.param("def f(n):\n    return E(n)\nf('m')\nf(n='m')\n", id="all callers"),
        pytest.param(
            "def f(n):\n    return g(n)\ndef g(n):\n    E(n)\nf('m')\n", id="two calls up"
        ),
        pytest.param("@lru_cache\ndef f(n='m'):\n    return E(n)\n", id="cached"),
        pytest.param("def name():\n    return 'm'\nE(name())\n", id="a function's return"),
        pytest.param("C = {'a': {'n': 'm'}}\nE(C['a']['n'])\n", id="dictionary"),
        pytest.param("C = {'n': 'm', 'x': f()}\nE(C.get('n'))\n", id="get"),
        pytest.param("C = {}\nE(C.get('n', 'm'))\n", id="get with default"),
        pytest.param("class C:\n    n = 'm'\nE(C.n)\n", id="class attribute"),
        pytest.param(
            "class C:\n    n: str = 'm'\n    def f(self):\n        E(self.n)\n", id="self"
        ),
        pytest.param(
            "class C:\n    def __init__(self, n='m'):\n        self.n = n\n"
            "    def f(self):\n        E(self.n)\nC()\n",
            id="given to the constructor",
        ),
        pytest.param(
            "class B:\n    n = 'm'\nclass C(B):\n    def f(self):\n        E(self.n)\n", id="base"
        ),
        pytest.param(
            "class C:\n    @property\n    def n(self):\n        return 'm'\nE(C().n)\n",
            id="property",
        ),
        pytest.param(
            "@dataclass\nclass C:\n    n: str = field(default='m')\nc = C()\nE(c.n)\n",
            id="dataclass",
        ),
        pytest.param("@dataclass\nclass C:\n    n: str = 'x'\nE(C(n='m').n)\n", id="field given"),
        pytest.param("a, b = 'm', 'x'\nE(a)\n", id="tuple"),
        pytest.param(
            "N = 'm'\nx = [E(N) for n in y if (lambda z: z)(1)]\n", id="in a comprehension"
        ),
        pytest.param("@d('é')\ndef f():\n    N = 'm'; return g(a, k=E(N))\n", id="within a line"),
        pytest.param("match x:\n    case 1:\n        N = 'm'\n        E(N)\n", id="in a match"),
        pytest.param({"app.py": "import c\nE(c.N)\n", "c.py": "N = 'm'\n"}, id="another module"),
        pytest.param({"app.py": "from c import *\nE(N)\n", "c.py": "N = 'm'\n"}, id="star"),
        pytest.param(
            {
                "app.py": "from conf.settings import settings\nE(settings.n)\n",
                "conf/settings.py": "class S:\n    n = 'm'\nsettings = S()\n",
                "conf/__init__.py": "",
            },
            id="an object of another module",
        ),
        pytest.param(
            {
                "app.py": "import yaml\nwith open('c.yaml') as f:\n    C = yaml.safe_load(f)\n"
                "E(C['model']['name'])\n",
                "c.yaml": "model:\n  name: m\n",
            },
            id="YAML",
        ),
        pytest.param(
            {
                "app.py": "import json, os\nBASE = os.path.dirname(__file__)\n"
                "C = json.load(open(os.path.join(BASE, 'c.json')))\nE(C['n'])\n",
                "c.json": '{"n": "m"}',
            },
            id="JSON beside the file",
        ),
        pytest.param(
            {
                "app.py": "import tomllib\nfrom pathlib import Path\n"
                "C = tomllib.loads((Path(__file__).parent / 'c.toml').read_text())\nE(C['n'])\n",
                "c.toml": 'n = "m"\n',
            },
            id="TOML",
        ),
        pytest.param(
            {
                "app.py": """\
                    import yaml
                    class Bot:
                        def __init__(self, path="conf.yaml"):
                            self.config = self.load(path)
                        def load(self, path):
                            with open(path) as stream:
                                try:
                                    config = yaml.safe_load(stream)
                                    return config
                                except yaml.YAMLError:
                                    return None
                        def embed(self):
                            return E(self.config.get("n"))
                    """,
                "conf.yaml": "n: m\n",
            },
            id="a method that loads",
        ),
    ],
)
def test_what_can_be_told(tmp_path, files):
    value = value_of(tmp_path, files)
    assert isinstance(value, Known)
    assert str(value.value).lower() == "m"
    assert value.default_of is None


@pytest.mark.parametrize(
    "files",
    [
        pytest.param("import os\nE(os.getenv('N', 'm'))\n", id="default"),
        pytest.param("import os\nE(os.getenv('N') or 'm')\n", id="or"),
        pytest.param("import os\nE(os.environ.get('N', default='m'))\n", id="keyword"),
        pytest.param(
            {"app.py": "import os\nE(os.environ['N'])\n", ".env": "# x\nexport N = 'm' # y\n"},
            id=".env",
        ),
        pytest.param(
            {"app.py": "import os\nE(os.getenv('N', 'x'))\n", ".env": 'A=1\nN="m"\n'},
            id=".env before the default",
        ),
        pytest.param(
            {"app.py": "import os\nE(os.getenv('N'))\n", ".env.example": "N=m\n"}, id="example"
        ),
        pytest.param("class S(BaseSettings):\n    n: str = 'm'\ns = S()\nE(s.n)\n", id="pydantic"),
    ],
)
def test_the_environment_may_override(tmp_path, files):
    value = value_of(tmp_path, files)
    assert isinstance(value, Known)
    assert (value.value, value.default_of) == ("m", "N")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param("N = 'a'\nN = 'b'\nE(N)\n", "N has more than one value", id="twice"),
        pytest.param("def f(n):\n    E(n)\n", "n is a parameter", id="no caller"),
        pytest.param("def f(n):\n    E(n)\nf('a')\nf('b')\n", "more than one value", id="callers"),
        pytest.param("def f(n='a'):\n    E(n)\nf('b')\nf()\n", "more than one", id="default"),
        pytest.param("@app.get('/')\ndef f(n='a'):\n    E(n)\n", "a decorator", id="route"),
        pytest.param("for n in x:\n    E(n)\n", "n is not a constant", id="loop"),
        pytest.param("n = 'a'\nf = lambda n: E(n)\n", "another each time", id="lambda"),
        pytest.param("n = 'a'\nx = [E(n) for n in y]\n", "another each time", id="comprehension"),
        pytest.param("n = {}\nn['a'] = 1\nE(n)\n", "assigned more than once", id="item set"),
        pytest.param("n = {}\nn.update(a=1)\nE(n)\n", "assigned more than once", id="updated"),
        pytest.param("E(input())\n", "input() is no plain value", id="input"),
        pytest.param("import os\nE(os.environ['N'])\n", "variable N names it", id="environment"),
        pytest.param(
            "import yaml\nE(yaml.safe_load(open('x.yaml'))['n'])\n", "x.yaml is", id="file"
        ),
        pytest.param("def f(n):\n    E(n)\nf(*x)\n", "may come from *", id="unpacked"),
        pytest.param(
            "def f(n='a'):\n    return f(n)\nE(f())\n", "f(n) is no plain value", id="endless"
        ),
        pytest.param("A = B\nB = A\nE(A)\n", "to its end", id="a circle"),
    ],
)
def test_what_cannot_be_told(tmp_path, files, says):
    value = value_of(tmp_path, files)
    assert isinstance(value, Unknown)
    assert says in value.reason


def test_a_sum_of_very_many_texts(tmp_path):
    value = value_of(tmp_path, "E(" + " + ".join(["'a'"] * 200) + ")\n")
    assert isinstance(value, Unknown)


@settings(max_examples=60)
@given(st.text("abN='=(){}.,[]+ \n", max_size=30))
def test_any_expression_is_told_or_not(tmp_path_factory, text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return
    value = value_of(tmp_path_factory.mktemp("repo"), f"a = 1\nb = ({text}\n)\nE(b)\n")
    assert isinstance(value, Known | Unknown)

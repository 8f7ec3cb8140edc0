from __future__ import annotations

from textwrap import dedent

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import torch_imports

SERVED = "from flask import Flask\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("import os\n# import torch\n", id="commented out"),
        pytest.param("torch = None\n", id="a name of their own"),
        pytest.param("__all__ = ['torch']\nimport torch\n", id="handed on"),
        pytest.param(
            "import torch\nfrom langchain_huggingface import HuggingFacePipeline\n"
            "llm = HuggingFacePipeline.from_model_id('x')\ntorch.manual_seed(1)\n",
            id="a model in torch that is reached through LangChain",
        ),
        pytest.param(
            "import importlib\nimport torch\nimportlib.import_module('torch')\n", id="by a call"
        ),
    ],
)
def test_nothing_to_do(source: str) -> None:
    check_noop(torch_imports, source)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param("import torch\nx = torch.tensor([1])\n", 2, id="tensor"),
        pytest.param(
            "import torch\nM(torch.device('cuda' if torch.cuda.is_available() else 'cpu'))\n",
            2,
            id="a torch.device for something else",
        ),
        pytest.param(
            "import torch\nd = torch.device('cpu')\nif d.type == 'cpu':\n    pass\n",
            2,
            id="an attribute of the device",
        ),
        pytest.param(
            "try:\n    import torch\nexcept ImportError:\n    torch = None\nok = torch is not None\n",
            5,
            id="an import that may fail",
        ),
        pytest.param(
            "import torch\nwith torch.no_grad():\n    x = torch.ones(1)\n",
            2,
            id="no_grad for tensors",
        ),
        pytest.param(
            "import torch\nif torch.cuda.is_available():\n    start()\n", 2, id="work for a GPU"
        ),
        pytest.param(
            "from transformers import pipeline\npipe = pipeline('ner')\n", 2, id="transformers"
        ),
    ],
)
def test_torch_that_is_used_stays(source: str, line: int) -> None:
    check_noop(torch_imports, source, notes=[("kept", "app.py", line)])


REMOVED = [
    pytest.param("import os\nimport torch\n", "import os\n", id="unused"),
    pytest.param("import os, torch  # both\n", "import os  # both\n", id="one of two"),
    pytest.param("import torch.nn as nn\n", "", id="alias"),
    pytest.param("from torch import nn, cuda\n", "", id="from"),
    pytest.param("from transformers import pipeline\n", "", id="transformers, unused"),
    pytest.param("def f():\n    import torch\n", "def f():\n    pass\n", id="in a function"),
    pytest.param(
        "def f():\n    import torch\n    torch.manual_seed(0)\n    torch.set_num_threads(1)\n",
        "def f():\n    pass\n",
        id="nothing left of a function",
    ),
    pytest.param(
        "import os\nimport torch\n\n# Works around torch's classes\n"
        "torch.classes.__path__ = []\n\nimport sys\n",
        "import os\n\nimport sys\n",
        id="Streamlit's watcher",
    ),
    pytest.param(
        "import os, torch\n"
        "torch.classes.__path__ = [os.path.join(torch.__path__[0], torch.classes.__file__)]\n",
        "import os\n",
        id="Streamlit's watcher, by path",
    ),
    pytest.param(
        "import os\ntry:\n    import torch\n    torch.classes.__path__ = []\nexcept Exception as e:\n"
        "    print(e)\nx = 1\n",
        "import os\nx = 1\n",
        id="Streamlit's watcher, guarded",
    ),
    pytest.param(
        "try:\n    import torch\n    HAS_TORCH = True\nexcept ImportError:\n    HAS_TORCH = False\n"
        "device = 'cuda' if HAS_TORCH and torch.cuda.is_available() else 'cpu'\n",
        "HAS_TORCH = False\ndevice = 'cpu'\n",
        id="a flag says whether it is there",
    ),
    pytest.param(
        "try:\n    import torch\n    N = 'on'\nexcept:\n    print('no torch')\n    N = None\nf(N)\n",
        "print('no torch')\nN = None\nf(N)\n",
        id="a flag, and words",
    ),
    pytest.param(
        "import os\n\nimport torch\n\ntorch.set_num_threads(1)\ntry:\n    torch.classes.__path__ = []\n"
        "except Exception:\n    pass\n\nx = 1\n",
        "import os\n\n\nx = 1\n",
        id="one after the other",
    ),
    pytest.param(
        "import torch\nif hasattr(torch, 'classes'):\n    torch.classes.__path__ = []\n",
        "",
        id="Streamlit's watcher, asked for",
    ),
    pytest.param(
        "import torch\ntorch.backends.cudnn.benchmark = True; torch.set_grad_enabled(False)\n",
        "",
        id="settings",
    ),
    pytest.param(
        "import torch\n@torch.no_grad()\ndef f():\n    pass\n",
        "def f():\n    pass\n",
        id="decorator",
    ),
    pytest.param(
        "import torch\ndef f(m, t):\n    with torch.inference_mode():\n        # vectors\n"
        "        x = m.encode(\n            t)\n\n        return x\n    return None\n",
        "def f(m, t):\n    # vectors\n    x = m.encode(\n        t)\n\n    return x\n    return None\n",
        id="with",
    ),
    pytest.param(
        'import torch\ndevice = "cuda" if torch.cuda.is_available() else "cpu"\nprint(f"on {device}")\n',
        'device = "cpu"\nprint(f"on {device}")\n',
        id="device that is printed",
    ),
    pytest.param(
        "import torch\nDEVICE = ('cuda' if torch.cuda.is_available() else"
        " 'mps' if torch.backends.mps.is_available() else 'cpu')\nkwargs = {'device': DEVICE}\n",
        "DEVICE = 'cpu'\nkwargs = {'device': DEVICE}\n",
        id="device in a dictionary that nothing uses",
    ),
    pytest.param(
        "import torch\nd = torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')\n",
        "d = 'cpu'\n",
        id="torch.device",
    ),
    pytest.param(
        "import torch\nif torch.cuda.is_available():\n    device = 'cuda'\n"
        "elif torch.backends.mps.is_available():\n    device = 'mps'\nelse:\n    device = 'cpu'\n",
        "device = 'cpu'\n",
        id="device by if and else",
    ),
    pytest.param(
        "import torch\ndef device():\n    if torch.cuda.is_available():\n        return 'cuda'\n"
        "    return 'cpu'\nprint(device())\n",
        "def device():\n    return 'cpu'\nprint(device())\n",
        id="device by a function",
    ),
    pytest.param(
        "import torch\nclass Settings:\n    device: str = 'cuda' if torch.cuda.is_available() else 'cpu'\n",
        "class Settings:\n    device: str = 'cpu'\n",
        id="device in a class",
    ),
    pytest.param(
        "import torch\n@app.get('/info')\ndef info():\n    return {'gpu': torch.cuda.is_available()}\n",
        "@app.get('/info')\ndef info():\n    return {'gpu': False}\n",
        id="whether there is a GPU",
    ),
]


@pytest.mark.parametrize(("before", "after"), REMOVED)
def test_what_does_nothing_goes_with_the_import(before: str, after: str) -> None:
    check_transformed(torch_imports, SERVED + before, SERVED + after)


def test_the_notes_name_each_line() -> None:
    source = (
        'import torch\ntorch.manual_seed(1)\nd = "cuda" if torch.cuda.is_available() else "cpu"\n'
    )
    project = check_transformed(torch_imports, source, 'd = "cpu"\n')
    assert [str(note) for note in project.notes] == [
        "app.py:2: torch.manual_seed(1) removed: nothing runs in torch [torch_imports]",
        'app.py:3: "cuda" if torch.cuda.is_available() else "cpu" is now "cpu": nothing runs in'
        " torch [torch_imports]",
        "app.py:1: import torch removed: nothing here uses it [torch_imports]",
    ]


def test_carriage_returns_and_tabs_stay() -> None:
    before = "import torch\r\ndef f():\r\n\tif torch.cuda.is_available():\r\n\t\td = 1\r\n\telse:\r\n\t\td = 0\r\n"
    check_transformed(
        torch_imports, {"app.py": before.encode()}, {"app.py": b"def f():\r\n\td = 0\r\n"}
    )


def test_a_file_that_runs_with_one_that_needs_torch() -> None:
    files = {
        "app.py": SERVED + "import torch\nimport model\ntorch.set_num_threads(1)\n",
        "model.py": "from transformers import pipeline\npipe = pipeline('ner')\n",
    }
    check_noop(torch_imports, files, notes=[("kept", "model.py", 2)])


def test_a_script_beside_the_app_keeps_nothing_there() -> None:
    files = {
        "app.py": SERVED + "import torch\n",
        "train.py": "import torch\nx = torch.ones(1)\n",
    }
    notes = [("changed", "app.py", 3), ("kept", "train.py", 2)]
    check_transformed(torch_imports, files, {"app.py": SERVED}, notes=notes)


@pytest.mark.parametrize(
    "user", ["from config import torch\n", "from config import *\nprint(torch)\n"]
)
def test_an_import_that_another_file_takes(user: str) -> None:
    check_noop(torch_imports, {"config.py": "import torch\n", "app.py": SERVED + user})


def test_a_device_that_another_file_reads() -> None:
    config = "import torch\nDEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'\n"
    idle = dedent("""\
        import config
        print(config.DEVICE)
        """)
    files = {"config.py": config, "app.py": SERVED + idle}
    check_transformed(torch_imports, files, {"config.py": "DEVICE = 'cpu'\n"})
    used = {**files, "app.py": SERVED + idle.replace("print", "load")}
    check_transformed(torch_imports, used, {"config.py": "DEVICE = 'cpu'\n"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("d = 'cuda' if GPU else 'cpu'\nM(d)\n", "d = 'cpu'\nM(d)\n", id="a name"),
        pytest.param("M(d=0 if GPU else -1)\n", "M(d=-1)\n", id="an index"),
        pytest.param(
            "def d():\n    return 'cuda' if GPU else 'cpu'\nM(d())\n",
            "def d():\n    return 'cpu'\nM(d())\n",
            id="a function",
        ),
        pytest.param(
            "if GPU:\n    d = 'cuda'\nelse:\n    d = 'cpu'\nM(d)\n", "d = 'cpu'\nM(d)\n", id="if"
        ),
    ],
)
def test_a_device_is_the_same_text_for_whoever_reads_it(before: str, after: str) -> None:
    source = f"import torch\n{before}".replace("GPU", "torch.cuda.is_available()")
    check_transformed(torch_imports, SERVED + source, SERVED + after)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("except ImportError as e:\n    T = str(e)\n", id="the error is used"),
        pytest.param("except ImportError:\n    T = find()\n", id="another value"),
        pytest.param("except ValueError:\n    T = False\n", id="another error"),
        pytest.param("except ImportError:\n    T = False\nelse:\n    go()\n", id="else"),
    ],
)
def test_a_flag_that_would_be_wrong_keeps_the_import(rest):
    project = check_noop(
        torch_imports,
        f"try:\n    import torch\n    T = True\n{rest}",
        notes=[("kept", "app.py", 2)],
    )
    assert project.notes[0].message == "torch stays imported, for: import torch"


def test_the_note_names_what_is_imported():
    source = "import whisper\nmodel = whisper.load_model('base')\n"
    project = check_noop(torch_imports, source, notes=[("kept", "app.py", 2)])
    assert project.notes[0].message.startswith("whisper stays imported, for: model")

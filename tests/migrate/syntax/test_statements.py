from __future__ import annotations

import pytest

from tests.migrate.helpers import path
from tools.migrate.project import Project
from tools.migrate.syntax.file import open_file
from tools.migrate.syntax.statements import insert_import


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import a\nx = 1\n", "import a\nNEW\nx = 1\n", id="behind the imports"),
        pytest.param('"""Doc."""\nx = 1\n', '"""Doc."""\nNEW\nx = 1\n', id="behind the docstring"),
        pytest.param(
            "import sys\nsys.path.insert(0, '..')\nimport b\nx = 1\n",
            "import sys\nsys.path.insert(0, '..')\nimport b\nNEW\nx = 1\n",
            id="behind a changed path",
        ),
        pytest.param(
            "import sys\nx = 1\nsys.path.append('..')\ny = 2\n",
            "import sys\nx = 1\nsys.path.append('..')\nNEW\ny = 2\n",
            id="right behind it",
        ),
        pytest.param(
            "import sys\nif ROOT not in sys.path:\n    sys.path.insert(0, ROOT)\nimport b\n",
            "import sys\nif ROOT not in sys.path:\n    sys.path.insert(0, ROOT)\nimport b\nNEW\n",
            id="in an if",
        ),
        pytest.param(
            "import sys\nif ROOT not in sys.path:\n    sys.path.insert(0, ROOT)\nx = 1\n",
            "import sys\nif ROOT not in sys.path:\n    sys.path.insert(0, ROOT)\nNEW\nx = 1\n",
            id="right behind an if",
        ),
        pytest.param(
            "import sys\nprint(sys.path)\n", "import sys\nNEW\nprint(sys.path)\n", id="only read"
        ),
        pytest.param(
            "import sys\ndef f():\n    sys.path.append('x')\n",
            "import sys\nNEW\ndef f():\n    sys.path.append('x')\n",
            id="in a function",
        ),
    ],
)
def test_where_an_import_goes(tmp_path, before, after):
    (tmp_path / "app.py").write_text(before)
    project = Project.open(tmp_path)
    file = open_file(project, path("app.py"), "test")
    insert_import(file, "import new")
    file.save()
    assert project.read(path("app.py")).decode() == after.replace("NEW", "import new")

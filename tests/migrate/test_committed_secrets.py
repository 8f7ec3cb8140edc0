from __future__ import annotations

import subprocess

from tests.migrate.helpers import write
from tools.migrate.committed_secrets import note_secrets
from tools.migrate.diff import as_diff
from tools.migrate.project import Project
from tools.migrate.rules import timeouts
from tools.migrate.settings import Settings

KEY = "gs" + "k_" + "q7Rt2Lp9Xw4Zk8Vb3Nc6Md1Fg5Hj0SaYe" * 2
APP = f"""\
from langchain_groq import ChatGroq
llm = ChatGroq(
    groq_api_key="{KEY}",
)
other = ChatGroq(groq_api_key="{KEY}")
"""


def test_by_file_and_line_without_the_value(tmp_path):
    files = {"app.py": APP, ".env": f"GROQ_API_KEY={KEY}\n", "poetry.lock": f'api_key = "{KEY}"\n'}
    root = write(tmp_path, files)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "app.py"], cwd=root, check=True)
    project = Project.open(root)
    note_secrets(project)
    assert [(note.kind, note.path, note.line) for note in project.notes] == [
        ("warning", ".env", 1),
        ("warning", "app.py", 3),
        ("warning", "app.py", 5),
    ]
    assert [note.message.partition(":")[0] for note in project.notes] == [
        "a Groq key stands here. Keep this file out of git (.gitignore), and set its values in the"
        " host's settings",
        *[
            "a Groq key stands here. It is in git, where everybody who has the repository can read it,"
            " in old commits too"
        ]
        * 2,
    ]
    assert KEY[:8] not in str(project.notes)
    assert project.staged() == {}


def test_many_in_one_file_are_counted(tmp_path):
    lines = "".join(f'API_KEY_{n} = "{KEY}"\n' for n in range(15))
    project = Project.open(write(tmp_path, {"keys.py": lines}))
    note_secrets(project)
    assert len(project.notes) == 11
    assert project.notes[-1].message == "5 more lines with secrets"


def test_the_diff_and_the_notes_show_no_value(tmp_path):
    project = Project.open(write(tmp_path, {"app.py": APP}))
    timeouts.apply(project, Settings())
    note_secrets(project)
    assert (
        as_diff(project)
        == """\
--- a/app.py
+++ b/app.py
@@ -1,5 +1,6 @@
 from langchain_groq import ChatGroq
 llm = ChatGroq(
     groq_api_key="***",
+    request_timeout=30,
 )
-other = ChatGroq(groq_api_key="***")
+other = ChatGroq(groq_api_key="***", request_timeout=30)
"""
    )
    assert KEY[:8] not in str(project.notes)
    assert "shown as *** in the diff of app.py" in str(project.notes)

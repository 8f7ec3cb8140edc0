"""Take torch out of what the repository installs, and put in what the converted code needs.

Applies where no code that is served needs torch any more. Edited are requirements files with all
that they include, pyproject.toml (PEP 621, dependency groups, Poetry, uv), Pipfile, environment.yml,
setup.py, setup.cfg, and `pip install` in Dockerfiles and shell scripts; an app that has none of
them gets a requirements.txt from its imports. Only the lines concerned change, in the file's own
encoding, line endings and way of naming versions; versions are chosen so that the file resolves as
a whole. What only a removed package had brought and the code imports gets a line of its own.
Scripts outside the app that really need torch get a `requirements-torch.txt`. Lock files are named
with the command that renews them, and base images that bring CUDA with one that does not.

     faiss-cpu==1.11.0.post1
    -sentence-transformers==5.0.0
    -torch==2.7.0 # Required by sentence-transformers
    +onnxruntime==1.32.0
    +tokenizers==0.21.4
     openai==1.97.0
    +jinja2==3.1.6
"""

from __future__ import annotations

from tools.migrate.project import Project
from tools.migrate.requirements.group import change_requirements
from tools.migrate.settings import Settings

ID = "requirements"


def apply(project: Project, settings: Settings) -> None:
    change_requirements(project, ID)

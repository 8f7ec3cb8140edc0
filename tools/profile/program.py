"""How this program was called, so that what it advises can be called likewise.

In the folder of an app that has a package `tools`, only the console command finds ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

PROGRAM = "fit512 profile" if Path(sys.argv[0]).stem == "fit512" else "python -m tools.profile"

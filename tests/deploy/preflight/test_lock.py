from __future__ import annotations

import pytest

from deploy.locking.lock import Lock
from deploy.locking.resolved import Resolved
from deploy.preflight import lock
from tests.deploy.helpers import found, write

NO = Lock(None, None, "none: no index", failed=True)
HASHED = Lock(None, None, "none: requirements.txt has hashes itself", Resolved({}, {}))
OURS = "# Made by `python -m deploy`: what requirements.txt installs\n"
LOOSE = Lock(None, None, "none: shop has no hash", Resolved({}, {}), True, failed=True)


@pytest.mark.parametrize(
    ("of", "files", "expected"),
    [
        pytest.param(Lock("requirements.lock", "", "1 package"), {}, [], id="made"),
        pytest.param(Lock(None, None, "none: hashed"), {}, [], id="not needed"),
        pytest.param(NO, {}, [("warning", "requirements.txt")], id="not resolved"),
        pytest.param(LOOSE, {}, [("warning", "requirements.txt")], id="not to be locked"),
        pytest.param(
            NO, {"requirements.lock": "old"}, [("error", "requirements.lock")], id="an old one"
        ),
        pytest.param(
            HASHED, {"requirements.lock": OURS}, [("error", "requirements.lock")], id="left over"
        ),
        pytest.param(HASHED, {"requirements.lock": "flask==3.0\n"}, [], id="of somebody else"),
    ],
)
def test_what_is_not_locked_is_said(of, files, expected, tmp_path):
    assert found(lock, write(tmp_path, files), of=of) == expected

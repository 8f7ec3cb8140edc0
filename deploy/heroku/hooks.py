"""bin/pre_compile and bin/post_compile: the buildpack runs them before and after it installs.

https://devcenter.heroku.com/articles/python-support
"""

from __future__ import annotations

import shlex

from deploy.header import header
from deploy.locking.lock import OF
from deploy.plan import Plan

_SCRIPT = """\
#!/usr/bin/env bash
{header}set -euo pipefail
{command}
"""
_STALE = """\
# A lock of an earlier manifest would install what nobody asks for any more.
grep -q '^{mark}' {lock} || {{
  echo "{lock} does not say of what it is: run python -m deploy heroku, and commit." >&2
  exit 1
}}
while read -r sum file; do
  [ "$(tr -d '\\r' < "$file" | sha256sum)" = "$sum  -" ] || {{
    echo "{lock} is not of this $file: run python -m deploy heroku, and commit." >&2
    exit 1
  }}
done < <(sed -n 's/^{mark}//p' {lock})
"""


def pre_compile(plan: Plan) -> str | None:
    """Puts the lock in the place of the manifest, in the build alone; None without a lock.

    The build fails where the manifest was changed after the lock was made.

    The buildpack installs `requirements.txt` and looks for it after this hook.
    """
    if plan.lock.value is None:
        return None
    lock = shlex.quote(plan.lock.value)
    guard = "[ ! -e .git ] || { echo 'bin/pre_compile: a checkout: nothing is done.' >&2; exit 0; }"
    command = f"{guard}\n{_STALE.format(lock=lock, mark=OF)}cp {lock} requirements.txt"
    return _SCRIPT.format(header=header("heroku", plan, merged=False), command=command)


def post_compile(plan: Plan) -> str | None:
    """None where nothing has to be made."""
    if plan.build.value is None:
        return None
    script = _SCRIPT.format(header=header("heroku", plan, merged=False), command=plan.build.value)
    if not plan.keep.value:
        return script
    kept = " ".join(f"! -name {shlex.quote(name)}" for name in _kept(plan))
    return (
        script
        # Whoever runs it in a checkout by mistake must not lose their work.
        + "[ ! -e .git ] || { echo 'bin/post_compile: a checkout: nothing is removed.' >&2; exit 0; }\n"
        + "# Only what the running app needs goes into the slug.\n"
        + f"find . -mindepth 1 -maxdepth 1 -type d ! -name '.*' {kept} -exec rm -rf {{}} +\n"
    )


def _kept(plan: Plan) -> list[str]:
    """The folders in the root, `bin` of the buildpack among them."""
    return sorted({name.split("/")[0] for name in plan.keep.value} | {"bin"})

from __future__ import annotations

import mmap
import os
import subprocess
import sys

import pytest

from tests.profile.who.programs import MIB
from tools.profile.who.mapped import Mapped, mapped_in, read_mapped

SMAPS = """\
55d0-55d1 r-xp 00000000 08:01 12 /srv/env/bin/python3.11
Rss:                1024 kB
Pss:                 512 kB
7f00-7f01 r--s 00000000 08:01 13 /srv/app/models/mini lm/model.onnx.data
Size:              30720 kB
Rss:               10240 kB
Pss:               10240 kB
7f02-7f03 r-xp 00000000 08:01 14 /srv/env/lib/python3.11/site-packages/torch/lib/libtorch_cpu.so
Rss:              204800 kB
Pss:              204800 kB
7f04-7f05 rw-p 00000000 08:01 14 /srv/env/lib/python3.11/site-packages/torch/lib/libtorch_cpu.so
Rss:                2048 kB
Pss:                2048 kB
7f06-7f07 rw-p 00000000 00:00 0
Rss:                4096 kB
Pss:                4096 kB
7f08-7f09 rw-p 00000000 00:00 0                  [heap]
Rss:                8192 kB
Pss:                8192 kB
7f0a-7f0b rw-s 00000000 00:01 15 /memfd:shared (deleted)
Rss:                1024 kB
Pss:                1024 kB
7f0c-7f0d r--s 00000000 08:01 16 /srv/app/untouched.faiss
Rss:                   0 kB
Pss:                   0 kB
"""


def test_smaps_by_file():
    found = mapped_in([SMAPS], "/srv/app")
    assert found.files == (
        Mapped("torch/lib/libtorch_cpu.so", "library", "torch", 202.0, 202.0),
        Mapped("models/mini lm/model.onnx.data", "model", None, 10.0, 10.0),
        Mapped("python3.11", "program", "standard library", 1.0, 0.5),
    )
    assert (found.anonymous_mib, found.heap_mib, found.stack_mib) == (13.0, 8.0, 0.0)


def test_the_processes_of_a_tree_add_up():
    assert mapped_in([SMAPS, SMAPS], "/srv/app").files[0].rss_mib == 404.0


def test_only_what_was_touched_of_a_file_counts(tmp_path):
    model = tmp_path / "model.onnx"
    model.write_bytes(b"m" * (8 * MIB))
    code = (
        "import mmap, sys\n"
        "f = open(sys.argv[1], 'rb')\n"
        "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
        "m.madvise(mmap.MADV_RANDOM)\n"
        "print([m[n] for n in range(0, 2 << 20, 4096)] and 'up', flush=True)\ninput()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(model)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout.readline() == b"up\n"
        found = read_mapped([child.pid, 0], str(tmp_path))
        child.communicate(b"\n")
    mapped = next(one for one in found.files if one.file == "model.onnx")
    assert mapped.kind == "model"
    # Pages around a touched one are mapped along with it where they are cached, 64 KiB at a time.
    assert mapped.rss_mib == pytest.approx(2, abs=0.1)
    assert os.sysconf("SC_PAGE_SIZE") == mmap.PAGESIZE


def test_no_process_that_may_be_read():
    assert read_mapped([2**22 + 1]) is None

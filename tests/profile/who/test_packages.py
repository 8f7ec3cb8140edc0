from __future__ import annotations

import pytest

from tools.profile.who.packages import STANDARD_LIBRARY, package_of, top_level

SITE = "/srv/env/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("path", "package"),
    [
        pytest.param(f"{SITE}/torch/lib/libtorch_cpu.so", "torch", id="folder"),
        pytest.param(f"{SITE}/six.py", "six", id="module"),
        pytest.param(f"{SITE}/_cffi_backend.cpython-311-x86_64-linux-gnu.so", "_cffi_backend", id="extension"),
        pytest.param(f"{SITE}/numpy.libs/libopenblas.so", "numpy", id="libraries of a wheel"),
        pytest.param("/usr/lib/python3/dist-packages/apt/__init__.py", "apt", id="debian"),
        pytest.param("/usr/lib/python3.11/json/decoder.py", STANDARD_LIBRARY, id="standard library"),
        pytest.param("<frozen importlib._bootstrap>", STANDARD_LIBRARY, id="frozen"),
        pytest.param("/srv/lib/libpython3.11.so.1.0", STANDARD_LIBRARY, id="libpython"),
        pytest.param("/srv/app/shop/chat.py", "shop", id="the app's package"),
        pytest.param("/srv/app/main.py", "main", id="the app's module"),
        pytest.param("/usr/lib/x86_64-linux-gnu/libc.so.6", None, id="system"),
        pytest.param("<unknown>", None, id="unknown"),
    ],
)  # fmt: skip
def test_the_package_of_a_file(path, package):
    assert package_of(path, "/srv/app") == package


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("torch.nn", "torch"),
        ("json.decoder", STANDARD_LIBRARY),
        ("_sysconfigdata__linux_x86_64-linux-gnu", STANDARD_LIBRARY),
        ("__main__", "__main__"),
        ("", ""),
    ],
)
def test_the_package_of_a_module(module, package):
    assert top_level(module) == package

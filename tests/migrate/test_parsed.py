from __future__ import annotations

import ast

import pytest

from tools.migrate.parsed import imported_modules, imported_names


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import torch", id="at the top"),
        pytest.param("def f():\n    import torch", id="in a function"),
        pytest.param("class A:\n    async def f(self):\n        import torch", id="in a method"),
        pytest.param("try:\n    pass\nexcept E:\n    import torch", id="in a handler"),
        pytest.param("match x:\n    case 1:\n        import torch", id="in a case"),
        pytest.param(
            "with a:\n    pass\nif b:\n    pass\nelse:\n    import torch", id="in an else"
        ),
    ],
)
def test_an_import_is_found_at_any_depth(text):
    tree = ast.parse(text)
    assert [module for _, module, _, _ in imported_modules(tree)] == ["torch"]
    assert imported_names(tree) == {"torch": "torch"}


def test_imports_of_outer_blocks_come_first():
    tree = ast.parse("def f():\n    import b\nimport a")
    assert [module for _, module, _, _ in imported_modules(tree)] == ["a", "b"]

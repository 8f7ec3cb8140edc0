"""`import langchain.x`, with and without `as`, and what is reached through it."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.langchain.homes import Gone, home, home_of_module, is_kept
from tools.migrate.langchain.imports import is_langchain
from tools.migrate.langchain.ladders import left_in_ladder
from tools.migrate.langchain.modules import KEPT
from tools.migrate.syntax.calls import outer_span
from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Imported, imported

GLOBALS = "langchain_core.globals"


@dataclass
class Uses:
    """What is reached through one imported module."""

    moved: dict[cst.Attribute, str] = field(default_factory=dict)  # `module.Name` -> its home
    cache: list[cst.Attribute] = field(default_factory=list)  # `langchain.llm_cache = …`
    stay: bool = False  # something needs the module under the name it has

    @property
    def homes(self) -> list[str]:
        return list(dict.fromkeys([*self.moved.values(), *([GLOBALS] if self.cache else [])]))


def rewrite_module_imports(file: PythonFile) -> None:
    if not any(_imports_langchain(file, statement) for statement in file.nodes(cst.Import)):
        return
    provided: set[tuple[object, str]] = set()
    done: set[cst.Attribute] = set()
    for name in imported(file):
        if not isinstance(name.statement, cst.Import) or name.alias is None:
            continue
        module = name.alias.evaluated_name
        if not is_langchain(file, module) or left_in_ladder(file, name.statement):
            continue
        uses = _uses(file, name, module)
        if name.alias.asname is not None:
            _rewrite_renamed(file, name.alias, module, uses)
            continue
        _rewrite_uses(file, uses, done)
        scope = file.scope(name.statement)
        wanted = [p for p in _imports(module, uses) if (scope, p) not in provided]
        provided.update((scope, place) for place in wanted)
        if wanted and wanted != [module]:
            file.edits.replace(file.span(name.alias.name), ", ".join(wanted))
            _note(file, name.alias, module, wanted)


def _imports_langchain(file: PythonFile, statement: cst.Import) -> bool:
    return any(is_langchain(file, alias.evaluated_name) for alias in statement.names)


def _uses(file: PythonFile, name: Imported, module: str) -> Uses:
    found = Uses()
    for start in name.uses:
        reached = _reached(file, start)
        if reached is None:
            found.stay = True  # the module itself is handed on
            continue
        owner = get_full_name_for_node(reached.value) or ""
        if name.alias is not None and name.alias.asname is not None:
            owner = module + owner[len(name.name) :]
        _sort_in(file, found, reached, owner)
    return found


def _sort_in(file: PythonFile, found: Uses, reached: cst.Attribute, owner: str) -> None:
    name = reached.attr.value
    if owner == "langchain" and name in ("verbose", "debug", "llm_cache", "__version__"):
        if name == "llm_cache" and _assigned(file, reached) is not None:
            found.cache.append(reached)
        else:
            found.stay = True
        return
    place = home(owner, name)
    if isinstance(place, Gone):
        message = f"LangChain 1.x has no {owner}.{name}; nearest: {place.instead}"
        file.note("refused", reached, message)
    if isinstance(place, Gone) or is_kept(owner, name):
        found.stay = True
    else:
        found.moved[reached] = place


def _reached(file: PythonFile, start: cst.CSTNode) -> cst.Attribute | None:
    """`module.Name` of the chain that begins here: up to a class, else to the chain's end."""
    node, found = start, None
    while True:
        above = file.parent(node)
        if not isinstance(above, cst.Attribute) or above.value is not node:
            return found
        node = found = above
        if above.attr.value[:1].isupper():
            return found


def _assigned(file: PythonFile, target: cst.Attribute) -> cst.BaseExpression | None:
    """The cache that `langchain.llm_cache` is set to; None for none."""
    parent = file.parent(target)
    statement = file.parent(parent) if isinstance(parent, cst.AssignTarget) else None
    if not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        return None
    value = statement.value
    return None if isinstance(value, cst.Name) and value.value in ("None", "False") else value


def _rewrite_uses(file: PythonFile, uses: Uses, done: set[cst.Attribute]) -> None:
    """Edit each use once: several imports of `langchain` share them."""
    for reached, place in uses.moved.items():
        if reached not in done:
            file.edits.replace(file.span(reached.value), place)
    for target in uses.cache:
        value = _assigned(file, target)
        if target not in done and value is not None:
            end = outer_span(file, value)
            before = Span(file.span(target).start, end.start)
            file.edits.replace(before, f"{GLOBALS}.set_llm_cache(")
            file.edits.insert(end.end, ")")
    done.update(uses.moved, uses.cache)


def _imports(module: str, uses: Uses) -> list[str]:
    """What `import module` has to import now."""
    if module == "langchain":
        return [*(["langchain"] if uses.stay or not uses.homes else []), *uses.homes]
    own = _own_home(module, uses)
    # What is reached through its classes' homes needs no import of the old module's.
    wanted = uses.homes or [own]
    return [*(["langchain"] if uses.stay and own != module else []), *wanted]


def _own_home(module: str, uses: Uses) -> str:
    """Where the module is now; langchain 1.x has some of that name, with other things in them."""
    return module if module in KEPT and not uses.homes else home_of_module(module)


def _rewrite_renamed(file: PythonFile, alias: cst.ImportAlias, module: str, uses: Uses) -> None:
    homes = uses.homes or [_own_home(module, uses)]
    if homes == [module] or (uses.stay and not uses.moved):
        return
    if len(homes) > 1 or uses.stay:
        message = f"what is used of {module} is now in {', '.join(homes)}: import it by name"
        file.note("skipped", alias, message)
        return
    file.edits.replace(file.span(alias.name), homes[0])
    _note(file, alias, module, homes)


def _note(file: PythonFile, alias: cst.ImportAlias, module: str, wanted: list[str]) -> None:
    file.note("changed", alias, f"moved in LangChain 1.x: {module} to {', '.join(wanted)}")

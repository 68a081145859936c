"""Who may import whom. The rules read the sources, so an import inside a function counts as well."""

import ast
import graphlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Imports point down, or sideways where no circle arises. A unit is a module or a package right under comity.
FLOORS = (
    ("errors", "limits", "labels"),
    ("encoding",),
    ("keys",),
    ("patterns", "documents"),
    (
        "noise",
        "frames",
        "attachment",
        "message",
        "envelope",
        "log",
        "checkpoint",
        "receipt",
        "treaty",
        "amendment",
        "bundle",
        "chapters",
        "vocabulary",
        "wording",
        "handling",
        "approval",
        "deadlines",
        "kinds",
    ),
    ("holdings", "standing", "directory", "authority", "consent", "link", "acceptance", "delivery", "case"),
    ("evidence",),
)
FLOOR_OF = {unit: number for number, units in enumerate(FLOORS) for unit in units}

# The library has no loop, clock, randomness, network, log or file of its own.
FOREIGN_TO_PROTOCOL = ("trio", "comity_node", "time", "os", "random", "secrets", "socket", "logging", "sqlite3")
# The verifier reads a file and prints; it needs the library and nothing that a node needs.
FOREIGN_TO_VERIFIER = ("trio", "comity_node", "sqlalchemy", "click", "time", "random", "secrets", "socket", "logging")
CLOCKS = frozenset({"now", "utcnow", "today"})

# what may be imported -> the only module or package that may
DOORS_OF_BOTH = {
    "msgpack": "comity.encoding",
    "nacl": "comity.keys",
    "cryptography": "comity.keys",
    "sqlalchemy": "comity_node.store",
    "alembic": "comity_node.store",
    "sqlite3": "comity_node.store",
}
DOORS_OF_PROTOCOL = {"msgspec": "comity.encoding"}  # the node checks its configuration with msgspec

# What runs in a node asks its World for time and randomness; the tools of an operator may ask the machine.
PAST_THE_WORLD = frozenset(
    {"time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "os.urandom", "secrets.token_bytes"}
)
FOREIGN_TO_NODE = ("random", "uuid", "asyncio", "threading")
ASKS_THE_MACHINE = ("comity_node.world", "comity_node.cli", "comity_node.doctor", "comity_node.homes")

MAX_NAMES = 25
MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class Module:
    """One source file; `imports` are full names of what it imports, `a.b.c` for `from a.b import c`."""

    name: str
    source: str
    tree: ast.Module
    imports: frozenset[str]


def within(name: str, package: str) -> bool:
    """Return whether name is package or lies under it."""
    return name == package or name.startswith(package + ".")


def imported(tree: ast.Module, package: list[str]) -> Iterator[str]:
    """Yield the full name of each import of a module that lies in package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def read_modules(root: Path) -> dict[str, Module]:
    """Return every module of both packages by its name; a package goes by the name of its directory."""
    found: dict[str, Module] = {}
    for source_root in (root / "protocol", root / "node"):
        for path in sorted(source_root.rglob("*.py")):
            parts = list(path.relative_to(source_root).with_suffix("").parts)
            package = parts[:-1]
            name = ".".join(package if parts[-1] == "__init__" else parts)
            source = path.read_text(encoding="utf-8")
            tree = ast.parse(source, str(path))
            found[name] = Module(name, source, tree, frozenset(imported(tree, package)))
    return found


Modules = dict[str, Module]
Rule = Callable[[Modules], list[str]]


def protocol(modules: Modules) -> list[Module]:
    return [module for module in modules.values() if within(module.name, "comity")]


def targets(module: Module, modules: Modules) -> set[str]:
    """Return the modules of this project that module imports; a name inside a module stands for the module."""
    planned = {f"comity.{unit}" for unit in FLOOR_OF}
    reached = {name if name in modules or name in planned else name.rpartition(".")[0] for name in module.imports}
    return (reached & modules.keys()) - {module.name}


# --- the rules: each returns one line for each breach ----------------------------------------------------------------


def foreign_to_protocol(modules: Modules) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in protocol(modules)
        for name in sorted(module.imports)
        if any(within(name, foreign) for foreign in FOREIGN_TO_PROTOCOL)
    ]


def foreign_to_verifier(modules: Modules) -> list[str]:
    return [
        f"{module.name} imports {name}"
        for module in modules.values()
        for name in sorted(module.imports)
        if within(module.name, "comity_verify") and any(within(name, foreign) for foreign in FOREIGN_TO_VERIFIER)
    ]


def reads_a_clock(modules: Modules) -> list[str]:
    return [
        f"{module.name}:{node.lineno} reads the clock by {ast.unparse(node)}"
        for module in protocol(modules)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS and first_name(node) in datetime_names(module.tree)
    ]


def first_name(node: ast.expr) -> str:
    """Return `a` of the expression `a.b.c`, "" where it does not begin with a name."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def datetime_names(tree: ast.Module) -> set[str]:
    """Return what the module calls the module datetime and the names that it takes from there."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.name == "datetime" or (isinstance(node, ast.ImportFrom) and node.module == "datetime")
    }


def past_the_door(modules: Modules) -> list[str]:
    def breaches(module: Module, doors: dict[str, str]) -> Iterator[str]:
        for name in sorted(module.imports):
            for guarded, door in doors.items():
                if within(name, guarded) and not within(module.name, door):
                    yield f"{module.name} imports {name}, which only {door} may"

    both = [breach for module in modules.values() for breach in breaches(module, DOORS_OF_BOTH)]
    return both + [breach for module in protocol(modules) for breach in breaches(module, DOORS_OF_PROTOCOL)]


def past_the_world(modules: Modules) -> list[str]:
    inside = [
        m
        for m in modules.values()
        if within(m.name, "comity_node") and not any(within(m.name, tool) for tool in ASKS_THE_MACHINE)
    ]
    asked = [
        f"{module.name}:{node.lineno} asks the machine by {ast.unparse(node)}"
        for module in inside
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in PAST_THE_WORLD
    ]
    return asked + [
        f"{module.name} imports {name}"
        for module in inside
        for name in sorted(module.imports)
        if any(within(name, foreign) for foreign in FOREIGN_TO_NODE)
    ]


def in_a_circle(modules: Modules) -> list[str]:
    try:
        graphlib.TopologicalSorter({name: targets(module, modules) for name, module in modules.items()}).prepare()
    except graphlib.CycleError as fault:
        return ["circle: " + " < ".join(fault.args[1])]
    return []


def unit_of(name: str) -> str:
    """Return the unit under comity that a module belongs to, "" for the face `comity` itself."""
    return name.split(".")[1] if "." in name else ""


def on_no_floor(modules: Modules) -> list[str]:
    units = {unit_of(module.name) for module in protocol(modules)} - {""}
    return [f"comity.{unit} is on no floor" for unit in sorted(units - FLOOR_OF.keys())]


def pointing_up(modules: Modules) -> list[str]:
    top = len(FLOORS)  # the face stands above all floors
    return [
        f"{module.name} imports {target} from a higher floor"
        for module in protocol(modules)
        for target in sorted(targets(module, modules))
        if within(target, "comity") and FLOOR_OF.get(unit_of(target), top) > FLOOR_OF.get(unit_of(module.name), top)
    ]


def too_wide_a_face(modules: Modules) -> list[str]:
    count = len(public_names(modules["comity"].tree))
    return [f"comity hands out {count} names, at most {MAX_NAMES}"] if count > MAX_NAMES else []


def public_names(tree: ast.Module) -> set[str]:
    """Return the names that a module hands out: its `__all__`, or else all that it binds without an underscore."""
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {name.id for name in names if isinstance(name, ast.Name)}
            if "__all__" in bound and node.value is not None:
                return set(ast.literal_eval(node.value))
    return {name for name in bound if not name.startswith("_")}


def too_long(modules: Modules) -> list[str]:
    lengths = {name: len(module.source.splitlines()) for name, module in modules.items()}
    return [f"{name} has {lines} lines, at most {MAX_LINES}" for name, lines in lengths.items() if lines > MAX_LINES]


RULES: list[Rule] = [
    foreign_to_protocol,
    foreign_to_verifier,
    reads_a_clock,
    past_the_door,
    past_the_world,
    in_a_circle,
    on_no_floor,
    pointing_up,
    too_wide_a_face,
    too_long,
]


# --- the tests -------------------------------------------------------------------------------------------------------


def plant(root: Path, sources: dict[str, str]) -> None:
    for name, source in sources.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def ours() -> Modules:
    return read_modules(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_sources_keep_the_rule(rule: Rule, ours: Modules) -> None:
    assert {"comity", "comity_node"} <= ours.keys()
    assert rule(ours) == []


@pytest.mark.parametrize(
    ("rule", "path", "source", "breach"),
    [
        (foreign_to_protocol, "protocol/comity/log.py", "import os.path", "comity.log imports os.path"),
        (
            foreign_to_protocol,
            "protocol/comity/log.py",
            "def f():\n    from comity_node import world",
            "comity.log imports comity_node.world",
        ),
        (
            foreign_to_verifier,
            "protocol/comity_verify/command.py",
            "import trio",
            "comity_verify.command imports trio",
        ),
        (
            reads_a_clock,
            "protocol/comity/log.py",
            "from datetime import UTC, datetime as dt\ndt.now(UTC)",
            "comity.log:2 reads the clock by dt.now",
        ),
        (
            reads_a_clock,
            "protocol/comity/log.py",
            "import datetime\ndatetime.date.today()",
            "comity.log:2 reads the clock by datetime.date.today",
        ),
        (
            past_the_door,
            "protocol/comity/log.py",
            "from msgspec import Struct",
            "comity.log imports msgspec.Struct, which only comity.encoding may",
        ),
        (
            past_the_door,
            "node/comity_node/world.py",
            "from nacl import bindings",
            "comity_node.world imports nacl.bindings, which only comity.keys may",
        ),
        (
            past_the_door,
            "node/comity_node/stores.py",
            "import sqlite3",
            "comity_node.stores imports sqlite3, which only comity_node.store may",
        ),
        (
            past_the_world,
            "node/comity_node/courier.py",
            "import time\nnow = time.monotonic()",
            "comity_node.courier:2 asks the machine by time.monotonic",
        ),
        (
            past_the_world,
            "node/comity_node/courier.py",
            "import random",
            "comity_node.courier imports random",
        ),
        (
            in_a_circle,
            "protocol/comity/limits.py",
            "from .errors import E",
            "circle: comity.errors < comity.limits < comity.errors",
        ),
        (on_no_floor, "protocol/comity/cellar/__init__.py", "", "comity.cellar is on no floor"),
        (
            pointing_up,
            "protocol/comity/keys/signing.py",
            "from ..log import x",
            "comity.keys.signing imports comity.log from a higher floor",
        ),
        (
            pointing_up,
            "protocol/comity/log.py",
            "from comity import Thing",
            "comity.log imports comity from a higher floor",
        ),
        (
            too_wide_a_face,
            "protocol/comity/__init__.py",
            "from comity.errors import " + ", ".join(f"N{i}" for i in range(26)),
            "comity hands out 26 names, at most 25",
        ),
        (too_long, "node/comity_node/world.py", "x = 1\n" * 401, "comity_node.world has 401 lines, at most 400"),
    ],
)
def test_a_breach_of_the_rule_is_found(tmp_path: Path, rule: Rule, path: str, source: str, breach: str) -> None:
    sources = dict.fromkeys(["protocol/comity/__init__.py", "protocol/comity/log.py", "protocol/comity/limits.py"], "")
    plant(tmp_path, sources | {"protocol/comity/errors.py": "import comity.limits"})
    assert rule(read_modules(tmp_path)) == []
    plant(tmp_path, {path: source})
    assert sorted(rule(read_modules(tmp_path))) == [breach]


def test_what_a_rule_permits_is_no_breach(tmp_path: Path) -> None:
    sources = {
        "protocol/comity/__init__.py": "from comity.keys import Key\n__all__ = ['Key']\n",
        "protocol/comity/errors.py": "",
        "protocol/comity/encoding.py": "import msgpack\nimport msgspec\nfrom comity import errors\n",
        "protocol/comity/keys/__init__.py": "from comity.keys.signing import Key\n",
        "protocol/comity/keys/signing.py": "import nacl.bindings\nfrom comity.errors import E\n",
        "protocol/comity/message.py": "from datetime import UTC, datetime\nfrom comity.envelope import E\n",
        "protocol/comity/envelope.py": "from comity import keys\n",
        "node/comity_node/__init__.py": "import time, trio, msgspec, comity\n",
        "node/comity_node/store/database.py": "import sqlalchemy.exc\n",
    }
    plant(tmp_path, sources)
    modules = read_modules(tmp_path)
    assert [breach for rule in RULES for breach in rule(modules)] == []

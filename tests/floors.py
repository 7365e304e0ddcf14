"""The floors of the house: what may import what, read from the source by `breaches(package)`."""

import ast
from graphlib import CycleError, TopologicalSorter

# A private top-level module that is not named here stands on floor 0, the strictest.
FLOORS = {
    "errors": 0,
    "events": 0,
    "_attempts": 1,
    "_awaitable": 1,
    "_background": 1,
    "_drive": 1,
    "_fake_clock": 1,
    "_front": 1,
    "_generate": 1,
    "_hedged": 1,
    "_switches": 1,
    "_threaded": 1,
    "_permit": 1,
    "_policy": 1,
    "_scope": 1,
    "_threads": 1,
    "_watch": 1,
    "_world": 1,
    "_world_asyncio": 1,
    "_world_trio": 1,
    "testing": 1,
    "policies": 2,
    "_lint": 3,
    "_pipeline": 3,
    "_registry": 3,
    "_sections": 3,
    "_snapshot": 3,
    "_resilient": 3,
    "config": 3,
    "extending": 3,
    "http": 4,
    "integrations": 4,
    "simulate": 4,
    "telemetry": 4,
    "alerts": 5,
    "health": 5,
    "miniapp": 5,
    "pytest_plugin": 5,
    "dashboard": 6,
    "cli": 7,  # it opens the dashboard
    "__main__": 8,
}
ROOT_FLOOR = 3  # the public names: what stands above may use them like any user
SHARED_FLOORS = (0, 1, 3)  # flat modules of these floors may import one another, without a cycle
LOOPS = {"asyncio", "trio"}
LOOP_FLOOR = 4  # below it only these know an event loop
LOOP_FILES = ("_world", "_scope", "_fake_clock", "testing")
IMPURE = LOOPS | {"time", "anyio", "httpx", "httpx2"}  # never in a policy


class Import:
    """One import of one module, with the module that does it."""

    def __init__(self, source, target, line, *, only_types):
        self.source, self.target, self.line, self.only_types = source, target, line, only_types

    def __str__(self):
        return f"{self.source}:{self.line} imports {self.target}"


def modules(package):
    """Dotted name -> file, for every module of a package."""
    named = {}
    for file in sorted(package.rglob("*.py")):
        parts = (package.name, *file.relative_to(package).with_suffix("").parts)
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return named


def imports(name, file, known):
    """Every import of a module, wherever it stands; a name imported from a package counts as its submodule if it is."""
    tree = ast.parse(file.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(name, file, node)
            targets = [full if (full := f"{base}.{alias.name}") in known else base for alias in node.names]
        else:
            continue
        for target in targets:
            yield Import(name, target, node.lineno, only_types=id(node) in typing_only)


def absolute(name, file, node):
    """The dotted name that a `from` import starts at."""
    if not node.level:
        return node.module
    parts = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    return ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))


def top(name):
    """The file or folder right under the package that a module belongs to; empty for the package itself."""
    return name.split(".")[1] if "." in name else ""


def floor(name):
    """The floor a module stands on, or None for a public one that has no place yet."""
    if not top(name):
        return ROOT_FLOOR
    return FLOORS.get(top(name), 0 if top(name).startswith("_") else None)


def breaches(package):
    """Everything in a package that breaks the rules of the house, as one line each."""
    known = modules(package)
    edges = [edge for name, file in known.items() for edge in imports(name, file, known)]
    edges = list({str(edge): edge for edge in edges}.values())
    inner = [edge for edge in edges if edge.target.split(".")[0] == package.name]
    outer = [edge for edge in edges if edge not in inner]
    found = [f"{name} stands on no floor: give it one in FLOORS" for name in known if floor(name) is None]
    placed = [edge for edge in inner if top(edge.source) and None not in (floor(edge.source), floor(edge.target))]
    found += [f"{edge}: {reason}" for edge in placed if (reason := wrong_way(edge))]
    found += [f"{edge}: {reason}" for edge in outer if (reason := wrong_guest(edge))]
    found += [f"{name}: uses threading.Event: policies never wait" for name, file in known.items() if waits(name, file)]
    return found + policies_that_meet(inner) + cycles(inner)


def wrong_way(edge):
    """Why an import inside the package may not be, or nothing."""
    source, target = floor(edge.source), floor(edge.target)
    if source == 2 and target > 1 and top(edge.target) != "policies":
        return "a policy uses floors 0 and 1 only"
    if source < target:
        return f"floor {source} may not import floor {target}"
    if not top(edge.target):
        return "" if source > ROOT_FLOOR else "the public names are made of this floor"
    if top(edge.source) == top(edge.target):
        return integrations_that_meet(edge)
    if source == target and source not in SHARED_FLOORS:
        return f"packages of floor {source} stand alone"
    return ""


def integrations_that_meet(edge):
    """Why an import between two modules of one package may not be; only integrations keep apart."""
    if top(edge.source) != "integrations":
        return ""
    here, there = (name.split(".")[2:3] for name in (edge.source, edge.target))
    if here and there and here != there and not there[0].startswith("_"):
        return "an integration never imports another"
    return ""


def wrong_guest(edge):
    """Why an import from outside the package may not be, or nothing."""
    guest = edge.target.split(".")[0]
    if floor(edge.source) == 2 and guest in IMPURE:
        return "policies are pure"
    knows_loops = (floor(edge.source) or 0) >= LOOP_FLOOR or top(edge.source).startswith(LOOP_FILES)
    if guest in LOOPS and not (knows_loops or edge.only_types):
        return "only worlds and scopes know an event loop"
    return ""


def waits(name, file):
    """Whether a policy uses `threading.Event`, imported by name or as an attribute."""
    if floor(name) != 2:
        return False
    tree = ast.parse(file.read_text("utf-8"))
    return any(
        (isinstance(node, ast.ImportFrom) and node.module == "threading" and "Event" in [a.name for a in node.names])
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "threading.Event")
        for node in ast.walk(tree)
    )


def policies_that_meet(edges):
    """Policies that import another one, directly or through the private modules of `policies/`."""
    prefix = ".policies."
    nexts = {}
    for edge in edges:
        if prefix in edge.source and prefix in edge.target:
            nexts.setdefault(edge.source, set()).add(edge.target)
    found = []
    for policy in sorted(name for name in nexts if not is_private(name)):
        seen, todo = set(), [policy]
        while todo:
            for target in nexts.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo += [target] if is_private(target) else []
        found += [f"{policy} reaches {other}: a policy never imports another" for other in sorted(seen - {policy})
                  if not is_private(other)]  # fmt: skip
    return found


def is_private(name):
    """Whether the last part of a dotted name is private."""
    return name.rpartition(".")[2].startswith("_")


def cycles(edges):
    """One line for a ring of modules that import each other at run time, if there is one."""
    graph = {}
    for edge in edges:
        if not edge.only_types and top(edge.source) and top(edge.target) and edge.source != edge.target:
            graph.setdefault(edge.source, set()).add(edge.target)
    packages = {name for names in graph.values() for name in names} | set(graph)
    for name, targets in graph.items():
        # A submodule importing its own package, or a package gathering its submodules, is no ring of ideas.
        graph[name] = {t for t in targets if not (name.startswith(t + ".") or t.startswith(name + "."))} & packages
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["modules import each other: " + " -> ".join(error.args[1])]
    return []

"""Each sync driver and its async twin are one program: the same syntax tree but for `await` and a few names."""

import ast
import inspect

import pytest

from resilience import _background, _drive, _hedged, _watch, _world

PAIRS = [
    (_drive, "drive", "adrive"),
    (_drive, "settle", "asettle"),
    (_drive, "repeat", "arepeat"),
    (_drive, "conclude", "aconclude"),
    (_watch, "watch", "awatch"),
    (_world, "attend", "aattend"),
    (_hedged, "hedged", "ahedged"),
]
NAMES = {
    "asettle": "settle",
    "arepeat": "repeat",
    "aconclude": "conclude",
    "afinish": "finish",
    "aattend": "attend",
    "alead": "lead",
    "arefresh": "refresh",
    "apause": "pause",
    "await_": "wait",
    "adrive": "drive",
    "_Tasks": "_Threads",
    "awatch": "watch",
}


class ToSync(ast.NodeTransformer):
    def visit_Await(self, node):
        return self.visit(node.value)

    def visit_AsyncFunctionDef(self, node):
        self.generic_visit(node)
        return ast.FunctionDef(**{field: getattr(node, field, None) for field in ast.FunctionDef._fields})

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.name = NAMES.get(node.name, node.name)
        return node

    def visit_Name(self, node):
        node.id = NAMES.get(node.id, node.id)
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        node.attr = NAMES.get(node.attr, node.attr)
        return node


def program(module, name):
    tree = ast.parse(inspect.getsource(getattr(module, name)))
    function = ToSync().visit(tree).body[0]
    function.name = "twin"
    if isinstance(function.body[0], ast.Expr) and isinstance(function.body[0].value, ast.Constant):
        function.body = function.body[1:]
    return ast.dump(function)


@pytest.mark.parametrize(("module", "sync", "twin"), PAIRS, ids=lambda value: value if isinstance(value, str) else "")
def test_one_program(module, sync, twin):
    """Drop `await` and map the names: the two are equal."""
    assert program(module, sync) == program(module, twin)


def test_a_difference_would_be_seen():
    """The comparison tells two programs that differ apart."""
    assert program(_drive, "drive") != program(_drive, "repeat")
    assert program(_background, "lead") != program(_background, "alead")

"""Functions of the two worlds as one text: for tests that hold twins to be the same program."""

from __future__ import annotations

import ast
import inspect

NAMES = {
    "asend": "send",
    "aattempt": "attempt",
    "adiscard": "discard",
    "ajudged": "judged",
    "aunwrapped": "unwrapped",
    "handle_async_request": "handle_request",
    "aclose": "close",
    "AsyncClient": "Client",
    "_areport": "_report",
}


class Plain(ast.NodeTransformer):
    """Drops `async` and `await`, docstrings and annotations, and gives both worlds the same names."""

    def visit_Await(self, node):
        return self.visit(node.value)

    def visit_AsyncFunctionDef(self, node):
        return self.visit(ast.FunctionDef(**{field: getattr(node, field, None) for field in ast.FunctionDef._fields}))

    def visit_AsyncFor(self, node):
        return self.visit(ast.For(**{field: getattr(node, field, None) for field in ast.For._fields}))

    def visit_FunctionDef(self, node):
        node.name = NAMES.get(node.name, node.name)
        node.returns = None
        for argument in (*node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_Name(self, node):
        node.id = NAMES.get(node.id, node.id)
        return node

    def visit_Attribute(self, node):
        node.attr = NAMES.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_Constant(self, node):
        return ast.Constant(value="a world") if isinstance(node.value, bool) else node


def program(function):
    """A function as a text without its world."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    return ast.unparse(ast.fix_missing_locations(Plain().visit(tree)))
